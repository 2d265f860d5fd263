#include "harness/engine/rule_tally.hpp"

#include <algorithm>

#include <catch2/catch_test_macros.hpp>

#include "harness/judge/transcript_test.hpp"
#include "harness/smtp/referee.hpp"

namespace smtpspec::engine {
namespace {

using judge::Judged;
using judge::Script;

scenario::Scenario row_of(const std::string& rule) {
  scenario::Scenario row;
  row.id = "always/" + rule;
  row.rule = rule;
  row.requirements = {"rfc5321/4.2/first", "rfc5321/4.2/second"};
  return row;
}

ScenarioResult result_of(const RuleTally& tally, const scenario::Scenario& row) {
  ScenarioResult result;
  tally.put(result, row);
  return result;
}

record::Transcript named(const std::string& name, const Script& script) {
  record::Transcript transcript = script.transcript();
  transcript.scenario = name;
  return transcript;
}

Script good() { return Script().greeted().fenced(); }
/// One reply ends in LF alone.
Script bad() { return Script().greeted().sends("NOOP\r\n").says("250 Ok\n").fenced(); }

TEST_CASE("each rule of the referee's has a name, and so has the fence") {
  const auto names = rule_names();
  CHECK(names.size() == smtp::referee_rules().size() + 1);
  CHECK(std::count(names.begin(), names.end(), scenario::fence_rule) == 1);
  CHECK(std::count(names.begin(), names.end(), "crlf") == 1);
}

TEST_CASE("what nothing in the run called for is not known to be kept") {
  for (const std::string& rule : rule_names()) {
    INFO(rule);
    const ScenarioResult result = result_of({}, row_of(rule));
    CHECK(result.outcome == Outcome::inconclusive);
    CHECK(result.cause == Cause::never_checked);
    CHECK(result.checked == 0);
    CHECK(result.decided_by == "");
  }
}

TEST_CASE("a rule that was kept passes with the number of times that it was checked") {
  RuleTally tally;
  for (int i = 1; i <= 5; ++i) {
    tally.add(good().transcript(), {});
    const ScenarioResult result = result_of(tally, row_of("crlf"));
    CHECK(result.outcome == Outcome::pass);
    CHECK(result.cause == Cause::none);
    CHECK(result.checked == static_cast<std::size_t>(i) * 4);  // reply lines
    CHECK(result.seen_in.empty());
    CHECK(result.excerpt.empty());
  }
}

TEST_CASE("a rule that was broken fails, with the first three conversations as its evidence") {
  RuleTally tally;
  tally.add(named("fine", good()), {});
  // By name, whatever order they were played in.
  for (const char* const name : {"d", "b", "c", "a"}) CHECK(tally.add(named(name, bad()), {}));
  for (const char* const name : {"d", "e"}) CHECK_FALSE(tally.add(named(name, bad()), {}));
  const ScenarioResult result = result_of(tally, row_of("crlf"));
  CHECK(result.outcome == Outcome::fail);
  CHECK(result.cause == Cause::rule);
  CHECK(result.seen_in == std::vector<std::string>{"a", "b", "c"});
  CHECK(result.transcript == "transcripts/a.jsonl");
  CHECK(result.checked == 4 + 6 * 5);
  CHECK(result.decided_by == "rfc5321/4.2/first");
  CHECK(result.reason.find("in 6 conversations, checked 34 times") != std::string::npos);
  const auto key =
      std::find_if(result.excerpt.begin(), result.excerpt.end(), [](const auto& line) { return line.key; });
  REQUIRE(key != result.excerpt.end());
  CHECK(key->text == "250 Ok\\n");
  // No other rule is broken by that.
  for (const std::string& rule : rule_names())
    if (rule != "crlf") CHECK(result_of(tally, row_of(rule)).outcome != Outcome::fail);
}

TEST_CASE("a rule about a SHOULD is warned of") {
  RuleTally tally;
  tally.add(bad().transcript(), {});
  auto row = row_of("crlf");
  row.level = Level::should;
  CHECK(result_of(tally, row).outcome == Outcome::warn);
}

TEST_CASE("what a rule has of several RFCs is cited from the one that was broken") {
  auto row = row_of("keyword-parameters");
  row.requirements = {"rfc2920/2/no-parameter", "rfc4954/3/a-list-of-mechanisms"};
  RuleTally tally;
  const Script script =
      Script().on("").says("220 mx.example.test\r\n").sends("EHLO a\r\n").says("250-mx.example.test\r\n250 AUTH\r\n");
  tally.add(script.transcript(), {});
  CHECK(result_of(tally, row).decided_by == "rfc4954/3/a-list-of-mechanisms");
}

TEST_CASE("what a reply answers is not known after a write that failed") {
  const auto one_reply = [](const Script& script) {
    RuleTally tally;
    tally.add(script.transcript(), {});
    return result_of(tally, row_of("one-reply")).outcome;
  };
  CHECK(one_reply(Script().greeted().says("552 Too much\r\n").says("554 No\r\n")) == Outcome::fail);
  CHECK(one_reply(Script().greeted().is(Script::Kind::unsent).says("552 Too much\r\n").says("554 No\r\n")) ==
        Outcome::pass);
  const Script owed = Script().greeted().sends("NOOP\r\n").is(Script::Kind::unsent).says("250 Ok\r\n");
  CHECK(one_reply(Script(owed).says("250 Ok\r\n")) == Outcome::pass);
}

TEST_CASE("a conversation counts once, however often a rule is broken in it") {
  Script often = Script().greeted();
  for (int i = 0; i < 10; ++i) often.sends("NOOP\r\n").says("250 Ok\n");
  RuleTally tally;
  tally.add(named("often", often), {});
  const ScenarioResult result = result_of(tally, row_of("crlf"));
  CHECK(result.seen_in == std::vector<std::string>{"often"});
  CHECK(result.reason.find("in 1 conversation,") != std::string::npos);
  // Played again it is a conversation of its own, but no further evidence.
  tally.add(named("often", often), {});
  const ScenarioResult again = result_of(tally, row_of("crlf"));
  CHECK(again.seen_in == std::vector<std::string>{"often"});
  CHECK(again.reason.find("in 2 conversations,") != std::string::npos);
}

TEST_CASE("the fence has a row") {
  RuleTally tally;
  Judged kept;
  kept.fence_replies = 2;
  tally.add(named("kept", good()), kept);
  const auto row = row_of(std::string(scenario::fence_rule));
  CHECK(result_of(tally, row).outcome == Outcome::pass);
  CHECK(result_of(tally, row).checked == 2);
  Judged broken;
  broken.fence_replies = 1;
  broken.broken_fence.emplace();
  broken.broken_fence->outcome = Outcome::crash;
  broken.broken_fence->cause = Cause::closed;
  broken.broken_fence->actual = "the connection closed without a reply";
  tally.add(named("broken", good()), broken);
  const ScenarioResult result = result_of(tally, row);
  CHECK(result.outcome == Outcome::crash);
  CHECK(result.cause == Cause::closed);
  CHECK(result.actual == "the connection closed without a reply");
  CHECK(result.checked == 4);
  CHECK(result.seen_in == std::vector<std::string>{"broken"});
}

TEST_CASE("evidence holds no secret") {
  RuleTally tally;
  record::Transcript transcript =
      Script().greeted().sends("AUTH PLAIN b3Blbi1zZXNhbWU=\r\n").says("535 open-sesame is wrong\n").transcript();
  transcript.secrets = {"open-sesame", "b3Blbi1zZXNhbWU="};
  Judged judged;
  judged.broken_fence.emplace();
  judged.broken_fence->actual = "535 open-sesame";
  judged.broken_fence->outcome = Outcome::fail;
  tally.add(transcript, judged);
  for (const std::string rule : {"crlf", "one-reply-each"}) {
    const ScenarioResult result = result_of(tally, row_of(rule));
    CHECK(result.outcome == Outcome::fail);
    std::string all = result.expected + result.actual + result.reason;
    for (const ExcerptLine& line : result.excerpt) all += line.text + "\n";
    CHECK(all.find("open-sesame") == std::string::npos);
    CHECK(all.find("b3Blbi1zZXNhbWU=") == std::string::npos);
    CHECK(all.find("[secret]") != std::string::npos);
  }
}

}  // namespace
}  // namespace smtpspec::engine
