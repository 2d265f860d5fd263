// One run for the tests of the report writers: every outcome, every expectation that a scenario can have, and octets
// that no report may let through.
#pragma once

#include <string>

#include "harness/engine/result.hpp"

namespace smtpspec::reports {

/// Fixed; the golden files are written from it.
[[nodiscard]] engine::RunResult sample_run();

/// A run whose every text is `text`, in every outcome: what if the target could write anything anywhere?
[[nodiscard]] engine::RunResult hostile_run(const std::string& text);

/// 1,500 failures of 400 causes, each text as long as a hostile target could make it, and as many undecided rows.
[[nodiscard]] engine::RunResult endless_run();

}  // namespace smtpspec::reports
