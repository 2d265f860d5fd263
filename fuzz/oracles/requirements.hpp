// What the RFCs ask for where a breach is.
#pragma once

#include <string>
#include <vector>

#include "fuzz/oracles/oracles.hpp"
#include "harness/scenario/model.hpp"

namespace smtpspec::fuzz {

/// The row of the suite that a rule is judged by; null where the suite has none.
[[nodiscard]] const scenario::Scenario* row_of(const Breach& breach, const scenario::Suite& suite);
/// Ids of requirements, the weightiest first; never empty.
[[nodiscard]] std::vector<std::string> requirements_of(const Breach& breach, const scenario::Suite& suite);

}  // namespace smtpspec::fuzz
