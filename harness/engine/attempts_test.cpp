#include "harness/engine/attempts.hpp"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <catch2/catch_test_macros.hpp>

#include "harness/engine/rogue_test.hpp"
#include "harness/judge/transcript_test.hpp"

namespace smtpspec::engine {
namespace {

using judge::scenario_of;
using judge::suite_of;
using std::chrono::milliseconds;

struct Tried {
  ScenarioResult result;
  ScenarioResult fence;  ///< of the row always/one-reply-each
};

/// One round against a server that answers so.
Tried tried(const std::string& steps, Answers answers) {
  const Rogue rogue(std::move(answers));
  const auto suite = suite_of("[[scenario]]\nid = \"case\"\ntitle = \"a case\"\nsteps = [ " + steps + " ]");
  RunSettings settings;
  settings.target.port = rogue.port();
  settings.target.mail.accepts = {"alice@example.test"};
  settings.suite = &suite;
  settings.patience = {milliseconds(300), milliseconds(50), milliseconds(20000)};
  settings.last_patience = milliseconds(600);
  asio::io_context context{1};
  DeliveryWatch watch(context.get_executor(), settings.target);
  Attempts attempts(settings, watch, context.get_executor(), {});
  AttemptSummary summary;
  std::exception_ptr failure;
  const auto rounds = [&]() -> asio::awaitable<void> {
    co_await attempts.round(suite.scenarios[0], summary);
    if (summary.owed > 0) co_await attempts.patient_round(suite.scenarios[0], summary);
  };
  asio::co_spawn(context, rounds(), [&](const std::exception_ptr& error) { failure = error; });
  context.run();
  REQUIRE_FALSE(failure);
  Tried tried;
  tried.result = attempts.summed_up(summary);
  scenario::Scenario row;
  row.rule = scenario::fence_rule;
  attempts.rules().put(tried.fence, row);
  return tried;
}

/// Does not answer `line` in its first so many sessions.
Answers silent_to(const std::string& silent, int sessions) {
  return [=](int session, int number, const std::string& line) -> Answer {
    if (session < sessions && line == silent) return {""};
    return to_help({"214 Help\r\n"})(session, number, line);
  };
}

/// Says nothing from HELP on in its first so many sessions.
Answers silent_from_help(int sessions) {
  return [=](int session, int number, const std::string& line) -> Answer {
    if (session < sessions && number >= 2) return {""};
    return to_help({"214 Help\r\n"})(session, number, line);
  };
}

const std::string help = R"({ send = "HELP", expect = "214" })";

TEST_CASE("a reply that did not come may come when it is played again") {
  const Tried well = tried(help, silent_to("HELP\r\n", 0));
  CHECK(well.result.outcome == Outcome::pass);
  CHECK(well.result.attempts == 1);
  const Tried once = tried(help, silent_from_help(1));
  CHECK(once.result.outcome == Outcome::pass);
  CHECK(once.result.attempts == 2);
  const Tried always = tried(help, silent_from_help(9));
  CHECK(always.result.outcome == Outcome::fail);
  CHECK(always.result.cause == Cause::hang);
  CHECK(always.result.attempts == 2);
}

TEST_CASE("an observed violation is not played again") {
  const Tried wrong = tried(R"({ send = "HELP", expect = "502" })", silent_to("", 0));
  CHECK(wrong.result.outcome == Outcome::fail);
  CHECK(wrong.result.attempts == 1);
  const Tried left_out = tried(help, silent_to("HELP\r\n", 9));  // what follows is answered
  CHECK(left_out.result.outcome == Outcome::fail);
  CHECK(left_out.result.cause == Cause::silence);
  CHECK(left_out.result.attempts == 1);
}

TEST_CASE("a fence that was not answered may be answered when it is played again") {
  const Tried once = tried(help, silent_to("NOOP\r\n", 1));
  CHECK(once.result.outcome == Outcome::pass);
  CHECK(once.result.attempts == 2);
  CHECK(once.fence.outcome == Outcome::pass);
  const Tried always = tried(help, silent_to("NOOP\r\n", 9));
  CHECK(always.result.outcome == Outcome::pass);
  CHECK(always.fence.outcome == Outcome::fail);
  CHECK(always.fence.cause == Cause::hang);
  CHECK(always.fence.seen_in == std::vector<std::string>{"case"});
}

TEST_CASE("but not where something was observed beside it") {
  const Tried warned = tried(R"({ send = "HELP", expect = { reply = "214", as = "warn" } })", silent_to("NOOP\r\n", 1));
  CHECK(warned.result.outcome == Outcome::warn);
  CHECK(warned.result.attempts == 1);
  CHECK(warned.fence.outcome == Outcome::inconclusive);  // a reply may still come
}

}  // namespace
}  // namespace smtpspec::engine
