#include "harness/engine/findings.hpp"

#include <algorithm>

#include <catch2/catch_test_macros.hpp>

namespace smtpspec::engine {
namespace {

using Side = ExcerptLine::Side;
using Ids = std::vector<std::string>;

/// A row of which the client had sent `sent` when `actual` came.
ScenarioResult row(std::string id, std::string requirement, Outcome outcome, Cause cause, const std::string& sent,
                   std::string actual) {
  ScenarioResult result;
  result.id = std::move(id);
  result.title = "about " + requirement;
  result.outcome = outcome;
  result.cause = cause;
  result.decided_by = requirement;
  result.requirements = {{std::move(requirement), "RFC 5321", "1", Level::must, "A sentence.", Severity::must}};
  result.excerpt = {{Side::server, "", R"(250 mx.example.test\r\n)", false},
                    {Side::client, "", sent, false},
                    {cause == Cause::closed ? Side::event : Side::server, "", actual, true}};
  result.actual = std::move(actual);
  return result;
}
ScenarioResult refused(std::string id, std::string requirement, const std::string& sent, std::string actual) {
  return row(std::move(id), std::move(requirement), Outcome::fail, Cause::reply, sent, std::move(actual));
}

ScenarioResult rule(std::string id, std::string requirement, std::string actual, Ids seen_in) {
  ScenarioResult result =
      row(std::move(id), std::move(requirement), Outcome::fail, Cause::rule, "NOOP", std::move(actual));
  result.seen_in = std::move(seen_in);
  return result;
}

RunResult run_of(std::vector<ScenarioResult> rows) {
  RunResult run;
  run.scenarios = std::move(rows);
  return run;
}

/// The rows of each finding, consequences after a bar.
std::vector<Ids> rows_of(const RunResult& run) {
  std::vector<Ids> list;
  for (const Finding& one : findings(run)) {
    list.push_back(one.rows);
    if (one.consequences.empty()) continue;
    list.back().emplace_back("|");
    list.back().insert(list.back().end(), one.consequences.begin(), one.consequences.end());
  }
  return list;
}

TEST_CASE("what was seen is compared without tokens, numbers and names") {
  struct Row {
    const char* seen;
    const char* kept;
  };
  const Row rows[] = {
      {R"(250 2.0.0 Ok: queued as 7726E516210\r\n)", "250 2.0.0 Ok: queued as #"},
      {R"(250 OK id=1xXRqJ-0005uq-1F\r\n)", "250 OK id=#"},
      {R"(250 2.0.0 8d188942 Message accepted\r\n)", "250 2.0.0 # Message accepted"},
      {R"(250-mx.example.test\r\n250 SIZE 10\r\n)", "250 #"},
      {R"(550 5.1.1 <nobody@example.test>: no such user "x"\r\n)", "550 5.1.1 <>: no such user ''"},
      {"2 messages delivered; from <a> to <b>, 391 octets", "# messages delivered; from <> to <>, # octets"},
      {"the body delivered differs at octet 6 of 23: 'a\\0'", "the body delivered differs at octet # of #: ''"},
      {R"(555 Unsupported option: XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX)", "555 Unsupported option: #"},
      {"MAIL FROM:<a@client.example> SIZE=99", "MAIL FROM:<> SIZE=#"},
      {"no reply in the time", "no reply in the time"},
      {"", ""},
  };
  for (const Row& one : rows) CHECK(without_names(one.seen) == one.kept);
}

TEST_CASE("one cause is one finding, whatever the order, and two of one requirement are told apart") {
  RunResult run = run_of({
      refused("digits/plus", "a/1/size", "MAIL SIZE=+1", R"(250 OK id=77\r\n)"),
      refused("digits/hexadecimal", "a/1/size", "MAIL SIZE=0x", R"(250 Accepted\r\n)"),  // of one table
      refused("another", "a/1/size", "MAIL SIZE=-", R"(250 OK id=99\r\n)"),              // in the same words
      row("silent", "a/1/size", Outcome::fail, Cause::hang, "MAIL SIZE=9", "no reply in the time"),
      refused("elsewhere", "b/2/other", "MAIL", R"(250 OK id=77\r\n)"),  // taken is no obstacle
      row("fine", "a/1/size", Outcome::pass, Cause::none, "", ""),
  });
  run.scenarios[2].excerpt.erase(run.scenarios[2].excerpt.begin());
  const auto all = findings(run);
  CHECK(rows_of(run) == std::vector<Ids>{{"another", "digits/hexadecimal", "digits/plus"}, {"silent"}, {"elsewhere"}});
  CHECK(all[0].id == "a/1/size:reply");
  CHECK(all[0].evidence == "another");  // the shortest conversation
  CHECK(all[0].requirement.says == "A sentence.");
  CHECK(all[0].what == "about a/1/size");
  CHECK(all[1].id == "a/1/size:hang");
  do {
    CHECK(findings(run) == all);
  } while (std::next_permutation(run.scenarios.begin(), run.scenarios.end(),
                                 [](const auto& a, const auto& b) { return a.id < b.id; }));

  run = run_of({refused("one", "a/1/size", "X", "250 this"), refused("two", "a/1/size", "X", "250 that")});
  const auto two = findings(run);
  REQUIRE(two.size() == 2);
  CHECK(two[0].id == "a/1/size:reply");
  CHECK(two[1].id == "a/1/size:reply~2");
}

TEST_CASE("what was met on the way is told from what was looked for") {
  const std::string again = R"(503 5.5.1 Already identified\r\n)";
  const RunResult run = run_of({
      refused("ehlo-again/greeted", "a/4.1.4/ehlo-resets", "EHLO client.example", again),
      refused("ehlo-again/mail", "a/4.1.4/ehlo-resets", "EHLO client.example", again),
      refused("message-after/ehlo", "a/4.1.4/several-transactions", "ehlo client.example", again),
      refused("message-after/rset", "a/4.1.4/several-transactions", "RSET", R"(503 5.5.1 Already identified\r\n)"),
      row("unknown", "b/3/unknown", Outcome::fail, Cause::reply, "XYZZY", "221 Goodbye"),
  });
  CHECK(rows_of(run) == std::vector<Ids>{{"ehlo-again/greeted", "ehlo-again/mail", "|", "message-after/ehlo"},
                                         {"message-after/rset"},
                                         {"unknown"}});
}

TEST_CASE("a path of its own may be what is refused, in the words for all of them") {
  const std::string bad = R"(501 Bad recipient address syntax\r\n)";
  const auto rcpt = [&](const char* id, const char* requirement, const std::string& line) {
    return refused(id, requirement, line, bad);
  };
  CHECK(rows_of(run_of(
            {rcpt("quoted", "a/1/quoted", R"(RCPT TO:<"a@b"@example.test>\r\n)"),
             rcpt("long-path", "a/2/sizes", R"(RCPT TO:<aaaaaaaaaa@)" + std::string(200, 'b') + R"(.test>\r\n)"),
             rcpt("none", "a/3/null", R"(RCPT TO:<>\r\n)")})) == std::vector<Ids>{{"quoted"}, {"long-path"}, {"none"}});
  // Whom everybody sends to is refused for all.
  CHECK(rows_of(run_of({rcpt("about", "a/1/taken", R"(RCPT TO:<alice@example.test>\r\n)"),
                        rcpt("on-the-way", "a/2/other", R"(RCPT TO:<bob@example.test>\r\n)")}))
            .size() == 1);
}

TEST_CASE("whatever a challenge is answered by, what comes of it is one cause") {
  const auto answered = [](const char* id, const char* requirement, const char* by) {
    ScenarioResult result = row(id, requirement, Outcome::crash, Cause::closed, by, "the connection closed");
    result.excerpt.front().text = R"(334 \r\n)";
    return result;
  };
  CHECK(rows_of(run_of({answered("base64", "a/1/bad-base64", R"(#%&$\r\n)"),
                        answered("noop", "a/2/response", R"(NOOP\r\n)")}))
            .size() == 1);
  CHECK(rows_of(run_of({row("folded", "a/1/ascii", Outcome::crash, Cause::closed, R"(QU\xc4\xb1T\r\n)",
                            "the connection closed"),
                        row("auth", "a/2/response", Outcome::crash, Cause::closed, R"(AUTH PLAIN QUFB\r\n)",
                            "the connection closed")}))
            .size() == 2);
}

TEST_CASE("a command that is not known is one finding, by the rule or the survey's row that is about it") {
  const std::string unknown = R"(502 5.5.1 not implemented\r\n)";
  std::vector<ScenarioResult> rows = {
      refused("one", "a/1/x", "NOOP", unknown), refused("two", "a/1/x", R"(NOOP\r\n)", unknown),
      rule("always/required-command", "a/4.5.1/minimum", R"(502 5.5.1 not implemented\r\n to NOOP)", {"fine"})};
  CHECK(rows_of(run_of(rows)) == std::vector<Ids>{{"always/required-command", "|", "one", "two"}});
  rows[2] = refused("survey/noop", "a/4.5.1/minimum", "NOOP", unknown);
  CHECK(rows_of(run_of(rows)) == std::vector<Ids>{{"survey/noop", "|", "one", "two"}});
  rows[2] = rule("always/enhanced-present", "b/4/codes", unknown, {"fine"});  // about something else
  CHECK(rows_of(run_of(rows)) == std::vector<Ids>{{"one", "two"}, {"always/enhanced-present"}});
}

TEST_CASE("a server that ends the session after it refused something crashed once") {
  std::vector<ScenarioResult> rows;
  for (const char* requirement : {"a/1/x", "a/1/y", "a/1/z"}) {
    rows.push_back(row(requirement, requirement, Outcome::crash, Cause::closed, requirement, "closed without a reply"));
    rows.back().excerpt.front().text = R"(501 5.5.4 no\r\n)";
  }
  rows.push_back(row("other", "a/1/other", Outcome::crash, Cause::closed, "XYZZY", "closed without a reply"));
  const auto all = findings(run_of(rows));
  REQUIRE(all.size() == 2);
  CHECK(all[0].rows.size() + all[0].consequences.size() == 3);
  CHECK(all[0].severity == Severity::security);  // crash by input
  CHECK(all[1].rows == Ids{"other"});

  // The rule that says so tells what it is about.
  rows.push_back(rule("always/silent-close", "a/3.8/no-close", "closed without a reply to RSET", {"fine"}));
  rows.back().excerpt.front().text = R"(503 no\r\n)";
  rows.back().excerpt.back().side = Side::event;
  const auto told = findings(run_of(rows));
  REQUIRE(told.size() == 2);
  CHECK(told[0].id == "always/silent-close");
  CHECK(told[0].consequences == Ids{"a/1/x", "a/1/y", "a/1/z"});
  CHECK(told[0].outcome == Outcome::crash);
  CHECK(told[0].severity == Severity::security);
}

TEST_CASE("a false end of the message is one finding, by its replies and by what was delivered") {
  const auto early = [](std::string id, std::string requirement) {
    ScenarioResult result = row(std::move(id), std::move(requirement), Outcome::fail, Cause::early_reply,
                                R"(first\n.\n)", R"(250 Ok: queued as 77A\r\n)");
    result.excerpt.front().text = R"(354 go on\r\n)";
    return result;
  };
  const RunResult run = run_of({
      early("paced/lf-dot-lf", "a/4/lf-is-no-line-end"),
      early("octets/cr-dot-cr", "a/2/crlf-alone"),
      row("smuggled/lf-dot-lf", "a/4/lf-is-no-line-end", Outcome::fail, Cause::delivery, "QUIT",
          "2 messages delivered"),
      row("inside", "a/4/lf-is-no-line-end", Outcome::warn, Cause::delivery, "QUIT", "a delivered message holds it"),
      refused("noop", "a/2/crlf-alone", R"(NOOP\n)", R"(250 Ok\r\n)"),
  });
  CHECK(rows_of(run) ==
        std::vector<Ids>{{"octets/cr-dot-cr", "paced/lf-dot-lf", "smuggled/lf-dot-lf"}, {"noop"}, {"inside"}});
  CHECK(findings(run)[0].requirement.id == "a/4/lf-is-no-line-end");  // most of its rows
}

TEST_CASE("a rule that was broken by the line that failed a row is no finding of its own") {
  RunResult run = run_of({
      refused("bdat/huge", "c/2/size", "BDAT 4294967296", R"(250 taken\r\n)"),
      rule("always/one-reply", "a/4.2/one-reply", R"(250 taken\r\n)", {"bdat/huge"}),
      rule("always/after-chunk", "c/2/size", R"(250 taken\r\n to BDAT)", {"bdat/huge"}),
      rule("always/crlf", "a/2/crlf-alone", R"(250 odd\n)", {"bdat/huge", "fine"}),
      rule("always/ascii", "a/4.2/textstring", R"(501 \xc3\r\n)", {"fine"}),
      rule("always/bare-cr", "a/4.2/textstring", R"(501 \r\r\n)", {"fine"}),
  });
  CHECK(rows_of(run) == std::vector<Ids>{{"always/after-chunk", "always/one-reply", "bdat/huge"},
                                         {"always/ascii", "always/bare-cr"},
                                         {"always/crlf"}});
  CHECK(findings(run)[2].id == "always/crlf");
}

TEST_CASE("who never closes after QUIT, or never ends the reply to it, has one finding, about QUIT") {
  const std::string bye = "221 mx.example.test says goodbye";
  for (const auto& [cause, seen] : {std::pair(Cause::reply, bye + std::string(judge::no_close)),
                                    std::pair(Cause::incomplete, "the connection closed in a reply: " + bye)}) {
    const auto at_quit = [&, cause = cause, seen = seen](std::string id, std::string requirement) {
      return row(std::move(id), std::move(requirement), Outcome::fail, cause, R"(QUIT\r\n)", seen);
    };
    ScenarioResult about = at_quit("quit", "a/4.1.1.10/quit");
    about.tags = {"quit"};
    const auto run =
        run_of({at_quit("data/1", "a/4.1.1.4/lines-are-text"), at_quit("data/2", "a/4.1.1.4/lines-are-text"),
                at_quit("order/1", "a/4.1.4/order"), about});
    CHECK(rows_of(run) == std::vector<Ids>{{"quit", "|", "data/1", "data/2", "order/1"}});
  }
}

TEST_CASE(
    "who takes RCPT at any time is told so once, and of nothing that a transaction may have been left over from") {
  const auto taken = [](std::string id, std::string requirement, const Ids& said) {
    ScenarioResult result = row(std::move(id), std::move(requirement), Outcome::fail, Cause::reply, "", "250 OK");
    result.expected = "503; permitted too: 5yz";
    result.excerpt = {{Side::event, "", "connected: 127.0.0.1:1 -> 127.0.0.1:25", false}};
    for (const std::string& line : said) result.excerpt.push_back({Side::client, "", line, false});
    result.excerpt.push_back({Side::server, "", "250 OK", true});
    return result;
  };
  const auto left =
      taken("tls", "r/4.2/discarded", {"EHLO c", "MAIL FROM:<a@b.example>", "STARTTLS", "RCPT TO:<c@d.example>"});
  const auto reset = taken("rset", "a/4.1.1.5/discards", {"EHLO c", "MAIL FROM:<>", "RSET", "RCPT TO:<c@d.example>"});
  const auto first = taken("first", "a/3.3/rcpt-without-mail", {"EHLO c", "RCPT TO:<c@d.example>"});
  CHECK(rows_of(run_of({left, reset})).size() == 2);
  CHECK(rows_of(run_of({left, reset, first})) == std::vector<Ids>{{"first", "|", "rset", "tls"}});
}

TEST_CASE("what a rule saw after a reply without an end is owed to that") {
  const ScenarioResult lost = row("survey/greeting", "r/greeting", Outcome::fail, Cause::incomplete, "", "220-a");
  const ScenarioResult seen = rule("always/one-code", "r/one-code", "220-a 250 b", {"survey/greeting"});
  CHECK(rows_of(run_of({seen, lost})) == std::vector<Ids>{{"survey/greeting", "|", "always/one-code"}});
  const ScenarioResult elsewhere = rule("always/one-code", "r/one-code", "220-a 250 b", {"other", "survey/greeting"});
  CHECK(rows_of(run_of({elsewhere, lost})).size() == 2);
}

TEST_CASE("the most serious comes first, and warnings last") {
  RunResult run = run_of({
      row("warned", "a/1/warned", Outcome::warn, Cause::ending, "X", "250 Ok"),
      refused("must/one", "a/1/plain", "X", "250 Ok"),
      refused("lost", "a/1/lossy", "X", "250 Ok"),
      refused("many/one", "a/1/many", "X", "250 Ok"),
      refused("many/two", "a/1/many", "X", "250 Ok"),
      refused("secure", "a/1/secure", "X", "250 Ok"),
      refused("advice", "a/1/advice", "X", "250 Ok"),
  });
  for (const std::size_t i : {0U, 5U}) run.scenarios[i].requirements[0].severity = Severity::security;
  run.scenarios[2].requirements[0].severity = Severity::loss;
  run.scenarios[6].requirements[0].severity = Severity::should;  // and yet it failed
  std::vector<std::string> order;
  for (const Finding& one : findings(run)) order.push_back(std::string(name(one.severity)) + " " + one.rows.front());
  CHECK(order == std::vector<std::string>{"security secure", "loss lost", "must many/one", "must advice",
                                          "must must/one", "should warned"});
}

TEST_CASE("of one severity a crash comes first, however few rows show it") {
  RunResult run = run_of({
      refused("secure/one", "a/1/secure", "X", "250 Ok"),
      refused("secure/two", "a/1/secure", "X", "250 Ok"),
      row("gone", "a/1/hangs-up", Outcome::crash, Cause::closed, "Y", "closed without a reply"),
      refused("plain", "a/1/plain", "Z", "250 Ok"),
  });
  for (const std::size_t i : {0U, 1U}) run.scenarios[i].requirements[0].severity = Severity::security;
  CHECK(rows_of(run) == std::vector<Ids>{{"gone"}, {"secure/one", "secure/two"}, {"plain"}});
}

TEST_CASE("rows that decided nothing because of a finding, and what the baseline knows") {
  RunResult run =
      run_of({refused("survey/noop", "a/1/noop", "NOOP", "500 what?"), refused("known", "a/1/known", "X", "250 Ok"),
              row("fence", "a/1/x", Outcome::blocked, Cause::condition, "", ""),
              row("other", "a/1/x", Outcome::blocked, Cause::condition, "", "")});
  run.scenarios[2].reason = "blocked by survey/noop: no NOOP";
  run.scenarios[3].reason = "blocked by survey/noop-argument";
  run.has_baseline = true;
  run.scenarios[0].expectation = BaselineStatus::regression;
  const auto all = findings(run);
  REQUIRE(all.size() == 1);
  CHECK(all[0].blocked == Ids{"fence"});
}

}  // namespace
}  // namespace smtpspec::engine
