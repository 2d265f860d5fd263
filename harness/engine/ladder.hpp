// The ladder of ready states: what the engine says by itself to bring a session to where a scenario begins.
#pragma once

#include <string>
#include <vector>

#include "harness/scenario/model.hpp"
#include "harness/scenario/target.hpp"

namespace smtpspec::engine {

/// The steps from an open connection to the state. Each has one expectation; a rung that is not climbed blocks the
/// scenario. `under_tls`: the connection began with TLS. `starttls`: the target offers it.
[[nodiscard]] std::vector<scenario::Step> rungs(scenario::Ladder to, const scenario::Target& target, bool under_tls,
                                                bool starttls);

/// The fence: NOOP and QUIT, which must have exactly one reply each (RFC 5321 section 4.2: every command generates
/// exactly one reply), so that a lost synchronisation is seen wherever it happened.
[[nodiscard]] std::vector<scenario::Step> fence();

}  // namespace smtpspec::engine
