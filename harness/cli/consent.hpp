// Against whom a run may be played without being asked to: nobody but loopback and private addresses.
#pragma once

#include <string>
#include <vector>

#include "harness/scenario/model.hpp"
#include "harness/scenario/target.hpp"

namespace smtpspec::cli {

/// What a run comes to for the server that it is played against.
struct Burden {
  std::size_t sessions = 0;
  std::size_t messages = 0;      ///< that may be accepted
  std::size_t wrong_logins = 0;  ///< with a wrong name or password
};
[[nodiscard]] Burden burden_of(const std::vector<const scenario::Scenario*>& scenarios, std::size_t repeat);

/// Each of the addresses that its host has is loopback or private; so is a Unix socket, and a name that has none.
[[nodiscard]] bool resolves_to_near(const std::string& host);

/// True where the target is near, or `allow_remote`; otherwise says on standard error what a run would come to. A host
/// name is near where every address that it resolves to is; the run holds each address against this once more.
[[nodiscard]] bool may_be_played(const scenario::Target& target, bool allow_remote, const Burden& burden);
/// The same for a campaign, which is more than a neighbour may bear: loopback alone is near.
[[nodiscard]] bool may_be_fuzzed(const scenario::Target& target, bool allow_remote, const Burden& burden);

}  // namespace smtpspec::cli
