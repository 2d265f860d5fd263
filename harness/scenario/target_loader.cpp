#include <algorithm>

#include <fmt/format.h>

#include "harness/scenario/address_url.hpp"
#include "harness/scenario/loader.hpp"
#include "harness/scenario/toml_reader.hpp"

namespace smtpspec::scenario {
namespace {

class TargetReader {
 public:
  TargetReader(Reader& reader, const std::filesystem::path& file) : reader_(reader), folder_(file.parent_path()) {
    target_.file = file;
  }

  Target read(const Item& root) {
    reader_.keys(root, "a target file",
                 {"name", "address", "profile", "source", "mail", "auth", "tls", "delivery", "server"});
    read_address(root);
    read_sources(root);
    if (const Item* mail = root.find("mail"))
      read_mail(*mail);
    else
      reader_.error(root.spot, "a target file needs [mail]", "accepts = [\"...\"] names a mailbox that takes mail");
    if (const Item* auth = root.find("auth")) read_auth(*auth);
    if (const Item* tls = root.find("tls")) read_tls(*tls);
    if (const Item* delivery = root.find("delivery")) read_delivery(*delivery);
    if (const Item* server = root.find("server")) read_server(*server);
    return std::move(target_);
  }

 private:
  void read_address(const Item& root) {
    const Item* item = root.find("address");
    if (item == nullptr) {
      reader_.error(root.spot, "a target file needs 'address'", "address = \"smtp://127.0.0.1:2525\"");
      return;
    }
    const auto url = reader_.string(*item);
    if (!url) return;
    const auto parsed = parse_address_url(*url);
    if (!parsed) {
      reader_.error(reader_.within(*item, parsed.error().at), fmt::format("'{}': {}", *url, parsed.error().message),
                    "address = \"smtp://127.0.0.1:2525\"");
      return;
    }
    target_.scheme = parsed->scheme;
    target_.host = parsed->host;
    target_.port = parsed->port;
    target_.profile = default_profile(target_.scheme, target_.port);
    target_.name = *url;
    reader_.read(root, "name", target_.name);
    if (const Item* profile = root.find("profile"))
      target_.profile = reader_.word(*profile, "profile", {"mx", "submission", "lmtp"}).value_or(target_.profile);
    if ((target_.profile == "lmtp") != (target_.scheme == Scheme::lmtp))
      reader_.error(root.entry("profile")->spot, "profile lmtp and an lmtp:// address go together");
  }

  void read_sources(const Item& root) {
    const Item* source = root.find("source");
    if (source == nullptr) return;
    for (const Item* one : reader_.list(*source)) {
      const auto text = reader_.string(*one);
      if (!text) continue;
      if (!is_source(*text))
        reader_.error(one->spot, fmt::format("'{}' is no address to connect from", *text),
                      "an IP address or a prefix: '127.0.0.9', '127.1.0.0/16'");
      target_.sources.push_back(*text);
    }
  }

  void read_mail(const Item& item) {
    if (!reader_.keys(item, "[mail]", {"domain", "accepts", "rejects", "foreign", "sender"})) return;
    reader_.read(item, "domain", target_.mail.domain);
    reader_.read(item, "sender", target_.mail.sender);
    mailboxes(item, "accepts", target_.mail.accepts);
    mailboxes(item, "rejects", target_.mail.rejects);
    mailboxes(item, "foreign", target_.mail.foreign);
    if (target_.mail.accepts.empty())
      reader_.error(item.spot, "[mail] needs 'accepts' with at least one mailbox",
                    "accepts = [\"alice@example.test\"]");
    if (const Item* sender = item.find("sender")) check_mailbox(*sender);
  }

  void mailboxes(const Item& table, std::string_view key, std::vector<std::string>& into) {
    const Item* item = table.find(key);
    if (item == nullptr) return;
    for (const Item* one : reader_.list(*item)) check_mailbox(*one);
    into.clear();
    for (const Item* one : reader_.list(*item))
      if (one->kind == Item::Kind::string) into.push_back(one->text);
  }

  void check_mailbox(const Item& item) {
    const auto text = reader_.string(item);
    if (!text) return;
    const auto at = text->rfind('@');
    const bool printable = std::none_of(text->begin(), text->end(), [](char c) {
      return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || c == '<' || c == '>';
    });
    if (at == std::string::npos || at == 0 || at + 1 == text->size() || !printable)
      reader_.error(item.spot, fmt::format("'{}' is no mailbox", *text), "as in 'alice@example.test'");
  }

  void read_auth(const Item& item) {
    if (!reader_.keys(item, "[auth]", {"user", "password"})) return;
    Target::Auth auth;
    for (const char* key : {"user", "password"})
      if (item.find(key) == nullptr) reader_.error(item.spot, fmt::format("[auth] needs '{}'", key));
    reader_.read(item, "user", auth.user);
    reader_.read(item, "password", auth.password);
    target_.auth = std::move(auth);
  }

  void read_tls(const Item& item) {
    if (!reader_.keys(item, "[tls]", {"verify", "ca", "name"})) return;
    reader_.read(item, "verify", target_.tls.verify);
    reader_.read(item, "name", target_.tls.name);
    reader_.read(item, "ca", target_.tls.ca);
    if (!target_.tls.ca.empty()) target_.tls.ca = beside(target_.tls.ca).string();
  }

  void read_delivery(const Item& item) {
    if (!reader_.keys(item, "[delivery]", {"sink", "sink-protocol", "maildir", "mbox", "wait", "settle"})) return;
    Target::Delivery delivery;
    const Entry* road = nullptr;
    for (const char* key : {"sink", "maildir", "mbox"}) {
      const Entry* entry = item.entry(key);
      if (entry == nullptr) continue;
      if (road != nullptr)
        reader_.error(entry->spot, fmt::format("mail is seen in one place: '{}' or '{}'", road->key, key));
      road = entry;
    }
    if (road == nullptr) reader_.error(item.spot, "[delivery] needs 'sink', 'maildir' or 'mbox'");
    if (const Item* sink = item.find("sink")) read_sink(*sink, delivery);
    if (const Item* protocol = item.find("sink-protocol")) {
      delivery.sink_lmtp = reader_.word(*protocol, "sink protocol", {"smtp", "lmtp"}) == "lmtp";
      if (item.find("sink") == nullptr)
        reader_.error(item.entry("sink-protocol")->spot, "'sink-protocol' needs a 'sink'");
    }
    std::string path;
    reader_.read(item, "maildir", path);
    if (!path.empty()) delivery.maildir = beside(path);
    path.clear();
    reader_.read(item, "mbox", path);
    if (!path.empty()) delivery.mbox = beside(path);
    if (const Item* wait = item.find("wait")) delivery.wait = reader_.duration(*wait).value_or(delivery.wait);
    if (const Item* settle = item.find("settle")) delivery.settle = reader_.duration(*settle).value_or(delivery.settle);
    target_.delivery = std::move(delivery);
  }

  void read_sink(const Item& item, Target::Delivery& delivery) {
    const auto text = reader_.string(item);
    if (!text) return;
    delivery.sink = *text;
    const auto place = parse_host_and_port(*text);
    if (!place || place->port == 0)  // the server must know the port beforehand
      reader_.error(item.spot, fmt::format("'{}' is no place to listen on", *text), "host and port: '127.0.0.1:2526'");
  }

  void read_server(const Item& item) {
    if (!reader_.keys(item, "[server]", {"start", "stop"})) return;
    Target::Server server;
    reader_.read(item, "start", server.start);
    reader_.read(item, "stop", server.stop);
    if (server.start.empty())
      reader_.error(item.spot, "[server] needs 'start'", "start = [\"./start\"], the program and its arguments");
    target_.server = std::move(server);
  }

  [[nodiscard]] std::filesystem::path beside(const std::filesystem::path& path) const {
    return (path.is_absolute() ? path : folder_ / path).lexically_normal();
  }

  Reader& reader_;
  std::filesystem::path folder_;
  Target target_;
};

}  // namespace

Loaded<Target> load_target(std::string_view toml, const std::filesystem::path& file) {
  Loaded<Target> out;
  Reader reader(file.string(), toml);
  const Item root = reader.parse();
  if (!reader.failed()) out.value = TargetReader(reader, file).read(root);
  out.diagnostics = reader.take();
  return out;
}

}  // namespace smtpspec::scenario
