// What is no part of a row: its fence, and the rules that the referee knows; and transcripts that are not as the
// scenario would have them.
#include "harness/judge/judging_test.hpp"
#include "harness/judge/referee_report.hpp"

namespace smtpspec::judge {
namespace {

using Kind = record::Event::Kind;
using Party = record::Party;

TEST_CASE("a reply too many") {
  const auto bye = [] { return helped().noop().says("250 Ok\r\n").quit(); };
  check({
      {"before the fence", help, helped().says("214 Help\r\n").step(record::Event::fence).client_closed(),
       Outcome::blocked, Cause::out_of_step, false, Cause::extra_reply},
      {"in one piece", help, asked().says("214 Help\r\n250 Ok\r\n").step(record::Event::fence).client_closed(),
       Outcome::blocked, Cause::out_of_step, false, Cause::extra_reply},
      {"seen when NOOP was said already", help,
       helped().noop().says("214 Help\r\n").quit().says("250 Ok\r\n221 Bye\r\n").closes(), Outcome::blocked,
       Cause::out_of_step, false, Cause::extra_reply},
      {"after 221", help, bye().says("221 Bye\r\n250 Ok\r\n").closes(), Outcome::pass, Cause::none, false,
       Cause::extra_reply},
      {"after a failure", help, asked().says("502 No\r\n502 No\r\n").client_closed(), Outcome::fail, Cause::reply},
      {"after a warning of the scenario's own",
       R"(steps = [ { send = "HELP", expect = { reply = "214", as = "warn" } } ])",
       helped().says("214 Help\r\n").step(record::Event::fence).client_closed(), Outcome::warn, Cause::ending, false,
       Cause::extra_reply},
      {"where no fence was wanted", "fence = false\n" + help, helped().says("214 Help\r\n").client_closed(),
       Outcome::pass, Cause::none},
  });
}

TEST_CASE("what the survey found is held against no row") {
  const std::string two = R"(steps = [ { send = "X", expect = "500" }, { send = "HELP", expect = "214" } ])";
  const auto error = [] { return Script().greeted().step(0).sends("X\r\n").says("500 What?\r\n"); };
  const auto closed = [&] { return error().step(1).sends("HELP\r\n").closes(); };
  const std::string reset = R"(steps = [ { send = "RSET", expect = "250" } ])";
  const auto unknown = [] { return Script().greeted().step(0).sends("RSET\r\n").says("502 What?\r\n"); };
  const auto unanswered = [] { return Script().greeted().step(0).sends("RSET\r\n"); };
  const std::string group = R"(steps = [ { bytes = 'RSET\r\nHELP\r\n', replies = ["250", "214"] } ])";
  const auto shifted = [] { return Script().greeted().step(0).sends("RSET\r\nHELP\r\n").says("214 Help\r\n"); };
  const std::string early = R"(steps = [ { send = "RSET", expect = "silence" } ])";
  const std::string any = R"(steps = [ { send = "HELP", expect = "5yz" } ])";
  const auto login = [] { return asked().says("530 Who are you?\r\n").client_closed(); };
  check({
      {"a close after one error", two, closed(), Outcome::crash, Cause::closed},
      {"where one ends a session", two, closed().lacks("errors", 1), Outcome::blocked, Cause::closed},
      {"where two do", two, closed().lacks("errors", 2), Outcome::crash, Cause::closed},
      {"in the fence", help, helped().noop().closes().lacks("commands", 3), Outcome::pass, Cause::none},
      {"a last reply at the limit", help, asked().says("554 Enough\r\n").closes().lacks("commands", 2),
       Outcome::blocked, Cause::reply},
      {"RSET is unknown", reset, unknown().client_closed(), Outcome::fail, Cause::reply},
      {"and that is known", reset, unknown().client_closed().lacks("rset"), Outcome::blocked, Cause::reply},
      {"RSET is never answered", reset,
       unanswered().in_vain().noop().says("250 Ok\r\n").quit().says("221 Bye\r\n").closes(), Outcome::fail,
       Cause::silence},
      {"and that is known, too", reset,
       unanswered().in_vain().noop().says("250 Ok\r\n").quit().says("221 Bye\r\n").closes().lacks("rset"),
       Outcome::blocked, Cause::silence},
      {"so that another reply stands in its place", group, shifted().client_closed().lacks("rset"), Outcome::blocked,
       Cause::reply},
      {"but not where none is due", early, unanswered().says("250 Ok\r\n").client_closed().lacks("rset"), Outcome::fail,
       Cause::early_reply},
      {"530, where a login is wanted", any, login().lacks("mail-at-once"), Outcome::blocked, Cause::interference},
  });
}

TEST_CASE("what is beyond a limit that the survey found is held against no row") {
  const std::string rcpt = R"({ send = "RCPT TO:<a@b>", expect = ["25z", { reply = "452 4.5.3", as = "fail" }] })";
  const std::string two = "state = \"mail\"\nsteps = [ " + rcpt + ", " + rcpt + " ]";
  const auto transaction = [] {
    return Script().greeted().sends("MAIL FROM:<a@a>\r\n").says("250 Ok\r\n").step(0).sends("RCPT TO:<a@b>\r\n");
  };
  const auto second = [&] { return transaction().says("250 Ok\r\n").step(1).sends("RCPT TO:<a@b>\r\n"); };
  const auto refused = [&] { return second().says("452 4.5.3 Two\r\n").fenced(); };
  const std::string mail = R"(state = "data"
steps = [ { message = "x", expect = "250" }, { send = "MAIL FROM:<a@a>", expect = "250" } ])";
  const auto next = [] {
    Script script = Script().greeted().sends("MAIL FROM:<a@a>\r\n").says("250 Ok\r\n");
    script.sends("RCPT TO:<a@b>\r\n").says("250 Ok\r\n").sends("DATA\r\n").says("354 Go\r\n");
    script.step(0).sends("x\r\n.\r\n").says("250 Ok\r\n");
    return script.step(1).sends("MAIL FROM:<a@a>\r\n");
  };
  const std::string large = R"(steps = [ { send = "HELP {x*900}", expect = "214" } ])";
  const auto said = [] { return Script().greeted().step(0).sends("HELP " + std::string(900, 'x') + "\r\n"); };
  check({
      {"a recipient is one too many", two, refused(), Outcome::fail, Cause::ending},
      {"and that is known", two, refused().lacks("recipients", 1), Outcome::blocked, Cause::ending},
      {"it is not", two, refused().lacks("recipients", 2), Outcome::fail, Cause::ending},
      {"by another code", two, second().says("554 Two\r\n").client_closed().lacks("recipients", 1), Outcome::blocked,
       Cause::reply},
      {"by a close", two, second().closes().lacks("recipients", 1), Outcome::blocked, Cause::closed},
      {"though errors may have been too many, too", two, refused().lacks("errors", 1).lacks("recipients", 1),
       Outcome::blocked, Cause::ending},
      {"the first is no matter of number", two, transaction().says("554 No\r\n").client_closed().lacks("recipients", 1),
       Outcome::fail, Cause::reply},
      {"a message is one too many", mail, next().closes(), Outcome::crash, Cause::closed},
      {"and that is known", mail, next().closes().lacks("messages", 1), Outcome::blocked, Cause::closed},
      {"it is not", mail, next().closes().lacks("messages", 2), Outcome::crash, Cause::closed},
      {"a session that goes on has had no message too many", mail,
       next().says("501 What?\r\n").quiet().client_closed().lacks("messages", 1), Outcome::fail, Cause::reply},
      {"octets", large, said().says("552 Too much\r\n").client_closed().lacks("octets", 800), Outcome::blocked,
       Cause::reply},
      {"fewer octets", large, said().says("552 Too much\r\n").client_closed().lacks("octets", 1000), Outcome::fail,
       Cause::reply},
  });
  // 421 is anybody's right; why it was said is known.
  const auto ended = next().says("421 Enough\r\n").closes();
  CHECK(judge(scenario_of(mail), ended.transcript()).verdict.reason == "the target answered 421 Enough\\r\\n");
  CHECK(judge(scenario_of(mail), Script(ended).lacks("messages", 1).transcript()).verdict.reason ==
        "blocked by survey/row: why");
}

TEST_CASE("what breaks in the fence is no verdict on the row") {
  const std::string quit = R"(steps = [ { send = "QUIT", expect = "221" } ])";
  const std::string quit_close = R"(steps = [ { send = "QUIT", expect = "221 close" } ])";
  const auto fence = [] { return helped().noop(); };
  const auto left = Script().greeted().step(0).sends("QUIT\r\n").says("221 Bye\r\n");
  const auto passes = [](const char* name, const std::string& scenario, Script script, Cause broken = Cause::none) {
    return Case{name, scenario, std::move(script), Outcome::pass, Cause::none, false, broken};
  };
  check({
      passes("NOOP refused", help, fence().says("500 No\r\n").client_closed()),
      passes("NOOP put off", help, fence().says("421 Bye\r\n").closes()),
      passes("NOOP unanswered", help, fence().in_vain().client_closed(), Cause::hang),
      passes("NOOP crashes", help, fence().closes(), Cause::closed),
      passes("QUIT answered 250", help, fence().says("250 Ok\r\n").quit().says("250 Ok\r\n").quiet().client_closed()),
      passes("QUIT unanswered", help, fence().says("250 Ok\r\n").quit().closes(), Cause::closed),
      passes("none was wanted", "fence = false\n" + help, helped().client_closed()),
      passes("none after a close", quit_close, Script(left).closes()),
      passes("none after a close that nobody asked for", quit, Script(left).closes()),
      passes("a close after 221 that comes late", quit, Script(left).noop().is(Kind::reset)),
      passes("the server shuts down first", help, helped().says("421 Idle\r\n").step(record::Event::fence).closes()),
      passes("none within the message", R"(steps = [ { send = "DATA", expect = "354" } ])",
             Script().greeted().step(0).sends("DATA\r\n").says("354 Go\r\n").client_closed()),
      passes("out of order after a refused chunk", R"(steps = [ { chunk = "x", expect = "5yz" } ])",
             Script()
                 .greeted()
                 .step(0)
                 .sends("BDAT 1\r\nx")
                 .says("503 No\r\n")
                 .noop()
                 .says("503 RSET\r\n")
                 .client_closed()),
  });
}

TEST_CASE("how many commands of the fence had one reply") {
  const auto replies = [](const Script& script) { return judge(scenario_of(help), script.transcript()).fence_replies; };
  CHECK(replies(helped().fenced()) == 2);
  CHECK(replies(helped().noop().says("500 No\r\n").client_closed()) == 1);
  CHECK(replies(helped().noop().says("250 Ok\r\n").quit().closes()) == 1);
  CHECK(replies(helped().noop().says("250 Ok\r\n").quit().says("221 Bye\r\n221 Bye\r\n").closes()) == 1);
  CHECK(replies(helped().noop().closes()) == 0);
  CHECK(replies(asked().says("502 No\r\n").client_closed()) == 0);
  const Judged hung = judge(scenario_of(help), helped().noop().in_vain().client_closed().transcript());
  REQUIRE(hung.broken_fence);
  CHECK(hung.broken_fence->missing);
  CHECK(hung.broken_fence->outcome == Outcome::fail);
  CHECK(judge(scenario_of(help), helped().noop().closes().transcript()).broken_fence->outcome == Outcome::crash);
}

TEST_CASE("what was written down does not depend on what was expected") {
  // A reply was waited for in vain, and the session goes on to answer: if that is what a mended scenario wants, it
  // passes.
  const Script waited = asked().in_vain().fenced();
  const Verdict before = judge(scenario_of(help), waited.transcript()).verdict;
  CHECK(before.outcome == Outcome::fail);
  CHECK(before.cause == Cause::silence);
  const Judged mended = judge(scenario_of(R"(steps = [ { send = "HELP", expect = "silence" } ])"), waited.transcript());
  CHECK(mended.verdict.outcome == Outcome::pass);
  CHECK_FALSE(mended.broken_fence);
  const Script refused = asked().in_vain().noop().says("500 No\r\n").quit().says("221 Bye\r\n").closes();
  const Judged asked_on =
      judge(scenario_of(R"(steps = [ { send = "HELP", expect = "silence" } ])"), refused.transcript());
  CHECK(asked_on.verdict.outcome == Outcome::pass);
  // A session that answers nothing more is silent, too; that its fence is broken is another row's.
  const Script dead = asked().in_vain().noop().in_vain().client_closed();
  CHECK(judge(scenario_of(help), dead.transcript()).verdict.cause == Cause::hang);
  const auto silent = judge(scenario_of(R"(steps = [ { send = "HELP", expect = "silence" } ])"), dead.transcript());
  CHECK(silent.verdict.outcome == Outcome::pass);
  CHECK(silent.broken_fence);
  // Half a second of silence does not tell what ten would have shown.
  const Script brief = asked().quiet().fenced();
  const Verdict asks_more = judge(scenario_of(help), brief.transcript()).verdict;
  CHECK(asks_more.outcome == Outcome::inconclusive);
  CHECK(asks_more.cause == Cause::cut_short);
  // A play that saw a failure leaves at once. Where another code is allowed now, nothing more is asked.
  const Script other = asked().says("211 Help\r\n").client_closed();
  CHECK(judge(scenario_of(help), other.transcript()).verdict.outcome == Outcome::fail);
  const auto mild = scenario_of(R"(steps = [ { send = "HELP", expect = ["214", "211"] } ])");
  CHECK(judge(mild, other.transcript()).verdict.outcome == Outcome::pass);
  CHECK(judge(mild, other.transcript()).fence_replies == 0);
  const Script twice = asked().says("211 Help\r\n211 Help\r\n").client_closed();
  CHECK(judge(mild, twice.transcript()).verdict.cause == Cause::out_of_step);
  // But a further step was not played.
  const auto more = scenario_of(R"(steps = [ { send = "HELP", expect = "211" }, { send = "HELP", expect = "211" } ])");
  CHECK(judge(more, other.transcript()).verdict.cause == Cause::cut_short);
}

TEST_CASE("the referee decides no row, and sees everything") {
  const std::string noop = R"(steps = [ { send = "NOOP", expect = "xyz" } ])";
  const Script bare = Script().greeted().step(0).sends("NOOP\r\n").says("250 Ok\n").fenced();
  check({{"a bare LF", noop, bare, Outcome::pass, Cause::none}});
  const RefereeReport report = referee_report(bare.transcript());
  REQUIRE(report.violations.size() == 1);
  CHECK(bare.transcript().events[report.violations[0].event].octets == "250 Ok\n");
  CHECK(report.counts[static_cast<std::size_t>(report.violations[0].rule)].broken == 1);
  CHECK(report.counts[static_cast<std::size_t>(report.violations[0].rule)].checked > 1);
}

TEST_CASE("each session has a referee of its own, and what is not known accuses nobody") {
  const auto violations = [](const Script& script) { return referee_report(script.transcript()).violations.size(); };
  const auto opened = [] { return Script().greeted().on("b"); };
  CHECK(violations(opened().on("b").says("220 b\r\n").on("").sends("NOOP\r\n").says("250 Ok\r\n")) == 0);
  const Script second = opened().says("220 b\n");
  REQUIRE(violations(second) == 1);
  CHECK(second.transcript().events[referee_report(second.transcript()).violations[0].event].octets == "220 b\n");
  // We left, or closed our side: what is owed need not come.
  const auto sent = [] { return Script().greeted().sends("NOOP\r\n"); };
  CHECK(violations(sent().client_closed()) == 0);
  CHECK(violations(sent().is(Kind::half_closed, "", Party::client).closes()) == 0);
  CHECK(violations(sent().is(Kind::reset)) == 0);
  CHECK(violations(sent().says("250 Ok\r\n250 Ok\r\n")) == 1);
}

TEST_CASE("under TLS the server ends by close_notify") {
  const auto said = [](const char* reply) {
    return Script().greeted().is(Kind::tls_started).sends("QUIT\r\n").says(reply);
  };
  const auto ends = [](const Script& script) {
    const RefereeReport report = referee_report(script.transcript());
    const smtp::Count count = report.counts[static_cast<std::size_t>(smtp::Rule::close_notify)];
    return std::pair(count.checked, count.broken);
  };
  using Ends = std::pair<std::size_t, std::size_t>;
  const auto ours = [](Script script) { return script.is(Kind::close_notify, "", Party::client); };
  CHECK(ends(said("221 Bye\r\n").is(Kind::close_notify).closes()) == Ends(1, 0));
  CHECK(ends(ours(said("221 Bye\r\n").is(Kind::close_notify)).client_closed()) == Ends(1, 0));
  CHECK(ends(said("221 Bye\r\n").closes()) == Ends(1, 1));
  CHECK(ends(said("421 Bye\r\n").closes()) == Ends(1, 1));
  CHECK(ends(ours(said("221 Bye\r\n")).closes()) == Ends(0, 0));
  CHECK(ends(said("221 Bye\r\n").is(Kind::reset)) == Ends(0, 0));
  CHECK(ends(said("250 Ok\r\n").sends("NOOP\r\n").closes()) == Ends(0, 0));  // falls over
  CHECK(ends(Script().greeted().sends("QUIT\r\n").says("221 Bye\r\n").closes()) == Ends(0, 0));
  // Ended so without a reply it is as silent as by FIN.
  const auto silent =
      referee_report(Script().greeted().is(Kind::tls_started).sends("NOOP\r\n").is(Kind::close_notify).transcript());
  CHECK(silent.counts[static_cast<std::size_t>(smtp::Rule::silent_close)].broken == 1);
}

TEST_CASE("what a server does with a connection that its client has left is no matter") {
  const auto broken = [](const Script& script) {
    return referee_report(script.transcript()).counts[static_cast<std::size_t>(smtp::Rule::silent_close)].broken;
  };
  const Script refused = Script().greeted().sends("FOO\r\n").says("500 What?\r\n");
  CHECK(broken(Script(refused).closes()) == 1);
  for (const Kind leaves : {Kind::closed, Kind::reset})
    for (const Kind answers : {Kind::closed, Kind::close_notify})
      CHECK(broken(Script(refused).is(leaves, "", Party::client).is(answers)) == 0);
}

TEST_CASE("a forged transcript is judged like any other, and soon") {
  const auto scenario = scenario_of(R"(steps = [ { login = "PLAIN", expect = ["235", "silence"] }, { open = "b" },
      { bytes = 'x{NOOP\r\n*50}', cut = "each", gap = "10ms", replies = ["250", "250 close"] },
      { pause = "20s" }, { tls = "handshake", expect = "close" }, { send = "DATA", expect = "354" } ]
delivered = { at-most = 1 })");
  const auto begun = std::chrono::steady_clock::now();
  std::uint32_t random = 1;
  const auto pick = [&random](std::uint32_t of) { return (random = random * 1664525U + 1013904223U) / 65536U % of; };
  const std::string words[] = {"220 a\r\n", "250 a\r\n", "250-", "334 \r\n", "235 a\r\n", "\r\n", "354 a\r\n", "x"};
  for (int round = 0; round < 300; ++round) {
    record::Transcript forged;
    forged.sessions = {"", "b", "a session that nobody opens"};
    for (int i = 0; i < 200; ++i) {
      record::Event event;
      event.kind = static_cast<Kind>(pick(static_cast<std::uint32_t>(Kind::waited) + 1));
      event.by = pick(2) == 0 ? Party::client : Party::server;
      event.at = std::chrono::milliseconds(pick(100000));
      event.waited = std::chrono::milliseconds(pick(100000));
      event.session = pick(3);
      event.step = static_cast<int>(pick(9)) - 3;
      event.octets = words[pick(8)];
      forged.events.push_back(event);
    }
    const Judged judged = judge(scenario, forged);
    CHECK(judged.verdict.event < forged.events.size());
    (void)referee_report(forged);
  }
  (void)judge(scenario, record::Transcript());
  // Waits that take no time, and octets without end.
  Script endless = Script().greeted().step(0);
  for (int i = 0; i < 200000; ++i) endless.waits(std::chrono::milliseconds(0));
  for (int i = 0; i < 200000; ++i) endless.says("2");
  for (const char* const steps :
       {R"(steps = [ { pause = "30s" }, { expect = "250" } ])", R"(steps = [ { expect = "silence" } ])",
        R"(steps = [ { expect = "250", wait = "50s" } ])"})
    CHECK(judge(scenario_of(steps), endless.transcript()).verdict.outcome != Outcome::pass);
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(20));
}

}  // namespace
}  // namespace smtpspec::judge
