#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "harness/cli/commands.hpp"
#include "harness/cli/console.hpp"
#include "harness/cli/run_folder.hpp"
#include "harness/cli/show.hpp"
#include "harness/cli/stored_campaign.hpp"
#include "harness/engine/findings.hpp"
#include "harness/record/transcript_file.hpp"
#include "harness/scenario/diagnostic.hpp"
#include "harness/smtp/visible.hpp"
#include "reports/layout.hpp"
#include "reports/report.hpp"

namespace smtpspec::cli {

void show_conversation(const record::Transcript& transcript, const std::vector<engine::ExcerptLine>& excerpt,
                       const reports::TerminalStyle& style) {
  const auto decided = engine::line_that_decided(transcript, excerpt);
  const std::size_t width = reports::session_width(transcript.sessions);
  std::size_t number = 0;
  engine::conversation(transcript, [&](engine::ExcerptLine line, std::size_t /*event*/) {
    line.key = decided && number++ == decided->line;
    put(reports::without_commands(reports::conversation_line(line, width, style, true)));
  });
}

int not_found(const std::string& id, const std::vector<std::string>& ids) {
  constexpr std::size_t most = 12;
  std::vector<std::string> below;
  for (const std::string& one : ids)
    if (one.starts_with(id + "/") || one.starts_with(id + ":")) below.push_back(one);
  const std::string near = scenario::did_you_mean(id, ids);
  if (below.empty()) {
    say(fmt::format("there is no row or finding '{}'{}", id, near.empty() ? "" : "; " + near));
    return exit_usage;
  }
  say(fmt::format("'{}' is none; there are", id));
  for (std::size_t i = 0; i < std::min(below.size(), most); ++i) say("  " + below[i]);
  if (below.size() > most) say(fmt::format("  and {} more", below.size() - most));
  return exit_usage;
}

namespace {

using engine::Finding;
using engine::ScenarioResult;

struct ShowOptions {
  std::string id;
  std::filesystem::path run;
  bool all = false;
};

/// The one that was named; else what a run left here, or a campaign.
std::filesystem::path folder_of(const ShowOptions& options) {
  const std::filesystem::path of_run = last_run;
  const std::filesystem::path of_campaign = "smtpspec-fuzz";
  if (!options.run.empty()) return options.run;
  std::error_code error;
  return !std::filesystem::exists(of_run, error) && is_campaign(of_campaign) ? of_campaign : of_run;
}

int show_row(const ScenarioResult& row, const std::vector<Finding>& findings, const std::filesystem::path& folder,
             const reports::TerminalStyle& style) {
  put(reports::row_shown(row, style));
  for (const Finding& one : findings)
    for (const auto& rows : {one.rows, one.consequences, one.blocked})
      if (std::find(rows.begin(), rows.end(), row.id) != rows.end()) tell("    {:<10}{}\n", "finding", one.id);
  if (row.transcript.empty()) {
    tell("\nThere is no conversation to show.\n");
    return exit_complete;
  }
  tell("\n");
  std::string problem;
  const auto transcript = record::load_transcript(folder, row.transcript, problem);
  if (!transcript) {
    put(reports::without_commands(reports::conversation(row.excerpt, style, true)));
    say(fmt::format("this is not all of the conversation: {}", problem));
    return exit_usage;
  }
  if (transcript->scenario != row.id) tell("  In {}:\n", smtp::visible(transcript->scenario));
  show_conversation(*transcript, row.excerpt, style);
  return exit_complete;
}

int show(const ShowOptions& options) {
  const std::filesystem::path folder = folder_of(options);
  if (is_campaign(folder)) return show_campaign(folder, options.id);
  const auto run = stored_result(folder);
  if (!run) return exit_usage;
  if (options.id.empty()) {
    put(options.all ? reports::all_findings(*run, stdout_style(false, false))
                    : reports::to_terminal(*run, stdout_style(false, false)));
    return exit_complete;
  }
  const reports::TerminalStyle style = stdout_style(true, false);
  const std::vector<Finding> findings = engine::findings(*run);
  std::vector<std::string> ids;
  std::string row_id = options.id;
  for (const Finding& one : findings) {
    ids.push_back(one.id);
    if (one.id != options.id) continue;
    put(reports::finding_shown(one, style));
    row_id = one.evidence;
  }
  for (const ScenarioResult& row : run->scenarios) {
    if (row.id == row_id) return show_row(row, findings, folder, style);
    ids.push_back(row.id);
  }
  return not_found(options.id, ids);
}

}  // namespace

void add_show(CLI::App& app, Chosen& chosen) {
  CLI::App* command =
      app.add_subcommand("show", "Show a finding of a stored run or campaign, or a row, with its whole conversation");
  auto options = std::make_shared<ShowOptions>();
  command->add_option(
      "id", options->id,
      "Of a finding, or of a row: also always/... and survey/...; left out: what the run said at its end");
  command->add_flag("--all", options->all, "Every finding of a run, by a line or two each");
  command->add_option("--run", options->run, "The folder that run --out or fuzz --out wrote")
      ->default_str("smtpspec-run, or smtpspec-fuzz where it is not there");
  command->callback([options, &chosen] { chosen.run = [options] { return show(*options); }; });
}

}  // namespace smtpspec::cli
