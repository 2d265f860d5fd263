// What `show` prints, of runs and of campaigns.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/engine/excerpt.hpp"
#include "harness/record/transcript.hpp"
#include "reports/report.hpp"

namespace smtpspec::cli {

/// Line by line, for it may be many megabytes; the line of `excerpt` that decided is marked.
void show_conversation(const record::Transcript& transcript, const std::vector<engine::ExcerptLine>& excerpt,
                       const reports::TerminalStyle& style);
/// Says that none of these ids was meant, and which begin with it: rows of a scenario, findings of a requirement. Gives
/// the exit code.
[[nodiscard]] int not_found(const std::string& id, const std::vector<std::string>& ids);

/// A finding of the folder of a campaign, which may have come from anybody: by its name ("crash-bdat"), by its cause,
/// or by the scenario that it was written as; all in a line each where the id is empty. Gives the exit code.
[[nodiscard]] int show_campaign(const std::filesystem::path& folder, const std::string& id);

}  // namespace smtpspec::cli
