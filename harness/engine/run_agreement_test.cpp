// Play and judge must agree, whatever runs beside it.
#include <map>

#include <catch2/catch_test_macros.hpp>

#include "harness/engine/judge.hpp"
#include "harness/engine/reference_test.hpp"
#include "harness/engine/run_folder.hpp"
#include "harness/engine/transcript_test.hpp"

namespace smtpspec::engine {
namespace {

/// Every kind of step, and most kinds of verdict with the faults below.
const std::string many = R"(
[[scenario]]
id = "noop"
title = "noop"
steps = [ { send = "NOOP x", expect = "250" } ]
[[scenario]]
id = "pieces"
title = "pieces"
steps = [ { bytes = 'NOOP\r\nNOOP\r\n', cut = "each", gap = "2ms", replies = ["250", "250"] } ]
[[scenario]]
id = "group"
title = "a group that ends in the middle"
needs = ["PIPELINING"]
steps = [ { bytes = 'MAIL FROM:<{sender}>\r\nRCPT TO:<{rejected}>\r\nDATA\r\n', replies = ["250", [{ code = "5yz", then = "end" }, "25z"], "5yz"] } ]
[[scenario]]
id = "message"
title = "message"
from = "data"
steps = [ { message = 'gr\xc3\xbc\xc3\x9fe\r\n', expect = "250" } ]
delivered = { count = 1, body = 'gr\xc3\xbc\xc3\x9fe\r\n' }
[[scenario]]
id = "chunk"
title = "chunk"
needs = ["CHUNKING"]
from = "rcpt"
steps = [ { chunk = '{header}x\r\n', last = true, expect = "250" } ]
delivered = { count = 1, body = 'x\r\n' }
[[scenario]]
id = "two-sessions"
title = "two sessions"
steps = [ { open = "b", from = "connected", expect = "220" }, { send = "NOOP", expect = "250" }, { on = "b", send = "EHLO c.example", expect = "250" }, { send = "HELP", expect = "214" } ]
[[scenario]]
id = "captured"
title = "captured"
steps = [ { send = "EHLO c.example", expect = { code = "250", capture = { name = '^(\S+)' } } }, { send = "EHLO c.example", expect = { code = "250", contains = "{name}" } } ]
[[scenario]]
id = "tls"
title = "tls"
from = "tls"
steps = [ { send = "NOOP", expect = "250" }, { tls = "close_notify" } ]
fence = false
[[scenario]]
id = "handshake"
title = "handshake"
steps = [ { send = "STARTTLS", expect = "220" }, { tls = "handshake" }, { send = "EHLO c.example", expect = { code = "250", without = ["STARTTLS"] } } ]
[[scenario]]
id = "plain"
title = "plain"
from = "authenticated"
steps = [ { send = "NOOP", expect = "250" } ]
[[scenario]]
id = "login"
title = "login"
from = "tls"
steps = [ { login = "PLAIN", initial = false, expect = "235" } ]
[[scenario]]
id = "wrong-password"
title = "wrong password"
from = "tls"
steps = [ { login = "PLAIN", password = "wrong", expect = ["535", { code = "235", as = "warn", because = "let in" }] } ]
[[scenario]]
id = "raw-login"
title = "raw login"
steps = [ { send = 'AUTH PLAIN {base64:\0{user}\0{password}}', expect = "235" } ]
[[scenario]]
id = "silence"
title = "silence"
steps = [ { bytes = 'NO', expect = "silence" }, { bytes = 'OP\r\n', expect = "250" } ]
[[scenario]]
id = "info"
title = "info"
steps = [ { send = "NOOP", expect = [{ code = "250", as = "info", because = "so it is" }] } ]
[[scenario]]
id = "wanted-too-much"
title = "wanted too much"
level = "should"
steps = [ { send = "NOOP", expect = "299" } ]
[[scenario]]
id = "never"
title = "never"
steps = [ { expect = "250", within = "100ms" } ]
[[scenario]]
id = "unknown"
title = "unknown"
steps = [ { send = "XYZZY", expect = "500" } ]
[[scenario]]
id = "bye"
title = "bye"
steps = [ { send = "QUIT", expect = "221 close" } ]
[[scenario]]
id = "hung-up"
title = "hung up"
from = "data"
steps = [ { bytes = 'half' }, { close = "reset" }, { open = "b" }, { on = "b", send = "NOOP", expect = "250" } ]
delivered = { at-most = 0 }
[[scenario]]
id = "half-closed"
title = "half closed"
fence = false
steps = [ { close = "half" }, { expect = "close" } ]
)";

using Verdicts = std::map<std::string, std::string>;

std::string in_words(Outcome outcome, const std::string& cause, const std::string& expected,
                     const std::string& actual) {
  return std::string(scenario::name(outcome)) + " " + cause + ": " + expected + "; " + actual;
}

Verdicts verdicts_of(const scenario::Suite& suite, const std::vector<reference::Fault>& faults, std::size_t jobs) {
  const Folder folder;
  Reference server(faults);
  RunSettings settings = settings_of(suite, server.target());
  settings.jobs = jobs;
  settings.out = folder.path;
  const Run played = run_against(server, settings);
  INFO(played.result.incomplete_because);
  CHECK(played.end == RunEnd::complete);
  REQUIRE(played.result.scenarios.size() == suite.scenarios.size());
  Verdicts verdicts;
  for (std::size_t i = 0; i < suite.scenarios.size(); ++i) {
    const ScenarioResult& result = played.result.scenarios[i];
    INFO(result.id);
    CHECK(result.id == suite.scenarios[i].id);
    const std::string words = in_words(result.outcome, result.cause, result.expected, result.actual);
    verdicts[result.id] = std::string(scenario::name(result.outcome)) + " " + result.cause;
    // What was written down gives the same verdict, and no secret.
    std::string problem;
    const auto transcript = load_transcript(folder.path / result.transcript, problem);
    INFO(problem);
    REQUIRE(transcript);
    const Verdict again = judge(suite.scenarios[i], *transcript, {});
    CHECK(in_words(again.outcome, again.cause, again.expected, again.actual) == words);
    const std::string written = to_json_lines(*transcript);
    CHECK(written.find("AGFsaWNlAHNlY3JldA==") == std::string::npos);
  }
  return verdicts;
}

TEST_CASE("one session at a time and many, play and judge, come to the same verdicts") {
  using reference::Fault;
  const auto suite = suite_of(many);
  const Verdicts clean = verdicts_of(suite, {}, 1);
  const Verdicts wanted = {
      {"info", "info ending"},
      {"wanted-too-much", "warn reply"},
      {"never", "fail silence"},
  };
  for (const auto& [id, words] : clean) {
    INFO(id);
    const auto found = wanted.find(id);
    CHECK(words == (found == wanted.end() ? "pass " : found->second));
  }
  CHECK(verdicts_of(suite, {}, 32) == clean);

  const std::vector<Fault> faults = {Fault::noop_argument_refused,   Fault::eight_bit_stripped,
                                     Fault::bdat_empty_last_refused, Fault::unknown_command_hangs_up,
                                     Fault::auth_accepts_anything,   Fault::half_message_delivered,
                                     Fault::quit_without_reply};
  const Verdicts faulty = verdicts_of(suite, faults, 1);
  CHECK(faulty.at("noop") == "fail reply");
  CHECK(faulty.at("message") == "fail delivery");
  CHECK(faulty.at("unknown") == "crash closed");
  CHECK(faulty.at("wrong-password") == "warn ending");
  CHECK(faulty.at("hung-up") == "fail delivery");
  CHECK(faulty.at("bye") == "crash closed");
  CHECK(verdicts_of(suite, faults, 32) == faulty);
}

}  // namespace
}  // namespace smtpspec::engine
