// `run --last-failed`: what the run before found, as filters.
#pragma once

#include "harness/cli/run_options.hpp"

namespace smtpspec::cli {

/// Puts the rows into `filters` of which a finding of the run before is told; what its baseline foresaw is none. Gives
/// the exit code, and says why, where there is nothing to play by them.
[[nodiscard]] int choose_what_failed(RunOptions& options);

}  // namespace smtpspec::cli
