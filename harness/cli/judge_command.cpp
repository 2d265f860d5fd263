#include <functional>
#include <map>
#include <memory>
#include <set>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "harness/cli/commands.hpp"
#include "harness/cli/console.hpp"
#include "harness/cli/run_folder.hpp"
#include "harness/cli/suite_files.hpp"
#include "harness/engine/baseline.hpp"
#include "harness/engine/rule_tally.hpp"
#include "harness/engine/run.hpp"
#include "harness/record/transcript_file.hpp"
#include "reports/report.hpp"

namespace smtpspec::cli {

namespace {

struct JudgeOptions {
  std::filesystem::path run = last_run;
  std::vector<std::filesystem::path> suite;
  bool strict = false;
  bool verbose = false;
};

/// A stored run, judged again in place. It may have come from anybody.
class Judging {
 public:
  Judging(const std::filesystem::path& folder, engine::RunResult& run, const scenario::Suite& suite)
      : folder_(folder), run_(run), suite_(suite) {
    for (const scenario::Scenario& scenario : suite.scenarios) by_id_[scenario.id] = &scenario;
  }

  void judge() {
    std::vector<engine::ScenarioResult*> of_rules;
    for (engine::ScenarioResult& row : run_.scenarios)
      if (const auto* scenario = scenario_of(row); scenario == nullptr)
        note_unknown(row);
      else if (scenario->rule.empty())
        judge(row, *scenario);
      else if (row.outcome != scenario::Outcome::skipped)
        of_rules.push_back(&row);
    for (const engine::ScenarioResult* row : of_rules) see_evidence(*row);
    for (engine::ScenarioResult* row : of_rules) judge_rule(*row, *scenario_of(*row));
  }

  /// Says what could not be judged; false where that is nothing.
  [[nodiscard]] bool tell_undecided() const {
    const auto tell_of = [](const std::vector<std::string>& which, const char* one, const char* many) {
      if (!which.empty())
        say(fmt::format("{} {}: {}{}", which.size(), which.size() == 1 ? one : many, which.front(),
                        which.size() == 1 ? "" : ", ..."));
    };
    tell_of(unknown_, "row is not in this suite", "rows are not in this suite");
    if (!unknown_.empty()) say(fmt::format("the run was made by: {}", run_.command));
    tell_of(unread_, "transcript cannot be read", "transcripts cannot be read");
    tell_of(missing_, "row has no transcript", "rows have no transcript");
    tell_of(shortened_, "transcript was kept too short to be judged again",
            "transcripts were kept too short to be judged again");
    return !unknown_.empty() || !unread_.empty() || !missing_.empty() || !shortened_.empty();
  }

  [[nodiscard]] std::size_t judged() const { return judged_.size(); }
  [[nodiscard]] const std::vector<std::string>& changed() const { return changed_; }

 private:
  const scenario::Scenario* scenario_of(const engine::ScenarioResult& row) {
    const auto found = by_id_.find(row.id);
    return found == by_id_.end() ? nullptr : found->second;
  }

  void note_unknown(const engine::ScenarioResult& row) {
    if (!row.transcript.empty() || engine::is_decided(row.outcome)) unknown_.push_back(row.id);
  }

  /// Nothing, and noted, where it cannot be read.
  std::optional<record::Transcript> load(const std::string& path, const std::string& scenario) {
    std::string problem = "no more is read: the others are large enough";
    auto transcript = held_ < most_held ? record::load_transcript(folder_, path, problem) : std::nullopt;
    if (transcript && transcript->scenario != scenario) {
      problem = fmt::format("{}: is of {}, and not of {}", path, transcript->scenario, scenario);
      transcript.reset();
    }
    if (transcript)
      held_ += record::octets_held(*transcript);
    else
      unread_.push_back(problem);
    return transcript;
  }

  void judge(engine::ScenarioResult& row, const scenario::Scenario& scenario) {
    if (row.transcript.empty()) {
      if (engine::is_decided(row.outcome)) missing_.push_back(row.id);
      return;
    }
    if (!rows_.insert(row.id).second) return unread_.push_back(fmt::format("{} stands there twice", row.id));
    const auto transcript = load(row.transcript, row.id);
    if (!transcript) return;
    if (transcript->shortened) return shortened_.push_back(row.id);
    const judge::Judged judged = judge::judge(scenario, *transcript);
    rules_.add(*transcript, judged);
    judged_.insert(row.id);
    if (judged.verdict.cause == judge::Cause::cut_short && row.cause != judge::Cause::cut_short)
      unread_.push_back(fmt::format("{}: ends before the scenario does", row.transcript));
    engine::ScenarioResult again = without_verdict(row, scenario);
    engine::put_verdict(again, judged.verdict, *transcript, scenario.delivered.has_value());
    const bool skipped = row.outcome == scenario::Outcome::skipped;
    note_change(row, [&] { row = skipped ? engine::without_road(std::move(again)) : std::move(again); });
  }

  [[nodiscard]] engine::ScenarioResult without_verdict(const engine::ScenarioResult& row,
                                                       const scenario::Scenario& scenario) const {
    engine::ScenarioResult again = engine::describe_result(scenario, suite_);
    again.transcript = row.transcript;
    again.duration = row.duration;
    again.again = row.again;
    again.attempts = row.attempts;
    return again;
  }

  /// Conversations that a rule was broken in and that are of no row, such as a canary's.
  void see_evidence(const engine::ScenarioResult& row) {
    for (const std::string& name : row.seen_in) {
      if (by_id_.count(name) > 0 || !of_no_row_.insert(name).second) continue;
      const auto transcript = load(record::transcript_path(name), name);
      if (!transcript) continue;
      rules_.add(*transcript, {});
      judged_.insert(name);
    }
  }

  /// Of what was not stored, as canaries that showed nothing, or cannot be read, the stored verdict tells.
  void judge_rule(engine::ScenarioResult& row, const scenario::Scenario& scenario) {
    const auto can_be_seen = [&](const std::string& name) {
      return judged_.count(name) > 0 && (scenario.rule != scenario::fence_rule || of_no_row_.count(name) == 0);
    };
    if (!std::all_of(row.seen_in.begin(), row.seen_in.end(), can_be_seen)) return;
    engine::ScenarioResult again = without_verdict(row, scenario);
    rules_.put(again, scenario);
    if (again.cause != judge::Cause::never_checked) note_change(row, [&] { row = std::move(again); });
  }

  void note_change(engine::ScenarioResult& row, const std::function<void()>& change) {
    const engine::ScenarioResult before = row;
    change();
    hold_against_baseline(row, before);
    if (before.outcome != row.outcome)
      changed_.push_back(
          fmt::format("{}: {}, was {}", row.id, scenario::name(row.outcome), scenario::name(before.outcome)));
  }

  /// What the run's baseline knew is what was there before: what is judged otherwise now is news.
  void hold_against_baseline(engine::ScenarioResult& row, const engine::ScenarioResult& before) const {
    using engine::BaselineStatus;
    const bool was_known = run_.has_baseline && engine::is_finding(before.outcome, true) &&
                           before.expectation != BaselineStatus::regression;
    if (engine::print_of(row) == engine::print_of(before)) {
      row.expectation = before.expectation;
      row.known = before.known;
    } else if (!engine::is_finding(row.outcome, true)) {
      row.expectation = was_known ? BaselineStatus::fixed : BaselineStatus::as_expected;
    } else if (!run_.has_baseline) {
      row.expectation = BaselineStatus::unlisted;
    } else {
      row.expectation = was_known ? BaselineStatus::drift : BaselineStatus::regression;
    }
  }

  /// In all; the transcripts of a run have less.
  static constexpr std::size_t most_held = std::size_t{2} << 30;

  const std::filesystem::path& folder_;
  engine::RunResult& run_;
  const scenario::Suite& suite_;
  std::map<std::string, const scenario::Scenario*> by_id_;
  engine::RuleTally rules_;
  std::set<std::string> rows_;
  std::set<std::string> judged_;     ///< scenarios whose conversations were seen
  std::set<std::string> of_no_row_;  ///< the same, as far as they were looked for
  std::size_t held_ = 0;
  std::vector<std::string> changed_;
  std::vector<std::string> unknown_;    ///< rows that the suite does not have
  std::vector<std::string> unread_;     ///< transcripts: what is wrong
  std::vector<std::string> missing_;    ///< rows
  std::vector<std::string> shortened_;  ///< rows
};

int judge_run(const JudgeOptions& options) {
  auto run = stored_result(options.run);
  const auto suite = load_suite(options.suite);
  if (!run || !suite) return exit_usage;
  Judging judging(options.run, *run, *suite);
  judging.judge();
  put(reports::to_terminal(*run, stdout_style(options.verbose, options.strict)));
  for (const std::string& line : judging.changed()) tell("Changed  {}\n", line);
  const bool undecided = judging.tell_undecided();
  if (judging.judged() == 0) {
    say("nothing was judged again");
    return exit_nothing_ran;
  }
  const std::size_t changed = judging.changed().size();
  tell("Judged {} transcripts again: {}{}{}.\n", judging.judged(),
       changed > 0 ? fmt::format("{} changed", changed) : "", changed > 0 && undecided ? ", and " : "",
       undecided      ? "not all could be judged"
       : changed == 0 ? "the same verdicts"
                      : "");
  if (run->findings(options.strict) > 0) return exit_findings;
  return !undecided && run->complete ? exit_complete : exit_untrusted;
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
