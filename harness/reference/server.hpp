// The reference server on the wire: a listener, a session for each connection, and what becomes of accepted mail.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

#include "harness/reference/session.hpp"
#include "harness/wire/listener.hpp"
#include "harness/wire/stream.hpp"
#include "harness/wire/tls.hpp"

namespace smtpspec::reference {

/// Delivers one accepted message; gives one result a recipient.
using Deliver = std::function<asio::awaitable<std::vector<bool>>(const Accepted&)>;

class Server {
 public:
  /// What all connections together may cost. The defaults bound nothing that a tester does.
  struct Bounds {
    std::size_t connections = 1000;
    wire::Listener::WhenFull when_full = wire::Listener::WhenFull::wait;
    /// Octets read and not yet delivered; where it is more, the connection that holds most is reset.
    std::size_t held = std::size_t{1} << 40;
    std::size_t at_once = std::size_t{64} << 10;  ///< octets that are taken before their replies are written
  };
  struct Options {
    Settings settings;
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0 takes a free one
    bool implicit_tls = false;
    std::shared_ptr<wire::TlsContext> tls;  ///< null: a self-signed certificate is made
    Bounds bounds;
  };
  /// Listens at once; throws std::system_error where the address cannot be had. Without faults it is strict.
  Server(asio::any_io_executor executor, Options options, Deliver deliver, const Faults& faults = {});
  [[nodiscard]] std::uint16_t port() const { return listener_.port(); }
  [[nodiscard]] std::string address() const { return listener_.address(); }
  /// Says what went wrong in the server itself: wire::Listener::problem().
  [[nodiscard]] std::string problem() const { return listener_.problem(); }

 private:
  wire::Listener listener_;
};

/// Relays over SMTP to host:port (RFC 5321 section 3.3). A parameter of MAIL or RCPT is handed on where the next hop
/// offers its extension (RFC 1870, 3030, 3461, 4954, 6152, 6531); where it does not, it is left out, and the message
/// goes all the same. `allowed`: as wire::connect_tcp has it; mail for another address is not delivered.
[[nodiscard]] Deliver relay_to(const std::string& host, std::uint16_t port, wire::Allowed allowed = {});
/// Writes into a Maildir (tmp, then new), with local line ends left as they came (CRLF).
[[nodiscard]] Deliver maildir_at(const std::string& path);
/// Takes everything and forgets it.
[[nodiscard]] Deliver nowhere();

}  // namespace smtpspec::reference
