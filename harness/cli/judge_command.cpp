#include <map>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "harness/cli/commands.hpp"
#include "harness/cli/console.hpp"
#include "harness/cli/run_folder.hpp"
#include "harness/cli/suite_files.hpp"
#include "harness/engine/rule_tally.hpp"
#include "harness/engine/run.hpp"
#include "harness/record/json_lines.hpp"
#include "reports/report.hpp"

namespace smtpspec::cli {

namespace {

struct JudgeOptions {
  std::filesystem::path run = "smtpspec-run";
  std::vector<std::filesystem::path> suite;
  bool strict = false;
  bool verbose = false;
};

/// Judges one scenario again in place, and shows its conversations to the referee. False, with the problem, where its
/// transcript cannot be read.
bool judge_again(engine::ScenarioResult& result, const scenario::Scenario& scenario, const scenario::Suite& suite,
                 const std::filesystem::path& folder, engine::RuleTally& rules, std::string& problem) {
  const auto transcript = record::load_transcript(folder / result.transcript, problem);
  if (!transcript) return false;
  const judge::Judged judged = judge::judge(scenario, *transcript);
  rules.add(*transcript, judged);
  engine::ScenarioResult again = engine::describe_result(scenario, suite);
  engine::put_verdict(again, judged.verdict, *transcript, scenario.delivered.has_value());
  again.transcript = result.transcript;
  again.duration = result.duration;
  again.again = result.again;
  again.attempts = result.attempts;
  again.expectation = result.expectation;
  result = result.outcome == scenario::Outcome::skipped ? engine::without_road(std::move(again)) : std::move(again);
  return true;
}

int judge_run(const JudgeOptions& options) {
  auto run = stored_result(options.run);
  const auto suite = load_suite(options.suite);
  if (!run || !suite) return exit_usage;
  std::map<std::string, const scenario::Scenario*> by_id;
  for (const scenario::Scenario& scenario : suite->scenarios) by_id[scenario.id] = &scenario;

  engine::RuleTally rules;
  std::size_t judged = 0;
  std::vector<std::string> changed;
  std::vector<std::string> unknown;  // rows that the suite does not have
  std::vector<std::string> unread;   // transcripts: what is wrong
  for (engine::ScenarioResult& result : run->scenarios) {
    if (result.transcript.empty()) continue;
    const auto found = by_id.find(result.id);
    if (found == by_id.end()) {
      unknown.push_back(result.id);
      continue;
    }
    if (!found->second->rule.empty()) continue;
    const engine::Outcome before = result.outcome;
    if (std::string problem; !judge_again(result, *found->second, *suite, options.run, rules, problem)) {
      unread.push_back(problem);
      continue;
    }
    ++judged;
    if (before != result.outcome)
      changed.push_back(
          fmt::format("{}: {}, was {}", result.id, scenario::name(result.outcome), scenario::name(before)));
  }
  for (engine::ScenarioResult& result : run->scenarios)
    if (const auto found = by_id.find(result.id); found != by_id.end() && !found->second->rule.empty())
      rules.put(result, *found->second);
  put(reports::to_terminal(*run, stdout_style(options.verbose, options.strict)));
  for (const std::string& line : changed) tell("Changed  {}\n", line);
  if (!unknown.empty())
    say(fmt::format("{} {} not in this suite ({}{}); the run was made by: {}", unknown.size(),
                    unknown.size() == 1 ? "row is" : "rows are", unknown.front(), unknown.size() == 1 ? "" : ", ...",
                    run->command));
  if (!unread.empty())
    say(fmt::format("{} transcript{} cannot be read: {}", unread.size(), unread.size() == 1 ? "" : "s",
                    unread.front()));
  if (judged == 0) {
    say("nothing was judged again");
    return exit_nothing_ran;
  }
  tell("Judged {} transcripts again: {}.\n", judged,
       changed.empty() ? "the same verdicts" : fmt::format("{} changed", changed.size()));
  if (run->findings(options.strict) > 0) return exit_findings;
  return unknown.empty() && unread.empty() && run->complete ? exit_complete : exit_untrusted;
}

}  // namespace

void add_judge(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("judge", "Judge a stored run again, by the suite as it is now; no network");
  auto options = std::make_shared<JudgeOptions>();
  command->add_option("run", options->run, "The folder that run --out wrote")->capture_default_str();
  add_suite_option(*command, options->suite);
  command->add_flag("--strict", options->strict, "Warnings are findings too");
  command->add_flag("--verbose", options->verbose, "Show every scenario");
  command->callback([options, &chosen] { chosen.run = [options] { return judge_run(*options); }; });
}

}  // namespace smtpspec::cli
