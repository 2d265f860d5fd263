#include "harness/engine/baseline.hpp"

#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "harness/engine/endings.hpp"
#include "harness/engine/findings.hpp"

namespace smtpspec::engine {
namespace {

using scenario::Baseline;

Baseline::Entry entry(const std::string& scenario, Outcome outcome, const std::string& cause = "") {
  Baseline::Entry entry;
  entry.scenario = scenario;
  entry.outcome = outcome;
  entry.cause = cause;
  entry.reason = "known";
  entry.place = {"baseline.toml", 7, 1};
  return entry;
}

Baseline::Entry of_finding(const std::string& finding) {
  Baseline::Entry entry;
  entry.finding = finding;
  entry.reason = "known";
  entry.place = {"baseline.toml", 7, 1};
  return entry;
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

RunResult run_of_rows(const std::vector<std::string>& ids, Outcome outcome) {
  RunResult run;
  run.started = "2027-03-01T10:00:00Z";
  for (const std::string& id : ids) {
    ScenarioResult& row = run.scenarios.emplace_back();
    row.id = id;
    row.outcome = outcome;
    row.cause = Cause::reply;
    row.actual = "250 2.0.0 Ok: queued as 4A88E51620C";
    row.requirements = {{"rfc5321/4.1.1.4/lf-is-no-line-end", "", "", Level::must, "", Severity::must}};
    row.decided_by = row.requirements.front().id;
  }
  return run;
}

TEST_CASE("an entry for a finding covers all of its rows") {
  RunResult run = run_of_rows({"end/a", "end/b"}, Outcome::fail);
  REQUIRE(all_findings(run).size() == 1);
  const std::string id = all_findings(run).front().id;
  CHECK(id == "rfc5321/4.1.1.4/lf-is-no-line-end:reply");
  for (const std::string& name : {id, std::string("rfc5321/4.1.1.4/*")}) {
    apply_baseline(run, Baseline{{of_finding(name)}});
    for (const ScenarioResult& row : run.scenarios) {
      CHECK(row.expectation == BaselineStatus::as_expected);
      CHECK(row.known == KnownFailure{"known", "", "", ""});
    }
    CHECK(run.baseline_notes.empty());
    CHECK(findings(run).empty());
    CHECK(known_findings(run).size() == 1);
    CHECK(all_findings(run).size() == 1);
  }
  auto other = of_finding(id);
  other.signature = "451 #";
  apply_baseline(run, Baseline{{other}});
  CHECK(run.scenarios[1].expectation == BaselineStatus::drift);
  // A row's own entry goes before it.
  apply_baseline(run, Baseline{{other, entry("end/b", Outcome::fail)}});
  CHECK(run.scenarios[0].expectation == BaselineStatus::drift);
  CHECK(run.scenarios[1].expectation == BaselineStatus::as_expected);
}

TEST_CASE("what an entry knows is known, also where it is told of with more") {
  RunResult run = run_of_rows({"a/one", "b/one", "b/two"}, Outcome::fail);
  for (ScenarioResult& row : run.scenarios) {
    row.excerpt = {{ExcerptLine::Side::client, "", "NOOP\r\n", false},
                   {ExcerptLine::Side::server, "", "503 no\r\n", true}};
    row.actual = "503 no";
    if (row.id.starts_with('b')) row.decided_by = row.requirements.front().id = "rfc5321/4.1.1.6/vrfy-changes-nothing";
  }
  REQUIRE(all_findings(run).size() == 1);
  REQUIRE(all_findings(run).front().id == "rfc5321/4.1.1.6/vrfy-changes-nothing:reply");
  apply_baseline(run, Baseline{{of_finding("rfc5321/4.1.1.4/lf-is-no-line-end:reply")}});
  CHECK(run.scenarios[0].expectation == BaselineStatus::as_expected);
  CHECK(run.scenarios[1].expectation == BaselineStatus::regression);
  CHECK(run.baseline_notes.empty());
}

TEST_CASE("a finding that is gone is told of where what it rests on was judged") {
  const auto noted = [](RunResult run, const Baseline::Entry& entry) {
    apply_baseline(run, Baseline{{entry}});
    return run.baseline_notes;
  };
  const std::string id = "rfc5321/4.1.1.4/lf-is-no-line-end:reply";
  RunResult passed = run_of_rows({"end/a"}, Outcome::pass);
  CHECK(noted(passed, of_finding(id)) ==
        std::vector<std::string>{"baseline.toml:7: finding '" + id + "' is fixed: the baseline can forget it"});
  CHECK(noted(passed, of_finding("rfc5321/4.1.1.4/*")).size() == 1);
  CHECK(noted(passed, of_finding("rfc5321/9/other:reply")).empty());  // not played
  CHECK(noted(run_of_rows({"end/a"}, Outcome::blocked), of_finding(id)).empty());
  CHECK(noted(run_of_rows({"always/crlf"}, Outcome::pass), of_finding("always/crlf")).size() == 1);
  auto unstable = of_finding(id);
  unstable.unstable = true;
  CHECK(noted(passed, unstable).empty());
  passed.shards = 2;  // another part may show it
  CHECK(noted(passed, of_finding(id)).empty());
}

TEST_CASE("a finding that the suite cannot have is stale, and one that was not played is not") {
  scenario::Suite suite;
  suite.scenarios.resize(2);
  suite.scenarios[0].id = "always/crlf";
  suite.scenarios[1].id = "of-no-requirement/row";
  suite.requirements["rfc5321/9/other"] = {};
  const auto status = [&](const RunResult& run, const std::string& finding) {
    const Baseline baseline{{of_finding(finding)}};
    const auto standing = standings(run, baseline, &suite).front().status;
    return std::string(standing ? name(*standing) : "not seen");
  };
  const RunResult blocked = run_of_rows({"end/a"}, Outcome::blocked);
  for (const char* can_be : {"rfc5321/9/other:reply", "rfc5321/9/other:reply~2", "rfc5321/9/*",
                             "rfc5321/9/other:early-?eply", "rfc5321/[[:digit:]]/*", "always/crlf",
                             "of-no-requirement/row:silence", "rfc5321/4.1.1.4/lf-is-no-line-end:reply"})
    CHECK((std::string(can_be) + " is " + status(blocked, can_be)) == std::string(can_be) + " is not seen");
  for (const char* cannot : {"rfc5321/9/othre:reply", "rfc5321/9/other:repyl", "rfc5322/*", "always/crlff", "other~2"})
    CHECK((std::string(cannot) + " is " + status(blocked, cannot)) == std::string(cannot) + " is stale");
  const RunResult passed = run_of_rows({"end/a"}, Outcome::pass);
  CHECK(status(passed, "rfc5321/4.1.1.4/lf-is-no-line-end:reply") == "fixed");
  CHECK(status(passed, "rfc5321/4.1.1.4/lf-is-no-line-end:repyl") == "stale");

  RunResult run = passed;
  apply_baseline(run, Baseline{{of_finding("rfc5321/9/othre:reply")}}, &suite);
  CHECK(run.baseline_notes ==
        std::vector<std::string>{"baseline.toml:7: there can be no finding 'rfc5321/9/othre:reply' in this suite"});
  apply_baseline(run, Baseline{{of_finding("rfc5321/9/othre:reply")}});
  CHECK(run.baseline_notes.empty());  // nobody knows which there can be
}

TEST_CASE("a row that showed a finding is known by itself") {
  RunResult run = run_of_rows({"end/a", "end/b"}, Outcome::fail);
  Baseline::Entry known = of_finding("of-another-name:reply");
  for (const ScenarioResult& row : run.scenarios) known.rows[row.id] = print_of(row);
  const auto status = [&](const Baseline::Entry& one) {
    apply_baseline(run, Baseline{{one}});
    return std::string(name(run.scenarios[0].expectation)) + " " + std::string(name(run.scenarios[1].expectation));
  };
  CHECK(status(known) == "as-expected as-expected");  // whatever the finding is called now
  run.scenarios[1].actual = "999 in other words";
  CHECK(status(known) == "as-expected drift");
  known.unstable = true;
  CHECK(status(known) == "as-expected as-expected");
  known.signature = without_names("999 in other words");
  CHECK(status(known) == "drift as-expected");
  known = of_finding("of-another-name:reply");
  CHECK(status(known) == "regression regression");
}

TEST_CASE("a finding is gone where all that showed it was judged, and passes") {
  RunResult run = run_of_rows({"end/a", "end/b"}, Outcome::pass);
  Baseline::Entry known = of_finding("rfc5321/4.1.1.4/lf-is-no-line-end:reply");
  known.rows = {{"end/a", "0"}, {"end/b", "0"}};
  const auto is_gone = [&](const scenario::Suite* suite) {
    const Baseline baseline{{known}};
    return standings(run, baseline, suite).front().status == BaselineStatus::fixed;
  };
  CHECK(is_gone(nullptr));
  run.scenarios[1].outcome = Outcome::blocked;
  CHECK_FALSE(is_gone(nullptr));
  run.scenarios.pop_back();
  CHECK(is_gone(nullptr));  // no suite has it any more, as far as anybody knows
  scenario::Suite suite;
  suite.scenarios.resize(2);
  suite.scenarios[0].id = "end/a";
  suite.scenarios[1].id = "end/b";
  suite.scenarios[0].requirements = suite.scenarios[1].requirements = {"rfc5321/4.1.1.4/lf-is-no-line-end"};
  CHECK_FALSE(is_gone(&suite));  // it was left out by a filter
  known.rows.clear();
  CHECK_FALSE(is_gone(&suite));
  suite.scenarios.pop_back();
  CHECK(is_gone(&suite));
}

TEST_CASE("a glob is out of date when none of its rows fails, and a rule where all was played") {
  RunResult run = run_of_rows({"end/a", "end/b"}, Outcome::fail);
  run.scenarios[1].outcome = Outcome::pass;
  const Baseline glob{{entry("end/*", Outcome::fail)}};
  apply_baseline(run, glob);
  CHECK(run.scenarios[1].expectation == BaselineStatus::as_expected);
  run.scenarios[0].outcome = Outcome::pass;
  apply_baseline(run, glob);
  CHECK(run.scenarios[1].expectation == BaselineStatus::fixed);
  scenario::Suite whole;
  whole.scenarios.resize(3);
  for (const std::size_t i : {0, 1, 2}) whole.scenarios[i].id = std::vector{"end/a", "end/b", "end/c"}[i];
  apply_baseline(run, glob, &whole);
  CHECK(run.scenarios[1].expectation == BaselineStatus::as_expected);  // the third may fail

  scenario::Suite suite;
  suite.scenarios.resize(2);
  suite.scenarios[0].id = "end/a";
  suite.scenarios[0].rule = "a-rule";
  suite.scenarios[1].id = "end/c";
  const Baseline rule{{entry("end/a", Outcome::fail)}};
  apply_baseline(run, rule, &suite);
  CHECK(run.scenarios[0].expectation == BaselineStatus::as_expected);
  suite.scenarios[1].id = "end/b";
  apply_baseline(run, rule, &suite);
  CHECK(run.scenarios[0].expectation == BaselineStatus::fixed);
}

TEST_CASE("days, signatures, and what fails now and then") {
  const auto status = [](Outcome outcome, const Baseline::Entry& entry) {
    RunResult run = run_of_rows({"end/a"}, outcome);
    apply_baseline(run, Baseline{{entry}});
    return std::string(name(run.scenarios[0].expectation));
  };
  auto one = entry("end/a", Outcome::fail);
  one.until = scenario::day_in("2027-03-01");
  CHECK(status(Outcome::fail, one) == "as-expected");
  one.until = scenario::day_in("2027-02-28");
  CHECK(status(Outcome::fail, one) == "expired");
  CHECK(status(Outcome::crash, one) == "drift");
  CHECK(status(Outcome::pass, one) == "fixed");
  CHECK(status(Outcome::blocked, one) == "as-expected");
  RunResult run = run_of_rows({"end/a"}, Outcome::fail);
  apply_baseline(run, Baseline{{one}});
  CHECK(run.findings(false) == 1);  // what has expired is a finding again
  CHECK(run.scenarios[0].known->until == "2027-02-28");

  one = entry("end/a", Outcome::fail);
  one.signature = without_names("250 2.0.0 Ok: queued as 4A99E51620C");
  CHECK(status(Outcome::fail, one) == "as-expected");
  one.signature = "451 4.3.0 Try again";
  CHECK(status(Outcome::fail, one) == "drift");
  one.signature.clear();
  one.unstable = true;
  CHECK(status(Outcome::pass, one) == "as-expected");
  CHECK(status(Outcome::fail, one) == "as-expected");
  CHECK(status(Outcome::crash, one) == "drift");
}

TEST_CASE("which permitted ending was taken is remembered") {
  RunResult run = run_of_rows({"end/a", "end/b", "end/c", "survey/d"}, Outcome::pass);
  run.scenarios[0].actual.clear();
  run.scenarios[1].actual = "252";
  run.scenarios[2].outcome = Outcome::info;
  run.scenarios[2].actual = "250 2.0.0 Ok: queued as 4A99E51620C";
  run.scenarios[3].actual = "252";
  const auto endings = endings_of(run);
  CHECK(endings == std::map<std::string, std::string>{{"end/b", "252"}, {"end/c", "250 2.0.0 Ok: queued as #"}});
  run.scenarios[1].actual = "550";
  apply_baseline(run, Baseline{{}, endings});
  CHECK(run.other_endings == std::vector<std::string>{"end/b: 550, where it was 252"});
  scenario::Suite suite;
  suite.scenarios.resize(1);
  suite.scenarios[0].id = "end/b";
  apply_baseline(run, Baseline{{}, {{{"end/b", "550"}, {"end/c", endings.at("end/c")}}}}, &suite);
  CHECK(run.other_endings ==
        std::vector<std::string>{"end/c: no row of this suite, where it was 250 2.0.0 Ok: queued as #"});
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
