// The folder that `run --out` wrote, as later commands read it.
#pragma once

#include <filesystem>
#include <optional>

#include "harness/engine/result.hpp"

namespace smtpspec::cli {

/// Of results.json; where it cannot be read, that is said on standard error.
[[nodiscard]] std::optional<engine::RunResult> stored_result(const std::filesystem::path& folder);

}  // namespace smtpspec::cli
