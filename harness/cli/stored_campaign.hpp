// The folder of `fuzz --out`, read as one that may have come from anybody.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "reports/campaign.hpp"

namespace smtpspec::cli {

/// Whether the folder is one of a campaign: it has fuzzer_stats, and no results.json.
[[nodiscard]] bool is_campaign(const std::filesystem::path& folder);
/// Where it cannot be read, that is said on standard error. Of more than 200 findings the others are counted; `wanted`:
/// the name of one that is among those.
[[nodiscard]] std::optional<reports::Campaign> stored_campaign(const std::filesystem::path& folder,
                                                               const std::string& wanted = {});
/// A file of that name beside its findings; nullopt where there is none, and where it cannot be read, which is said.
[[nodiscard]] std::optional<std::string> text_beside(const std::filesystem::path& folder, const std::string& name);

}  // namespace smtpspec::cli
