#include "harness/engine/verify.hpp"

#include <string>

#include <catch2/catch_test_macros.hpp>

#include "harness/engine/baseline.hpp"
#include "harness/engine/reference_test.hpp"
#include "harness/judge/transcript_test.hpp"
#include "harness/record/transcript_file.hpp"

using namespace smtpspec;
using namespace smtpspec::engine;

namespace {

scenario::Suite suite() {
  return judge::suite_of(R"([[scenario]]
id = "test"
title = "A message is delivered once"
state = "data"
steps = [ { message = '{header}Hello\r\n.\r\n', expect = "250" } ]
delivered = { count = 1 }
)");
}

/// A server that relays the n-th message of the scenario so often.
struct Served {
  explicit Served(int (*copies_of)(int n))
      : server({}, [this, copies_of](const reference::Accepted& accepted) {
          return accepted.message.find("canary") == std::string::npos ? copies_of(++messages) : 1;
        }) {}
  std::atomic<int> messages{0};
  Reference server;
  RunEvents events;
};

Run verified(Served& served, RunSettings settings) {
  served.events.sink_ready = [&](std::uint16_t port) { served.server.relay_to(port); };
  Run played = run(settings, served.events);
  verify(played, settings, served.events, false);
  return played;
}

constexpr std::size_t plays_again = 20;

scenario::Baseline that_it_fails() {
  scenario::Baseline baseline;
  auto& entry = baseline.entries.emplace_back();
  entry.scenario = "test";
  entry.outcome = Outcome::fail;
  entry.reason = "known";
  return baseline;
}

}  // namespace

TEST_CASE("what is seen once and not again stays found, and is said to come and go") {
  const Folder folder;
  const auto tests = suite();
  Served served([](int n) { return n == 1 ? 2 : 1; });
  RunSettings settings = settings_of(tests, served.server.target());
  settings.out = folder.path;
  const Run played = verified(served, settings);
  const ScenarioResult& row = only(played);
  CHECK(played.end == RunEnd::complete);
  CHECK(played.result.complete);
  CHECK(row.outcome == Outcome::fail);
  CHECK(row.attempts == 1 + plays_again);
  CHECK(row.reason.ends_with("unstable: 1 fail, 20 pass"));
  std::string problem;
  const auto transcript = record::load_transcript(folder.path, row.transcript, problem);
  REQUIRE(transcript);
  CHECK(transcript->deliveries.size() == 2);  // of the play that it was seen in
}

TEST_CASE("what is seen each time is verified") {
  const auto tests = suite();
  Served served([](int) { return 2; });
  const Run played = verified(served, settings_of(tests, served.server.target()));
  CHECK(only(played).reason.ends_with("verified: 21 fail"));
  CHECK(only(played).seen == std::vector<Seen>{{Outcome::fail, 1 + plays_again}});
}

TEST_CASE("where all is as expected nothing is played again") {
  const auto tests = suite();
  Served well([](int) { return 1; });
  CHECK(only(verified(well, settings_of(tests, well.server.target()))).seen.empty());
  CHECK(well.messages == 1);
  Served known([](int) { return 2; });
  RunSettings settings = settings_of(tests, known.server.target());
  settings.baseline = that_it_fails();
  CHECK(only(verified(known, settings)).seen.empty());
  CHECK(known.messages == 1);
}

TEST_CASE("what seemed mended and fails again is not mended") {
  const Folder folder;
  const auto tests = suite();
  Served served([](int n) { return n == 1 ? 1 : 2; });
  RunSettings settings = settings_of(tests, served.server.target());
  settings.out = folder.path;
  settings.baseline = that_it_fails();
  const Run played = verified(served, settings);
  const ScenarioResult& row = only(played);
  CHECK(row.outcome == Outcome::fail);
  CHECK(row.expectation == BaselineStatus::as_expected);
  CHECK(row.reason.ends_with("unstable: 1 pass, 20 fail"));
  CHECK(row.transcript.starts_with("verified-1/transcripts/"));
  std::string problem;
  CHECK(record::load_transcript(folder.path, row.transcript, problem));
}

TEST_CASE("a rule is verified by the conversations in which it was broken") {
  const auto tests = suite();
  RunResult run;
  run.scenarios.resize(2);
  run.scenarios[0].id = "always/some-rule";
  run.scenarios[0].outcome = Outcome::fail;
  run.scenarios[0].expectation = BaselineStatus::unlisted;
  run.scenarios[0].seen_in = {"test"};
  run.scenarios[1].id = "test";
  run.scenarios[1].outcome = Outcome::pass;
  scenario::Scenario rule;
  rule.id = "always/some-rule";
  CHECK(to_be_verified(run, {&rule, &tests.scenarios[0]}, false).size() == 2);
  RunResult again = run;
  again.scenarios[0].outcome = Outcome::pass;
  add_plays(run, again, "verified-1");
  CHECK(run.scenarios[0].outcome == Outcome::fail);
  CHECK(in_words(run.scenarios[0].seen) == "1 fail, 1 pass");
}

TEST_CASE("to verify belongs to the time of the run") {
  const auto tests = suite();
  Served served([](int) { return 2; });
  RunSettings settings = settings_of(tests, served.server.target());
  served.events.sink_ready = [&](std::uint16_t port) { served.server.relay_to(port); };
  Run played = run(settings, served.events);
  settings.time = std::chrono::milliseconds(1);
  verify(played, settings, served.events, false);
  CHECK(played.end == RunEnd::untrusted);
  CHECK_FALSE(played.result.complete);
  CHECK(played.result.incomplete_because == "while what it found was verified: its time was over");
  CHECK(only(played).outcome == Outcome::fail);
}
