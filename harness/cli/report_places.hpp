// Where reports go: each to a place of its own, and over nothing that the run reads or writes besides.
#pragma once

#include <filesystem>
#include <vector>

#include "harness/cli/run_options.hpp"

namespace smtpspec::cli {

/// Whether they can be written so. `out` is the run's folder; `in_use` are files that are read, and folders whose TOML
/// files are. Where it is not so, that is said; nothing is touched.
[[nodiscard]] bool reports_have_places(const std::filesystem::path& out, const std::vector<WantedReport>& wanted,
                                       const std::vector<std::filesystem::path>& in_use);
/// What a run of these options reads.
[[nodiscard]] std::vector<std::filesystem::path> read_by(const RunOptions& options, const scenario::Target& target);

}  // namespace smtpspec::cli
