// fuzz_session.h for a session that is a C++ class. The class can be made without arguments, and has
//
//   void receive(std::string_view octets);   // cut anywhere
//   std::string take_output();               // all that is ready; the greeting at first
//   bool closed() const;                     // it closes the connection once its output was taken
//
// and, where it does STARTTLS, `bool starts_tls() const` (it waits for the handshake) and `void tls_started()`.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "fuzz_session.h"

namespace smtpspec {

/// A server whose sessions are of this class; the rest of it is for the caller to fill in.
template <class Session>
[[nodiscard]] smtpspec_server server_of() {
  struct Open {
    Session session;
    std::string ready;
  };
  constexpr bool does_tls = requires(Session session) {
    session.starts_tls();
    session.tls_started();
  };
  smtpspec_server server{};
  server.open = [](void*) -> void* { return new Open(); };
  server.receive = [](void* open, const char* octets, size_t count) {
    static_cast<Open*>(open)->session.receive(std::string_view(octets, count));
  };
  server.give = [](void* open, char* room, size_t count) -> size_t {
    auto& [session, ready] = *static_cast<Open*>(open);
    if (ready.empty()) ready = session.take_output();
    const size_t given = std::min(count, ready.size());
    ready.copy(room, given);
    ready.erase(0, given);
    return given;
  };
  server.state = [](void* open) {
    const Session& session = static_cast<Open*>(open)->session;
    if constexpr (does_tls)
      if (session.starts_tls()) return SMTPSPEC_STARTS_TLS;
    return session.closed() ? SMTPSPEC_CLOSES : SMTPSPEC_READS;
  };
  server.close = [](void* open) { delete static_cast<Open*>(open); };
  if constexpr (does_tls) server.tls_started = [](void* open) { static_cast<Open*>(open)->session.tls_started(); };
  return server;
}

}  // namespace smtpspec
