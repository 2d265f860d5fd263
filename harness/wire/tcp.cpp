#include "harness/wire/tcp.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include <asio/ip/address.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "harness/wire/resolve.hpp"

namespace smtpspec::wire {
namespace {

using asio::ip::tcp;

constexpr std::size_t max_read = std::size_t{64} << 10;

bool would_block(const asio::error_code& error) {
  return error == asio::error::would_block || error == asio::error::try_again;
}

class TcpTransport : public Transport {
 public:
  explicit TcpTransport(std::shared_ptr<TcpConnection> connection) : connection_(std::move(connection)) {}
  ~TcpTransport() override { connection_->close(false); }
  TcpTransport(const TcpTransport&) = delete;
  TcpTransport& operator=(const TcpTransport&) = delete;

  asio::awaitable<Read> read(Time deadline) override { return connection_->read(deadline); }
  asio::awaitable<Written> write(std::string_view octets, Time deadline) override {
    return connection_->write(octets, deadline);
  }
  void half_close() override {
    asio::error_code ignored;
    connection_->socket.shutdown(Socket::shutdown_send, ignored);
  }
  void reset() override { connection_->close(true); }
  void close() override { connection_->close(false); }
  std::string local() const override { return connection_->local; }
  std::string remote() const override { return connection_->remote; }

 private:
  std::shared_ptr<TcpConnection> connection_;
};

Connected failed(End end, std::string problem, bool ours = false) { return {nullptr, end, std::move(problem), ours}; }

/// This machine is short of something, which says nothing of the target.
bool is_ours(const asio::error_code& error) {
  return error == asio::error::no_descriptors || error == asio::error::no_memory ||
         error == asio::error::no_buffer_space || error == std::errc::too_many_files_open_in_system ||
         error == std::errc::address_not_available;
}

/// Binds the local address; the port is left to connect(), so that many connections of one source do not run out.
asio::error_code bind_source(Socket& socket, const std::string& source) {
  asio::error_code error;
  const auto address = asio::ip::make_address(source, error);
  if (error) return error;
#ifdef IP_BIND_ADDRESS_NO_PORT
  const int on = 1;
  ::setsockopt(socket.native_handle(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
#endif
  socket.bind(tcp::endpoint(address, 0), error);
  return error;
}

using Endpoint = asio::generic::stream_protocol::endpoint;

/// "127.0.0.1:25", "[::1]:25", "/run/lmtp"; empty for a socket without a name.
std::string text_of_any(const Endpoint& endpoint) {
  if (endpoint.protocol().family() == AF_UNIX) {
    asio::local::stream_protocol::endpoint local;
    std::memcpy(local.data(), endpoint.data(), endpoint.size());
    local.resize(endpoint.size());
    return local.path();
  }
  tcp::endpoint ip;
  std::memcpy(ip.data(), endpoint.data(), std::min(endpoint.size(), ip.capacity()));
  return text_of(ip);
}

using Outcome = std::optional<asio::error_code>;  // nullopt where there was none in time

asio::awaitable<Outcome> connect(std::shared_ptr<TcpConnection> connection, const Endpoint& endpoint,
                                 const Deadline& deadline) {
  const auto outcome = std::make_shared<Outcome>();
  connection->socket.async_connect(endpoint, [outcome, connection](const asio::error_code& result) {
    *outcome = result;
    connection->writable.ring();
  });
  co_await connection->writable.wait(deadline);
  co_return *outcome;
}

Outcome connect_blocking(TcpConnection& connection, const Endpoint& endpoint, const Deadline& deadline) {
  const int socket = connection.socket.native_handle();
  asio::error_code error;
  connection.socket.native_non_blocking(true, error);
  int problem = ::connect(socket, endpoint.data(), static_cast<socklen_t>(endpoint.size())) == 0 ? 0 : errno;
  if (problem == EINPROGRESS) {
    if (!connection.poll(POLLOUT, deadline)) return std::nullopt;
    socklen_t size = sizeof problem;
    if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &problem, &size) != 0) problem = errno;
  }
  return asio::error_code(problem, asio::error::get_system_category());
}

asio::awaitable<Connected> connect_one(const Endpoint& endpoint, const std::string& source, const Deadline& deadline,
                                       bool alone) {
  const auto connection = std::make_shared<TcpConnection>(Socket(co_await asio::this_coro::executor), alone);
  asio::error_code error;
  connection->socket.open(endpoint.protocol(), error);
  if (error)
    co_return failed(End::reset, fmt::format("{}: {}", text_of_any(endpoint), error.message()), is_ours(error));
  if (!source.empty()) error = bind_source(connection->socket, source);
  if (error) co_return failed(End::reset, fmt::format("source address {}: {}", source, error.message()));
  Outcome outcome;
  if (alone)
    outcome = connect_blocking(*connection, endpoint, deadline);
  else
    outcome = co_await connect(connection, endpoint, deadline);
  if (!outcome) {
    connection->close(false);
    co_return failed(End::deadline, fmt::format("{}: no connection in time", text_of_any(endpoint)));
  }
  error = *outcome;
  if (!error) connection->begin();
  // On loopback a connection to a free port of the ephemeral range can meet itself.
  if (!error && !connection->local.empty() && connection->local == connection->remote)
    error = asio::error::connection_refused;
  if (error) {
    connection->close(true);
    co_return failed(End::reset, fmt::format("{}: {}", text_of_any(endpoint), error.message()), is_ours(error));
  }
  co_return Connected{make_tcp(connection), End::octets, {}};
}

asio::awaitable<Connected> connect_any(std::string host, std::uint16_t port, std::string source, Time deadline,
                                       Allowed allowed, bool alone) {
  const Deadline end(deadline);
  if (host.starts_with('/')) {
    if (host.size() >= sizeof(sockaddr_un::sun_path))
      co_return failed(End::reset, host + ": too long for a socket's path");
    co_return co_await connect_one(asio::local::stream_protocol::endpoint(host), "", end, alone);
  }
  const Resolved resolved = co_await resolve(host, deadline);
  Connected result = failed(resolved.in_time ? End::reset : End::deadline, resolved.problem);
  for (const asio::ip::address& address : resolved.addresses) {
    if (allowed && !allowed(address.to_string())) {
      result = failed(End::reset, fmt::format("{} is {}, and may not be connected to", host, address.to_string()));
      continue;
    }
    result = co_await connect_one(tcp::endpoint(address, port), source, end, alone);
    if (result.transport || result.end == End::deadline) break;
  }
  co_return result;
}

}  // namespace

TcpConnection::TcpConnection(Socket open_socket, bool alone)
    : socket(std::move(open_socket)), readable(socket.get_executor()), writable(socket.get_executor()), alone_(alone) {}

void TcpConnection::begin() {
  asio::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.non_blocking(true, ignored);
  heard = std::chrono::steady_clock::now();
  local = text_of_any(socket.local_endpoint(ignored));
  remote = text_of_any(socket.remote_endpoint(ignored));
}

void TcpConnection::close(bool reset) {
  asio::error_code ignored;
  if (reset) socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
  readable.ring();
  writable.ring();
}

Read TcpConnection::read_now() {
  thread_local std::array<char, max_read> buffer;
  asio::error_code error;
  const std::size_t size = socket.read_some(asio::buffer(buffer), error);
  if (!error) {
    heard = std::chrono::steady_clock::now();
    spoke = true;
    return {End::octets, std::string(buffer.data(), size), {}};
  }
  if (would_block(error)) return {End::deadline, {}, {}};
  if (error == asio::error::eof) return {End::closed, {}, {}};
  if (!socket.is_open()) return {End::reset, {}, "the connection was closed here"};
  return {End::reset, {}, error.message()};
}

void TcpConnection::await(Socket::wait_type what, bool& awaited, Wakeup& bell) {
  if (std::exchange(awaited, true)) return;
  socket.async_wait(what, [self = shared_from_this(), &awaited, &bell](const asio::error_code&) {
    awaited = false;
    bell.ring();
  });
}

bool TcpConnection::poll(short events, const Deadline& deadline) {
  if (!socket.is_open()) return true;
  pollfd one{socket.native_handle(), events, 0};
  for (;;) {
    const int ready = ::poll(&one, 1, static_cast<int>(deadline.left().count()));
    if (ready > 0) return true;
    if (ready == 0 && deadline.over()) return false;
    if (ready < 0 && errno != EINTR) return true;  // what is wrong shows in what is done next
  }
}

asio::awaitable<bool> TcpConnection::ready(Socket::wait_type what, const Deadline& deadline) {
  const bool reads = what == Socket::wait_read;
  if (alone_) co_return poll(reads ? POLLIN : POLLOUT, deadline);
  Wakeup& bell = reads ? readable : writable;
  await(what, reads ? awaits_readable_ : awaits_writable_, bell);
  co_return co_await bell.wait(deadline);
}

asio::awaitable<Read> TcpConnection::read(Time deadline) {
  const auto self = shared_from_this();
  const Deadline end(deadline);
  // A peer that always has octets ready must not keep the other coroutines of the executor from running; who only looks
  // what is there does not stay.
  if (deadline > Time{0} && !alone_) co_await asio::post(socket.get_executor(), asio::use_awaitable);
  for (;;) {
    // Nothing is there yet, mostly, where the other side is to answer first.
    if (alone_ && deadline > Time{0} && !poll(POLLIN, end)) co_return Read{End::deadline, {}, {}};
    Read result = read_now();
    if (result.end != End::deadline || end.over()) co_return result;
    if (!co_await ready(Socket::wait_read, end)) co_return read_now();
  }
}

asio::awaitable<Written> TcpConnection::write(std::string_view octets, Time deadline) {
  const auto self = shared_from_this();
  const Deadline end(deadline);
  const std::size_t all = octets.size();
  while (!octets.empty()) {
    asio::error_code error;
    octets.remove_prefix(socket.write_some(asio::buffer(octets.data(), octets.size()), error));
    if (!error) continue;
    if (!socket.is_open()) co_return Written{End::reset, "the connection was closed here"};
    if (!would_block(error)) co_return Written{End::reset, error.message()};
    if (!co_await ready(Socket::wait_write, end))
      co_return Written{End::deadline, fmt::format("{} of {} octets written in time", all - octets.size(), all)};
  }
  co_return Written{};
}

std::unique_ptr<Transport> make_tcp(std::shared_ptr<TcpConnection> connection) {
  return std::make_unique<TcpTransport>(std::move(connection));
}

std::string text_of(const tcp::endpoint& endpoint) {
  const auto address = endpoint.address();
  const std::string host = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
  return host + ":" + std::to_string(endpoint.port());
}

/// No coroutine: the names need not live until the connecting runs.
asio::awaitable<Connected> connect_tcp(const std::string& host, std::uint16_t port, const std::string& source,
                                       Time deadline, const Allowed& allowed) {
  return connect_any(host, port, source, deadline, allowed, false);
}

asio::awaitable<Connected> connect_tcp_alone(const std::string& host, std::uint16_t port, const std::string& source,
                                             Time deadline, const Allowed& allowed) {
  return connect_any(host, port, source, deadline, allowed, true);
}

}  // namespace smtpspec::wire
