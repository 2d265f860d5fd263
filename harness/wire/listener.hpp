// Accepts TCP connections and hands each to a coroutine of its own. Bounded in number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

#include "harness/wire/stream.hpp"

namespace smtpspec::wire {

/// Everything happens on the executor, which must be of one thread; so must all calls.
class Listener {
 public:
  /// Serves one connection. What it throws ends the connection and is told by `problem`. It may still be resumed once,
  /// to be ended, after the listener is gone: what it refers to must live as long as the executor runs, or be shared.
  using Serve = std::function<asio::awaitable<void>(std::unique_ptr<Transport>)>;
  /// What becomes of a connection beyond the greatest number: it waits in the backlog, or it takes the place of the
  /// one that has been silent longest; those that never said anything go first. Who spoke within the last 50 ms is not
  /// silent, so that a crowd of newcomers cannot drive out a client in mid-conversation.
  enum class WhenFull { wait, end_silent };
  /// Binds and listens at once; port 0 takes a free one. Throws std::system_error when the address cannot be had.
  /// At most `max_connections` are served at a time.
  Listener(asio::any_io_executor executor, const std::string& host, std::uint16_t port, Serve serve,
           std::size_t max_connections = 1000, WhenFull when_full = WhenFull::wait);
  ~Listener();  ///< stops accepting; connections under way are ended
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::string address() const;      ///< "127.0.0.1:2525"
  [[nodiscard]] std::size_t connections() const;  ///< served at present
  /// What the first connection that ended by an exception threw, and how many did; empty where none did. A connection
  /// that the listener itself ended is not among them. May be asked from any thread.
  [[nodiscard]] std::string problem() const;
  void stop();  ///< stops accepting; connections under way go on

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace smtpspec::wire
