// A connection of TCP or of a Unix socket, as connector and listener share it. Internal to this room.
#pragma once

#include <memory>
#include <string>

#include <asio/generic/stream_protocol.hpp>
#include <asio/ip/tcp.hpp>

#include "harness/wire/deadline.hpp"
#include "harness/wire/stream.hpp"

namespace smtpspec::wire {

using Socket = asio::generic::stream_protocol::socket;

/// Shared with the handlers of the waits that are under way. Octets are read and written without blocking, only
/// readiness is waited for: so a wait that ends early has not read anything.
class TcpConnection : public std::enable_shared_from_this<TcpConnection> {
 public:
  /// `alone`: nothing else runs on the socket's executor, so its thread may be blocked.
  explicit TcpConnection(Socket socket, bool alone = false);

  /// Sets the options of an open connection and notes its addresses.
  void begin();
  asio::awaitable<Read> read(Time deadline);
  asio::awaitable<Written> write(std::string_view octets, Time deadline);
  /// Blocks the thread until the socket has one of the events of poll(2); false where it has none by the deadline.
  bool poll(short events, const Deadline& deadline);
  void close(bool reset);

  Socket socket;
  Wakeup readable;
  Wakeup writable;
  std::string local;
  std::string remote;
  std::chrono::steady_clock::time_point heard{};  ///< when octets were read last; the beginning where there were none
  bool spoke = false;                             ///< octets were read

 private:
  Read read_now();
  asio::awaitable<bool> ready(Socket::wait_type what, const Deadline& deadline);
  /// Rings when the socket is ready; one wait of a kind at a time.
  void await(Socket::wait_type what, bool& awaited, Wakeup& bell);
  const bool alone_;
  bool awaits_readable_ = false;
  bool awaits_writable_ = false;
};

std::unique_ptr<Transport> make_tcp(std::shared_ptr<TcpConnection> connection);
[[nodiscard]] std::string text_of(const asio::ip::tcp::endpoint& endpoint);  ///< "127.0.0.1:25", "[::1]:25"

}  // namespace smtpspec::wire
