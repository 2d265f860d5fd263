// One client's session, handed on to the server and back octet by octet, and written down as it passes.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

#include "harness/judge/referee_report.hpp"
#include "harness/proxy/login_secrets.hpp"
#include "harness/proxy/signs.hpp"
#include "harness/record/transcript.hpp"
#include "harness/scenario/target.hpp"
#include "harness/wire/deadline.hpp"
#include "harness/wire/stream.hpp"

namespace smtpspec::proxy {

/// What passed between a client and the server.
struct Passed {
  std::string client;  ///< its address
  record::Transcript transcript;
  bool too_many_secrets = false;            ///< more than are known: it must not be shown
  bool sealed = false;                      ///< TLS passed that the proxy had no part in: nothing of it is judged
  bool left = false;                        ///< the server closed or reset the connection, and had said no goodbye
  std::vector<smtp::Violation> violations;  ///< seen in all that passed, kept or not
  std::size_t commands = 0;                 ///< that were answered
  std::size_t sent = 0;                     ///< octets of the client
  std::size_t received = 0;                 ///< octets of the server
  std::string unreachable;                  ///< why the server could not be connected to; empty where it was
};

struct PassageSettings {
  scenario::Target target;
  wire::Allowed allowed;  ///< addresses of the target
  wire::Time idle{std::chrono::minutes(10)};
  std::shared_ptr<wire::TlsContext> to_server;
  std::shared_ptr<wire::TlsContext> to_client;
};

/// Octets are handed on as they are read, both ways, without waiting for lines; so are FIN, reset and close_notify.
/// Once the server has accepted STARTTLS, what begins like a handshake is one: with the server, then with the client;
/// what the client sent after STARTTLS before it goes to the server as it came.
/// Holds what a transcript keeps, of 100,000 events at most, and 64 KiB under way each way.
class Passage {
 public:
  Passage(const asio::any_io_executor& executor, const PassageSettings& settings,
          std::unique_ptr<wire::Transport> client, std::string name);
  /// Until both sides have ended. Nothing is thrown where a side fails.
  asio::awaitable<void> run();
  /// Closes both connections, so that run() comes to its end.
  void end(std::string_view why);
  /// After run().
  [[nodiscard]] Passed passed();

 private:
  using Kind = record::Event::Kind;
  using Party = record::Party;

  asio::awaitable<bool> connect();
  asio::awaitable<void> hand_on(Party from);
  asio::awaitable<bool> hand_on_octets(Party from, std::string octets);
  asio::awaitable<bool> hand_on_end(Party from, wire::Read read);
  asio::awaitable<bool> begin_tls(std::string_view hello);
  void client_decided();
  bool must_rest();
  [[nodiscard]] wire::Time longest_read(Party from) const;
  void note(Kind kind, Party by, std::string_view text = {}, std::string octets = {});
  void watch(const record::Event& event);
  void watch_end(const record::Event& event);
  void break_off(Party broken);
  [[nodiscard]] wire::Stream& stream(Party of) { return of == Party::client ? client_ : *server_; }
  [[nodiscard]] wire::Time idle_left() const;

  const PassageSettings& settings_;
  wire::Stream client_;
  std::optional<wire::Stream> server_;
  judge::Watcher watcher_;
  LoginSecrets logins_;
  Signs signs_;
  Passed passed_;
  record::Recorder recorder_;
  const std::chrono::steady_clock::time_point begun_;
  std::chrono::steady_clock::time_point active_;
  bool ended_ = false;           ///< nothing is noted any more
  bool tls_due_ = false;         ///< the server has accepted STARTTLS, and the client has sent nothing after it
  bool tls_begins_ = false;      ///< nobody else may read what the server sends
  bool server_rests_ = true;     ///< nobody does
  bool client_is_done_ = false;  ///< nothing of the client is handed on any more
  wire::Wakeup tls_decided_;
  wire::Wakeup server_rested_;
};

}  // namespace smtpspec::proxy
