#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "harness/engine/judge.hpp"
#include "harness/engine/transcript_test.hpp"

namespace smtpspec::engine {
namespace {

const std::string header = "Subject: t0123456789abcdef\r\n\r\n";

Script played() { return Script().greeted().step(0).sends("HELP\r\n").says("214 Help\r\n").fenced(); }
scenario::Scenario rules(const std::string& delivered) {
  return scenario_of("steps = [ { send = 'HELP', expect = '214' } ]\ndelivered = { " + delivered + " }");
}

struct Case {
  const char* delivered;
  Script script;
  const char* actual;  ///< a part of it; empty: the rules are met
  bool missing = false;
};

TEST_CASE("what must have been delivered") {
  const auto watched = [] { return played().watched(); };
  const auto one = [] { return played().delivers(header + "text\r\n"); };
  const std::vector<Case> cases = {
      {"count = 1", one(), ""},
      {"count = 0", watched(), ""},
      {"count = 1", watched(), "0 messages delivered", true},
      {"count = 2", one(), "1 message delivered; from <sender+t0123456789abcdef@client.example>", true},
      {"count = 1", one().delivers(header), "2 messages delivered"},
      {"at-most = 1", one(), ""},
      {"at-most = 1", one().delivers(header), "2 messages delivered"},
      {"at-most = 0", one(), "1 message delivered"},
      {"none-from = 'evil@client.example'", one(), ""},
      {"none-from = 'evil@client.example'", one().delivers(header, "evil@CLIENT.example"), "evil@CLIENT.example"},
      {"none-from = 'evil@client.example'", one().delivers(header, "EVIL@client.example"), ""},
      {"none-to = '{accepted}'", one(), "to <alice@example.test>"},
      {"none-to = 'bob@example.test'", one(), ""},
      {"lacks = 'smuggled'", one(), ""},
      {"lacks = 'text'", one(), "holds it"},
      {"from = '{sender}'", one(), ""},
      {"from = ''", one(), "from <sender+"},
      {"to = '{accepted}'", one(), ""},
      {"to = 'bob@example.test'", one(), "to <alice@example.test>"},
      {"to = '{accepted}'", watched(), "0 messages delivered", true},
      {"contains = 'ext'", one(), ""},
      {"contains = ['text', 'other']", one(), "no delivered message holds it"},
      {R"(body = 'text\r\n')", one(), ""},
      {R"(body = 'text\r\n')", watched(), "0 messages delivered", true},
      {R"(body = ['other', 'text\r\n'])", one(), ""},
      {R"(body = 'text\n')", one(), "differs at octet 4 of 6 (expected 5)"},
      {R"(body = 'tExt\r\n')", one(), "differs at octet 1 of 6 (expected 6): 'text\\r\\n'"},
      {R"(body = 'text\r\nmore')", one(), "differs at octet 6 of 6 (expected 10)"},
      {R"(message = 'Subject: t0123456789abcdef\r\n\r\ntext\r\n')", one(), ""},
      {R"(message = 'text\r\n')", one(), "the message delivered differs at octet 0"},
      {R"(body = 'text\r\n')", played().delivers("Received: by x\r\n\ty\r\n" + header + "text\r\n"), ""},
      // A road that keeps LF alone cannot tell CRLF from LF, but everything else.
      {R"(body = 'a\r\nb\r\n')", played().delivers("Subject: x\n\na\nb\n", "a@b.example", false), ""},
      {R"(body = 'a\r\nb\r\n')", played().delivers("Subject: x\n\na\nb\n", "a@b.example"), "differs at octet 1"},
      {R"(body = 'a\r\nb\r\n')", played().delivers("Subject: x\n\na\n\nb\n", "a@b.example", false), "differs"},
      {R"(contains = 'a\r\nb')", played().delivers("Subject: x\n\na\nb\n", "a@b.example", false), ""},
  };
  for (const Case& one_case : cases) {
    INFO(one_case.delivered << " for " << one_case.script.transcript().deliveries.size() << " messages");
    const Verdict verdict = judge(rules(one_case.delivered), one_case.script.transcript(), {});
    INFO("actual: " << verdict.actual);
    const bool met = one_case.actual[0] == 0;
    CHECK(verdict.outcome == (met ? Outcome::pass : Outcome::fail));
    CHECK(verdict.cause == (met ? "" : "delivery"));
    CHECK(verdict.actual.find(one_case.actual) != std::string::npos);
    CHECK(verdict.missing == one_case.missing);
  }
}

TEST_CASE("a SHOULD about deliveries is a warning") {
  auto scenario = rules("count = 1");
  scenario.level = Level::should;
  CHECK(judge(scenario, played().watched().transcript(), {}).outcome == Outcome::warn);
}

TEST_CASE("without a road nothing is known of deliveries") {
  const Verdict verdict = judge(rules("at-most = 1"), played().transcript(), {});
  CHECK(verdict.outcome == Outcome::inconclusive);
  CHECK(verdict.cause == "no-delivery-road");
  const auto refused = Script().greeted().step(0).sends("HELP\r\n").says("502 No\r\n").hung_up();
  CHECK(judge(rules("at-most = 1"), refused.transcript(), {}).cause == "reply");
}

TEST_CASE("behind an early end only what holds always is asked for") {
  const std::string steps = "steps = [ { send = 'HELP', expect = ['214', { code = '502', then = 'end' }] } ]\n";
  const auto scenario = scenario_of(steps + "delivered = { count = 1, body = 'x', at-most = 1, lacks = 'evil' }");
  const auto ended = [] { return Script().greeted().step(0).sends("HELP\r\n").says("502 No\r\n").fenced().watched(); };
  CHECK(judge(scenario, ended().transcript(), {}).outcome == Outcome::pass);
  CHECK(judge(scenario, ended().delivers("evil").transcript(), {}).cause == "delivery");
  CHECK(judge(scenario, ended().delivers("a").delivers("b").transcript(), {}).cause == "delivery");
}

TEST_CASE("a smuggled message is found even where a reply did not come") {
  const auto script = Script().greeted().step(0).sends("HELP\r\n").is(wire::Event::Kind::deadline).hung_up();
  const Verdict verdict = judge(rules("at-most = 0"), Script(script).delivers(header).transcript(), {});
  CHECK(verdict.cause == "delivery");
  CHECK_FALSE(verdict.missing);
}

TEST_CASE("how many messages are awaited") {
  CHECK(awaited_deliveries(rules("count = 3"), true) == 3);
  CHECK(awaited_deliveries(rules("count = 3"), false) == 0);
  CHECK(awaited_deliveries(rules("at-most = 2"), true) == 0);
  CHECK(awaited_deliveries(rules("at-most = 2, body = 'x'"), true) == 1);
  CHECK(awaited_deliveries(scenario_of("steps = [ { send = 'HELP', expect = '214' } ]"), true) == 0);
}

TEST_CASE("a long difference is shown in part") {
  const std::string wanted(100000, 'x');
  const auto scenario = rules("body = '{x*100000}'");
  const Verdict verdict = judge(scenario, played().delivers(header + wanted + "y").transcript(), {});
  CHECK(verdict.actual.find("differs at octet 100000 of 100001 (expected 100000)") != std::string::npos);
  CHECK(verdict.expected.size() < 1000);
  CHECK(verdict.actual.size() < 1000);
}

}  // namespace
}  // namespace smtpspec::engine
