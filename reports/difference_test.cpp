#include "reports/difference.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "harness/smtp/visible.hpp"
#include "reports/golden_test.hpp"
#include "reports/sample_run_test.hpp"

using namespace smtpspec;

namespace {

/// The sample run, after an upgrade.
engine::RunResult later_run() {
  engine::RunResult run = reports::sample_run();
  run.started = "2026-02-28T23:59:58Z";
  run.target.keywords = {"mx.example.test", "SIZE 20480000", "8BITMIME", "DSN"};
  const auto put = [&](std::size_t at, engine::Outcome outcome) {
    run.scenarios[at].outcome = outcome;
    if (outcome == engine::Outcome::pass) run.scenarios[at].actual.clear();
  };
  put(0, engine::Outcome::inconclusive);
  run.scenarios[0].reason = "no delivery was seen";
  put(1, engine::Outcome::pass);
  run.scenarios[3].actual = "250 \x01";
  put(4, engine::Outcome::fail);
  put(8, engine::Outcome::pass);
  run.scenarios.erase(run.scenarios.begin() + 9);
  return run;
}

}  // namespace

TEST_CASE("a difference is written as it was approved") {
  const engine::RunResult before = reports::sample_run();
  const engine::RunResult after = later_run();
  const engine::Difference difference = engine::difference(before, after);
  CHECK(reports::golden_problem("diff.json", reports::to_json(difference, before, after)).empty());
  CHECK(reports::golden_problem("diff.txt", reports::to_terminal(difference, before, after, {})).empty());
}

TEST_CASE("one word says what came of it") {
  const auto word = [](const engine::RunResult& before, const engine::RunResult& after) {
    return reports::verdict_word(engine::difference(before, after));
  };
  const engine::RunResult before = reports::sample_run();
  CHECK(word(before, before) == "same");
  CHECK(word(before, later_run()) == "worse");
  engine::RunResult after = before;
  after.scenarios[1].outcome = engine::Outcome::pass;
  CHECK(word(before, after) == "better");
  CHECK(word(after, before) == "worse");
  after.scenarios[2].actual = "another thing";
  CHECK(word(before, after) == "changed");
}

TEST_CASE("no difference of any texts lets one through") {
  const std::string nasty = "\x1b[31m::error::##[x]\xff\u202e\r\n";
  engine::RunResult hostile = reports::hostile_run(nasty);
  for (std::size_t i = 0; i < hostile.scenarios.size(); ++i) hostile.scenarios[i].id += std::to_string(i);
  const engine::RunResult before = reports::sample_run();
  for (const bool verbose : {false, true}) {
    const engine::Difference difference = engine::difference(before, hostile);
    const std::string text = reports::to_terminal(difference, before, hostile, {.verbose = verbose});
    CHECK(smtp::visible_lines(text) == text);
    CHECK(nlohmann::json::accept(reports::to_json(difference, before, hostile)));
  }
}
