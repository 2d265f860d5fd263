// What a scenario of the suite is as an input of the in-process targets: itself, and what was said when it was played.
#pragma once

#include <map>
#include <string>

#include "harness/judge/playing.hpp"
#include "harness/scenario/model.hpp"

namespace smtpspec::fuzz {

/// By the name of the target; those alone that have something of it. `profile`: mx, submission or lmtp, as it was
/// played.
[[nodiscard]] std::map<std::string, std::string> seeds_of(const scenario::Scenario& scenario,
                                                          const judge::Played& played, const std::string& profile);

}  // namespace smtpspec::fuzz
