// What a run leaves behind: transcripts that are judged again, rows of rules with their evidence, and no secret.
#include <algorithm>
#include <filesystem>

#include <catch2/catch_test_macros.hpp>

#include "harness/engine/reference_test.hpp"
#include "harness/engine/rule_tally.hpp"
#include "harness/judge/replay.hpp"
#include "harness/judge/transcript_test.hpp"
#include "harness/record/transcript_file.hpp"

namespace smtpspec::engine {
namespace {

using judge::suite_of;

const std::string noop =
    "[[scenario]]\nid = \"case\"\ntitle = \"a case\"\nsteps = [ { send = \"NOOP x\", expect = \"250\" } ]\n";

/// Rows of a few kinds, with which the server, or the scenario, is at fault.
const std::string many = R"(
[[scenario]]
id = "pieces"
title = "pieces"
steps = [ { bytes = 'NOOP\r\nNOOP\r\n', cut = "each", gap = "2ms", replies = ["250", "250"] } ]
[[scenario]]
id = "message"
title = "message"
state = "data"
steps = [ { message = '{header}gr\xc3\xbc\xc3\x9fe {password}\r\n', expect = "250" } ]
delivered = { count = 1, body = 'gr\xc3\xbc\xc3\x9fe {password}\r\n' }
[[scenario]]
id = "two-sessions"
title = "two sessions"
steps = [ { open = "b", state = "connected", expect = "220" }, { send = "NOOP", expect = "250" }, { on = "b", send = "EHLO c.example", expect = "250" }, { send = "HELP", expect = "214" } ]
[[scenario]]
id = "captured"
title = "captured"
steps = [ { send = "EHLO c.example", expect = { reply = "250", capture = { name = '^(\S+)' } } }, { send = "EHLO c.example", expect = { reply = "250", contains = "{name}" } } ]
[[scenario]]
id = "login"
title = "login"
state = "tls"
steps = [ { login = "PLAIN", initial = false, expect = "235" }, { tls = "close_notify" } ]
fence = false
[[scenario]]
id = "raw-login"
title = "raw login"
state = "tls"
steps = [ { send = 'AUTH PLAIN {base64:\0{user}\0{password}}', expect = "235" }, { send = 'VRFY {password}', expect = "299" } ]
[[scenario]]
id = "silence"
title = "silence"
steps = [ { bytes = 'NO', expect = "silence" }, { bytes = 'OP\r\n', expect = "250" } ]
[[scenario]]
id = "never"
title = "never"
steps = [ { expect = "250", wait = "100ms" } ]
[[scenario]]
id = "hung-up"
title = "hung up"
state = "data"
steps = [ { bytes = 'half' }, { disconnect = "reset" }, { open = "b" }, { on = "b", send = "NOOP", expect = "250" } ]
delivered = { at-most = 0 }
)";

TEST_CASE("a stored transcript holds no secret, and gives the same verdict again") {
  const auto suite = suite_of(many);
  for (const auto& faults : {std::vector<reference::Fault>{},
                             {reference::Fault::reply_twice},
                             {reference::Fault::eight_bit_stripped, reference::Fault::reply_ends_in_lf}}) {
    const Folder folder;
    Reference server(faults);
    RunSettings settings = settings_of(suite, server.target());
    settings.out = folder.path;
    const Run played = run_against(server, settings);
    CHECK(played.end == RunEnd::complete);
    REQUIRE(played.result.scenarios.size() == suite.scenarios.size());
    for (std::size_t i = 0; i < suite.scenarios.size(); ++i) {
      const ScenarioResult& result = played.result.scenarios[i];
      INFO(result.id << " with " << faults.size() << " faults: " << result.expected << " / " << result.actual);
      std::string problem;
      const auto transcript = record::load_transcript(folder.path, result.transcript, problem);
      INFO(problem);
      REQUIRE(transcript);
      const judge::Verdict again = judge::judge(suite.scenarios[i], *transcript).verdict;
      CHECK(scenario::name(again.outcome) == scenario::name(result.outcome));
      CHECK(judge::name(again.cause) == judge::name(result.cause));
      CHECK(again.decided_by == result.decided_by);
      const std::string written = record::to_json_lines(*transcript);
      for (const char* const secret : {"open-sesame", "b3Blbi1zZXNhbW", "9wZW4tc2VzYW1l", "vcGVuLXNlc2FtZ"}) {
        CHECK(written.find(secret) == std::string::npos);
        for (const ExcerptLine& line : result.excerpt) CHECK(line.text.find(secret) == std::string::npos);
        CHECK((result.expected + result.actual + result.reason).find(secret) == std::string::npos);
      }
    }
  }
}

TEST_CASE("each rule has a row that is judged over all conversations, and no other row is touched") {
  auto suite = suite_of(noop);
  for (const std::string& rule : rule_names()) {
    scenario::Scenario& row = suite.scenarios.emplace_back();
    row.id = "always/" + rule;
    row.rule = rule;
    row.requirements = {"rfc5321/4.2/" + rule};
  }
  const Folder folder;
  Reference server({reference::Fault::reply_ends_in_lf});
  RunSettings settings = settings_of(suite, server.target());
  settings.out = folder.path;
  const Run played = run_against(server, settings);
  CHECK(played.end == RunEnd::complete);
  REQUIRE(played.result.scenarios.size() == suite.scenarios.size());
  for (const ScenarioResult& result : played.result.scenarios) {
    INFO(result.id << ": " << result.expected << " / " << result.actual << " / " << result.reason);
    if (result.id == "always/crlf") {
      CHECK(result.outcome == Outcome::fail);
      CHECK(result.cause == Cause::rule);
      CHECK(result.decided_by == "rfc5321/4.2/crlf");
      CHECK(result.seen_in == std::vector<std::string>{"canary", "canary-last", "case"});
      for (const std::string& seen : result.seen_in)
        CHECK(std::filesystem::exists(folder.path / record::transcript_path(seen)));
      CHECK(result.transcript == record::transcript_path("canary"));
      CHECK(result.again == "smtpspec run --filter always/crlf --filter case");
      CHECK_FALSE(result.excerpt.empty());
    } else if (result.id == "always/one-reply-each" || result.id == "always/one-code") {
      CHECK(result.outcome == Outcome::pass);
      CHECK(result.checked > 0);
    } else {
      CHECK((result.outcome == Outcome::pass || result.cause == Cause::never_checked));
    }
  }
}

TEST_CASE("the requirement that decided is quoted first") {
  const auto suite = suite_of(R"([[requirement]]
id = "rfc5321/4.1/first"
lines = "1-2"
says = "The first sentence."
[[requirement]]
id = "rfc5321/4.1/second"
lines = "3-4"
says = "The second sentence."
[[scenario]]
id = "case"
title = "a case"
requirements = ["rfc5321/4.1/first", "rfc5321/4.1/second"]
steps = [ { send = "NOOP", expect = "250" } ]
)");
  record::Transcript transcript =
      judge::Script().greeted().step(0).sends("NOOP\r\n").says("500 open-sesame\r\n").transcript();
  transcript.secrets = {"open-sesame"};
  judge::Verdict verdict;
  verdict.outcome = Outcome::fail;
  verdict.cause = Cause::reply;
  verdict.actual = verdict.octets = "500 open-sesame\r\n";
  verdict.event = transcript.events.size() - 1;
  for (const std::string decided : {"first", "second", ""}) {
    verdict.decided_by = decided.empty() ? "" : "rfc5321/4.1/" + decided;
    ScenarioResult result = describe_result(suite.scenarios[0], suite);
    put_verdict(result, verdict, transcript, false);
    CHECK(result.decided_by == verdict.decided_by);
    REQUIRE(result.requirements.size() == 2);
    CHECK(result.requirements[0].says == (decided == "second" ? "The second sentence." : "The first sentence."));
    CHECK(result.actual == "500 [secret]\r\n");
    const auto key =
        std::find_if(result.excerpt.begin(), result.excerpt.end(), [](const auto& line) { return line.key; });
    REQUIRE(key != result.excerpt.end());
    CHECK(key->text == "500 [secret]\\r\\n");
  }
}

}  // namespace
}  // namespace smtpspec::engine
