// Which scenarios of a suite are played: filters and shards.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/model.hpp"

namespace smtpspec::engine {

struct Selection {
  /// Patterns; with '!' in front one excludes. Several: any including one lets a scenario in, any excluding one keeps
  /// it out.
  std::vector<std::string> filters;
  std::size_t shard = 1;   ///< of `shards`, counted from 1
  std::size_t shards = 1;  ///< by a hash of the id, so that a new scenario moves no other
};

/// An id or family, a glob over ids, an RFC path ("rfc5321/4.1.1.4"), a tag or a level. "a,b" is what fits both, "a,!b"
/// what fits a and not b.
[[nodiscard]] bool matches(const scenario::Scenario& scenario, std::string_view pattern);
/// The same for the same scenarios in any order, wherever their files are: what shards of one run have in common.
[[nodiscard]] std::string fingerprint(const std::vector<const scenario::Scenario*>& scenarios);
/// In suite order; views into the suite.
[[nodiscard]] std::vector<const scenario::Scenario*> select(const scenario::Suite& suite, const Selection& selection);

}  // namespace smtpspec::engine
