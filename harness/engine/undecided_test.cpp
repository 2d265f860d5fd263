#include "harness/engine/undecided.hpp"

#include <catch2/catch_test_macros.hpp>

namespace smtpspec::engine {
namespace {

RunResult rows(std::initializer_list<std::pair<Outcome, int>> outcomes, const std::string& area = "rfc5321") {
  RunResult run;
  for (const auto& [outcome, count] : outcomes) {
    for (int i = 0; i < count; ++i) {
      ScenarioResult& row = run.scenarios.emplace_back();
      row.id = "row";
      row.outcome = outcome;
      row.file = "scenarios/" + area + "/file.toml";
    }
  }
  return run;
}

TEST_CASE("a run of which a tenth decided nothing is believed, and no more than that") {
  CHECK(too_much_undecided(rows({{Outcome::pass, 9}, {Outcome::blocked, 1}}), 0.1).empty());
  CHECK(too_much_undecided(rows({{Outcome::pass, 17}, {Outcome::blocked, 1}, {Outcome::inconclusive, 1}}), 0.1) ==
        "2 of the 19 scenarios that were due decided nothing, which is more than 10 %");
  CHECK(too_much_undecided(rows({{Outcome::pass, 17}, {Outcome::blocked, 2}}), 0.2).empty());
  CHECK(too_much_undecided({}, 0.1).empty());
}

TEST_CASE("what the target gives no cause to play is not due") {
  CHECK(too_much_undecided(rows({{Outcome::pass, 1}, {Outcome::unsupported, 5}, {Outcome::skipped, 5}}), 0.1).empty());
  RunResult run = rows({{Outcome::pass, 1}, {Outcome::skipped, 5}});
  run.scenarios.back().cause = Cause::not_played;
  CHECK_FALSE(too_much_undecided(run, 0.1).empty());
}

TEST_CASE("rows of the survey and of the rules are not due") {
  RunResult run = rows({{Outcome::inconclusive, 2}});
  run.scenarios[0].id = "survey/noop";
  run.scenarios[1].id = "always/crlf";
  CHECK(too_much_undecided(run, 0.1).empty());
}

TEST_CASE("an area of which nothing is decided is not tested, though it is a small part of all") {
  RunResult run = rows({{Outcome::pass, 200}});
  const RunResult relay = rows({{Outcome::blocked, 10}}, "security");
  run.scenarios.insert(run.scenarios.end(), relay.scenarios.begin(), relay.scenarios.end());
  CHECK(too_much_undecided(run, 0.1) == "none of the 10 scenarios of security decided anything");
  CHECK(too_much_undecided(run, 1).empty());
}

TEST_CASE("an error of our own is never let through") {
  CHECK(too_much_undecided(rows({{Outcome::pass, 100}, {Outcome::error, 1}}), 1) ==
        "1 scenario was broken off by an error of smtpspec's own");
}

}  // namespace
}  // namespace smtpspec::engine
