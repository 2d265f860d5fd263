// Which of several permitted endings rows took: no finding, and told where an upgrade changes it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/engine/result.hpp"
#include "harness/scenario/model.hpp"

namespace smtpspec::engine {

/// By the ids of the rows, as a baseline remembers it: of those that end as `info`, what was seen, names and numbers
/// taken out; of those that pass by another ending than the usual, that ending.
[[nodiscard]] std::map<std::string, std::string> endings_of(const RunResult& run);

/// A line for each row that was played, breaks nothing and took another ending than is `remembered`, and for each that
/// `suite`, where given, has no more.
[[nodiscard]] std::vector<std::string> other_endings(const RunResult& run,
                                                     const std::map<std::string, std::string>& remembered,
                                                     const scenario::Suite* suite);

}  // namespace smtpspec::engine
