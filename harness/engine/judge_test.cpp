#include "harness/engine/judge.hpp"

#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "harness/engine/match.hpp"
#include "harness/engine/transcript_test.hpp"

namespace smtpspec::engine {
namespace {

using Kind = wire::Event::Kind;

struct Case {
  const char* name;
  std::string scenario;
  Script script;
  Outcome outcome;
  const char* cause;
  bool missing = false;
};

void check(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    INFO(one.name);
    const Verdict verdict = judge(scenario_of(one.scenario), one.script.transcript(), {});
    INFO("expected: " << verdict.expected << "; actual: " << verdict.actual << "; reason: " << verdict.reason);
    CHECK(scenario::name(verdict.outcome) == scenario::name(one.outcome));
    CHECK(verdict.cause == one.cause);
    CHECK(verdict.missing == one.missing);
    CHECK(verdict.event < one.script.transcript().events.size());
    if (verdict.outcome != Outcome::pass) CHECK(verdict.expected + verdict.actual + verdict.reason != "");
  }
}

const std::string help = R"(steps = [ { send = "HELP", expect = "214" } ])";
const std::string silence = R"(steps = [ { bytes = 'HEL', expect = "silence" }, { bytes = 'P\r\n', expect = "214" } ])";
const std::string stuck = "the ladder to 'greeted' was not climbed";

/// Greeted, and HELP was sent in step 0.
Script asked() { return Script().greeted().step(0).sends("HELP\r\n"); }
Script helped() { return asked().says("214 Help\r\n"); }
Script began() { return Script().greeted().step(0).sends("HEL"); }

TEST_CASE("one reply decides by the level") {
  check({
      {"as expected", help, helped().fenced(), Outcome::pass, ""},
      {"in two pieces", help, asked().says("214-He\r\n21").says("4 lp\r\n").fenced(), Outcome::pass, ""},
      {"must", help, asked().says("502 No\r\n").hung_up(), Outcome::fail, "reply"},
      {"should", "level = \"should\"\n" + help, asked().says("502 No\r\n").hung_up(), Outcome::warn, "reply"},
      {"may", "level = \"may\"\n" + help, asked().says("502 No\r\n").hung_up(), Outcome::info, "reply"},
      {"interference", help, asked().says("451 Later\r\n").hung_up(), Outcome::blocked, "interference"},
      {"goodbye where a reply is due", R"(steps = [ { send = "QUIT", expect = "221 close" } ])",
       Script().greeted().step(0).sends("QUIT\r\n").says("421 Busy\r\n").is(Kind::closed), Outcome::blocked,
       "interference"},
  });
}

TEST_CASE("a reply that must not come, or comes twice") {
  check({
      {"silence", silence, began().is(Kind::quiet).step(1).sends("P\r\n").says("214 Help\r\n").fenced(), Outcome::pass,
       ""},
      {"early", silence, began().says("500 What\r\n").hung_up(), Outcome::fail, "early-reply"},
      {"early, although 4yz", silence, began().says("451 What\r\n").hung_up(), Outcome::fail, "early-reply"},
      {"half a reply is no silence", silence, began().says("50").is(Kind::quiet).hung_up(), Outcome::fail,
       "incomplete"},
      {"twice", help, helped().says("214 Help\r\n").fenced(), Outcome::fail, "extra-reply"},
      {"in one piece", help, asked().says("214 Help\r\n250 Ok\r\n").fenced(), Outcome::fail, "extra-reply"},
      {"behind QUIT", help,
       helped()
           .step(wire::Event::fence)
           .sends("NOOP\r\n")
           .says("250 Ok\r\n")
           .step(wire::Event::fence)
           .sends("QUIT\r\n")
           .says("221 Bye\r\n250 Ok\r\n")
           .is(Kind::closed),
       Outcome::fail, "extra-reply"},
  });
}

TEST_CASE("no reply where one is due") {
  const auto alive = [] { return asked().is(Kind::deadline).step(wire::Event::fence).sends("NOOP\r\n"); };
  check({
      {"closed", help, asked().is(Kind::closed), Outcome::crash, "closed"},
      {"reset", help, asked().is(Kind::reset), Outcome::crash, "closed"},
      {"broken TLS", help, asked().is(Kind::tls_failed), Outcome::crash, "closed"},
      {"closed in a reply", help, asked().says("214 He").is(Kind::closed), Outcome::crash, "incomplete"},
      {"closed between lines", help, asked().says("214-Help\r\n").is(Kind::closed), Outcome::crash, "incomplete"},
      {"half a reply", help, asked().says("214 He").is(Kind::deadline).hung_up(), Outcome::fail, "incomplete", true},
      {"the session answers", help, alive().says("250 Ok\r\n").hung_up(), Outcome::fail, "silence", true},
      {"the session does not", help, alive().is(Kind::deadline).hung_up(), Outcome::fail, "hang", true},
      {"a SHOULD", "level = \"should\"\n" + help, alive().is(Kind::deadline).hung_up(), Outcome::warn, "hang", true},
  });
}

TEST_CASE("preconditions say nothing about the requirement") {
  const std::string two = R"(steps = [ { open = "b" }, { on = "b", send = "HELP", expect = "214" } ])";
  const std::string tls = R"(steps = [ { send = "STARTTLS", expect = "220" }, { tls = "handshake" } ])";
  check({
      {"refused", help, Script().on("").is(Kind::refused, "nobody listens").is(Kind::stopped, "no connection"),
       Outcome::blocked, "connect"},
      {"greeted by 554", help, Script().on("").says("554 No\r\n").is(Kind::stopped, stuck).hung_up(), Outcome::blocked,
       "ladder"},
      {"a second session", two,
       Script().greeted().on("b").says("421 Busy\r\n").is(Kind::closed).is(Kind::stopped, stuck).on("").hung_up(),
       Outcome::blocked, "ladder"},
      {"a second session, with steps before it", R"(steps = [ { send = "HELP", expect = "214" }, { open = "b" } ])",
       helped().on("b").says("421 Busy\r\n").is(Kind::closed).is(Kind::stopped, stuck).on("").hung_up(),
       Outcome::blocked, "ladder"},
      {"TLS", tls,
       Script().greeted().step(0).sends("STARTTLS\r\n").says("220 Go\r\n").step(1).is(Kind::tls_failed, "alert"),
       Outcome::inconclusive, "tls-handshake"},
  });
}

TEST_CASE("a handshake may fail where close is one of its endings") {
  const auto with = [](const std::string& expect) {
    return R"(fence = false
steps = [ { send = "STARTTLS", expect = "220" }, { tls = "handshake", expect = )" +
           expect + " } ]";
  };
  const auto began = [] { return Script().greeted().step(0).sends("STARTTLS\r\n").says("220 Go\r\n").step(1); };
  const std::string warns = R"([ { reply = "close", as = "warn" }, "silence" ])";
  check({
      {"it fails", with(R"("close")"), began().is(Kind::tls_failed, "alert"), Outcome::pass, ""},
      {"it fails, by another outcome", with(warns), began().is(Kind::tls_failed, "alert"), Outcome::warn, "ending"},
      {"it is done", with(warns), began().is(Kind::tls_started).is(Kind::quiet).hung_up(), Outcome::pass, ""},
      {"it is done, and must not", with(R"("close")"), began().is(Kind::tls_started).is(Kind::deadline).hung_up(),
       Outcome::fail, "hang", true},
      {"it fails, and must not", with(R"("silence")"), began().is(Kind::tls_failed, "alert"), Outcome::inconclusive,
       "tls-handshake"},
  });
}

TEST_CASE("what is not in the transcript is no pass and no accusation") {
  const std::string twice = R"(steps = [ { send = "HELP", expect = "214" }, { send = "HELP", expect = "214" } ])";
  const std::string late(out_of_time);
  check({
      {"ends on the ladder", help, Script().greeted(), Outcome::inconclusive, "cut-short"},
      {"ends in a step", help, asked(), Outcome::inconclusive, "cut-short"},
      {"ends before a step", twice, helped(), Outcome::inconclusive, "cut-short"},
      {"ends before the fence", help, helped(), Outcome::inconclusive, "cut-short"},
      {"ends in the fence", help, helped().step(wire::Event::fence).sends("NOOP\r\n"), Outcome::inconclusive,
       "cut-short"},
      {"a value was not known", R"(steps = [ { send = "HELP", expect = "214" }, { send = "HELP" } ])",
       helped().step(1).is(Kind::stopped, "unknown value 'x'").hung_up(), Outcome::inconclusive, "cut-short"},
      {"the server flooded us and we left", help, asked().is(Kind::stopped, "too much").hung_up(),
       Outcome::inconclusive, "cut-short"},
      {"out of time in a step", help, asked().is(Kind::stopped, late).hung_up(), Outcome::inconclusive, "time-out",
       true},
      {"out of time in a silence", silence, began().is(Kind::stopped, late).hung_up(), Outcome::inconclusive,
       "time-out", true},
      {"out of time behind a reply", R"(steps = [ { send = "HELP", expect = "214 close" } ])",
       helped().is(Kind::stopped, late).hung_up(), Outcome::inconclusive, "time-out", true},
      {"out of time in the fence", help,
       helped().step(wire::Event::fence).sends("NOOP\r\n").is(Kind::stopped, late).hung_up(), Outcome::inconclusive,
       "time-out", true},
      {"what was seen before the time was over stays", help,
       asked().says("502 No\r\n").is(Kind::stopped, late).hung_up(), Outcome::fail, "reply"},
  });
}

TEST_CASE("the fence") {
  const std::string quit = R"(steps = [ { send = "QUIT", expect = "221" } ])";
  const auto fence = [] { return helped().step(wire::Event::fence).sends("NOOP\r\n"); };
  const auto left = Script().greeted().step(0).sends("QUIT\r\n").says("221 Bye\r\n");
  check({
      {"NOOP refused", help, fence().says("500 No\r\n").hung_up(), Outcome::fail, "fence"},
      {"NOOP put off", help, fence().says("421 Bye\r\n").is(Kind::closed), Outcome::pass, ""},
      {"NOOP unanswered", help, fence().is(Kind::deadline).hung_up(), Outcome::fail, "hang", true},
      {"NOOP crashes", help, fence().is(Kind::closed), Outcome::crash, "closed"},
      {"QUIT answered 250", help,
       fence().says("250 Ok\r\n").step(wire::Event::fence).sends("QUIT\r\n").says("250 Ok\r\n").hung_up(),
       Outcome::fail, "fence"},
      {"none was wanted", "fence = false\n" + help, helped().hung_up(), Outcome::pass, ""},
      {"none behind a close", quit, Script(left).is(Kind::closed), Outcome::pass, ""},
      {"a close behind 221 that comes late", quit,
       Script(left).step(wire::Event::fence).sends("NOOP\r\n").is(Kind::reset), Outcome::pass, ""},
  });
}

TEST_CASE("the referee decides where the scenario is content") {
  const std::string noop = R"(steps = [ { send = "NOOP", expect = "xyz" } ])";
  const Script bare = Script().greeted().step(0).sends("NOOP\r\n").says("250 Ok\n").fenced();
  check({
      {"a bare LF", noop, bare, Outcome::fail, "referee"},
      {"not over what was observed", help, asked().says("502 No\n").hung_up(), Outcome::fail, "reply"},
      {"but over what did not come",
       R"(steps = [ { send = "NOOP", expect = "250" }, { send = "HELP", expect = "214" } ])",
       Script()
           .greeted()
           .step(0)
           .sends("NOOP\r\n")
           .says("250 Ok\n")
           .step(1)
           .sends("HELP\r\n")
           .is(Kind::deadline)
           .step(wire::Event::fence)
           .sends("NOOP\r\n")
           .is(Kind::deadline)
           .hung_up(),
       Outcome::fail, "referee"},
  });
  const Verdict verdict = judge(scenario_of(noop), bare.transcript(), {});
  REQUIRE(verdict.violation);
  CHECK(bare.transcript().events[verdict.event].octets == "250 Ok\n");
}

TEST_CASE("endings with an outcome of their own") {
  const std::string step = R"({ send = "HELP", expect = ["214", { code = "502", as = "info", because = "no help" }] })";
  const std::string warned = R"({ send = "HELP", expect = ["214", { code = "502", as = "warn", because = "sad" }] })";
  const std::string ends = R"({ send = "HELP", expect = [{ code = "502", then = "end" }, "214"] })";
  const auto refused = [] { return asked().says("502 No\r\n"); };
  check({
      {"the first alternative", "steps = [" + step + "]", helped().fenced(), Outcome::pass, ""},
      {"as info", "steps = [" + step + "]", refused().fenced(), Outcome::info, "ending"},
      {"the worst of two", "steps = [" + step + "," + warned + "]",
       refused().step(1).sends("HELP\r\n").says("502 No\r\n").fenced(), Outcome::warn, "ending"},
      {"the worst of two, the other way round", "steps = [" + warned + "," + step + "]",
       refused().step(1).sends("HELP\r\n").says("502 No\r\n").fenced(), Outcome::warn, "ending"},
      {"a later failure", "steps = [" + step + "," + step + "]",
       refused().step(1).sends("HELP\r\n").says("500 No\r\n").hung_up(), Outcome::fail, "reply"},
      {"then end", "steps = [" + ends + ", { send = 'HELP', expect = '211' }]", refused().fenced(), Outcome::pass, ""},
      {"not ended", "steps = [" + ends + ", { send = 'HELP', expect = '211' }]", helped().hung_up(),
       Outcome::inconclusive, "cut-short"},
  });
  const Verdict verdict = judge(scenario_of("steps = [" + step + "]"), refused().fenced().transcript(), {});
  CHECK(verdict.reason == "no help");
}

TEST_CASE("a pipelined group") {
  const std::string group = R"(steps = [ { bytes = 'HELP\r\nHELP\r\nHELP\r\n', replies = ["214",
      [{ code = "502", then = "end" }, "214"], "214"] } ])";
  const auto sent = [] { return Script().greeted().step(0).sends("HELP\r\nHELP\r\nHELP\r\n"); };
  check({
      {"all", group, sent().says("214 a\r\n214 b\r\n214 c\r\n").fenced(), Outcome::pass, ""},
      {"cut anywhere", group, sent().says("214 a\r\n214-b\r\n2").says("14 b\r\n").says("214 c\r\n").fenced(),
       Outcome::pass, ""},
      {"one is missing", group, sent().says("214 a\r\n214 b\r\n").is(Kind::deadline).hung_up(), Outcome::fail, "hang",
       true},
      {"ended in the middle: the rest is taken", group, sent().says("214 a\r\n502 b\r\n502 c\r\n").fenced(),
       Outcome::pass, ""},
      {"ended in the middle: the rest comes late", group, sent().says("214 a\r\n502 b\r\n").says("502 c\r\n").fenced(),
       Outcome::pass, ""},
      {"ended in the middle: one too many", group, sent().says("214 a\r\n502 b\r\n502 c\r\n214 d\r\n").fenced(),
       Outcome::fail, "extra-reply"},
  });
}

TEST_CASE("sessions and captures") {
  const std::string two =
      R"(steps = [ { open = "b", from = "connected", expect = "220" }, { send = "HELP", expect = "214" } ])";
  const auto opened = [] { return Script().greeted().on("b").step(0).says("220 b\r\n"); };
  const std::string captured = R"(steps = [
      { send = "HELP", expect = { code = "214", capture = { word = 'is (\w+)' } } },
      { send = "HELP {word}", expect = { code = "214", contains = "{word}" } } ])";
  check({
      {"each session has its own replies", two,
       opened().on("").step(1).sends("HELP\r\n").says("214 Help\r\n").fenced().on("b").hung_up(), Outcome::pass, ""},
      {"what the other says is not taken", two,
       opened().on("").step(1).sends("HELP\r\n").is(Kind::deadline).hung_up().on("b").hung_up(), Outcome::fail, "hang",
       true},
      {"a captured value", captured,
       asked().says("214 it is this\r\n").step(1).sends("HELP this\r\n").says("214 for this\r\n").fenced(),
       Outcome::pass, ""},
      {"another than the captured value", captured,
       asked().says("214 it is this\r\n").step(1).sends("HELP this\r\n").says("214 for that\r\n").hung_up(),
       Outcome::fail, "reply"},
      {"nothing to capture", captured, asked().says("214 Help\r\n").hung_up(), Outcome::fail, "reply"},
  });
}

TEST_CASE("a login's challenges are passed over") {
  const std::string login = R"(steps = [ { login = "LOGIN", expect = "235" } ])";
  const auto begun = [] { return Script().greeted().step(0).sends("AUTH LOGIN\r\n").says("334 VXNlcm5hbWU6\r\n"); };
  check({
      {"in", login, begun().sends("[secret]\r\n").says("235 In\r\n").fenced(), Outcome::pass, ""},
      {"out", login, begun().sends("[secret]\r\n").says("535 Out\r\n").hung_up(), Outcome::fail, "reply"},
      {"closed", login, begun().sends("[secret]\r\n").is(Kind::closed), Outcome::crash, "closed"},
      {"silent", login, begun().sends("[secret]\r\n").is(Kind::deadline).hung_up(), Outcome::fail, "hang", true},
  });
}

}  // namespace
}  // namespace smtpspec::engine
