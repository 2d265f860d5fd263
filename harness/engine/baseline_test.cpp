#include "harness/engine/baseline.hpp"

#include <vector>

#include <catch2/catch_test_macros.hpp>

namespace smtpspec::engine {
namespace {

using scenario::Baseline;

Baseline::Entry entry(const std::string& scenario, Outcome outcome, const std::string& cause = "") {
  return {scenario, outcome, cause, "known", {"baseline.toml", 7, 1}};
}

RunResult run_of(Outcome outcome, Cause cause = Cause::reply) {
  RunResult run;
  run.scenarios.emplace_back();
  run.scenarios[0].id = "end/lf";
  run.scenarios[0].outcome = outcome;
  run.scenarios[0].cause = cause;
  return run;
}

TEST_CASE("what was found against what was foreseen") {
  struct Case {
    Outcome outcome;
    std::vector<Baseline::Entry> entries;
    BaselineStatus expectation;
  };
  const std::vector<Case> cases = {
      {Outcome::pass, {}, BaselineStatus::as_expected},
      {Outcome::info, {}, BaselineStatus::as_expected},
      {Outcome::blocked, {}, BaselineStatus::as_expected},
      {Outcome::fail, {}, BaselineStatus::regression},
      {Outcome::crash, {}, BaselineStatus::regression},
      {Outcome::warn, {}, BaselineStatus::regression},
      {Outcome::fail, {entry("end/lf", Outcome::fail)}, BaselineStatus::as_expected},
      {Outcome::fail, {entry("end/*", Outcome::fail)}, BaselineStatus::as_expected},
      {Outcome::fail, {entry("end/lf", Outcome::fail, "reply")}, BaselineStatus::as_expected},
      {Outcome::fail, {entry("end/lf", Outcome::fail, "hang")}, BaselineStatus::drift},
      {Outcome::crash, {entry("end/lf", Outcome::fail)}, BaselineStatus::drift},
      {Outcome::fail, {entry("other", Outcome::fail)}, BaselineStatus::regression},
      {Outcome::pass, {entry("end/lf", Outcome::fail)}, BaselineStatus::fixed},
      {Outcome::info, {entry("end/lf", Outcome::fail)}, BaselineStatus::fixed},
      // Nothing was observed: nothing is mended.
      {Outcome::blocked, {entry("end/lf", Outcome::fail)}, BaselineStatus::as_expected},
      {Outcome::skipped, {entry("end/lf", Outcome::fail)}, BaselineStatus::as_expected},
      {Outcome::inconclusive, {entry("end/lf", Outcome::fail)}, BaselineStatus::as_expected},
      // An entry for just this row goes before a glob, wherever it stands.
      {Outcome::fail, {entry("end/*", Outcome::crash), entry("end/lf", Outcome::fail)}, BaselineStatus::as_expected},
      {Outcome::crash, {entry("end/*", Outcome::crash), entry("end/lf", Outcome::fail)}, BaselineStatus::drift},
  };
  for (const Case& one : cases) {
    INFO(scenario::name(one.outcome) << " with " << one.entries.size() << " entries");
    RunResult run = run_of(one.outcome);
    apply_baseline(run, Baseline{one.entries});
    CHECK(name(run.scenarios[0].expectation) == name(one.expectation));
    CHECK(run.has_baseline);
  }
}

TEST_CASE("without a baseline findings are new") {
  for (const Outcome outcome : {Outcome::fail, Outcome::crash, Outcome::warn}) {
    RunResult run = run_of(outcome);
    apply_baseline(run, std::nullopt);
    CHECK(run.scenarios[0].expectation == BaselineStatus::unlisted);
    CHECK_FALSE(run.has_baseline);
  }
  RunResult run = run_of(Outcome::pass);
  apply_baseline(run, std::nullopt);
  CHECK(run.scenarios[0].expectation == BaselineStatus::as_expected);
}

TEST_CASE("entries that no scenario has are noted, once") {
  const Baseline baseline{{entry("end/lf", Outcome::fail), entry("gone/*", Outcome::fail), entry("mx", Outcome::fail)}};
  RunResult run = run_of(Outcome::fail);
  apply_baseline(run, baseline);
  apply_baseline(run, baseline);
  REQUIRE(run.baseline_notes.size() == 2);
  CHECK(run.baseline_notes[0].find("baseline.toml:7") == 0);
  CHECK(run.baseline_notes[0].find("'gone/*'") != std::string::npos);
  // A scenario that was not chosen for this run is known all the same.
  scenario::Suite suite;
  suite.scenarios.emplace_back();
  suite.scenarios[0].id = "mx";
  apply_baseline(run, baseline, &suite);
  REQUIRE(run.baseline_notes.size() == 1);
  CHECK(run.baseline_notes[0].find("'gone/*'") != std::string::npos);
}

TEST_CASE("findings") {
  CHECK(is_finding(Outcome::fail, false));
  CHECK(is_finding(Outcome::crash, false));
  CHECK_FALSE(is_finding(Outcome::warn, false));
  CHECK(is_finding(Outcome::warn, true));
  CHECK_FALSE(is_finding(Outcome::info, true));
  CHECK_FALSE(is_finding(Outcome::inconclusive, true));
}

}  // namespace
}  // namespace smtpspec::engine
