// Sessions that a server puts off because one address has had too many, or too fast; and other addresses to come from.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "fuzz/campaign/live_player.hpp"

namespace smtpspec::fuzz {

/// By a greeting that is 421, another 4yz or 554, or by a 4yz before its own steps began, though the survey saw all of
/// that taken.
[[nodiscard]] bool was_put_off(const judge::Played& played);
/// The client, before any greeting: then that may be what it was refused for.
[[nodiscard]] bool spoke_first(const judge::Played& played);

/// For people. `may_move`: to other addresses; `near`: the server is on loopback.
[[nodiscard]] std::string how_it_goes_on(bool may_move, bool near);

/// Those of loopback that one worker may come from, as an IPv4 prefix; no two workers of 64 share one.
[[nodiscard]] std::string addresses_of_worker(std::size_t worker);

/// Whether the target, on loopback, serves such an address as it serves the one that sessions come from by themselves:
/// it may relay for that one alone, or take mail from it alone. Blocks while that one is put off itself, a minute or so
/// at most, and no longer than until `stop` says true. False where it cannot be known, or where the target file names
/// addresses: the user has chosen.
[[nodiscard]] bool serves_other_addresses_alike(const Opponent& opponent, const std::function<bool()>& stop);

}  // namespace smtpspec::fuzz
