#include <algorithm>

#include <fmt/format.h>

#include "harness/scenario/address_url.hpp"
#include "harness/scenario/fields.hpp"
#include "harness/scenario/loader.hpp"
#include "harness/scenario/loaders.hpp"

namespace smtpspec::scenario {
namespace {

const std::vector<std::string> sink_protocols = {"smtp", "lmtp"};
constexpr std::string_view roads[] = {"sink", "maildir", "mbox"};
constexpr std::string_view address_example = "address = \"smtp://127.0.0.1:2525\"";
constexpr std::string_view accepts_example = "accepts = [\"alice@example.test\"]";
constexpr std::string_view start_example = "start = [\"./start\"], the program and its arguments";

/// A target file, or one of its tables.
template <class Part>
struct PartReader {
  Reader& reader;
  const std::filesystem::path& folder;
  Part& out;

  void read_path(const Entry& entry, std::filesystem::path& into) {
    const auto text = reader.string(entry.value);
    if (text && !text->empty()) into = from_folder(*text);
  }
  [[nodiscard]] std::filesystem::path from_folder(const std::filesystem::path& path) const {
    return (path.is_absolute() ? path : folder / path).lexically_normal();
  }
};

std::optional<std::string> read_mailbox(Reader& reader, const Item& item) {
  auto text = reader.string(item);
  if (text && !is_mailbox(*text))
    reader.error(item.spot, fmt::format("'{}' is no mailbox", *text), "as in 'alice@example.test'");
  return text;
}

shape::Json mailbox_shape() { return shape::matching(R"(^([^\s<>]+@[^\s<>]+|[Pp]ostmaster)$)"); }

using MailReader = PartReader<Target::Mail>;
Field<MailReader> mailboxes(std::vector<std::string> Target::Mail::*member, std::string_view name,
                            std::string_view meaning, bool needed = false) {
  return {{name, meaning, shape::some(mailbox_shape()), needed, needed ? accepts_example : std::string_view()},
          [member](MailReader& it, const Entry& entry) {
            (it.out.*member).clear();
            for (const Item* one : it.reader.list(entry.value))
              if (auto mailbox = read_mailbox(it.reader, *one)) (it.out.*member).push_back(std::move(*mailbox));
          }};
}

const Fields<MailReader> mail_fields = {
    field<&Target::Mail::domain, MailReader>(
        "domain", "The target's mail domain; that of the first mailbox where it is left out"),
    mailboxes(&Target::Mail::accepts, "accepts", "Mailboxes that take mail; one at least", true),
    mailboxes(&Target::Mail::rejects, "rejects", "No such user, in a domain of the target's"),
    mailboxes(&Target::Mail::foreign, "foreign", "Not the target's: relaying must be refused"),
    {{"sender", "The reverse-path to send from", mailbox_shape()},
     [](MailReader& it, const Entry& entry) {
       if (auto mailbox = read_mailbox(it.reader, entry.value)) it.out.sender = *mailbox;
     }},
};

using AuthReader = PartReader<Target::Auth>;
const Fields<AuthReader> auth_fields = {
    field<&Target::Auth::user, AuthReader>("user", "The user's name", true),
    field<&Target::Auth::password, AuthReader>("password", "The password", true),
};

using TlsReader = PartReader<Target::Tls>;
const Fields<TlsReader> tls_fields = {
    {{"verify", "Verify the target's certificate; where it is left out, it is verified if ca is given",
      shape::boolean()},
     [](TlsReader& it, const Entry& entry) { take(it.reader, entry.value, it.out.verify); }},
    {{"ca",
      "PEM file of the authorities to verify with, which needs no verify = true; the system's where it is left out",
      shape::text()},
     [](TlsReader& it, const Entry& entry) {
       std::filesystem::path path;
       it.read_path(entry, path);
       it.out.ca = path.string();
     }},
    field<&Target::Tls::name, TlsReader>("name", "Server name to send and to verify; the host where it is left out"),
};

using DeliveryReader = PartReader<DeliverySettings>;
void read_sink(DeliveryReader& it, const Entry& entry) {
  take(it.reader, entry.value, it.out.sink);
  const auto place = parse_host_and_port(it.out.sink);
  if (!place || place->port == 0)  // the server must know the port beforehand
    it.reader.error(entry.value.spot, fmt::format("'{}' is no place to listen on", it.out.sink),
                    "host and port: '127.0.0.1:2526'");
}

const Fields<DeliveryReader> delivery_fields = {
    {{"sink", "host:port that smtpspec listens on; the target relays there",
      shape::matching(R"(^(\[[^\]]+\]|[^:\[\]/]+):[0-9]+$)")},
     read_sink},
    {{"sink-protocol", "What the sink speaks", shape::one_of(sink_protocols)},
     [](DeliveryReader& it, const Entry& entry) {
       it.out.sink_lmtp = it.reader.word(entry.value, "sink protocol", sink_protocols) == "lmtp";
     }},
    {{"maildir", "A Maildir folder", shape::text()},
     [](DeliveryReader& it, const Entry& entry) { it.read_path(entry, it.out.maildir); }},
    {{"mbox", "An mbox file", shape::text()},
     [](DeliveryReader& it, const Entry& entry) { it.read_path(entry, it.out.mbox); }},
    field<&DeliverySettings::wait, DeliveryReader>("wait", "How long accepted mail may take to arrive"),
    {{"settle", "Quiet time after which no further message is expected", shape::duration()},
     [](DeliveryReader& it, const Entry& entry) { take(it.reader, entry.value, it.out.settle); }},
};

void check_delivery(Reader& reader, const Item& item) {
  const Entry* road = nullptr;
  for (const std::string_view key : roads) {
    const Entry* entry = item.entry(key);
    if (entry == nullptr) continue;
    if (road != nullptr)
      reader.error(entry->spot, fmt::format("mail is seen in one place: '{}' or '{}'", road->key, key));
    road = entry;
  }
  if (road == nullptr) reader.error(item.spot, "[delivery] needs 'sink', 'maildir' or 'mbox'");
  const Entry* protocol = item.entry("sink-protocol");
  if (protocol != nullptr && item.find("sink") == nullptr)
    reader.error(protocol->spot, "'sink-protocol' needs a 'sink'");
}

using ServerReader = PartReader<Target::Server>;
const Fields<ServerReader> server_fields = {
    field<&Target::Server::start, ServerReader>("start", "Program and arguments", true, start_example),
    field<&Target::Server::stop, ServerReader>("stop", "Program and arguments"),
    {{"log", "The file that it writes its log to", shape::text()},
     [](ServerReader& it, const Entry& entry) { it.read_path(entry, it.out.log); }},
    {{"state", "Folders that it writes to: of servers side by side each has its own", shape::some(shape::text())},
     [](ServerReader& it, const Entry& entry) {
       for (const std::string& path : it.reader.strings(entry.value)) it.out.state.push_back(it.from_folder(path));
     }},
};

using TargetReader = PartReader<Target>;

void read_address(TargetReader& it, const Entry& entry) {
  const auto url = it.reader.string(entry.value);
  if (!url) return;
  if (const auto problem = set_address(it.out, *url))
    return it.reader.error(spot_within(entry.value, problem->at), fmt::format("'{}': {}", *url, problem->message),
                           std::string(address_example));
  it.out.name = *url;
}

void read_sources(TargetReader& it, const Entry& entry) {
  it.out.sources = it.reader.strings(entry.value);
  for (const std::string& source : it.out.sources)
    if (!is_source(source))
      it.reader.error(entry.value.spot, fmt::format("'{}' is no address to connect from", source),
                      "an IP address or a prefix: '127.0.0.9', '127.1.0.0/16'");
}

template <class Part>
void read_part(TargetReader& it, const Item& item, std::string_view what, const Fields<PartReader<Part>>& fields,
               Part& out) {
  PartReader<Part> part{it.reader, it.folder, out};
  read_fields(it.reader, item, what, fields, part);
}

void read_profile(TargetReader& it, const Entry& entry) {
  if (auto word = it.reader.word(entry.value, "profile", profile_words)) it.out.profile = *word;
  if ((it.out.profile == "lmtp") != (it.out.scheme == Scheme::lmtp))
    it.reader.error(entry.spot, "profile lmtp and an lmtp:// address go together");
}

using It = TargetReader;
const Fields<It> target_fields = {
    {{"address", "smtp://host:port, smtps:// or lmtp://; the usual ports are 25, 465 and 24",
      shape::matching(R"(^((smtp|smtps|lmtp)://(\[[0-9A-Fa-f:.]+(%.+)?\]|[A-Za-z0-9._-]+)(:[0-9]+)?/?|lmtp://(/.+))$)"),
      true, address_example},
     read_address},
    field<&Target::name, It>("name", "For reports; the address where it is left out"),
    {{"profile", "lmtp for an lmtp address, submission on the ports 465 and 587, otherwise mx, where it is left out",
      shape::one_of(profile_words)},
     read_profile},
    {{"source", "IP addresses or prefixes to connect from, used in turn", shape::some(shape::text())}, read_sources},
    {{"mail", "Mailboxes and domain", shape::table(keys_of(mail_fields)), true,
      "accepts = [\"...\"] names a mailbox that takes mail"},
     [](It& it, const Entry& entry) {
       read_part(it, entry.value, "[mail]", mail_fields, it.out.mail);
       if (entry.value.find("domain") == nullptr && !it.out.mail.accepts.empty())
         it.out.mail.domain = domain_of(it.out.mail.accepts.front());
       if (it.out.mail.accepts.empty() && entry.value.find("accepts") != nullptr)
         it.reader.error(entry.value.spot, "[mail] needs 'accepts' with at least one mailbox",
                         std::string(accepts_example));
     }},
    {{"auth", "Whom to log in; leave out where there is nobody", shape::table(keys_of(auth_fields))},
     [](It& it, const Entry& entry) { read_part(it, entry.value, "[auth]", auth_fields, it.out.auth.emplace()); }},
    {{"tls", "How to verify the target's certificate", shape::table(keys_of(tls_fields))},
     [](It& it, const Entry& entry) {
       read_part(it, entry.value, "[tls]", tls_fields, it.out.tls);
       // Who names authorities wants them asked.
       if (entry.value.find("verify") == nullptr) it.out.tls.verify = !it.out.tls.ca.empty();
     }},
    {{"delivery", "Where accepted mail is seen; leave out where it cannot be", shape::table(keys_of(delivery_fields))},
     [](It& it, const Entry& entry) {
       read_part(it, entry.value, "[delivery]", delivery_fields, it.out.delivery.emplace());
       check_delivery(it.reader, entry.value);
     }},
    {{"server", "How to start and stop it, from the file's folder", shape::table(keys_of(server_fields))},
     [](It& it, const Entry& entry) {
       read_part(it, entry.value, "[server]", server_fields, it.out.server.emplace());
       if (it.out.server->start.empty() && entry.value.find("start") != nullptr)
         it.reader.error(entry.value.spot, "[server] needs 'start'", std::string(start_example));
     }},
};

}  // namespace

Loaded<Target> load_target(std::string_view toml, const std::filesystem::path& file) {
  Loaded<Target> out;
  Reader reader(file.string(), toml);
  const Item root = reader.parse();
  out.value.file = file;
  const std::filesystem::path folder = file.parent_path();
  TargetReader it{reader, folder, out.value};
  if (reader.errors() == 0) read_fields(reader, root, "a target file", target_fields, it);
  out.diagnostics = reader.take();
  return out;
}

shape::Json target_shape() { return shape::table(keys_of(target_fields)); }

}  // namespace smtpspec::scenario
