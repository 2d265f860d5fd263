#include "reports/sample_run_test.hpp"

namespace smtpspec::reports {
namespace {

using engine::BaselineStatus;
using engine::Cause;
using engine::CitedRequirement;
using engine::ExcerptLine;
using engine::Level;
using engine::Outcome;
using engine::RunResult;
using engine::ScenarioResult;
using engine::Severity;
using Side = engine::ExcerptLine::Side;

ScenarioResult played(std::string id, std::string title, Outcome outcome, std::string file, int line) {
  ScenarioResult result;
  result.again = "smtpspec run ci/targets/postfix/target.toml --filter " + id;
  result.transcript = "transcripts/" + id + ".jsonl";
  result.id = std::move(id);
  result.title = std::move(title);
  result.outcome = outcome;
  result.file = std::move(file);
  result.line = line;
  result.duration = std::chrono::milliseconds(12);
  return result;
}

ScenarioResult unplayed(std::string id, std::string title, Outcome outcome, std::string reason) {
  ScenarioResult result = played(std::move(id), std::move(title), outcome, "scenarios/rfc3030/3-bdat.toml", 7);
  result.transcript.clear();
  result.reason = std::move(reason);
  result.duration = std::chrono::milliseconds(0);
  return result;
}

const CitedRequirement lf_is_no_line_end = {
    "rfc5321/4.1.1.4/lf-is-no-line-end",
    "RFC 5321 section 4.1.1.4",
    "2028-2032",
    Level::must,
    "The custom of accepting lines ending only in <LF>, as a concession to non-conforming behavior on the part of some "
    "UNIX systems, has proven to cause more interoperability problems than it solves, and SMTP server systems MUST NOT "
    "do this, even in the name of improved robustness.",
    Severity::security};

ScenarioResult smuggling() {
  ScenarioResult result = played("false-end-of-data/lf-dot-crlf", "Only CRLF.CRLF ends the message", Outcome::fail,
                                 "scenarios/rfc5321/4.1.1.4-end-of-data.toml", 31);
  result.rationale = "Where two servers disagree on the end of a message, one message becomes two.";
  result.expectation = BaselineStatus::regression;
  result.requirements = {
      lf_is_no_line_end,
      {"rfc5321/2.3.8/crlf-alone", "RFC 5321 section 2.3.8", "", Level::must, "", Severity::security}};
  result.decided_by = lf_is_no_line_end.id;
  result.tags = {"smuggling", "data"};
  result.cause = Cause::early_reply;
  result.expected = "no reply before CRLF.CRLF";
  result.actual = R"(250 2.0.0 Ok: queued, after LF.CRLF; the smuggled message was delivered)";
  result.excerpt = {
      {Side::client, "", R"(DATA\r\n)", false},
      {Side::server, "", R"(354 End data with <CR><LF>.<CR><LF>\r\n)", false},
      {Side::client, "", R"(first\n.\r\nMAIL FROM:<smuggled-7f3a@client.example>\r\n)", true},
      {Side::server, "", R"(250 2.0.0 Ok: queued as 6C5A1\r\n)", false},
  };
  result.duration = std::chrono::milliseconds(1480);
  result.attempts = 2;
  return result;
}

ScenarioResult crash() {
  ScenarioResult result = played("overlong-command/no-crlf", "A command line without an end is survived",
                                 Outcome::crash, "scenarios/security/limits.toml", 12);
  result.expectation = BaselineStatus::unlisted;
  result.requirements = {{"rfc5321/4.5.3.1.4/command-line", "RFC 5321 section 4.5.3.1.4", "3500-3501", Level::must,
                          "The maximum total length of a command line including the command word and the <CRLF> is 512 "
                          "octets."}};
  result.cause = Cause::closed;
  result.expected = "a reply of 500 or 421";
  result.actual = "the connection was closed without a reply";
  result.excerpt = {{Side::client, "", "NOOP " + std::string(700, 'A') + R"(\xff\x00)", true},
                    {Side::event, "", "closed by the target, 3 ms after the last octet", false},
                    {Side::client, "control", R"(NOOP\r\n)", false},
                    {Side::server, "control", R"(250 2.0.0 Ok\r\n)", false}};
  return result;
}

// What the engine would never let through, for belt and braces.
ScenarioResult unescaped() {
  ScenarioResult result =
      played("always/text-octets", "A reply's text is printable", Outcome::fail, "scenarios/always.toml", 58);
  result.expectation = BaselineStatus::drift;
  result.known =
      engine::KnownFailure{"an old library; mended some day", "https://tracker.example/7", "the relay team", ""};
  result.requirements = {{"rfc5321/4.2/textstring", "RFC 5321 section 4.2", "2595", Level::must,
                          "textstring = 1*(%d09 / %d32-126) ; HT, SP, Printable US-ASCII"}};
  result.decided_by = "rfc5321/4.2/textstring";
  result.checked = 1204;
  result.seen_in = {"vrfy-disabled", "ehlo-again"};
  result.cause = Cause::rule;
  result.expected = "printable text";
  result.actual =
      "550 \x1b[31mred\x1b[0m\r\n::error::not ours ]]> ##[error]nor this \x7f \u202etfel-ot-thgir <b>&amp;</b>";
  result.excerpt = {{Side::server, "", "::error::\x1b[2J]]>\r\n", true}};
  return result;
}

ScenarioResult warning() {
  ScenarioResult result =
      played("noop-with-text", "NOOP takes a string", Outcome::warn, "scenarios/rfc5321/4.1.1.9-noop.toml", 5);
  result.level = Level::should;
  result.expectation = BaselineStatus::unlisted;
  result.requirements = {{"rfc5321/4.1.1.9/string-ignored", "RFC 5321 section 4.1.1.9", "2199", Level::should,
                          "If a parameter string is specified, servers SHOULD ignore it.", Severity::should}};
  result.cause = Cause::reply;
  result.expected = "250";
  result.actual = R"(501 5.5.4 Syntax: NOOP\r\n)";
  result.reason = "the string was not ignored";
  return result;
}

ScenarioResult harness_error() {
  ScenarioResult result = played("tls-renegotiation", "A renegotiation is refused", Outcome::error,
                                 "scenarios/rfc3207/4.2-after-starttls.toml", 3);
  result.cause = Cause::internal;
  result.actual = "the scenario's values could not be filled in: {token} is not known";
  return result;
}

}  // namespace

RunResult sample_run() {
  RunResult run;
  run.version = "0.1.0";
  run.seed = 18446744073709551615ULL;
  run.suite = "0123456789abcdef";
  run.command = "smtpspec run ci/targets/postfix/target.toml --seed 18446744073709551615";
  run.started = "2026-01-31T23:59:58Z";
  run.duration = std::chrono::milliseconds(83'456);
  run.target = {"postfix-3.7",
                "smtp://127.0.0.1:2525",
                "mx",
                R"(220 mx.example.test ESMTP Postfix\r\n)",
                {"mx.example.test", "PIPELINING", "SIZE 10485760", "8BITMIME"},
                {{"sessions at a time", "at least 128"},
                 {"deliveries", "by the sink, 20 ms after the reply"},
                 {"<alice@example.test>", "is delivered as <alice@sink.test>"}}};
  run.complete = true;
  run.has_baseline = true;
  run.baseline_notes = {"stale: 'no-such-scenario' matches no scenario of the suite",
                        "expired: 'vrfy-disabled' was to be mended by 2025-12-31"};

  ScenarioResult fixed =
      played("rset-clears", "RSET forgets the transaction", Outcome::pass, "scenarios/rfc5321/4.1.1.5-rset.toml", 9);
  fixed.expectation = BaselineStatus::fixed;
  ScenarioResult known =
      played("vrfy-disabled", "VRFY is implemented", Outcome::fail, "scenarios/rfc5321/4.5.1-minimum.toml", 21);
  known.cause = Cause::reply;
  known.expected = "250, 251, 252, 550, 551, 553 or 502";
  known.actual = R"(500 5.5.1 Error: unknown command\r\n)";
  ScenarioResult seen =
      played("ehlo-again", "EHLO may come again", Outcome::info, "scenarios/rfc5321/4.1.4-order.toml", 40);
  seen.level = Level::may;
  seen.reason = "a second EHLO is answered 250, with the same keywords";
  ScenarioResult blocked = played("second-recipient", "Two recipients of one message", Outcome::blocked,
                                  "scenarios/rfc5321/3.3-transactions.toml", 60);
  blocked.reason = R"(RCPT TO was answered 450 4.2.0 Greylisted, see "https://mx.example.test/gréylist")";
  run.scenarios = {
      played("data-before-recipient", "DATA before any recipient is refused", Outcome::pass,
             "scenarios/rfc5321/3.3-transactions.toml", 14),
      smuggling(),
      crash(),
      unescaped(),
      warning(),
      fixed,
      known,
      seen,
      unplayed("bdat-after-data", "BDAT and DATA do not mix", Outcome::unsupported, "CHUNKING is not advertised"),
      unplayed("bdat-zero", "BDAT of no octets", Outcome::unsupported, "CHUNKING is not advertised"),
      blocked,
      played("delivered-once", "An accepted message arrives once", Outcome::inconclusive,
             "scenarios/rfc5321/6.1-reliable.toml", 2),
      unplayed("lmtp-replies", "LMTP answers for each recipient", Outcome::skipped, "not of the profile mx"),
      harness_error(),
  };
  run.scenarios[11].reason = "no delivery road is configured";
  return run;
}

RunResult hostile_run(const std::string& text) {
  RunResult run;
  run.version = run.command = run.started = run.incomplete_because = text;
  run.target = {text, text, text, text, {text, text}, {{text, text}}};
  run.has_baseline = true;
  run.baseline_notes = {text};
  for (int i = 0; i < scenario::outcome_count; ++i) {
    ScenarioResult result = played(text, text, static_cast<Outcome>(i), text, i);
    result.again = result.transcript = result.rationale = result.decided_by = result.expected = result.actual =
        result.reason = text;
    result.expectation = BaselineStatus::unlisted;
    result.requirements = {{text, text, text, Level::must, text, Severity::loss},
                           {text, text, text, Level::may, text, Severity::should}};
    result.tags = {text};
    result.seen_in = {text};
    result.excerpt = {{Side::server, text, text, true}, {Side::event, "", text, false}};
    run.scenarios.push_back(result);
  }
  return run;
}

RunResult endless_run() {
  constexpr int rows = 1500;
  constexpr int causes = 400;
  const std::string nasty =
      "\x1b[31m::error::##[x]\xff\u202e\r\n" + std::string(3000, 'X') + " " + std::string(900, '\x01');
  RunResult run = hostile_run("::x");
  run.target.greeting = run.target.name = run.incomplete_because = nasty;
  for (int i = 0; i < 40; ++i) {
    run.target.learnt.push_back({nasty + std::to_string(i), nasty});
    run.baseline_notes.push_back(nasty);
  }
  for (int i = 0; i < rows; ++i) {
    const std::string requirement = "rfc5321/4.1.1.4/" + std::string(40, 'r') + std::to_string(i % causes);
    ScenarioResult result =
        played("a-table-with-a-long-name/row-" + std::to_string(i), nasty, i % 3 == 0 ? Outcome::crash : Outcome::fail,
               "scenarios/rfc5321/4.1.1-syntax.toml", i);
    result.expectation = BaselineStatus::regression;
    result.cause = i % 2 == 0 ? Cause::reply : Cause::delivery;
    result.requirements = {
        {requirement, "RFC 5321 section 4.1.1.4", "1-2", Level::must, nasty, static_cast<Severity>(i % 4)}};
    result.decided_by = requirement;
    result.expected = result.reason = nasty;
    result.actual = std::to_string(i % causes) + nasty;
    for (int line = 0; line < 29; ++line) result.excerpt.push_back({Side::server, "second", nasty, line == 20});
    run.scenarios.push_back(result);
    run.scenarios.push_back(unplayed("blocked-" + std::to_string(i), nasty, static_cast<Outcome>(5 + i % 5),
                                     std::to_string(i) + std::string(static_cast<std::size_t>(i), 'y') + nasty));
  }
  return run;
}

}  // namespace smtpspec::reports
