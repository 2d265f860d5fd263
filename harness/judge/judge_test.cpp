// Transcripts judged: what a row comes to.
#include "harness/judge/judging_test.hpp"

namespace smtpspec::judge {
namespace {

using Kind = record::Event::Kind;

TEST_CASE("one reply decides by the level") {
  check({
      {"as expected", help, helped().fenced(), Outcome::pass, Cause::none},
      {"in two pieces", help, asked().says("214-He\r\n21").says("4 lp\r\n").fenced(), Outcome::pass, Cause::none},
      {"must", help, asked().says("502 No\r\n").client_closed(), Outcome::fail, Cause::reply},
      {"should", "level = \"should\"\n" + help, asked().says("502 No\r\n").client_closed(), Outcome::warn,
       Cause::reply},
      {"may", "level = \"may\"\n" + help, asked().says("502 No\r\n").client_closed(), Outcome::info, Cause::reply},
      {"interference", help, asked().says("451 Later\r\n").client_closed(), Outcome::blocked, Cause::interference},
      {"goodbye where a reply is due", R"(steps = [ { send = "QUIT", expect = "221 close" } ])",
       Script().greeted().step(0).sends("QUIT\r\n").says("421 Busy\r\n").closes(), Outcome::blocked,
       Cause::interference},
  });
}

TEST_CASE("530 is no answer to what was asked, RFC 4954 section 6") {
  const std::string any = R"(steps = [ { send = "HELP", expect = ["502", "5yz"] } ])";
  const std::string named = R"(steps = [ { send = "HELP", expect = ["5yz", "530"] } ])";
  const auto wants_login = [] { return asked().says("530 5.7.0 Log in first\r\n"); };
  check({
      {"any refusal is expected", any, wants_login().client_closed(), Outcome::blocked, Cause::interference},
      {"530 is one of them", R"(steps = [ { send = "HELP", expect = "530" } ])", wants_login().fenced(), Outcome::pass,
       Cause::none},
      {"an outcome of its own", R"(steps = [ { send = "HELP", expect = { reply = "5yz", as = "info" } } ])",
       wants_login().fenced(), Outcome::info, Cause::ending},
  });
}

TEST_CASE("an LMTP server answers the data once a recipient that it accepted, RFC 2033 section 4.2") {
  const std::string two = R"(state = "rcpt"
steps = [ { send = "RCPT TO:<b@b>", expect = "25z" }, { send = "DATA", expect = "354" },
          { message = 'x', expect = ["250", { reply = "4yz", as = "info", then = "end" }] }, { send = "HELP", expect = "214" } ])";
  const auto sent = [] {
    Script script;
    script.lmtp().on("").says("220 b\r\n").sends("LHLO a\r\n").says("250 b\r\n");
    script.sends("MAIL FROM:<a@a>\r\n").says("250 ok\r\n").sends("RCPT TO:<a@b>\r\n").says("250 ok\r\n");
    script.step(0).sends("RCPT TO:<b@b>\r\n").says("250 ok\r\n").step(1).sends("DATA\r\n").says("354 go\r\n");
    return script.step(2).sends("x\r\n.\r\n");
  };
  check({
      {"one each", two, sent().says("250 a\r\n250 b\r\n").step(3).sends("HELP\r\n").says("214 H\r\n").fenced(),
       Outcome::pass, Cause::none},
      {"one is missing", two, sent().says("250 a\r\n").in_vain().fenced(), Outcome::fail, Cause::silence},
      {"one is refused", two, sent().says("250 a\r\n550 b\r\n").client_closed(), Outcome::fail, Cause::reply},
      {"the first ends the scenario, and the second is taken", two, sent().says("450 a\r\n250 b\r\n").fenced(),
       Outcome::info, Cause::ending},
  });
}

TEST_CASE("an LMTP server need not answer BDAT LAST for nobody, RFC 2033 section 4.3") {
  const auto chunk = [](const char* last) {
    return std::string("state = \"mail\"\nsteps = [ { chunk = 'x', expect = \"5yz\"") + last + " } ]";
  };
  const auto unanswered = [](const char* command) {
    Script script;
    script.lmtp().on("").says("220 b\r\n").sends("LHLO a\r\n").says("250-b\r\n250 CHUNKING\r\n");
    script.sends("MAIL FROM:<a@a>\r\n").says("250 ok\r\n").step(0).sends(command).in_vain();
    return script.noop().says("250 Ok\r\n").quit().says("221 Bye\r\n").closes();
  };
  check({
      {"LAST", chunk(", last = true"), unanswered("BDAT 1 LAST\r\nx"), Outcome::blocked, Cause::interference},
      {"another chunk", chunk(""), unanswered("BDAT 1\r\nx"), Outcome::fail, Cause::silence},
  });
}

TEST_CASE("a reply that must not come, or half a one") {
  check({
      {"silence", silence, began().quiet().step(1).sends("P\r\n").says("214 Help\r\n").fenced(), Outcome::pass,
       Cause::none},
      {"early", silence, began().says("500 What\r\n").client_closed(), Outcome::fail, Cause::early_reply},
      {"early, although 4yz", silence, began().says("451 What\r\n").quiet().client_closed(), Outcome::fail,
       Cause::early_reply},
      {"the server shuts down", silence, began().says("421 Bye\r\n").closes(), Outcome::blocked, Cause::interference},
      {"the server shuts down, in other words", silence, began().says("451 Bye\r\n").closes(), Outcome::blocked,
       Cause::interference},
      {"it does not", silence, began().says("451 What\r\n").client_closed(), Outcome::fail, Cause::early_reply},
      {"half a reply is no silence", silence, began().says("50").quiet().client_closed(), Outcome::fail,
       Cause::incomplete},
      {"a silence that was broken after a while", silence,
       began().waits(std::chrono::milliseconds(300)).says("500 What\r\n").client_closed(), Outcome::fail,
       Cause::early_reply},
  });
}

TEST_CASE("a pass tells which of several endings it took, where that is not the usual one") {
  const auto taken = [](const Script& script) {
    const auto scenario = scenario_of(R"(steps = [ { send = "HELP", expect = ["214", "50z", "silence"] } ])");
    const Verdict verdict = judge(scenario, script.transcript()).verdict;
    CHECK(verdict.outcome == Outcome::pass);
    return verdict.actual;
  };
  CHECK(taken(helped().fenced()).empty());
  CHECK(taken(asked().says("502 No\r\n").fenced()) == "50z");
  CHECK(taken(asked().quiet().fenced()) == "no reply");
}

TEST_CASE("no reply where one is due") {
  const auto alive = [] { return asked().in_vain().noop(); };
  const auto warned = "level = \"should\"\n" + help;
  check({
      {"closed", help, asked().closes(), Outcome::crash, Cause::closed},
      {"reset", help, asked().is(Kind::reset), Outcome::crash, Cause::closed},
      {"broken TLS", help, asked().is(Kind::tls_failed), Outcome::crash, Cause::closed},
      {"closed in a reply", help, asked().says("214 He").closes(), Outcome::crash, Cause::incomplete},
      {"closed between lines", help, asked().says("214-Help\r\n").closes(), Outcome::crash, Cause::incomplete},
      {"half a reply", help, asked().says("214 He").in_vain().client_closed(), Outcome::inconclusive, Cause::incomplete,
       true},
      {"the session answers", help, alive().says("250 Ok\r\n").quit().says("221 Bye\r\n").closes(), Outcome::fail,
       Cause::silence},
      {"it answers late", help, alive().says("214 Help\r\n").quit().says("250 Ok\r\n").says("221 Bye\r\n").closes(),
       Outcome::inconclusive, Cause::hang, true},
      {"it answers late, all at once", help, alive().says("214 Help\r\n250 Ok\r\n").quit().says("221 Bye\r\n").closes(),
       Outcome::inconclusive, Cause::hang, true},
      {"it refuses late", help, alive().says("502 No\r\n").quit().says("250 Ok\r\n").quiet().client_closed(),
       Outcome::inconclusive, Cause::hang, true},
      {"the session does not", help, alive().in_vain().client_closed(), Outcome::inconclusive, Cause::hang, true},
      {"nor with much patience", help, alive().in_vain().client_closed().with_much_patience(), Outcome::fail,
       Cause::hang, true},
      {"half a reply, with much patience", help, asked().says("214 He").in_vain().client_closed().with_much_patience(),
       Outcome::fail, Cause::incomplete, true},
      {"a SHOULD", warned, alive().in_vain().client_closed().with_much_patience(), Outcome::warn, Cause::hang, true},
  });
}

TEST_CASE("a server may close by what it refuses, and what crosses the close is no crash") {
  const std::string twice = R"(steps = [ { send = "HELP", expect = "xyz" }, { send = "HELP", expect = "214" } ])";
  const std::string or_closes =
      R"(steps = [ { send = "HELP", expect = "xyz" }, { send = "HELP", expect = ["214", { event = "close", as = "info" }] } ])";
  const std::string group = R"(steps = [ { bytes = 'HELP\r\nHELP\r\n', replies = ["502", "214"] } ])";
  const auto refused = [] { return asked().says("502 No\r\n"); };
  const auto more = [&] { return refused().step(1).sends("HELP\r\n"); };
  check({
      {"before more is said", twice, refused().step(1).closes(), Outcome::blocked, Cause::interference},
      {"as it may", or_closes, refused().step(1).closes(), Outcome::info, Cause::ending},
      {"nothing of it was read", twice, more().is(Kind::reset), Outcome::blocked, Cause::interference},
      {"it was read", twice, more().closes(), Outcome::crash, Cause::closed},
      {"after a goodbye that took its time", twice, asked().says("421 Bye\r\n").step(1).sends("HELP\r\n").closes(),
       Outcome::blocked, Cause::interference},
      {"nothing was refused", twice, asked().says("214 Help\r\n").step(1).sends("HELP\r\n").is(Kind::reset),
       Outcome::crash, Cause::closed},
      {"what was sent with it", group, Script().greeted().step(0).sends("HELP\r\nHELP\r\n").says("502 No\r\n").closes(),
       Outcome::blocked, Cause::interference},
      {"the fence is not asked for", R"(steps = [ { send = "HELP", expect = "502" } ])",
       refused().step(record::Event::fence).closes(), Outcome::pass, Cause::none},
  });
}

TEST_CASE("the server's close_notify is its close, and its answer to ours is none") {
  const std::string bye = R"(steps = [ { send = "STARTTLS", expect = "220" }, { tls = "handshake" },
      { send = "QUIT", expect = "221 close" } ])";
  const std::string end = R"(fence = false
steps = [ { send = "STARTTLS", expect = "220" }, { tls = "handshake" }, { tls = "close_notify" },
      { send = "HELP", expect = "214" } ])";
  const auto begun = [] {
    return Script().greeted().step(0).sends("STARTTLS\r\n").says("220 Go\r\n").step(1).is(Kind::tls_started);
  };
  const auto said = [&] { return begun().step(2).sends("QUIT\r\n").says("221 Bye\r\n"); };
  const auto ended = [&] { return begun().step(2).is(Kind::close_notify, "", record::Party::client).step(3); };
  check({
      {"answered", bye, said().is(Kind::close_notify).is(Kind::close_notify, "", record::Party::client).client_closed(),
       Outcome::pass, Cause::none},
      {"FIN as well", bye, said().is(Kind::close_notify).closes(), Outcome::pass, Cause::none},
      {"FIN alone", bye, said().closes(), Outcome::pass, Cause::none},
      {"neither", bye, said().in_vain().noop().is(Kind::reset), Outcome::fail, Cause::reply},
      {"without a reply", bye, begun().step(2).sends("QUIT\r\n").is(Kind::close_notify), Outcome::crash, Cause::closed},
      {"as an answer", end, ended().sends("HELP\r\n").is(Kind::close_notify).says("214 Help\r\n").client_closed(),
       Outcome::pass, Cause::none},
  });
}

TEST_CASE("preconditions say nothing about the requirement") {
  const std::string two = R"(steps = [ { open = "b" }, { on = "b", send = "HELP", expect = "214" } ])";
  const std::string tls = R"(steps = [ { send = "STARTTLS", expect = "220" }, { tls = "handshake" } ])";
  check({
      {"refused", help, Script().refused("nobody listens"), Outcome::blocked, Cause::connect},
      {"greeted by 554", help, Script().on("").says("554 No\r\n").client_closed(), Outcome::blocked, Cause::ladder},
      {"a second session", two, Script().greeted().on("b").says("421 Busy\r\n").closes().on("").client_closed(),
       Outcome::blocked, Cause::ladder},
      {"a second session, with steps before it", R"(steps = [ { send = "HELP", expect = "214" }, { open = "b" } ])",
       helped().on("b").says("421 Busy\r\n").closes().on("").client_closed(), Outcome::blocked, Cause::ladder},
      {"TLS", tls,
       Script().greeted().step(0).sends("STARTTLS\r\n").says("220 Go\r\n").step(1).is(Kind::tls_failed, "alert"),
       Outcome::inconclusive, Cause::tls_handshake},
  });
}

TEST_CASE("a handshake may fail where close is one of its endings") {
  const auto with = [](const std::string& expect) {
    return R"(fence = false
steps = [ { send = "STARTTLS", expect = "220" }, { tls = "handshake", expect = )" +
           expect + " } ]";
  };
  const auto began = [] { return Script().greeted().step(0).sends("STARTTLS\r\n").says("220 Go\r\n").step(1); };
  const std::string warns = R"([ { event = "close", as = "warn" }, "silence" ])";
  check({
      {"it fails", with(R"("close")"), began().is(Kind::tls_failed, "alert"), Outcome::pass, Cause::none},
      {"it fails, by another outcome", with(warns), began().is(Kind::tls_failed, "alert"), Outcome::warn,
       Cause::ending},
      {"it is done", with(warns), began().is(Kind::tls_started).quiet().client_closed(), Outcome::pass, Cause::none},
      {"it is done, and must not", with(R"("close")"), began().is(Kind::tls_started).in_vain().client_closed(),
       Outcome::inconclusive, Cause::hang, true},
      {"it fails, and must not", with(R"("silence")"), began().is(Kind::tls_failed, "alert"), Outcome::inconclusive,
       Cause::tls_handshake},
  });
}

TEST_CASE("what is not in the transcript is no pass and no accusation") {
  const std::string twice = R"(steps = [ { send = "HELP", expect = "214" }, { send = "HELP", expect = "214" } ])";
  using std::chrono::milliseconds;
  const std::string brief = "timeout = \"5s\"\n";
  check({
      {"ends on the ladder", help, Script().greeted(), Outcome::inconclusive, Cause::cut_short},
      {"ends in a step", help, asked(), Outcome::inconclusive, Cause::cut_short},
      {"ends before a step", twice, helped(), Outcome::inconclusive, Cause::cut_short},
      {"ends before the fence", help, helped(), Outcome::inconclusive, Cause::cut_short},
      {"ends in the fence", help, helped().noop(), Outcome::inconclusive, Cause::cut_short},
      {"a value was not known", R"(steps = [ { send = "HELP", expect = "214" }, { send = "HELP {rejected}" } ])",
       helped().step(1).client_closed(), Outcome::inconclusive, Cause::cut_short},
      {"the server flooded us and we left", help,
       asked().says(std::string(record::max_octets_received + 1, 'x')).client_closed(), Outcome::inconclusive,
       Cause::cut_short},
      {"we left", help, asked().client_closed(), Outcome::inconclusive, Cause::cut_short},
      {"out of time in a step", brief + help, asked().waits(milliseconds(5000)).client_closed(), Outcome::inconclusive,
       Cause::time_out, true},
      {"out of time where errors are slow", brief + help,
       asked().lacks("quick-errors").waits(milliseconds(5000)).client_closed(), Outcome::blocked, Cause::time_out},
      {"out of time in a silence", "timeout = \"300ms\"\n" + silence, began().waits(milliseconds(300)).client_closed(),
       Outcome::inconclusive, Cause::time_out, true},
      {"out of time after a reply", brief + R"(steps = [ { send = "HELP", expect = "214 close" } ])",
       helped().waits(milliseconds(5000)).client_closed(), Outcome::inconclusive, Cause::time_out, true},
      {"the fence is no part of it", brief + help, helped().noop().waits(milliseconds(5000)).client_closed(),
       Outcome::pass, Cause::none},
      {"what was seen before the time was over stays", brief + help,
       asked().waits(milliseconds(4000)).says("502 No\r\n").client_closed(), Outcome::fail, Cause::reply},
  });
}

TEST_CASE("which requirement decided") {
  auto scenario = scenario_of(R"(steps = [ { send = "HELP", expect = ["214", { reply = "211", as = "warn" }] } ])");
  const auto decided_by = [&](const Script& script) { return judge(scenario, script.transcript()).verdict.decided_by; };
  const Script refused = asked().says("502 No\r\n").client_closed();
  const Script warned = asked().says("211 Help\r\n").fenced();
  CHECK(decided_by(refused) == "");
  scenario.requirements = {"rfc5321/4.1/first", "rfc5321/4.1/second"};
  CHECK(decided_by(refused) == "rfc5321/4.1/first");
  CHECK(decided_by(warned) == "rfc5321/4.1/first");
  scenario.steps[0].decides = "rfc5321/4.1/second";
  CHECK(decided_by(refused) == "rfc5321/4.1/second");
  CHECK(decided_by(warned) == "rfc5321/4.1/second");
  scenario.steps[0].replies[0].alternatives[1].decides = "rfc5321/4.1/of-the-ending";
  CHECK(decided_by(warned) == "rfc5321/4.1/of-the-ending");
  CHECK(decided_by(refused) == "rfc5321/4.1/second");
  // Nothing of the scenario's own decided.
  CHECK(decided_by(helped().fenced()) == "");
  CHECK(decided_by(Script().refused("nobody listens")) == "");
  CHECK(decided_by(Script().on("").says("554 No\r\n").client_closed()) == "");
  CHECK(decided_by(helped().says("214 Help\r\n").step(record::Event::fence).client_closed()) == "");
  CHECK(decided_by(asked()) == "");
}

TEST_CASE("a requirement counts by its own level, unless the row states one") {
  auto scenario = scenario_of(R"(steps = [ { send = "HELP", expect = "214" } ])");
  const auto outcome = [&] {
    return judge(scenario, asked().says("502 No\r\n").client_closed().transcript()).verdict.outcome;
  };
  scenario.requirements = {"rfc5321/4.1/must", "rfc5321/4.1/should"};
  scenario.levels = {{"rfc5321/4.1/must", scenario::Level::must}, {"rfc5321/4.1/should", scenario::Level::should}};
  CHECK(outcome() == Outcome::fail);
  scenario.steps[0].decides = "rfc5321/4.1/should";
  CHECK(outcome() == Outcome::warn);
  scenario.levels.clear();
  CHECK(outcome() == Outcome::fail);
}

TEST_CASE("endings with an outcome of their own") {
  const std::string step =
      R"({ send = "HELP", expect = ["214", { reply = "502", as = "info", because = "no help" }] })";
  const std::string warned = R"({ send = "HELP", expect = ["214", { reply = "502", as = "warn", because = "sad" }] })";
  const std::string ends = R"({ send = "HELP", expect = [{ reply = "502", then = "end" }, "214"] })";
  const auto refused = [] { return asked().says("502 No\r\n"); };
  check({
      {"the first alternative", "steps = [" + step + "]", helped().fenced(), Outcome::pass, Cause::none},
      {"as info", "steps = [" + step + "]", refused().fenced(), Outcome::info, Cause::ending},
      {"the worst of two", "steps = [" + step + "," + warned + "]",
       refused().step(1).sends("HELP\r\n").says("502 No\r\n").fenced(), Outcome::warn, Cause::ending},
      {"the worst of two, the other way round", "steps = [" + warned + "," + step + "]",
       refused().step(1).sends("HELP\r\n").says("502 No\r\n").fenced(), Outcome::warn, Cause::ending},
      {"a later failure", "steps = [" + step + "," + step + "]",
       refused().step(1).sends("HELP\r\n").says("500 No\r\n").client_closed(), Outcome::fail, Cause::reply},
      {"then end", "steps = [" + ends + ", { send = 'HELP', expect = '211' }]", refused().fenced(), Outcome::pass,
       Cause::none},
      {"not ended", "steps = [" + ends + ", { send = 'HELP', expect = '211' }]", helped().client_closed(),
       Outcome::inconclusive, Cause::cut_short},
  });
  const Verdict verdict = judge(scenario_of("steps = [" + step + "]"), refused().fenced().transcript()).verdict;
  CHECK(verdict.reason == "no help");
}

TEST_CASE("an observed violation stands, whatever stops the play after it") {
  const std::string warns =
      R"(steps = [ { send = "HELP", expect = ["214", { reply = "250", as = "warn", because = "odd" }] },
                   { send = "NOOP", expect = "250" } ])";
  const auto warned = [] { return Script().greeted().step(0).sends("HELP\r\n").says("250 Ok\r\n").step(1); };
  check({
      {"refused for now", warns, warned().sends("NOOP\r\n").says("451 No\r\n"), Outcome::warn, Cause::ending},
      {"closed after a refusal", warns, warned().sends("NOOP\r\n").says("421 No\r\n").closes(), Outcome::warn,
       Cause::ending},
      {"what is worse", warns, warned().sends("NOOP\r\n").says("550 No\r\n"), Outcome::fail, Cause::reply},
  });
}

TEST_CASE("a pipelined group") {
  const std::string group = R"(steps = [ { bytes = 'HELP\r\nHELP\r\nHELP\r\n', replies = ["214",
      [{ reply = "502", then = "end" }, "214"], "214"] } ])";
  const auto sent = [] { return Script().greeted().step(0).sends("HELP\r\nHELP\r\nHELP\r\n"); };
  check({
      {"all", group, sent().says("214 a\r\n214 b\r\n214 c\r\n").fenced(), Outcome::pass, Cause::none},
      {"cut anywhere", group, sent().says("214 a\r\n214-b\r\n2").says("14 b\r\n").says("214 c\r\n").fenced(),
       Outcome::pass, Cause::none},
      {"one is missing", group, sent().says("214 a\r\n214 b\r\n").in_vain().client_closed(), Outcome::inconclusive,
       Cause::hang, true},
      {"ended in the middle: the rest is taken", group, sent().says("214 a\r\n502 b\r\n502 c\r\n").fenced(),
       Outcome::pass, Cause::none},
      {"ended in the middle: the rest comes late", group, sent().says("214 a\r\n502 b\r\n").says("502 c\r\n").fenced(),
       Outcome::pass, Cause::none},
      {"ended in the middle: one too many", group,
       sent().says("214 a\r\n502 b\r\n502 c\r\n214 d\r\n").step(record::Event::fence).client_closed(), Outcome::blocked,
       Cause::out_of_step, false, Cause::extra_reply},
  });
}

TEST_CASE("sessions and captures") {
  const std::string two =
      R"(steps = [ { open = "b", state = "connected", expect = "220" }, { send = "HELP", expect = "214" } ])";
  const auto opened = [] { return Script().greeted().on("b").step(0).says("220 b\r\n"); };
  const std::string captured = R"(steps = [
      { send = "HELP", expect = { reply = "214", capture = { word = 'is (\w+)' } } },
      { send = "HELP {word}", expect = { reply = "214", contains = "{word}" } } ])";
  check({
      {"each session has its own replies", two,
       opened().on("").step(1).sends("HELP\r\n").says("214 Help\r\n").fenced().on("b").client_closed(), Outcome::pass,
       Cause::none},
      {"what the other says is not taken", two,
       opened().says("214 Help\r\n").on("").step(1).sends("HELP\r\n").in_vain().client_closed().on("b").client_closed(),
       Outcome::inconclusive, Cause::hang, true},
      {"a captured value", captured,
       asked().says("214 it is this\r\n").step(1).sends("HELP this\r\n").says("214 for this\r\n").fenced(),
       Outcome::pass, Cause::none},
      {"another than the captured value", captured,
       asked().says("214 it is this\r\n").step(1).sends("HELP this\r\n").says("214 for that\r\n").client_closed(),
       Outcome::fail, Cause::reply},
      {"nothing to capture", captured, asked().says("214 Help\r\n").client_closed(), Outcome::fail, Cause::reply},
  });
}

TEST_CASE("a pause goes on when the session has ended, and no longer for that") {
  using std::chrono::milliseconds;
  const std::string pauses = "fence = false\nsteps = [ { pause = '200ms' }, { expect = 'close' } ]";
  const auto closes = [] { return Script().greeted().step(0).later(milliseconds(50)).closes(); };
  check({
      {"to its end", pauses, closes().waits(milliseconds(150)).step(1), Outcome::pass, Cause::none},
      {"not to its end", pauses, closes().waits(milliseconds(100)).step(1), Outcome::inconclusive, Cause::cut_short},
  });
}

TEST_CASE("a write that fails is not the end of a session") {
  const auto began = [] { return Script().greeted().step(0).is(Kind::unsent, "reset by peer"); };
  const std::string too_much = R"(steps = [ { send = "HELP", expect = "552" } ])";
  check({
      {"the server's last words", too_much, began().says("552 Too much\r\n").closes(), Outcome::pass, Cause::none},
      {"other words", too_much, began().says("250 Ok\r\n").closes(), Outcome::fail, Cause::reply},
      {"none", too_much, began().closes(), Outcome::crash, Cause::closed},
      {"in pieces: what comes after is not sent",
       R"(steps = [ { bytes = 'HELP\r\n', cut = "each", gap = "10ms", expect = "552" } ])",
       began().says("552 Too much\r\n").closes(), Outcome::pass, Cause::none},
  });
}

TEST_CASE("a session that ended before anything was said is told of") {
  const auto connected = [] { return Script().is(Kind::connected, "1 -> 2"); };
  for (Script script : std::vector<Script>{connected().client_closed(), connected().is(Kind::reset),
                                           connected().is(Kind::tls_started).is(Kind::close_notify)}) {
    record::Transcript transcript = script.step(record::Event::ladder).transcript();
    transcript.sessions = {""};
    const Verdict verdict = judge(scenario_of(help), transcript).verdict;
    CHECK(verdict.outcome == Outcome::blocked);
    CHECK(verdict.reason == "the connection ended");
  }
}

TEST_CASE("a login's challenges are passed over") {
  const std::string login = R"(steps = [ { login = "LOGIN", expect = "235" } ])";
  const auto begun = [] { return Script().greeted().step(0).sends("AUTH LOGIN\r\n").says("334 VXNlcm5hbWU6\r\n"); };
  check({
      {"in", login, begun().sends("[secret]\r\n").says("235 In\r\n").fenced(), Outcome::pass, Cause::none},
      {"out", login, begun().sends("[secret]\r\n").says("535 Out\r\n").client_closed(), Outcome::fail, Cause::reply},
      {"closed", login, begun().sends("[secret]\r\n").closes(), Outcome::crash, Cause::closed},
      {"silent", login, begun().sends("[secret]\r\n").in_vain().client_closed(), Outcome::inconclusive, Cause::hang,
       true},
  });
}

}  // namespace
}  // namespace smtpspec::judge
