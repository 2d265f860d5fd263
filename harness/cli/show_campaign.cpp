#include <string_view>
#include <utility>

#include "fuzz/campaign/campaign_folder.hpp"
#include "harness/cli/commands.hpp"
#include "harness/cli/console.hpp"
#include "harness/cli/show.hpp"
#include "harness/cli/stored_campaign.hpp"
#include "harness/record/transcript_file.hpp"
#include "reports/layout.hpp"

namespace smtpspec::cli {

namespace {

using reports::Campaign;

/// What stands beside a finding: its file name's ending, and what it is.
constexpr std::pair<std::string_view, std::string_view> evidence[] = {
    {".sanitizer", "The report of a sanitizer"}, {".log", "What the server wrote last, to its output and its log"}};

/// "Expected: X. Seen: Y." in its two parts; as it is where it says something else.
void put_rationale(const std::string& text, engine::ScenarioResult& row) {
  constexpr std::string_view expected = "Expected: ";
  constexpr std::string_view seen = ". Seen: ";
  const std::size_t middle = text.find(seen);
  if (!text.starts_with(expected) || middle == std::string::npos || !text.ends_with('.')) {
    row.rationale = text;
    return;
  }
  row.expected = text.substr(expected.size(), middle - expected.size());
  row.actual = text.substr(middle + seen.size());
  row.actual.pop_back();
}

/// As a row of a run is shown.
engine::ScenarioResult row_of(const Campaign::Found& found) {
  engine::ScenarioResult row;
  row.id = found.name;
  row.title = found.title;
  row.outcome = found.level == ledger::Level::must ? engine::Outcome::fail : engine::Outcome::warn;
  row.requirements = found.requirements;
  put_rationale(found.rationale, row);
  row.again = found.again;
  return row;
}

void show_found(const std::filesystem::path& folder, const Campaign::Found& found) {
  const reports::TerminalStyle style = stdout_style(true, false);
  put(reports::row_shown(row_of(found), style));
  if (found.again.empty()) return tell("\n{}\n", reports::without_commands(found.text));
  tell("    {:<10}{}\n", "replay", found.replay);
  for (const auto& [ending, what] : evidence)
    if (const auto text = text_beside(folder, found.name + std::string(ending)))
      tell("\n{}\n{}\n", what, reports::without_commands(*text));
  if (found.transcript.empty()) return;
  std::string problem;
  const auto transcript = record::load_transcript(folder / "findings", found.transcript, problem);
  tell("\n");
  if (transcript)
    show_conversation(*transcript, {}, style);
  else
    say("its conversation is not shown: " + problem);
}

bool is_named(const Campaign::Found& found, const std::string& id) {
  return found.name == id || found.id == id || found.name == fuzz::file_name(id);
}

}  // namespace

int show_campaign(const std::filesystem::path& folder, const std::string& id) {
  constexpr std::string_view scenario = "fuzz-";
  const auto campaign =
      stored_campaign(folder, fuzz::file_name(id.starts_with(scenario) ? id.substr(scenario.size()) : id));
  if (!campaign) return exit_usage;
  std::vector<std::string> names;
  for (const Campaign::Found& one : campaign->findings) {
    if (!id.empty() && is_named(one, id)) {
      show_found(folder, one);
      return exit_complete;
    }
    names.push_back(one.name);
    if (id.empty()) tell("{:<40} {}\n", one.name, one.title);
  }
  if (!id.empty()) return not_found(id, names);
  tell("{}{}\n", names.empty() ? "" : "\n", reports::verdict(*campaign));
  return exit_complete;
}

}  // namespace smtpspec::cli
