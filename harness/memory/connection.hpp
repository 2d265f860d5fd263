// Both ends of one connection in memory: the client's, as the machine acts on it, and the server session's. Internal to
// this room.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/memory/memory_play.hpp"
#include "harness/wire/tls_layer.hpp"

namespace smtpspec::memory {

using record::Time;

class Connection {
 public:
  /// The session's accepted mail goes into `delivered`.
  Connection(const Place& place, std::vector<record::Delivery>& delivered);

  /// Lets the session do what it can with what it has, at this time. False: nothing was left to do.
  bool serve(Time now);
  /// When the session loses its patience.
  [[nodiscard]] Time patience_ends() const { return patience_ends_; }

  // The client's side.
  [[nodiscard]] wire::Written write(std::string_view octets, bool beneath_tls);
  [[nodiscard]] std::optional<wire::Read> read();
  void begin_handshake();
  [[nodiscard]] wire::TlsEngine::Status handshake();
  void close_notify();
  /// FIN, or more than that: the session reads what it has, and then that the client is gone.
  void end() { client_done_ = true; }
  [[nodiscard]] const wire::TlsLayer& layer() const { return client_; }
  void give_up_tls() { client_.give_up(); }
  [[nodiscard]] bool server_closed() const { return server_closed_; }

 private:
  bool serve_octets(Time now);
  bool serve_handshake();
  void answer();
  void hand_over();

  const Place& place_;
  std::unique_ptr<ServerSession> session_;
  wire::TlsLayer client_;
  wire::TlsLayer server_;
  std::string unread_;  ///< by the session
  std::size_t taken_ = 0;
  Time patience_ends_{0};
  bool waits_ = false;  ///< the session's patience runs
  bool shakes_hands_ = false;
  bool client_done_ = false;  ///< sends no more
  bool server_closed_ = false;
};

}  // namespace smtpspec::memory
