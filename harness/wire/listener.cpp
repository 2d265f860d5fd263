#include "harness/wire/listener.hpp"

#include <chrono>
#include <exception>
#include <list>
#include <mutex>
#include <system_error>
#include <utility>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ip/v6_only.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

#include "harness/wire/tcp.hpp"

namespace smtpspec::wire {
namespace {

using asio::ip::tcp;

/// After accept failed for want of descriptors or memory.
constexpr std::chrono::milliseconds pause_after_failure{100};
constexpr std::chrono::milliseconds least_silence{50};

tcp::endpoint endpoint_of(const asio::any_io_executor& executor, const std::string& host, std::uint16_t port) {
  asio::error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (!error) return {address, port};
  tcp::resolver resolver(executor);
  return resolver.resolve(host, std::to_string(port), tcp::resolver::numeric_service).begin()->endpoint();
}

std::string message_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "an exception of no known kind";
  }
}

/// What connections threw.
struct Problems {
  mutable std::mutex mutex;
  std::string first = {};
  std::size_t count = 0;

  void add(const std::exception_ptr& thrown) {
    const std::lock_guard lock(mutex);
    if (count++ == 0) first = message_of(thrown);
  }
  [[nodiscard]] std::string told() const {
    const std::lock_guard lock(mutex);
    return count < 2 ? first : first + " (the first of " + std::to_string(count) + ")";
  }
};

}  // namespace

struct Listener::Impl : std::enable_shared_from_this<Impl> {
  struct Connection {
    std::weak_ptr<TcpConnection> tcp;
    asio::cancellation_signal cancel;
    bool ended = false;  ///< by us: what its coroutine throws then is no problem
  };
  using Connections = std::list<std::shared_ptr<Connection>>;

  Impl(asio::any_io_executor executor_of_all, Serve serve_one, std::size_t most, WhenFull then)
      : executor(std::move(executor_of_all)),
        acceptor(executor),
        pause(executor),
        serve(std::move(serve_one)),
        max_connections(most),
        when_full(then) {}

  void open(const tcp::endpoint& endpoint) {
    acceptor.open(endpoint.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    if (endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(true));
    acceptor.bind(endpoint);
    acceptor.listen();
    bound = acceptor.local_endpoint();
  }

  void accept_next() {
    if (accepting || !acceptor.is_open()) return;
    if (connections.size() >= max_connections) {
      if (when_full == WhenFull::wait) return;
      const auto silence = std::chrono::duration_cast<std::chrono::milliseconds>(most_silent().silence);
      if (silence < least_silence) return accept_later(least_silence - silence);
    }
    accepting = true;
    acceptor.async_accept([self = shared_from_this()](const asio::error_code& error, tcp::socket socket) {
      self->accepting = false;
      if (!self->acceptor.is_open()) return;
      if (!error) {
        self->begin(std::move(socket));
        self->accept_next();
      } else if (error == asio::error::connection_aborted) {
        self->accept_next();
      } else {
        self->accept_later(pause_after_failure);
      }
    });
  }

  void accept_later(std::chrono::milliseconds time) {
    pause.expires_after(time);
    pause.async_wait([self = shared_from_this()](const asio::error_code& error) {
      if (!error) self->accept_next();
    });
  }

  struct Silent {
    std::shared_ptr<Connection> connection;  ///< null where all are ending
    std::chrono::steady_clock::duration silence{least_silence};
  };
  Silent most_silent() {
    const auto now = std::chrono::steady_clock::now();
    for (;;) {
      Silent silent;
      std::shared_ptr<TcpConnection> its_tcp;
      for (const auto& connection : connections) {
        auto tcp_connection = connection->tcp.lock();
        if (!tcp_connection || !tcp_connection->socket.is_open()) continue;
        if (its_tcp &&
            std::pair(its_tcp->spoke, its_tcp->heard) <= std::pair(tcp_connection->spoke, tcp_connection->heard))
          continue;
        silent = {connection, now - tcp_connection->heard};
        its_tcp = std::move(tcp_connection);
      }
      asio::error_code error;
      if (!its_tcp || its_tcp->socket.available(error) == 0 || error || its_tcp->heard >= now) return silent;
      // It has spoken, and we had no time yet to listen.
      its_tcp->spoke = true;
      its_tcp->heard = now;
    }
  }

  void begin(tcp::socket socket) {
    if (connections.size() >= max_connections) {
      if (const Silent silent = most_silent(); silent.connection) end_one(*silent.connection);
    }
    auto tcp_connection = std::make_shared<TcpConnection>(std::move(socket));
    tcp_connection->begin();
    auto connection = std::make_shared<Connection>();
    connection->tcp = tcp_connection;
    const auto place = connections.insert(connections.end(), connection);
    try {
      asio::co_spawn(executor, serve(make_tcp(std::move(tcp_connection))),
                     asio::bind_cancellation_slot(connection->cancel.slot(), [self = shared_from_this(), connection,
                                                                              place](const std::exception_ptr& thrown) {
                       self->end(connection, place, thrown);
                     }));
    } catch (...) {  // `serve` is no coroutine and threw
      end(connection, place, std::current_exception());
    }
  }

  void end(const std::shared_ptr<Connection>& connection, Connections::iterator place,
           const std::exception_ptr& thrown) {
    if (thrown && !connection->ended) problems.add(thrown);
    connections.erase(place);
    // The coroutine's last frame is still there and knows the signal: it lives a turn longer.
    asio::post(executor, [connection] {});
    accept_next();
  }

  void stop() {
    asio::error_code ignored;
    acceptor.close(ignored);
    pause.cancel();
  }

  static void end_one(Connection& connection) {
    connection.ended = true;
    if (const auto tcp_connection = connection.tcp.lock()) tcp_connection->close(false);
    connection.cancel.emit(asio::cancellation_type::terminal);
  }

  void end_all() {
    const Connections now = connections;
    for (const auto& connection : now) end_one(*connection);
  }

  asio::any_io_executor executor;
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  Serve serve;
  std::size_t max_connections;
  WhenFull when_full;
  tcp::endpoint bound;
  Connections connections;
  Problems problems;
  bool accepting = false;
};

Listener::Listener(asio::any_io_executor executor, const std::string& host, std::uint16_t port, Serve serve,
                   std::size_t max_connections, WhenFull when_full)
    : impl_(std::make_shared<Impl>(executor, std::move(serve), max_connections, when_full)) {
  impl_->open(endpoint_of(executor, host, port));
  impl_->accept_next();
}

Listener::~Listener() {
  impl_->stop();
  impl_->end_all();
}

std::uint16_t Listener::port() const { return impl_->bound.port(); }
std::string Listener::address() const { return text_of(impl_->bound); }
std::size_t Listener::connections() const { return impl_->connections.size(); }
std::string Listener::problem() const { return impl_->problems.told(); }
void Listener::stop() { impl_->stop(); }

}  // namespace smtpspec::wire
