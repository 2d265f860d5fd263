// How much a session takes, as rows of the survey show it.
#include <catch2/catch_test_macros.hpp>

#include "harness/engine/survey.hpp"
#include "harness/judge/transcript_test.hpp"

namespace smtpspec::engine {
namespace {

using judge::Script;
using std::chrono::milliseconds;

judge::Played played(const Script& script) {
  judge::Played played;
  played.transcript = script.transcript();
  return played;
}

TEST_CASE("how many errors a session takes") {
  scenario::Scenario row;
  row.id = "survey/errors";
  row.limit = "errors";
  const auto error = [](Script& script) { script.sends("X\r\n").later(milliseconds(9)).says("500 What?\r\n"); };
  Script script = Script().greeted();
  error(script);
  error(script);
  Facts facts;
  learn(facts, row, played(script), {});
  CHECK(facts.lacks("errors") == nullptr);
  CHECK(facts.error_takes == milliseconds(10));
  script.sends("X\r\n").says("421 Enough\r\n").closes();
  learn(facts, row, played(script), {});
  REQUIRE(facts.lacks("errors") != nullptr);
  CHECK(facts.lacks("errors")->after == 2);
}

TEST_CASE("who hangs up at the first error has no limit of errors, but a fault") {
  scenario::Scenario row;
  row.id = "survey/after-an-error";
  row.limit = "errors";
  Facts facts;
  learn(facts, row, played(Script().greeted().sends("X\r\n").closes()), {});
  CHECK(facts.lacks("errors") == nullptr);
}

TEST_CASE("errors that are answered late are given more time, and more sessions") {
  scenario::Scenario row;
  row.id = "survey/errors";
  row.limit = "errors";
  Facts facts;
  learn(facts, row, played(Script().greeted().sends("X\r\n").later(milliseconds(12000)).says("500 What?\r\n")), {});
  REQUIRE(facts.lacks("quick-errors") != nullptr);
  CHECK(facts.lacks("quick-errors")->because == "survey/errors: an error is answered after 12 s");
}

Script message_of(Script script, const std::string& text, const std::string& reply) {
  script.sends("MAIL FROM:<a@a>\r\n").says("250 Ok\r\n").sends("RCPT TO:<a@b>\r\n").says("250 Ok\r\n");
  return script.sends("DATA\r\n").says("354 Go\r\n").sends(text).sends("\r\n.\r\n").says(reply);
}

judge::Played ended_by(const Script& script, Outcome outcome) {
  judge::Played one = played(script);
  one.judged.verdict.outcome = outcome;
  one.judged.verdict.cause = outcome == Outcome::pass ? Cause::none : Cause::ending;
  return one;
}

TEST_CASE("how many recipients and messages a session takes, and how large ones") {
  const Script two = message_of(message_of(Script().greeted(), "abc", "250 Ok\r\n"), "abcdef", "250 Ok\r\n");
  const Script refused = message_of(two, "abcdefghij", "552 Too much\r\n");
  const Script third = Script(two).sends("MAIL FROM:<a@a>\r\n").says("421 Enough\r\n").closes();
  struct Row {
    const char* limit;
    Script script;
    Outcome outcome;
    std::string learnt;
  };
  const std::vector<Row> rows = {
      {"messages", two, Outcome::pass, "2 messages"},
      {"recipients", two, Outcome::pass, "2 recipients"},
      {"octets", two, Outcome::pass, "8 octets"},
      {"messages", third, Outcome::info, "2 (survey/row: the server ended a session after 2 messages)"},
      {"octets", refused, Outcome::fail, "8 (survey/row: the server refused more than 8 octets in a message)"},
      // Why it was refused is another matter, or nothing was taken at all.
      {"octets", refused, Outcome::blocked, ""},
      {"octets", message_of(Script().greeted(), "abc", "552 Too much\r\n"), Outcome::fail, ""},
      {"octets", third, Outcome::info, ""},
      {"messages", Script().greeted().sends("MAIL FROM:<a@a>\r\n").says("421 Enough\r\n").closes(), Outcome::info, ""},
  };
  for (const Row& one : rows) {
    INFO(one.limit << ": " << one.learnt);
    scenario::Scenario row;
    row.id = "survey/row";
    row.limit = one.limit;
    Facts facts;
    learn(facts, row, ended_by(one.script, one.outcome), {});
    std::string all;
    for (const Learnt& fact : learnt(facts))
      if (fact.name == one.limit || fact.name == "a session takes at least") all += fact.value;
    CHECK(all == one.learnt);
  }
}

TEST_CASE("a session that ends at a recipient too many ends for no error") {
  const auto seen_as = [](const char* limit, const Script& script, Facts& facts) {
    scenario::Scenario row;
    row.id = std::string("survey/") + limit;
    row.limit = limit;
    learn(facts, row, ended_by(script, Outcome::info), {});
  };
  const auto rcpt = [](Script script, const std::string& reply) {
    return script.sends("RCPT TO:<a@b>\r\n").says(reply);
  };
  const auto recipients = [&](const std::string& reply) {
    return rcpt(rcpt(rcpt(Script().greeted(), reply), reply), "421 Enough\r\n").closes();
  };
  Script errors = Script().greeted();
  for (int i = 0; i < 5; ++i) errors.sends("X\r\n").says("500 What?\r\n");
  errors.sends("X\r\n").says("421 Enough\r\n").closes();
  Facts facts;
  seen_as("errors", recipients("550 Who?\r\n"), facts);
  seen_as("errors", errors, facts);
  REQUIRE(facts.lacks("errors") != nullptr);
  CHECK(facts.lacks("errors")->after == 2);
  seen_as("recipients", recipients("250 Ok\r\n"), facts);
  REQUIRE(facts.lacks("recipients") != nullptr);
  CHECK(facts.lacks("recipients")->after == 2);
  REQUIRE(facts.lacks("errors") != nullptr);
  CHECK(facts.lacks("errors")->after == 5);
}

TEST_CASE("a SIZE below 64 K octets is a limit") {
  scenario::Scenario row;
  row.fact = "ehlo";
  for (const auto& [size, after] : {std::pair{"50000", 50000}, {"65536", 0}, {"0", 0}, {"10M", 0}, {"", 0}}) {
    INFO(size);
    Facts facts;
    const auto offers = std::string("250-mx\r\n250 SIZE") + (*size == '\0' ? "" : " ") + size + "\r\n";
    const Script script = Script().on("").says("220 mx\r\n").sends("EHLO a\r\n").says(offers);
    learn(facts, row, ended_by(script, Outcome::pass), {});
    const record::Deviation* limit = facts.lacks("octets");
    CHECK((limit == nullptr ? 0 : limit->after) == static_cast<std::size_t>(after));
  }
}

}  // namespace
}  // namespace smtpspec::engine
