#include "harness/cli/last_failed.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "harness/cli/commands.hpp"
#include "harness/cli/console.hpp"
#include "harness/cli/embedded.hpp"
#include "harness/cli/run_folder.hpp"

namespace smtpspec::cli {

namespace {

/// A target file may give any name, also that of the embedded server; the command that plays a row again tells.
bool was_embedded(const engine::RunResult& run) {
  const auto names_a_target = [](const engine::ScenarioResult& row) {
    constexpr std::string_view command = "smtpspec run ";
    return row.again.starts_with(command) && !row.again.starts_with(std::string(command) + "--");
  };
  return run.target.name == Embedded::name() &&
         std::none_of(run.scenarios.begin(), run.scenarios.end(), names_a_target);
}

/// Why there is nothing to play again. A run that judged nothing has found nothing in another way than a good one.
std::string nothing_failed(const engine::RunResult& run, const std::string& folder) {
  const auto decided = [](const engine::ScenarioResult& row) { return engine::is_decided(row.outcome); };
  const bool judged = std::any_of(run.scenarios.begin(), run.scenarios.end(), decided);
  if (judged && run.complete) return fmt::format("the run in {} found nothing", folder);
  return fmt::format("the run in {} {}{}; play it without --last-failed", folder,
                     judged ? "found nothing, and is incomplete" : "judged nothing",
                     run.incomplete_because.empty() ? "" : ": " + run.incomplete_because);
}

}  // namespace

int choose_what_failed(RunOptions& options) {
  const std::filesystem::path folder = options.out.empty() ? last_run : options.out;
  std::error_code ignored;
  if (!std::filesystem::exists(folder / results_file, ignored)) {
    say(fmt::format("--last-failed: there is no earlier run, for there is no {}; play one first, without it",
                    (folder / results_file).string()));
    return exit_usage;
  }
  const auto last = stored_result(folder);
  if (!last) return exit_usage;
  // What failed before, and was to be played again.
  const bool broken_off = !last->complete && last->command.find("--last-failed") != std::string::npos;
  for (const engine::ScenarioResult& row : last->scenarios) {
    const bool may_fail = broken_off && row.cause == judge::Cause::not_played;
    if (!may_fail && (!engine::is_finding(row.outcome, options.strict) || last->foreseen(row))) continue;
    options.filters.push_back(row.id);
    options.filters.insert(options.filters.end(), row.seen_in.begin(), row.seen_in.end());  // of a rule
  }
  if (options.filters.empty()) {
    say("nothing to play again: " + nothing_failed(*last, folder.string()));
    return exit_nothing_ran;
  }
  if (!options.target.target.empty() || was_embedded(*last)) return exit_complete;
  // The embedded server has none of these failures, and all would be green.
  say(fmt::format("the run in {} was of {} ({}); name the target: smtpspec run TARGET --last-failed", folder.string(),
                  last->target.name, last->target.address));
  return exit_usage;
}

}  // namespace smtpspec::cli
