#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "harness/judge/machine.hpp"
#include "harness/judge/replay.hpp"
#include "harness/judge/transcript_test.hpp"

namespace smtpspec::judge {
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

TEST_CASE("what was delivered is shown with the last reply by which mail was accepted, whatever its pieces") {
  const auto scenario = scenario_of("steps = [ { send = 'NOOP', expect = '250' } ]\ndelivered = { count = 0 }");
  for (const std::vector<std::string>& pieces : std::vector<std::vector<std::string>>{
           {"250 Taken\r\n"}, {"2", "50 Taken\r\n"}, {"25", "0 Ta", "ken\r\n"}, {"250-More\r\n", "250 Taken\r\n"}}) {
    Script script = Script().greeted().step(0).sends("NOOP\r\n");
    for (const std::string& piece : pieces) script.says(piece);
    script.fenced().delivers(header);
    const Verdict verdict = judge(scenario, script.transcript()).verdict;
    CHECK(verdict.outcome == Outcome::fail);
    CHECK(script.transcript().events.at(verdict.event).octets == pieces.back());
  }
}

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
      {"no-reverse-path = 'evil@client.example'", one(), ""},
      {"no-reverse-path = 'evil@client.example'", one().delivers(header, "evil@CLIENT.example"), "evil@CLIENT.example"},
      {"no-reverse-path = 'evil@client.example'", one().delivers(header, "EVIL@client.example"), ""},
      {"no-forward-path = '{accepted}'", one(), "to <alice@example.test>"},
      {"no-forward-path = 'bob@example.test'", one(), ""},
      {"lacks = 'smuggled'", one(), ""},
      {"lacks = 'text'", one(), "holds it"},
      {"reverse-path = '{sender}'", one(), ""},
      {"reverse-path = ''", one(), "from <sender+"},
      {"forward-path = '{accepted}'", one(), ""},
      {"forward-path = 'bob@example.test'", one(), "to <alice@example.test>"},
      {"forward-path = '{accepted}'", watched(), "0 messages delivered", true},
      {"forward-path = ['{accepted}', 'bob@example.test']", one(), "to <alice@example.test>", true},
      {"contains = 'ext'", one(), ""},
      {"contains = ['text', 'other']", one(), "no delivered message holds it"},
      {R"(matches = '(?im)^TEX.\s')", one(), ""},
      {"matches = '^text'", one(), "no delivered message fits"},
      {"matches = '.'", watched(), "0 messages delivered", true},
      {R"(body = 'text\r\n')", one(), ""},
      {R"(body = 'text\r\n')", watched(), "0 messages delivered", true},
      {R"(body = ['other', 'text\r\n'])", one(), ""},
      {R"(body = 'text\n')", one(), "differs at octet 4 of 6 (expected 5)"},
      {R"(body = 'tExt\r\n')", one(), "differs at octet 1 of 6 (expected 6): 'text\\r\\n'"},
      {R"(body = 'text\r\nmore')", one(), "differs at octet 6 of 6 (expected 10)"},
      {R"(content = 'Subject: t0123456789abcdef\r\n\r\ntext\r\n')", one(), ""},
      {R"(content = 'text\r\n')", one(), "the message delivered differs at octet 0"},
      {R"(body = 'text\r\n')", played().delivers("Received: by x\r\n\ty\r\n" + header + "text\r\n"), ""},
      // A road that keeps LF alone cannot tell CRLF from LF, but everything else.
      {R"(body = 'a\r\nb\r\n')", played().delivers("Subject: x\n\na\nb\n", "a@b.example", false), ""},
      {R"(body = 'a\r\nb\r\n')", played().delivers("Subject: x\n\na\nb\n", "a@b.example"), "differs at octet 1"},
      {R"(body = 'a\r\nb\r\n')", played().delivers("Subject: x\n\na\n\nb\n", "a@b.example", false), "differs"},
      {R"(contains = 'a\r\nb')", played().delivers("Subject: x\n\na\nb\n", "a@b.example", false), ""},
  };
  for (const Case& one_case : cases) {
    INFO(one_case.delivered << " for " << one_case.script.transcript().deliveries.size() << " messages");
    const Verdict verdict = judge(rules(one_case.delivered), one_case.script.transcript()).verdict;
    INFO("actual: " << verdict.actual);
    const bool met = one_case.actual[0] == 0;
    CHECK(verdict.outcome == (met ? Outcome::pass : Outcome::fail));
    CHECK(verdict.cause == (met ? Cause::none : Cause::delivery));
    CHECK(verdict.actual.find(one_case.actual) != std::string::npos);
    CHECK(verdict.missing == one_case.missing);
  }
}

TEST_CASE("a road that cannot tell CRLF from LF says nothing of what a message lacks between them") {
  const auto stored = [](const char* text) {
    return judge(rules(R"(lacks = 'a\r\nb')"), played().delivers(text, "a@b.example", false).transcript()).verdict;
  };
  CHECK(stored("Subject: x\n\na\nb\n").outcome == Outcome::inconclusive);
  CHECK(stored("Subject: x\n\na\nb\n").reason == "the delivery road does not tell CRLF from LF");
  CHECK(stored("Subject: x\n\na b\n").outcome == Outcome::pass);
  CHECK(stored("Subject: x\n\na\r\nb\n").outcome == Outcome::fail);
}

TEST_CASE("what is known of a message in part alone is judged as far as that goes") {
  const auto cut = [](bool exact = true) {
    return played().delivers(header + "text\r\nte", "sender+t0123456789abcdef@client.example", exact).and_more(1000);
  };
  struct Cut {
    const char* delivered;
    Script script;
    Outcome outcome;
  };
  const std::vector<Cut> cases = {
      {"count = 1", cut(), Outcome::pass},
      {"count = 1", cut().delivers(header), Outcome::fail},
      {"at-most = 0", cut(), Outcome::fail},
      {"reverse-path = '{sender}'", cut(), Outcome::pass},
      {"lacks = 'text'", cut(), Outcome::fail},
      {"lacks = 'smuggled'", cut(), Outcome::inconclusive},
      {"contains = 'text'", cut(), Outcome::pass},
      {"contains = 'other'", cut(), Outcome::inconclusive},
      {"matches = '^text'", cut(), Outcome::inconclusive},
      {R"(body = 'text\r\ntext\r\n')", cut(), Outcome::inconclusive},
      {R"(body = 'tExt\r\ntext\r\n')", cut(), Outcome::fail},  // it differs before the cut
      {R"(body = 'text\r\n')", cut(), Outcome::fail},          // it has more octets
      {R"(body = ['text\r\n', 'text\r\ntext'])", cut(), Outcome::inconclusive},
      {R"(body = 'text\r\ntext\r\n')", cut(false), Outcome::inconclusive},
      {R"(body = 'te\r\n')", played().delivers("Subject: x\n\nte\r", "a@b.example", false).and_more(1),
       Outcome::inconclusive},
      {R"(content = 'Subject: t0123456789abcdef\r\n\r\ntext\r\ntext')", cut(), Outcome::inconclusive},
  };
  for (const Cut& one : cases) {
    INFO(one.delivered);
    const Verdict verdict = judge(rules(one.delivered), one.script.transcript()).verdict;
    INFO("actual: " << verdict.actual << " / " << verdict.reason);
    CHECK(verdict.outcome == one.outcome);
    if (one.outcome == Outcome::inconclusive) CHECK(verdict.reason.find("all of a message") != std::string::npos);
  }
}

TEST_CASE("an alias is the mailbox that it stands for") {
  const auto one = [] { return played().alias("info@example.test", "alice@example.test").delivers(header); };
  CHECK(judge(rules("forward-path = 'info@example.test'"), one().transcript()).verdict.outcome == Outcome::pass);
  CHECK(judge(rules("no-forward-path = 'info@example.test'"), one().transcript()).verdict.outcome == Outcome::fail);
  CHECK(judge(rules("forward-path = 'bob@example.test'"), one().transcript()).verdict.outcome == Outcome::fail);
  const Script with = one().with({}, {{"NOTIFY", "NEVER"}});
  CHECK(judge(rules("parameters = 'info@example.test NOTIFY'"), with.transcript()).verdict.outcome ==
        Outcome::inconclusive);
  CHECK(judge(rules("no-parameters = 'info@example.test NOTIFY'"), with.transcript()).verdict.outcome ==
        Outcome::inconclusive);
}

TEST_CASE("what a target changes in every message is no news") {
  const auto one = [](const char* fact) { return played().lacks(fact).delivers(header + "text\r\n"); };
  const char* const other = R"(body = 'other\r\n')";
  const Verdict verdict = judge(rules(other), one("body-as-sent").transcript()).verdict;
  CHECK(verdict.outcome == Outcome::blocked);
  CHECK(verdict.reason == "blocked by survey/row: why");
  CHECK(judge(rules(other), one("header-as-sent").transcript()).verdict.outcome == Outcome::fail);
  CHECK(judge(rules(R"(content = 'x')"), one("header-as-sent").transcript()).verdict.outcome == Outcome::blocked);
  CHECK(judge(rules(R"(body = 'text\r\n')"), one("body-as-sent").transcript()).verdict.outcome == Outcome::pass);
}

TEST_CASE("what a message must have been handed on with") {
  const auto one = [] {
    return played().delivers(header).with({{"RET", "HDRS"}, {"ENVID", "a"}}, {{"NOTIFY", "NEVER"}});
  };
  const std::vector<Case> cases = {
      {"parameters = ['{sender} RET=HDRS', '{accepted} NOTIFY=NEVER']", one(), ""},
      {"parameters = '{sender} ret'", one(), ""},
      {"parameters = '{sender} RET=FULL'", one(), "RET=HDRS ENVID=a, <alice@example.test> NOTIFY=NEVER"},
      {"parameters = '{accepted} RET=HDRS'", one(), "RET=HDRS"},
      {"parameters = '{sender} ENVID=a'", one().with({{"ENVID", "a"}, {"ENVID", "a"}}, {}), "ENVID=a ENVID=a"},
      {"parameters = '{sender} RET'", played().watched(), "0 messages delivered", true},
      {"no-parameters = ['{accepted} RET', '{sender} RET=FULL', '{sender} NOTIFY']", one(), ""},
      {"no-parameters = '{accepted} notify'", one(), "NOTIFY=NEVER"},
  };
  for (Case one_case : cases) {
    INFO(one_case.delivered);
    const Verdict verdict = judge(rules(one_case.delivered), one_case.script.transcript()).verdict;
    INFO("actual: " << verdict.actual);
    CHECK(verdict.outcome == (one_case.actual[0] == 0 ? Outcome::pass : Outcome::fail));
    CHECK(verdict.actual.find(one_case.actual) != std::string::npos);
    CHECK(verdict.missing == one_case.missing);
  }
  CHECK(judge(rules("parameters = '{sender} RET'"), played().delivers(header).transcript()).verdict.cause ==
        Cause::no_delivery_road);
  // A mailbox that was rewritten on the way.
  CHECK(judge(rules("parameters = 'nobody@example.test RET'"), one().transcript()).verdict.cause ==
        Cause::no_delivery_road);
}

TEST_CASE("a SHOULD about deliveries is a warning") {
  auto scenario = rules("count = 1");
  scenario.level = Level::should;
  CHECK(judge(scenario, played().watched().transcript()).verdict.outcome == Outcome::warn);
}

TEST_CASE("a submission server may modify a message, and may not lose it") {
  const auto outcome_of = [](const char* delivered, Script script) {
    auto transcript = script.transcript();
    transcript.terms.login = true;
    return judge(rules(delivered), transcript).verdict.outcome;
  };
  const auto one = [] { return played().delivers(header + "text\r\n"); };
  for (const char* changed :
       {"body = 'x'", "content = 'x'", "contains = 'zebra'", "reverse-path = ''", "forward-path = 'x@y.example'"})
    CHECK(outcome_of(changed, one()) == Outcome::warn);
  CHECK(outcome_of("no-forward-path = '{accepted}'", one()) == Outcome::fail);
  CHECK(outcome_of("count = 1, body = 'text'", played().watched()) == Outcome::fail);
}

TEST_CASE("without a road nothing is known of deliveries") {
  const Verdict verdict = judge(rules("at-most = 1"), played().transcript()).verdict;
  CHECK(verdict.outcome == Outcome::inconclusive);
  CHECK(verdict.cause == Cause::no_delivery_road);
  const auto refused = Script().greeted().step(0).sends("HELP\r\n").says("502 No\r\n").client_closed();
  CHECK(judge(rules("at-most = 1"), refused.transcript()).verdict.cause == Cause::reply);
}

TEST_CASE("what a road does not tell is not judged, and no pass") {
  const auto somebody = [] { return played().delivers_to_somebody(header + "text\r\n"); };
  const auto encoded = played().delivers("Content-transfer-encoding: Base64\r\n" + header + "dGV4dA0K\r\n");
  CHECK(judge(rules("body = 'text\\r\\n'"), encoded.transcript()).verdict.outcome == Outcome::inconclusive);
  CHECK(judge(rules("body = 'dGV4dA0K\\r\\n'"), encoded.transcript()).verdict.outcome == Outcome::pass);
  for (const char* const words : {"reverse-path = '{sender}'", "reverse-path = ''", "forward-path = '{accepted}'",
                                  "forward-path = 'bob@example.test'", "no-reverse-path = 'evil@client.example'",
                                  "no-forward-path = '{accepted}'"}) {
    INFO(words);
    const Verdict verdict = judge(rules(words), somebody().transcript()).verdict;
    CHECK(verdict.outcome == Outcome::inconclusive);
    CHECK(verdict.cause == Cause::no_delivery_road);
    CHECK(verdict.reason != "");
  }
  CHECK(judge(rules("count = 1, lacks = 'evil'"), somebody().transcript()).verdict.outcome == Outcome::pass);
  // What is known to be broken is broken, whatever is not known beside it.
  const Script evil = somebody().delivers("x", "evil@client.example");
  for (const char* const words :
       {"no-reverse-path = 'evil@client.example'",
        "no-reverse-path = 'nobody@client.example', no-forward-path = '{accepted}'",
        "count = 1, no-reverse-path = 'x@y.example'", "forward-path = '{accepted}', at-most = 1",
        "reverse-path = '{sender}'", "no-forward-path = 'bob@example.test', lacks = 'text'"}) {
    INFO(words);
    const Verdict verdict = judge(rules(words), evil.transcript()).verdict;
    CHECK(verdict.outcome == Outcome::fail);
    CHECK(verdict.cause == Cause::delivery);
  }
  // An unknown recipient may be the one that is asked for.
  CHECK(judge(rules("forward-path = 'bob@example.test'"), evil.transcript()).verdict.cause == Cause::no_delivery_road);
}

TEST_CASE("which requirement deliveries decide") {
  auto scenario = rules("count = 1");
  scenario.requirements = {"rfc5321/4.1/first", "rfc5321/4.1/second"};
  CHECK(judge(scenario, played().watched().transcript()).verdict.decided_by == "rfc5321/4.1/first");
  scenario.steps[0].decides = "rfc5321/4.1/of-the-step";
  scenario.delivered->decides = "rfc5321/4.1/second";
  CHECK(judge(scenario, played().watched().transcript()).verdict.decided_by == "rfc5321/4.1/second");
  CHECK(judge(scenario, played().delivers("x").transcript()).verdict.decided_by == "");
  scenario.levels["rfc5321/4.1/second"] = Level::should;
  CHECK(judge(scenario, played().watched().transcript()).verdict.outcome == Outcome::warn);
}

TEST_CASE("after an early end only what holds always is asked for") {
  const std::string steps = "steps = [ { send = 'HELP', expect = ['214', { reply = '502', then = 'end' }] } ]\n";
  const auto scenario = scenario_of(steps + "delivered = { count = 1, body = 'x', at-most = 1, lacks = 'evil' }");
  const auto ended = [] { return Script().greeted().step(0).sends("HELP\r\n").says("502 No\r\n").fenced().watched(); };
  CHECK(judge(scenario, ended().transcript()).verdict.outcome == Outcome::pass);
  CHECK(judge(scenario, ended().delivers("evil").transcript()).verdict.cause == Cause::delivery);
  CHECK(judge(scenario, ended().delivers("a").delivers("b").transcript()).verdict.cause == Cause::delivery);
}

TEST_CASE("a smuggled message is found even where a reply did not come") {
  const auto sent = [] { return Script().greeted().step(0).sends("HELP\r\n"); };
  // And where the transcript ends early, be it that the scenario was mended since.
  for (Script& script : std::vector{sent().in_vain().noop().in_vain().client_closed(), sent().in_vain(), sent()}) {
    const Verdict verdict = judge(rules("at-most = 0"), script.delivers(header).transcript()).verdict;
    CHECK(verdict.cause == Cause::delivery);
    CHECK_FALSE(verdict.missing);
  }
}

TEST_CASE("how many messages are awaited") {
  CHECK(awaited_deliveries(rules("count = 3"), true) == 3);
  CHECK(awaited_deliveries(rules("count = 3"), false) == 0);
  CHECK(awaited_deliveries(rules("at-most = 2"), true) == 0);
  CHECK(awaited_deliveries(rules("at-most = 2, body = 'x'"), true) == 1);
  CHECK(awaited_deliveries(scenario_of("steps = [ { send = 'HELP', expect = '214' } ]"), true) == 0);
}

TEST_CASE("an envelope in words") {
  record::Delivery delivery;
  CHECK(describe_envelope(delivery) == "from somebody to somebody");
  delivery.reverse_path = "";
  delivery.recipients = {{"a@b.example", std::nullopt}, {"c\x01@d.example", std::nullopt}};
  CHECK(describe_envelope(delivery) == "from <> to <a@b.example>, <c\\x01@d.example>");
  delivery.recipients->assign(1000, {std::string(10000, 'x'), std::nullopt});
  CHECK(describe_envelope(delivery).size() < 3000);
  CHECK(describe_envelope(delivery).ends_with(">, and 992 more"));
}

TEST_CASE("a long difference is shown in part") {
  const std::string wanted(100000, 'x');
  const auto scenario = rules("body = '{x*100000}'");
  const Verdict verdict = judge(scenario, played().delivers(header + wanted + "y").transcript()).verdict;
  CHECK(verdict.actual.find("differs at octet 100000 of 100001 (expected 100000)") != std::string::npos);
  CHECK(verdict.expected.size() < 1000);
  CHECK(verdict.actual.size() < 1000);
}

TEST_CASE("what was delivered points to where it was accepted") {
  const Script script = Script()
                            .greeted()
                            .step(0)
                            .sends("HELP\r\n")
                            .says("250 Accepted\r\n")
                            .step(1)
                            .sends("HELP\r\n")
                            .says("214 Help\r\n")
                            .fenced()
                            .is(record::Event::Kind::closed, "", record::Party::client)
                            .delivers(header);
  const auto scenario = scenario_of(
      "steps = [ { send = 'HELP', expect = '250' }, { send = 'HELP', expect = '214' } ]\ndelivered = { at-most = 0 }");
  const Verdict verdict = judge(scenario, script.transcript()).verdict;
  CHECK(verdict.outcome == Outcome::fail);
  CHECK(script.transcript().events[verdict.event].octets == "250 Accepted\r\n");
}

}  // namespace
}  // namespace smtpspec::judge
