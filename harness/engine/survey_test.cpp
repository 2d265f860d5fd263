#include "harness/engine/survey.hpp"

#include <algorithm>

#include <catch2/catch_test_macros.hpp>

#include "harness/engine/reference_test.hpp"
#include "harness/engine/rogue_test.hpp"
#include "harness/judge/transcript_test.hpp"

namespace smtpspec::engine {
namespace {

using judge::Script;
using judge::suite_of;
using reference::Fault;

/// The shipped survey, and a few rows that lean on what it finds.
scenario::Suite suite() {
  const std::filesystem::path shipped = SMTPSPEC_SOURCE_DIR "/scenarios";
  auto loaded = scenario::load_suite({shipped / "survey.toml"}, shipped / "requirements");
  REQUIRE(loaded.ok());
  for (const auto& row : suite_of(R"(
[[scenario]]
id = "noop"
title = "NOOP in a transaction"
state = "mail"
steps = [{ send = "NOOP", expect = "250" }]
[[scenario]]
id = "rset"
title = "RSET"
steps = [{ send = "RSET", expect = "250" }]
[[scenario]]
id = "two-errors"
title = "RSET after two errors"
steps = [{ send = "X", expect = "500" }, { send = "X", expect = "500" }, { send = "RSET", expect = "250" }]
[[scenario]]
id = "sixty-recipients"
title = "Sixty recipients"
state = "mail"
steps = [{ repeat = 60, send = "RCPT TO:<{accepted}>", expect = "250" }]
[[scenario]]
id = "eleven-messages"
title = "A message after ten others"
steps = [{ repeat = 11, steps = [
  { send = "MAIL FROM:<{sender}>", expect = "250" },
  { send = "RCPT TO:<{accepted}>", expect = "250" },
  { send = "DATA", expect = "354" },
  { message = 'text\r\n', expect = "250" },
] }]
[[scenario]]
id = "large"
title = "A large message"
state = "data"
steps = [{ message = '{header}{text\r\n*10000}', expect = "250" }]
[[scenario]]
id = "tls"
title = "RSET under TLS"
state = "tls"
steps = [{ send = "RSET", expect = "250" }]
[[scenario]]
id = "body"
title = "A message"
state = "data"
steps = [{ message = '{header}text\r\n', expect = "250" }]
delivered = { count = 1, body = 'text\r\n' }
)")
                             .scenarios)
    loaded.value.scenarios.push_back(row);
  return std::move(loaded.value);
}

std::string ids(const RunResult& result, Outcome outcome) {
  std::string all;
  for (const ScenarioResult& one : result.scenarios)
    if (one.outcome == outcome) all += (all.empty() ? "" : " ") + one.id;
  return all;
}

std::string learnt_of(const RunResult& result, const std::string& name) {
  for (const Learnt& one : result.target.learnt)
    if (one.name == name) return one.value;
  return "";
}

TEST_CASE("a deviation is found once, and what leans on it is blocked by it") {
  struct Case {
    std::vector<Fault> faults;
    std::string failed;
    std::string blocked;
  };
  const std::vector<Case> cases = {
      {{}, "", ""},
      {{Fault::noop_unknown}, "survey/noop", "noop"},
      {{Fault::rset_unknown}, "survey/rset", "rset two-errors tls"},
      {{Fault::unknown_command_ends_session}, "survey/after-an-error", "two-errors"},
      {{Fault::handshake_fails}, "survey/handshake", "survey/mail/under-tls survey/mail/logged-in survey/login tls"},
      {{Fault::few_recipients}, "survey/recipients", "sixty-recipients"},
      {{Fault::many_messages_hang_up}, "survey/messages", "eleven-messages"},
      {{Fault::agreed_size_refused}, "survey/octets", "large"},
      {{Fault::ehlo_unknown},
       "survey/ehlo",
       "survey/handshake survey/mail/logged-in survey/mailbox-at-name survey/login"},
      {{Fault::ehlo_in_several_replies},
       "survey/ehlo",
       "survey/handshake survey/mail/logged-in survey/mailbox-at-name survey/login"},
  };
  const auto suite = engine::suite();
  for (const Case& one : cases) {
    Reference server(one.faults);
    const Run run = run_against(server, settings_of(suite, server.target()));
    CHECK(run.end == RunEnd::complete);
    CHECK(ids(run.result, Outcome::fail) == one.failed);
    CHECK(ids(run.result, Outcome::blocked) == one.blocked);
    CHECK(ids(run.result, Outcome::crash) == "");
    CHECK(learnt_of(run.result, "takes mail").find("alice@example.test, bob@example.test") != std::string::npos);
  }
}

TEST_CASE("where the greeting is broken, that is what is found") {
  const auto suite = engine::suite();
  Reference server({Fault::greeting_in_two_replies});
  const Run run = run_against(server, settings_of(suite, server.target()));
  CHECK(run.end == RunEnd::untestable);
  CHECK(ids(run.result, Outcome::fail) == "survey/greeting");
}

/// Takes no mail but for the postmaster, and no more than two sessions before it wants a rest.
Answer shy(int session, int number, const std::string& line) {
  if (number == 0 && session == 1) return {"421 Not now\r\n", false, true};
  if (number == 0) return {"220 shy\r\n"};
  if (line == "QUIT\r\n") return {"221 Bye\r\n", false, true};
  if (line == "DATA\r\n") return {"354 Go on\r\n"};
  if (line.starts_with("RCPT") && line != "RCPT TO:<Postmaster>\r\n") return {"550 5.1.1 Nobody\r\n"};
  return {"250 Ok\r\n"};
}

TEST_CASE("a mailbox that is taken stands for one that is not, and a session put off is opened again") {
  auto suite = engine::suite();
  Rogue server(shy);
  scenario::Target target = memory::reference_target("mx");
  target.port = server.port();
  target.delivery.reset();
  const Run run = engine::run(settings_of(suite, target), {});
  CHECK(learnt_of(run.result, "takes mail") == "Postmaster");
  CHECK(learnt_of(run.result, "seen to work").find("mail, mailbox") != std::string::npos);
  const auto noop = std::find_if(run.result.scenarios.begin(), run.result.scenarios.end(),
                                 [](const ScenarioResult& one) { return one.id == "noop"; });
  REQUIRE(noop != run.result.scenarios.end());
  CHECK(noop->outcome == Outcome::pass);
}

const ScenarioResult& row(const RunResult& result, const std::string& id) {
  const auto found = std::find_if(result.scenarios.begin(), result.scenarios.end(),
                                  [&](const ScenarioResult& one) { return one.id == id; });
  REQUIRE(found != result.scenarios.end());
  return *found;
}

TEST_CASE("of a target of which the address alone is known") {
  auto suite = engine::suite();
  for (const auto& one : suite_of(R"(
[[scenario]]
id = "own-domain"
title = "A mailbox in the own domain"
state = "mail"
steps = [{ send = "RCPT TO:<x@{domain}>", expect = ["250", "550"] }]
)")
                             .scenarios)
    suite.scenarios.push_back(one);
  const auto run_with = [&](const Answers& answer, const std::vector<std::string>& mailboxes) {
    Rogue server(answer);
    auto target = *scenario::target_from_url("smtp://127.0.0.1");
    target.port = server.port();
    target.mail.accepts = mailboxes;
    return engine::run(settings_of(suite, target), {});
  };
  const auto takes = [](std::string_view greeting, std::string_view taken) -> Answers {
    return [greeting = std::string(greeting), taken = std::string(taken)](int, int number, const std::string& line) {
      if (number == 0) return Answer{greeting};
      if (line == "QUIT\r\n") return Answer{"221 Bye\r\n", false, true};
      if (line == "DATA\r\n") return Answer{"354 Go on\r\n"};
      if (line.starts_with("RCPT") && line.find(taken) == std::string::npos) return Answer{"550 5.1.1 Nobody\r\n"};
      return Answer{"250 Ok\r\n"};
    };
  };
  // Its name is its domain where it takes mail for the postmaster there.
  Run run = run_with(takes("220 mail.example.test ready\r\n", "<postmaster@mail.example.test>"), {});
  CHECK(learnt_of(run.result, "takes mail") == "postmaster@mail.example.test");
  CHECK(row(run.result, "own-domain").outcome == Outcome::pass);
  CHECK(as_learnt({}, run.facts).mail.accepts == run.facts.mailboxes);
  // An address tells no domain.
  run = run_with(takes("220 ready\r\n", "@[127.0.0.1]>"), {});
  CHECK(learnt_of(run.result, "takes mail") == "postmaster@[127.0.0.1]");
  CHECK(row(run.result, "own-domain").outcome == Outcome::skipped);
  CHECK(row(run.result, "noop").outcome == Outcome::pass);
  // What needs no mailbox is played where there is none.
  run = run_with(takes("220 ready\r\n", "nothing"), {"alice@example.test"});
  CHECK(run.end == RunEnd::complete);
  CHECK(learnt_of(run.result, std::string(takes_no_mail)) == "RCPT TO:<alice@example.test> got 550 5.1.1 Nobody");
  CHECK(row(run.result, "noop").outcome == Outcome::pass);
  CHECK(row(run.result, "body").outcome == Outcome::blocked);
}

TEST_CASE("a login that is refused is told once") {
  const auto suite = engine::suite();
  Reference server;
  auto target = server.target();
  target.auth->password = "wrong";
  const Run run = run_against(server, settings_of(suite, target));
  CHECK(learnt_of(run.result, "login") == "no: survey/login: AUTH PLAIN got 535 5.7.8 Authentication failed");
  CHECK(ids(run.result, Outcome::fail) == "");
}

TEST_CASE("a certificate that we do not accept is no fault of the server's") {
  const auto suite = engine::suite();
  Reference server;
  auto target = server.target();
  target.tls.verify = true;
  const Run run = run_against(server, settings_of(suite, target));
  CHECK(learnt_of(run.result, "handshake") ==
        "no: survey/handshake: the certificate is not accepted: self-signed certificate");
  CHECK(ids(run.result, Outcome::fail) == "");
}

judge::Played played(const Script& script) {
  judge::Played played;
  played.transcript = script.transcript();
  return played;
}

TEST_CASE("how a mailbox shows, and how long its mail takes") {
  scenario::Scenario row;
  row.delivered.emplace();
  Facts facts;
  Script script = Script().greeted().sends("RCPT TO:<alice@example.test>\r\n").says("250 Ok\r\n");
  script.sends("text\r\n.\r\n").says("250 Ok\r\n").delivers("text\r\n");
  judge::Played one = played(script);
  one.transcript.deliveries[0].recipients->front().forward_path = "alice@sink.test";
  one.transcript.deliveries[0].at = milliseconds(40);
  learn(facts, row, one, milliseconds(2));
  CHECK(facts.shows_as.at("alice@example.test") == "alice@sink.test");
  CHECK(facts.delivery_takes == milliseconds(34));

  // A server that hands a message on before it answers (RFC 2033 section 4.2, or a proxy), or whose reply lay unread.
  facts.delivery_takes = std::nullopt;
  one.transcript.deliveries[0].at = milliseconds(1);
  learn(facts, row, one, milliseconds(2));
  CHECK(facts.delivery_takes == milliseconds(-5));
  const auto all = learnt(facts);
  const auto takes = [](const Learnt& learnt) { return learnt.name == "a delivery takes"; };
  CHECK(std::find_if(all.begin(), all.end(), takes)->value == "no time: it is done before the reply");
}

TEST_CASE("a mailbox that was not asked for yet is not taken for one that is refused") {
  scenario::Target target;
  target.mail.accepts = {"alice@example.test", "bob@example.test"};
  Facts facts;
  facts.mailboxes = {"alice@example.test"};
  facts.refused["bob@example.test"] = "550 Nobody";
  CHECK(as_learnt(target, facts).mail.accepts.size() == 2);
  facts.mailboxes_are_known = true;
  CHECK(as_learnt(target, facts).mail.accepts == facts.mailboxes);
  facts.refused.clear();  // its session was refused
  CHECK(as_learnt(target, facts).mail.accepts.size() == 2);
}

}  // namespace
}  // namespace smtpspec::engine
