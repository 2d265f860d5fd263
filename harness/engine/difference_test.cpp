#include "harness/engine/difference.hpp"

#include <algorithm>

#include <catch2/catch_test_macros.hpp>

namespace smtpspec::engine {
namespace {

ScenarioResult row(std::string id, Outcome outcome, std::string actual = "", std::string reason = "") {
  ScenarioResult result;
  result.id = std::move(id);
  result.outcome = outcome;
  result.cause = outcome == Outcome::pass ? Cause::none : Cause::reply;
  result.actual = std::move(actual);
  result.reason = std::move(reason);
  return result;
}

RunResult run(std::vector<ScenarioResult> rows) {
  RunResult result;
  result.scenarios = std::move(rows);
  result.complete = true;
  return result;
}

TEST_CASE("what becomes of a row is worse, better, or neither") {
  struct Row {
    ScenarioResult before;
    ScenarioResult after;
    const char* change;  // "" where they are alike
  };
  using enum Outcome;
  const Row rows[] = {
      {row("x", pass), row("x", pass), ""},
      {row("x", pass), row("x", fail), "worse"},
      {row("x", pass), row("x", warn), "worse"},
      {row("x", warn), row("x", fail), "worse"},
      {row("x", fail), row("x", crash), "worse"},
      {row("x", info), row("x", warn), "worse"},
      {row("x", inconclusive), row("x", fail), "worse"},
      {row("x", skipped), row("x", crash), "worse"},
      {row("x", pass), row("x", inconclusive), "worse"},
      {row("x", pass), row("x", blocked), "worse"},
      {row("x", pass), row("x", error), "worse"},
      {row("x", pass), row("x", skipped), "otherwise"},
      {row("x", pass), row("x", unsupported), "otherwise"},
      {row("x", fail), row("x", inconclusive), "otherwise"},  // it may be there still
      {row("x", blocked), row("x", inconclusive), "otherwise"},
      {row("x", blocked), row("x", blocked), ""},
      {row("x", pass), row("x", info), "otherwise"},
      {row("x", info, "", "it is taken"), row("x", info, "", "it is refused"), "otherwise"},
      {row("x", info, "250 Ok"), row("x", info, "550 No"), "otherwise"},
      {row("x", info, "250 Ok", "it is taken"), row("x", info, "250 Ok", "it is taken"), ""},
      {row("x", fail, "250 2.0.0 Ok: queued as 1A2B"), row("x", fail, "250 2.0.0 Ok: queued as 9F"), ""},
      {row("x", fail, "250 2.0.0 Ok"), row("x", fail, "354 Go on"), "another"},
      {row("x", fail), row("x", pass), "better"},
      {row("x", crash), row("x", fail), "better"},
      {row("x", warn), row("x", info), "better"},
      {row("x", inconclusive), row("x", pass), "better"},
  };
  for (const Row& one : rows) {
    INFO(scenario::name(one.before.outcome) << " then " << scenario::name(one.after.outcome));
    const RunResult before = run({one.before});
    const RunResult after = run({one.after});
    const Difference found = difference(before, after);
    CHECK(found.compared == 1);
    CHECK((found.rows.empty() ? "" : name(found.rows[0].change)) == std::string_view(one.change));
    CHECK(found.is_worse() == (std::string_view(one.change) == "worse"));
  }
}

TEST_CASE("rows of one run alone: a violation is worse, all else is not") {
  const RunResult before = run({row("a", Outcome::pass), row("b", Outcome::fail)});
  const RunResult after = run({row("c", Outcome::pass), row("d", Outcome::fail)});
  const Difference found = difference(before, after);
  REQUIRE(found.rows.size() == 4);
  CHECK(found.compared == 0);
  CHECK(found.rows[0].change == Change::worse);
  CHECK(found.rows[0].after->id == "d");
  CHECK(found.rows[0].before == nullptr);
  CHECK(found.count(Change::otherwise) == 3);
}

TEST_CASE("findings appear and go, whatever a baseline says") {
  RunResult before = run({row("a", Outcome::fail, "250 Ok")});
  before.has_baseline = true;  // which foresaw it
  const RunResult same = run({row("a", Outcome::fail, "250 Ok")});
  CHECK(difference(before, same).is_nothing());
  const RunResult other = run({row("a", Outcome::pass), row("b", Outcome::crash, "closed")});
  const Difference found = difference(before, other);
  REQUIRE(found.appeared.size() == 1);
  CHECK(found.appeared[0].evidence == "b");
  REQUIRE(found.gone.size() == 1);
  CHECK(found.gone[0].evidence == "a");
  CHECK(found.not_played.empty());
}

TEST_CASE("a finding is gone where a row of it was decided, or what it is about is no longer there") {
  const RunResult before = run({row("a", Outcome::fail, "250 Ok"), row("b", Outcome::pass)});
  const auto is_gone = [&](std::vector<ScenarioResult> rows) {
    rows.push_back(row("b", Outcome::pass));
    const RunResult after = run(std::move(rows));
    const Difference found = difference(before, after);
    REQUIRE(found.gone.size() + found.not_played.size() == 1);
    return !found.gone.empty();
  };
  CHECK(is_gone({row("a", Outcome::pass)}));
  CHECK(is_gone({row("a", Outcome::unsupported)}));
  CHECK_FALSE(is_gone({}));
  for (const Outcome outcome : {Outcome::skipped, Outcome::blocked, Outcome::inconclusive, Outcome::error})
    CHECK_FALSE(is_gone({row("a", outcome)}));
}

TEST_CASE("suites are told apart where both runs tell theirs") {
  RunResult one = run({});
  RunResult other = run({});
  one.suite = "a";
  CHECK_FALSE(difference(one, other).of_other_suite);
  other.suite = "b";
  CHECK(difference(one, other).of_other_suite);
  other.suite = "a";
  CHECK_FALSE(difference(one, other).of_other_suite);
}

TEST_CASE("facts of the target, but no clocks and no names") {
  RunResult before = run({});
  before.target.greeting = "220 mx.example.test ESMTP Postfix";
  before.target.keywords = {"mx.example.test", "CHUNKING", "SIZE 1000"};
  before.target.learnt = {{"sessions at a time", "at least 128"}, {"deliveries", "20 ms after the reply"}};
  RunResult after = before;
  after.target.greeting = "220 mx2.example.test ESMTP Postfix";
  after.target.keywords[0] = "mx2.example.test";
  after.target.learnt[1].value = "31 ms after the reply";
  CHECK(difference(before, after).is_nothing());
  after.target.greeting = "220 mx2.example.test ESMTP Exim";
  after.target.keywords = {"mx2.example.test", "SIZE 2000", "DSN"};
  after.target.learnt[0].value = "at least 16";
  const std::vector<FactChange> expected = {
      {"greeting", "220 mx.example.test ESMTP Postfix", "220 mx2.example.test ESMTP Exim"},
      {"keyword CHUNKING", "CHUNKING", ""},
      {"keyword SIZE", "SIZE 1000", "SIZE 2000"},
      {"sessions at a time", "at least 128", "at least 16"},
      {"keyword DSN", "", "DSN"}};
  CHECK(difference(before, after).facts == expected);
}

}  // namespace
}  // namespace smtpspec::engine
