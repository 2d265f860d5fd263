// The reference server on the wire: a listener, a session for each connection, a road for what was accepted.
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
#include "harness/wire/tls.hpp"

namespace smtpspec::reference {

/// Delivers one message; gives one result a recipient.
using Road = std::function<asio::awaitable<std::vector<bool>>(const Accepted&)>;

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
    Faults faults;
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0 takes a free one
    bool implicit_tls = false;
    std::shared_ptr<wire::TlsContext> tls;  ///< null: a self-signed certificate is made
    Bounds bounds;
  };
  /// Listens at once; throws std::system_error where the address cannot be had.
  Server(asio::any_io_executor executor, Options options, Road road);
  ~Server();
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::string address() const;
  void stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// Relays over SMTP to host:port, the envelope's parameters that the next hop offers passed on (RFC 3461, 6531, 6152).
[[nodiscard]] Road relay_to(const std::string& host, std::uint16_t port);
/// Writes into a Maildir (tmp, then new), with local line ends left as they came (CRLF).
[[nodiscard]] Road maildir_at(const std::string& path);
/// Takes everything and forgets it.
[[nodiscard]] Road nowhere();

}  // namespace smtpspec::reference
