#include "fuzz/linked/linked_session.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "fuzz/require.hpp"

namespace smtpspec::fuzz {

namespace {

/// Where mail goes that a session takes now.
std::vector<record::Delivery>*& receiver() {
  static std::vector<record::Delivery>* the_receiver = nullptr;
  return the_receiver;
}

class LinkedSession : public memory::ServerSession {
 public:
  LinkedSession(const smtpspec_server& server, std::vector<record::Delivery>& delivered)
      : server_(server), delivered_(delivered), session_(server.open(server.context)) {}
  LinkedSession(const LinkedSession&) = delete;
  LinkedSession& operator=(const LinkedSession&) = delete;
  ~LinkedSession() override { server_.close(session_); }

  [[nodiscard]] Want want() const override {
    if (over_) return Want::close;
    switch (server_.state(session_)) {
      case SMTPSPEC_CLOSES: return Want::close;
      case SMTPSPEC_STARTS_TLS: return Want::tls;
      case SMTPSPEC_READS: break;
    }
    return Want::octets;
  }
  [[nodiscard]] std::string take_output() override {
    constexpr std::size_t most = std::size_t{16} << 20;
    std::string output;
    if (over_) return output;
    for (std::array<char, 4096> room{};;) {
      const std::size_t given = server_.give(session_, room.data(), room.size());
      require(given <= room.size(), "'give' gives no more than there is room for");
      if (given == 0) return output;
      output.append(room.data(), given);
      require(output.size() <= most, "an answer ends");
    }
  }
  void receive(std::string_view octets) override {
    receiver() = &delivered_;
    server_.receive(session_, octets.data(), octets.size());
    receiver() = nullptr;
  }
  void tls_started() override {
    require(server_.tls_started != nullptr, "a session that wants a handshake is told when it is done: 'tls_started'");
    server_.tls_started(session_);
  }
  void tls_failed() override { over_ = true; }
  void tls_ended() override { over_ = true; }
  void deliver() override {}
  void peer_closed() override { over_ = true; }
  void timed_out() override { over_ = true; }
  /// It has no clock, so it never loses its patience.
  [[nodiscard]] record::Time patience() const override { return std::chrono::hours(10000); }
  [[nodiscard]] bool says_close_notify() const override { return true; }

 private:
  const smtpspec_server& server_;
  std::vector<record::Delivery>& delivered_;
  void* session_;
  bool over_ = false;  ///< the client has gone
};

std::vector<std::string> mailboxes(const char* const* list, std::vector<std::string> otherwise) {
  if (list == nullptr) return otherwise;
  std::vector<std::string> all;
  for (; *list != nullptr; ++list) all.emplace_back(*list);
  return all;
}

}  // namespace

memory::OpenSession sessions_of(const smtpspec_server& server) {
  return [&server](std::vector<record::Delivery>& delivered) {
    return std::make_unique<LinkedSession>(server, delivered);
  };
}

scenario::Target target_of(const smtpspec_server& server) {
  scenario::Target target;
  target.name = "linked";
  target.profile = server.lmtp != 0 ? "lmtp" : "mx";
  target.scheme = server.lmtp != 0 ? scenario::Scheme::lmtp : scenario::Scheme::smtp;
  target.mail.accepts = mailboxes(server.accepts, {"alice@example.test", "bob@example.test"});
  target.mail.rejects = mailboxes(server.rejects, {"nobody@example.test"});
  target.mail.domain = target.mail.accepts.empty() ? "" : scenario::domain_of(target.mail.accepts.front());
  target.mail.foreign = {"someone@elsewhere.example"};
  if (server.user != nullptr)
    target.auth = scenario::Target::Auth{server.user, server.password == nullptr ? "" : server.password};
  if (server.tells_deliveries != 0) {
    target.delivery.emplace();
    target.delivery->sink = "127.0.0.1:0";
  }
  return target;
}

std::string missing_in(const smtpspec_server& server) {
  const std::pair<const char*, bool> needed[] = {{"open", server.open != nullptr},
                                                 {"receive", server.receive != nullptr},
                                                 {"give", server.give != nullptr},
                                                 {"state", server.state != nullptr},
                                                 {"close", server.close != nullptr}};
  for (const auto& [name, is_there] : needed)
    if (!is_there) return name;
  return {};
}

void mail_arrives(record::Delivery mail) {
  require(receiver() != nullptr, "smtpspec_delivered is called while a session receives");
  receiver()->push_back(std::move(mail));
}

}  // namespace smtpspec::fuzz
