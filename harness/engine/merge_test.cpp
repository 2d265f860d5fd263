#include "harness/engine/merge.hpp"

#include <functional>

#include <catch2/catch_test_macros.hpp>

namespace smtpspec::engine {
namespace {

ScenarioResult row(std::string id, Outcome outcome, int line, std::size_t checked = 0) {
  ScenarioResult result;
  result.id = std::move(id);
  result.outcome = outcome;
  result.file = "scenarios/a.toml";
  result.line = line;
  result.checked = checked;
  return result;
}

std::vector<Shard> shards() {
  std::vector<Shard> all(3);
  for (std::size_t i = 0; i < all.size(); ++i) {
    RunResult& run = all[i].run;
    all[i].name = "part-" + std::to_string(i + 1);
    run.version = "1.0";
    run.seed = 7;
    run.suite = "0123";
    run.shard = i + 1;
    run.shards = 3;
    run.started = "2026-01-0" + std::to_string(3 - i);
    run.duration = std::chrono::milliseconds(10 * i);
    run.complete = true;
    run.scenarios = {row("always/crlf", Outcome::pass, 1, 10), row("row/" + std::to_string(i), Outcome::pass, 9),
                     row("other-" + std::to_string(i), Outcome::pass, 5 + static_cast<int>(i))};
  }
  return all;
}

TEST_CASE("shards come to one run") {
  auto all = shards();
  all[1].run.scenarios[0].outcome = Outcome::inconclusive;
  all[1].run.scenarios[0].cause = Cause::never_checked;
  all[1].run.scenarios[0].checked = 0;
  std::string problem;
  auto whole = merged(all, problem);
  REQUIRE(whole);
  CHECK(whole->run.scenarios.size() == 7);
  CHECK(whole->run.scenarios[0].reason == "checked 20 times");
  CHECK(whole->run.scenarios[1].id == "other-0");
  CHECK(whole->run.scenarios[6].id == "row/2");
  CHECK(whole->from == std::vector<std::size_t>{0, 0, 1, 2, 0, 1, 2});
  CHECK(whole->run.shards == 1);
  CHECK(whole->run.complete);
  CHECK(whole->run.started == "2026-01-01");
  CHECK(whole->run.duration == std::chrono::milliseconds(20));

  all[2].run.scenarios[0].outcome = Outcome::fail;
  all[2].run.complete = false;
  all[2].run.incomplete_because = "interrupted";
  whole = merged(all, problem);
  REQUIRE(whole);
  CHECK(whole->run.scenarios[0].outcome == Outcome::fail);
  CHECK(whole->from[0] == 2);
  CHECK_FALSE(whole->run.complete);
  CHECK(whole->run.incomplete_because == "shard 3/3: interrupted");
}

TEST_CASE("of a rule that is broken in two shards what nobody has foreseen is told") {
  for (const std::size_t unforeseen : {0, 2}) {
    auto all = shards();
    for (Shard& one : all) {
      one.run.has_baseline = true;
      one.run.scenarios[0].outcome = Outcome::fail;
    }
    all[unforeseen].run.scenarios[0].expectation = BaselineStatus::regression;
    std::string problem;
    const auto whole = merged(all, problem);
    REQUIRE(whole);
    CHECK(whole->run.scenarios[0].expectation == BaselineStatus::regression);
    CHECK(whole->from[0] == unforeseen);
  }
}

TEST_CASE("what are not all the shards of one run is not merged") {
  struct Row {
    std::function<void(std::vector<Shard>&)> change;
    const char* problem;
  };
  const Row rows[] = {
      {[](auto& all) { all.clear(); }, "there is no run to merge"},
      {[](auto& all) { all.erase(all.begin()); }, "shard 1/3 is missing"},
      {[](auto& all) { all.erase(all.begin() + 1); }, "shard 2/3 is missing"},
      {[](auto& all) { all.pop_back(); }, "shard 3/3 is missing"},
      {[](auto& all) { all[0].run.shards = all[1].run.shards = all[2].run.shards = 1'000'000'000'000; },
       "shard 4/1000000000000 is missing"},
      {[](auto& all) { all[2] = all[1]; }, "shard 2/3 is there twice: part-2 and part-2"},
      {[](auto& all) { all[1].run.shard = 0; }, "part-2: there is no shard 0/3"},
      {[](auto& all) { all[1].run.shard = 4; }, "part-2: there is no shard 4/3"},
      {[](auto& all) { all[1].run.shards = 4; }, "part-2: it is one of 4 shards, not of 3 as part-1 is"},
      {[](auto& all) { all[1].run.suite = "4567"; }, "part-2: it is of another suite or selection than part-1"},
      {[](auto& all) { all[0].run.suite = ""; },
       "part-1: it does not tell which suite it played: its smtpspec was older"},
      {[](auto& all) { all[2].run.seed = 8; },
       "part-3: it is of another seed than part-1, 8 and not 7; give all of them one --seed"},
      {[](auto& all) { all[2].run.version = "2.0"; },
       "part-3: it is of another version of smtpspec than part-1, 2.0 and not 1.0"},
      {[](auto& all) { all[2].run.target.name = "exim"; }, "part-3: it is of another target than part-1, exim ()"},
      {[](auto& all) { all[2].run.has_baseline = true; },
       "part-3: it has a baseline where part-1 has not, or the reverse"},
      {[](auto& all) { all[2].run.scenarios[1].id = "row/0"; }, "part-3: the row 'row/0' is in part-1 as well"},
      {[](auto& all) { all[2].run.scenarios.push_back(all[2].run.scenarios[0]); },
       "part-3: the row 'always/crlf' is there twice"},
  };
  for (const Row& one : rows) {
    auto all = shards();
    one.change(all);
    std::string problem;
    CHECK_FALSE(merged(all, problem));
    CHECK(problem == one.problem);
  }
}

}  // namespace
}  // namespace smtpspec::engine
