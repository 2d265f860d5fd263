// Whether a run decided enough to be believed: a gate must not be green because little was tested.
#pragma once

#include <string>

#include "harness/engine/result.hpp"

namespace smtpspec::engine {

/// Why the run as a whole is not to be trusted; empty where it is. It is not where more than `share` (0 to 1) of the
/// rows that are due were not decided, or all of an area, or where a row was broken off by an error of our own. Due are
/// all rows but those that the target or its file gives no cause to play (`unsupported`, `skipped`) or that the
/// delivery road does not tell enough for, the survey's and
/// the rules'. An area is a folder of the suite of
/// which ten rows are due at least: fewer may well hang on one thing.
[[nodiscard]] std::string too_much_undecided(const RunResult& run, double share);

}  // namespace smtpspec::engine
