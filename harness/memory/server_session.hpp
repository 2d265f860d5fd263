// What plays the server on one connection in memory: octets in, octets and requests out, no I/O of its own.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/record/transcript.hpp"
#include "harness/reference/session.hpp"

namespace smtpspec::memory {

class ServerSession {
 public:
  using Want = reference::Session::Want;

  ServerSession() = default;
  ServerSession(const ServerSession&) = delete;
  ServerSession& operator=(const ServerSession&) = delete;
  virtual ~ServerSession() = default;

  [[nodiscard]] virtual Want want() const = 0;
  /// What is to be written first, whatever is wanted.
  [[nodiscard]] virtual std::string take_output() = 0;
  virtual void receive(std::string_view octets) = 0;
  virtual void tls_started() = 0;
  virtual void tls_failed() = 0;
  /// The client has ended TLS by close_notify: the session is over.
  virtual void tls_ended() = 0;
  /// Hands over the mail for whose delivery it waits; all of it is delivered.
  virtual void deliver() = 0;
  /// The client sends no more.
  virtual void peer_closed() = 0;
  /// The time of `patience` is over.
  virtual void timed_out() = 0;
  [[nodiscard]] virtual record::Time patience() const = 0;
  /// Whether TLS is ended before the connection is closed.
  [[nodiscard]] virtual bool says_close_notify() const = 0;
};

/// Begins a session for a client that has connected. It puts the mail that it has accepted into `delivered`, which
/// outlives it.
using OpenSession = std::function<std::unique_ptr<ServerSession>(std::vector<record::Delivery>& delivered)>;

}  // namespace smtpspec::memory
