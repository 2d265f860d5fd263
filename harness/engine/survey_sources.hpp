// Whether a target that relays trusts our address, or is an open relay: from one address it cannot be told.
#pragma once

#include <string>

#include <asio/awaitable.hpp>

#include "harness/engine/attempts.hpp"

namespace smtpspec::engine {

struct Relaying {
  bool trusts_us = false;  ///< so relaying says nothing about the target
  std::string words;       ///< for people
};

/// `row` asks for a recipient elsewhere, and `taken` is a play in which it was taken. It is played again from other
/// addresses of this machine: where one of them is refused, ours is trusted. Where none is, the target relays for
/// anybody, unless ours is a private address and there is no other to compare it with.
asio::awaitable<Relaying> whom_it_relays_for(const scenario::Scenario& row, const judge::Played& taken,
                                             Attempts& attempts);

}  // namespace smtpspec::engine
