#include "harness/smtp/referee.hpp"

#include <algorithm>
#include <set>

#include <catch2/catch_test_macros.hpp>

#include "harness/smtp/conversation_test.hpp"

using namespace smtpspec::smtp;
using namespace smtpspec::smtp::conversation;

TEST_CASE("a conversation by the book is silent") {
  check({
      {"a whole session",
       data + Script{c("Subject: x\n\n..stuffed\n."), s("250 Queued"), c("NOOP"), s("250 OK"), c("RSET"), s("250 OK"),
                     c("VRFY alice"), s("252 Perhaps"), c("HELP"), s("214-Commands\n214 are known"), c("EXPN list"),
                     s("550 No"), c("FOO"), s("500 What"), c("QUIT"), s("221 Bye"), hangs_up},
       {}},
      {"pipelined",
       ready + Script{c("MAIL FROM:<a@client.example>\nRCPT TO:<x@example.test>\nRCPT TO:<y@example.test>\nDATA"),
                      s("250 OK\n550 No\n250 OK\n354 Go ahead"), c("text\n.\nQUIT"), s("250 OK\n221 Bye"), hangs_up},
       {}},
      {"354 with no recipient left (RFC 2920 3.1)",
       mail + Script{c("RCPT TO:<x@example.test>\nDATA"), s("550 No\n354 Go ahead"), c("."), s("554 No recipients")},
       {}},
      {"chunks", rcpt + Script{c("BDAT 5"), c_raw("a\n.\n\r"), s("250 OK"), c_raw("BDAT 0 LAST\r\n"), s("250 OK")}, {}},
      {"pipelined chunks",
       rcpt + Script{c_raw("BDAT 3\r\n\r\n.BDAT 2 LAST\r\n\r\nNOOP\r\n"), s("250 OK\n250 OK\n250 OK")},
       {}},
      {"STARTTLS",
       ready + Script{c("STARTTLS"), s("220 Go"), tls, c("EHLO x"), s("250-mx.example.test\n250 HELP")},
       {}},
      {"implicit TLS", Script{tls} + greeted + Script{c("EHLO x"), s("250 mx.example.test")}, {}},
      {"AUTH",
       ready + Script{c("AUTH LOGIN"), s("334 VXNlcm5hbWU6"), c("YQ=="), s("334 "), c("Yg=="), s("235 Welcome"),
                      c("MAIL FROM:<a@client.example>"), s("250 OK")},
       {}},
      {"AUTH that fails, and again",
       ready + Script{c("AUTH PLAIN AGEAYg=="), s("535 No"), c("AUTH PLAIN AGEAYg=="), s("235 Welcome"),
                      c("AUTH PLAIN"), s("503 Already")},
       {}},
      {"AUTH before and after STARTTLS",
       ready + Script{c("AUTH PLAIN AGEAYg=="), s("235 Welcome"), c("STARTTLS"), s("220 Go"), tls, c("EHLO x"),
                      s("250 mx.example.test"), c("AUTH PLAIN AGEAYg=="), s("235 Welcome")},
       {}},
      {"refused session", Script{s("554 No service"), c("EHLO x"), s("503 No"), c("QUIT"), s("221 Bye"), hangs_up}, {}},
      {"421 at any time", data + Script{c("half a line"), s("421 Shutting down"), hangs_up}, {}},
      {"421 with commands owed", ready + Script{c("NOOP\nNOOP\nNOOP"), s("250 OK\n421 Bye"), hangs_up}, {}},
      {"a refusal and the end", ready + Script{s("451 Too slow"), hangs_up}, {}},
      {"a refusal inside the data and the end", data + Script{c("text"), s("552 Too big"), c("more"), hangs_up}, {}},
      {"a text that starts like a code", ready + Script{c("NOOP"), s("250-One\n250-250 Two\n250 Three")}, {}},
      {"RSET before EHLO", greeted + Script{c("RSET"), s("250 OK"), c("MAIL FROM:<a@b.example>"), s("250 OK")}, {}},
      {"EHLO inside a transaction",
       rcpt + Script{c("EHLO x"), s("250 mx.example.test"), c("RCPT TO:<x@y.example>"), s("503 No")},
       {}},
      {"a private command", ready + Script{c("XCLIENT NAME=x"), s("220 Again")}, {}},
      {"502 to VRFY that is not offered", ready + Script{c("VRFY alice"), s("502 No")}, {}},
  });
}

TEST_CASE("the grammar of replies holds, whatever was sent") {
  const std::vector<Case> cases = {
      {"no code", {s("Hello there")}, {"rfc5321/4.2/reply-code"}},
      {"1yz", {s("120 Wait")}, {"rfc5321/4.2/code-range"}},
      {"second digit", {s("290 Hello")}, {"rfc5321/4.2/code-range"}},
      {"separator", {s("220_mx.example.test")}, {"rfc5321/4.2/separator"}},
      {"two codes", {s("220-mx.example.test\n221 Hello")}, {"rfc5321/4.2.1/one-code"}},
      {"LF", {s_raw("220 mx.example.test\n")}, {"rfc5321/2.3.8/crlf"}},
      {"CR", {s_raw("220 mx.example.test a\rb\r\n")}, {"rfc5321/2.3.8/bare-cr"}},
      {"513 octets", {s("220 mx.example.test " + std::string(491, 'x'))}, {"rfc5321/4.5.3.1.5/reply-line"}},
      {"512 octets", {s("220 mx.example.test " + std::string(490, 'x'))}, {}},
      {"control character", {s("220 mx.example.test \x1b[2J")}, {"rfc5321/4.2/text-octets"}},
      {"tab", {s("220 mx.example.test a\tb")}, {}},
      {"8-bit", {s("220 mx.example.test \xc3\xa9")}, {"rfc5321/4.2/ascii"}},
      {"cut short", {s_raw("220 mx.examp"), hangs_up}, {"rfc5321/4.2/whole-reply"}},
      {"cut short inside a reply", greeted + Script{c("NOOP"), s("250-One"), hangs_up}, {"rfc5321/4.2/whole-reply"}},
      {"a bare code", greeted + Script{c("NOOP"), s("250")}, {"rfc5321/4.2/bare-code"}},
      {"a bare code and a space", greeted + Script{c("NOOP"), s("250 ")}, {"rfc5321/4.2/bare-code"}},
      {"a multiline reply with a bare last line", greeted + Script{c("NOOP"), s("250-OK\n250")}, {}},
  };
  check(cases);
  for (const Case& row : cases) {
    CAPTURE(row.title);
    CHECK(broken_rules(Script{ambiguous} + row.script) == row.broken);
  }
  check({{"8-bit where SMTPUTF8 was asked for",
          ready + Script{c("VRFY \xc3\xa9 SMTPUTF8"), s("550 \xc3\xa9 is unknown")},
          {}},
         {"8-bit where it is only offered", ready + Script{c("NOOP"), s("250 \xc3\xa9")}, {"rfc5321/4.2/ascii"}},
         {"a long challenge", ready + Script{c("AUTH X"), s("334 " + std::string(800, 'A'))}, {}}});
}

TEST_CASE("greeting and EHLO keep to their grammar") {
  check({
      {"greeting without a domain", {s("220 <hello>")}, {"rfc5321/4.2/greeting-domain"}},
      {"greeting with a literal", {s("220 [192.0.2.1] here")}, {}},
      {"EHLO without a domain", greeted + Script{c("EHLO x"), s("250 <hello>")}, {"rfc5321/4.1.1.1/ehlo-domain"}},
      {"keyword with '='",
       greeted + Script{c("EHLO x"), s("250-mx.example.test\n250 AUTH=PLAIN")},
       {"rfc5321/4.1.1.1/ehlo-keyword"}},
      {"the same to HELO is text", greeted + Script{c("HELO x"), s("250-mx.example.test\n250 AUTH=PLAIN")}, {}},
      {"greeting with an enhanced code", {s("220 2.0.0 mx.example.test")}, {"rfc5321/4.2/greeting-domain"}},
      {"greeting of a host named by digits", {s("220 2.0.0.example here")}, {}},
      {"EHLO with an enhanced code",
       greeted + Script{c("EHLO x"), s("250 2.0.0 mx.example.test")},
       {"rfc5321/4.1.1.1/ehlo-domain"}},
      {"keywords with the parameters that they have",
       greeted + Script{c("EHLO x"), s("250-mx.example.test\n250-SIZE\n250-AUTH PLAIN LOGIN\n250-XYZZY a b\n250-LIMITS "
                                       "RCPTMAX=9\n250-CHUNKING x\n250 PIPELINING")},
       {}},
      {"SIZE with a number", greeted + Script{c("EHLO x"), s("250-mx.example.test\n250 SIZE 0")}, {}},
      {"SIZE with a unit",
       greeted + Script{c("EHLO x"), s("250-mx.example.test\n250 SIZE 10M")},
       {"rfc5321/4.1.1.1/keyword-parameters"}},
      {"SIZE with two numbers",
       greeted + Script{c("EHLO x"), s("250-mx.example.test\n250 SIZE 10 20")},
       {"rfc5321/4.1.1.1/keyword-parameters"}},
      {"STARTTLS with a parameter",
       greeted + Script{c("EHLO x"), s("250-mx.example.test\n250 STARTTLS REQUIRED")},
       {"rfc5321/4.1.1.1/keyword-parameters"}},
      {"AUTH without a mechanism",
       greeted + Script{c("EHLO x"), s("250-mx.example.test\n250 AUTH")},
       {"rfc5321/4.1.1.1/keyword-parameters"}},
      {"a keyword twice, in any case",
       greeted + Script{c("EHLO x"), s("250-mx.example.test\n250-HELP\n250 help")},
       {"rfc5321/4.1.1.1/keyword-once"}},
      {"SMTPUTF8 alone",
       greeted + Script{c("EHLO x"), s("250-mx.example.test\n250 SMTPUTF8")},
       {"rfc6531/3.1/with-8bitmime"}},
      {"BINARYMIME alone",
       greeted + Script{c("EHLO x"), s("250-mx.example.test\n250 BINARYMIME")},
       {"rfc3030/3/with-chunking"}},
      {"BINARYMIME with CHUNKING",
       greeted + Script{c("EHLO x"), s("250-mx.example.test\n250-CHUNKING\n250 BINARYMIME")},
       {}},
      {"HELO with keywords",
       greeted + Script{c("HELO x"), s("250-mx.example.test\n250-PIPELINING\n250 HELP")},
       {"rfc5321/3.2/helo-not-extended"}},
      {"HELO with two lines of text",
       greeted + Script{c("HELO x"), s("250-mx.example.test\n250 Pleased to meet you")},
       {}},
      {"STARTTLS in TLS",
       ready + Script{c("STARTTLS"), s("220 Go"), tls, c("EHLO x"), s("250-mx.example.test\n250 STARTTLS")},
       {"rfc3207/4.2/no-starttls-in-tls"}},
      {"STARTTLS in implicit TLS",
       Script{tls} + greeted + Script{c("EHLO x"), s("250-mx.example.test\n250 STARTTLS")},
       {"rfc3207/4.2/no-starttls-in-tls"}},
  });
}

TEST_CASE("what is listed works, and an argument of NOOP does no harm") {
  const Script auth = greeted + Script{c("EHLO x"), s("250-mx.example.test\n250 AUTH PLAIN SCRAM-SHA-1")};
  check({
      {"a listed mechanism that is not known",
       auth + Script{c("AUTH SCRAM-SHA-1"), s("504 What")},
       {"rfc4954/3/advertised-mechanism"}},
      {"with an initial response, in lower case",
       auth + Script{c("AUTH plain AGEAYg=="), s("504 What")},
       {"rfc4954/3/advertised-mechanism"}},
      {"a mechanism that is not listed", auth + Script{c("AUTH SCRAM-SHA-256"), s("504 What")}, {}},
      {"a listed mechanism that needs TLS", auth + Script{c("AUTH PLAIN"), s("538 TLS first")}, {}},
      {"NOOP refused for its argument", ready + Script{c("NOOP x"), s("501 No")}, {"rfc5321/4.1.1.9/noop-argument"}},
      {"NOOP refused for another reason", ready + Script{c("NOOP x"), s("450 Busy")}, {}},
      {"NOOP without an argument", ready + Script{c("NOOP"), s("501 No")}, {}},
      {"an enhanced code in 354", rcpt + Script{c("DATA"), s("354 2.0.0 Go")}, {"rfc2034/4/absent"}},
      {"a number in 354", rcpt + Script{c("DATA"), s("354 2.0 or so")}, {}},
  });
}

TEST_CASE("data that were refused end their transaction") {
  const Script refused = data + Script{c("text\n."), s("552 Too much")};
  check({
      {"MAIL", refused + Script{c("MAIL FROM:<a@b.example>"), s("250 OK")}, {}},
      {"MAIL refused", refused + Script{c("MAIL FROM:<a@b.example>"), s("503 No")}, {}},
      {"RCPT refused", refused + Script{c("RCPT TO:<a@b.example>"), s("503 No")}, {}},
      {"RCPT taken", refused + Script{c("RCPT TO:<a@b.example>"), s("250 OK")}, {"rfc5321/4.3.2/permitted-code"}},
      {"DATA taken", refused + Script{c("DATA"), s("354 Go")}, {"rfc5321/4.3.2/permitted-code"}},
      {"a chunk refused, RCPT taken",
       rcpt + Script{c_raw("BDAT 1 LAST\r\nx"), s("552 Too much"), c("RCPT TO:<a@b.example>"), s("250 OK")},
       {}},
  });
}

TEST_CASE("the referee counts what is owed") {
  struct Row {
    const char* title;
    Script script;
    std::size_t owed;
    bool lmtp = false;
  };
  const std::vector<Row> rows = {
      {"the greeting", {}, 1},
      {"nothing", ready, 0},
      {"half a command", ready + Script{c_raw("NOOP\r")}, 0},
      {"three commands", ready + Script{c("NOOP\nNOOP\nNOOP")}, 3},
      {"one of them answered", ready + Script{c("NOOP\nNOOP\nNOOP"), s("250 OK")}, 2},
      {"half a reply", ready + Script{c("NOOP"), s("250-OK")}, 1},
      {"data", data + Script{c("text")}, 0},
      {"the end of data", data + Script{c("text\n.")}, 1},
      {"half a chunk", rcpt + Script{c_raw("BDAT 4 LAST\r\n123")}, 0},
      {"a chunk", rcpt + Script{c_raw("BDAT 4 LAST\r\n1234")}, 1},
      {"behind 221", ready + Script{c("QUIT\nNOOP"), s("221 Bye")}, 0},
      {"ambiguous", ready + Script{c("NOOP\nNOOP"), ambiguous}, 0},
      {"two recipients", two_recipients + Script{c("DATA"), s("354 Go"), c(".")}, 2, true},
      {"one of them", two_recipients + Script{c("DATA"), s("354 Go"), c("."), s("250 OK")}, 1, true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.title);
    Referee referee(row.lmtp);
    for (const Piece& piece : row.script) feed(referee, piece);
    CHECK(referee.owed() == row.owed);
  }
}

TEST_CASE("a violation says what, where and when") {
  Referee referee;
  referee.received("220 mx.example.test\r\n");  // 0
  referee.sent("MAIL FROM:<a@b.example>\r\n");  // 1
  referee.received("354 ");                     // 2
  referee.received("Go\x1b\r\n");               // 3
  REQUIRE(referee.violations().size() == 2);
  const Violation& grammar = referee.violations()[0];
  CHECK(grammar.requirement == "rfc5321/4.2/text-octets");
  CHECK(grammar.event == 3);
  const Violation& code = referee.violations()[1];
  CHECK(code.requirement == "rfc5321/4.3.2/permitted-code");
  CHECK(code.section == "RFC 5321 4.3.2");
  CHECK(code.must);
  CHECK(code.expected == "250, 4yz or 5yz in state greeted");
  CHECK(code.actual == "354 Go\\x1b\\r\\n to MAIL FROM:<a@b.example>");
  CHECK(code.event == 3);
}

TEST_CASE("a held refusal keeps the event that showed it") {
  Referee referee;
  for (const Piece& piece : ready) feed(referee, piece);  // 0 to 2
  referee.received("500 What\r\n");                       // 3
  CHECK(referee.violations().empty());
  referee.sent("NOOP\r\n");        // 4
  referee.received("250 OK\r\n");  // 5
  REQUIRE(referee.violations().size() == 1);
  CHECK(referee.violations()[0].event == 3);
}

TEST_CASE("each rule has an id of its own that names its section") {
  std::set<std::string_view> ids;
  for (const RefereeRule& rule : referee_rules()) {
    CAPTURE(rule.requirement);
    CHECK(ids.insert(rule.requirement).second);
    CHECK(std::count(rule.requirement.begin(), rule.requirement.end(), '/') == 2);
    // "rfc5321/4.2.1/one-code" and "RFC 5321 4.2.1" say the same.
    const std::size_t first = rule.requirement.find('/');
    const std::size_t second = rule.requirement.find('/', first + 1);
    const std::string section = "RFC " + std::string(rule.requirement.substr(3, first - 3)) + " " +
                                std::string(rule.requirement.substr(first + 1, second - first - 1));
    CHECK(rule.section == section);
    CHECK_FALSE(rule.says.empty());
  }
}
