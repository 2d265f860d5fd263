// Plays a scenario against a server's session in memory: no socket, no Asio, and no waiting, for time is virtual. TLS
// is real.
#pragma once

#include "harness/judge/playing.hpp"
#include "harness/memory/server_session.hpp"
#include "harness/record/transcript.hpp"
#include "harness/scenario/model.hpp"
#include "harness/wire/tls.hpp"

namespace smtpspec::memory {

/// Where a scenario is played. What it points to must outlive the play.
struct Place {
  OpenSession open;
  wire::TlsContext* client_tls = nullptr;
  wire::TlsContext* server_tls = nullptr;
};

using judge::Played;

/// `values`: with a token or without, for nothing else is delivered here.
[[nodiscard]] Played play(const scenario::Scenario& scenario, const Place& place, const record::Terms& terms,
                          judge::Values values);

}  // namespace smtpspec::memory
