// Campaigns side by side, each with a server of its own that nothing else on this machine comes near.
#pragma once

#include <functional>

#include "fuzz/campaign/progress.hpp"
#include "harness/cli/fuzz_options.hpp"

namespace smtpspec::cli {

/// As many as there are jobs, in a process each, whose network, processes and `[server] state` are its own. Gives the
/// exit code of the one that leads; the others write to `apart-N.log` of the folder.
[[nodiscard]] int fuzz_apart(const FuzzOptions& options, const std::function<int(const fuzz::Part&)>& campaign);

}  // namespace smtpspec::cli
