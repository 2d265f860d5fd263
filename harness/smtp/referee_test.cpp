#include "harness/smtp/referee.hpp"

#include <algorithm>
#include <map>
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
      {"no code", {s("Hello there")}, {"reply-code"}},
      {"1yz", {s("120 Wait")}, {"code-range"}},
      {"second digit", {s("290 Hello")}, {"code-range"}},
      {"separator", {s("220_mx.example.test")}, {"separator"}},
      {"two codes", {s("220-mx.example.test\n221 Hello")}, {"one-code"}},
      {"LF", {s_raw("220 mx.example.test\n")}, {"crlf"}},
      {"CR", {s_raw("220 mx.example.test a\rb\r\n")}, {"bare-cr"}},
      {"513 octets", {s("220 mx.example.test " + std::string(491, 'x'))}, {"line-length"}},
      {"512 octets", {s("220 mx.example.test " + std::string(490, 'x'))}, {}},
      {"control character", {s("220 mx.example.test \x1b[2J")}, {"text-octets"}},
      {"tab", {s("220 mx.example.test a\tb")}, {}},
      {"8-bit", {s("220 mx.example.test \xc3\xa9")}, {"ascii"}},
      {"cut short", {s_raw("220 mx.examp"), hangs_up}, {"whole-reply"}},
      {"cut short inside a reply", greeted + Script{c("NOOP"), s("250-One"), hangs_up}, {"whole-reply"}},
      {"cut short inside a code", greeted + Script{c("NOOP"), s_raw("25"), hangs_up}, {"whole-reply"}},
      {"cut short inside the second code",
       greeted + Script{c("NOOP"), s_raw("250-One\r\n2"), hangs_up},
       {"whole-reply"}},
      {"cut short, and no code", greeted + Script{c("NOOP"), s_raw("O"), hangs_up}, {"reply-code", "whole-reply"}},
      {"a bare code", greeted + Script{c("NOOP"), s("250")}, {"bare-code"}},
      {"a bare code and a space", greeted + Script{c("NOOP"), s("250 ")}, {"bare-code"}},
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
         {"octets that are no UTF-8 there",
          ready + Script{c("VRFY \xc3\xa9 SMTPUTF8"), s("550 \xe9 is unknown")},
          {"ascii"}},
         {"a character at the end of what is kept of a line",
          ready + Script{c("VRFY \xc3\xa9 SMTPUTF8"),
                         s("550 " + std::string(ReplyParser::max_line - 5, 'x') + "\xc3\xa9 is unknown")},
          {"line-length"}},
         {"8-bit in the replies of a transaction that asked for it",
          ready + Script{c("MAIL FROM:<\xc3\xa9@b.example> SMTPUTF8\nRCPT TO:<x@y.example>"),
                         s("250 OK\n551 Try <\xc3\xa9@y.example>")},
          {}},
         {"8-bit in them after a command that was refused, and changed nothing",
          ready + Script{c("MAIL FROM:<\xc3\xa9@b.example> SMTPUTF8"), s("250 OK"), c("MAIL FROM:<a@b.example>"),
                         s("503 No"), c("RSET x"), s("501 No"), c("RCPT TO:<x@y.example>"),
                         s("551 Try <\xc3\xa9@y.example>")},
          {}},
         {"8-bit after one that was not",
          ready + Script{c("MAIL FROM:<\xc3\xa9@b.example> SMTPUTF8"), s("250 OK"), c("RSET"), s("250 OK"),
                         c("MAIL FROM:<a@b.example>"), s("250 OK"), c("RCPT TO:<x@y.example>"),
                         s("551 Try <\xc3\xa9@y.example>")},
          {"ascii"}},
         {"8-bit in the reply to VRFY without the parameter, in such a transaction",
          ready + Script{c("MAIL FROM:<a@b.example> SMTPUTF8\nVRFY x"), s("250 OK\n252 \xc3\xa9")},
          {"ascii"}},
         {"8-bit after the reply that was asked for",
          ready + Script{c("VRFY x SMTPUTF8\nVRFY x"), s("252 \xc3\xa9\n252 \xc3\xa9")},
          {"ascii"}},
         {"8-bit in the next transaction, which did not ask",
          ready + Script{c("MAIL FROM:<a@b.example> SMTPUTF8\nRSET\nMAIL FROM:<a@b.example>"),
                         s("250 OK\n250 OK\n550 \xc3\xa9")},
          {"ascii"}},
         {"a control character in EHLO's greet",
          greeted + Script{c("EHLO x"), s("250-mx.example.test \x1b[2J\n250 HELP")},
          {}},
         {"a control character below it",
          greeted + Script{c("EHLO x"), s("250-mx.example.test\n250 XA \x1b")},
          {"text-octets", "ehlo-keyword"}},
         {"8-bit where it is only offered", ready + Script{c("NOOP"), s("250 \xc3\xa9")}, {"ascii"}},
         {"a long challenge", ready + Script{c("AUTH X"), s("334 " + std::string(800, 'A'))}, {}}});
}

TEST_CASE("greeting and EHLO keep to their grammar") {
  check({
      {"greeting without a domain", {s("220 <hello>")}, {"greeting-domain"}},
      {"greeting with a literal", {s("220 [192.0.2.1] here")}, {}},
      {"EHLO without a domain", greeted + Script{c("EHLO x"), s("250 <hello>")}, {"ehlo-domain"}},
      {"keyword with '='", greeted + Script{c("EHLO x"), s("250-mx.example.test\n250 AUTH=PLAIN")}, {"ehlo-keyword"}},
      {"the same to HELO is text", greeted + Script{c("HELO x"), s("250-mx.example.test\n250 AUTH=PLAIN")}, {}},
      {"greeting with an enhanced code", {s("220 2.0.0 mx.example.test")}, {"enhanced-absent"}},
      {"greeting of a host named by digits", {s("220 2.0.0.example here")}, {}},
      {"EHLO with an enhanced code",
       greeted + Script{c("EHLO x"), s("250 2.0.0 mx.example.test")},
       {"enhanced-absent"}},
      {"keywords with the parameters that they have",
       greeted + Script{c("EHLO x"), s("250-mx.example.test\n250-SIZE\n250-AUTH PLAIN LOGIN\n250-XYZZY a b\n250-LIMITS "
                                       "RCPTMAX=9\n250-CHUNKING x\n250 PIPELINING")},
       {}},
      {"SIZE with a number", greeted + Script{c("EHLO x"), s("250-mx.example.test\n250 SIZE 0")}, {}},
      {"SIZE with 24 digits",
       greeted + Script{c("EHLO x"), s("250-mx.example.test\n250 SIZE 100000000000000000000000")},
       {}},
      {"SMTPUTF8 with a parameter",
       greeted + Script{c("EHLO x"), s("250-mx.example.test\n250-8BITMIME\n250 SMTPUTF8 yes")},
       {"keyword-parameters"}},
      {"keywords that are not registered, and ones for two programs alone",
       greeted + Script{c("EHLO x"), s("250-mx.example.test\n250-TURBO\n250 xturbo")},
       {"keyword-registered"}},
      {"SIZE with a unit",
       greeted + Script{c("EHLO x"), s("250-mx.example.test\n250 SIZE 10M")},
       {"keyword-parameters"}},
      {"SIZE with two numbers",
       greeted + Script{c("EHLO x"), s("250-mx.example.test\n250 SIZE 10 20")},
       {"keyword-parameters"}},
      {"STARTTLS with a parameter",
       greeted + Script{c("EHLO x"), s("250-mx.example.test\n250 STARTTLS REQUIRED")},
       {"keyword-parameters"}},
      {"AUTH without a mechanism",
       greeted + Script{c("EHLO x"), s("250-mx.example.test\n250 AUTH")},
       {"keyword-parameters"}},
      {"a keyword twice, in any case",
       greeted + Script{c("EHLO x"), s("250-mx.example.test\n250-HELP\n250 help")},
       {"keyword-once"}},
      {"SMTPUTF8 alone", greeted + Script{c("EHLO x"), s("250-mx.example.test\n250 SMTPUTF8")}, {"utf8-with-8bitmime"}},
      {"BINARYMIME alone",
       greeted + Script{c("EHLO x"), s("250-mx.example.test\n250 BINARYMIME")},
       {"binary-with-chunking"}},
      {"BINARYMIME with CHUNKING",
       greeted + Script{c("EHLO x"), s("250-mx.example.test\n250-CHUNKING\n250 BINARYMIME")},
       {}},
      {"HELO with keywords",
       greeted + Script{c("HELO x"), s("250-mx.example.test\n250-PIPELINING\n250 HELP")},
       {"helo-not-extended"}},
      {"HELO with two lines of text",
       greeted + Script{c("HELO x"), s("250-mx.example.test\n250 Pleased to meet you")},
       {}},
      {"STARTTLS in TLS",
       ready + Script{c("STARTTLS"), s("220 Go"), tls, c("EHLO x"), s("250-mx.example.test\n250 STARTTLS")},
       {"no-starttls-in-tls"}},
      {"STARTTLS in implicit TLS",
       Script{tls} + greeted + Script{c("EHLO x"), s("250-mx.example.test\n250 STARTTLS")},
       {"no-starttls-in-tls"}},
  });
}

TEST_CASE("what is listed works, and an argument of NOOP does no harm") {
  const Script auth = greeted + Script{c("EHLO x"), s("250-mx.example.test\n250 AUTH PLAIN SCRAM-SHA-1")};
  check({
      {"a listed mechanism that is not known",
       auth + Script{c("AUTH SCRAM-SHA-1"), s("504 What")},
       {"advertised-mechanism"}},
      {"with an initial response, in lower case",
       auth + Script{c("AUTH plain AGEAYg=="), s("504 What")},
       {"advertised-mechanism"}},
      {"a mechanism that is not listed", auth + Script{c("AUTH SCRAM-SHA-256"), s("504 What")}, {}},
      {"a listed mechanism that needs TLS", auth + Script{c("AUTH PLAIN"), s("538 TLS first")}, {}},
      {"NOOP refused for its argument", ready + Script{c("NOOP x"), s("501 No")}, {"noop-argument"}},
      {"NOOP refused for another reason", ready + Script{c("NOOP x"), s("450 Busy")}, {}},
      {"NOOP without an argument", ready + Script{c("NOOP"), s("501 No")}, {}},
      {"an enhanced code in 354", rcpt + Script{c("DATA"), s("354 2.0.0 Go")}, {"enhanced-absent"}},
      {"a number in 354", rcpt + Script{c("DATA"), s("354 2.0 or so")}, {}},
  });
}

TEST_CASE("data that were refused end their transaction") {
  const Script refused = data + Script{c("text\n."), s("552 Too much")};
  check({
      {"MAIL", refused + Script{c("MAIL FROM:<a@b.example>"), s("250 OK")}, {}},
      {"MAIL refused", refused + Script{c("MAIL FROM:<a@b.example>"), s("503 No")}, {}},
      {"RCPT refused", refused + Script{c("RCPT TO:<a@b.example>"), s("503 No")}, {}},
      {"RCPT taken", refused + Script{c("RCPT TO:<a@b.example>"), s("250 OK")}, {"permitted-code"}},
      {"DATA taken", refused + Script{c("DATA"), s("354 Go")}, {"listed-code"}},
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
      {"after 221", ready + Script{c("QUIT\nNOOP"), s("221 Bye")}, 0},
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

TEST_CASE("what a session was asked for") {
  struct Row {
    const char* title;
    Script script;
    Demand demand;
    bool lmtp = false;
  };
  const Script ends = {c("DATA"), s("354 Go"), c(".")};
  const std::vector<Row> rows = {
      {"nothing", ready, {0, 0, 0}},
      {"a message that is not answered", data + Script{c("RCPT TO:<a@b>\n.")}, {1, 1, 0}},
      {"one that is accepted, and a refused MAIL",
       data + Script{c("."), s("250 Ok"), c("MAIL FROM:<>"), s("421 Bye")},
       {2, 1, 1}},
      {"one that is refused", data + Script{c("."), s("554 No"), c("MAIL FROM:<>")}, {2, 1, 0}},
      {"by BDAT", rcpt + Script{c_raw("BDAT 1\r\na"), s("250 Ok"), c("BDAT 0 LAST"), s("250 Ok")}, {1, 1, 1}},
      {"recipients, one of them refused", two_recipients, {1, 3, 0}, true},
      {"two replies to one message", two_recipients + ends + Script{s("250 Ok\n250 Ok")}, {1, 3, 1}, true},
      {"where the order is not known", mail + Script{ambiguous, c("RCPT TO:<a@b>")}, {1, 0, 0}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.title);
    Referee referee(row.lmtp);
    for (const Piece& piece : row.script) feed(referee, piece);
    const Demand demand = referee.demand();
    CHECK(demand.mails == row.demand.mails);
    CHECK(demand.recipients == row.demand.recipients);
    CHECK(demand.messages == row.demand.messages);
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
  CHECK(grammar.rule == Rule::text_octets);
  CHECK(grammar.event == 3);
  const Violation& code = referee.violations()[1];
  CHECK(code.rule == Rule::permitted_code);
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

TEST_CASE("the referee counts how often each rule was checked and broken") {
  struct Row {
    const char* title;
    Script script;
    std::map<std::string_view, Count> counts;  ///< of these rules
    bool lmtp = false;
  };
  const Script login = ready + Script{c("AUTH PLAIN AGEAYg=="), s("235 Welcome")};
  const Script auth = greeted + Script{c("EHLO x"), s("250-mx.example.test\n250 AUTH PLAIN")};
  const std::vector<Row> rows = {
      {"nothing was seen", {c("NOOP")}, {{"reply-code", {0, 0}}, {"greeting-domain", {0, 0}}, {"one-reply", {0, 0}}}},
      {"the grammar, once a reply",
       ready + Script{c("NOOP\nNOOP"), s_raw("250 OK\n250 OK\r\n")},
       {{"crlf", {4, 1}}, {"reply-code", {4, 0}}, {"one-code", {1, 0}}, {"bare-code", {3, 0}}, {"one-reply", {4, 0}}}},
      {"a rule that is broken twice is told once",
       ready + Script{c("NOOP\nNOOP"), s("250\n250")},
       {{"bare-code", {3, 2}}}},
      {"a reply too many", ready + Script{c("NOOP"), s("250 OK\n250 OK")}, {{"one-reply", {4, 1}}}},
      {"a refusal held to the end is none too many", ready + Script{s("451 Bye"), hangs_up}, {{"one-reply", {2, 0}}}},
      {"greeting and EHLO",
       ready,
       {{"greeting-domain", {1, 0}},
        {"ehlo-domain", {1, 0}},
        {"ehlo-keyword", {1, 0}},
        {"keyword-once", {6, 0}},
        {"keyword-parameters", {4, 0}},
        {"utf8-with-8bitmime", {1, 0}},
        {"binary-with-chunking", {0, 0}},
        {"no-starttls-in-tls", {0, 0}},
        {"helo-not-extended", {0, 0}}}},
      {"a greeting that is a refusal", {s("554 No")}, {{"greeting-domain", {0, 0}}}},
      {"EHLO of one line", greeted + Script{c("EHLO x"), s("250 mx.example.test")}, {{"ehlo-keyword", {0, 0}}}},
      {"HELO", greeted + Script{c("HELO x"), s("250 mx.example.test")}, {{"helo-not-extended", {1, 0}}}},
      {"TLS",
       ready + Script{c("STARTTLS"), s("220 Go"), tls, c("EHLO x"), s("250 mx.example.test")},
       {{"no-starttls-in-tls", {1, 0}}}},
      {"enhanced codes, once a reply",
       enhanced + Script{c("NOOP\nNOOP"), s("250-2.0.0 One\n250 2.0.0 Two\n250 OK")},
       {{"enhanced-present", {2, 1}}, {"enhanced-class", {1, 0}}, {"enhanced-same", {1, 0}}}},
      {"enhanced codes that are not offered", ready, {{"enhanced-present", {0, 0}}, {"enhanced-class", {0, 0}}}},
      {"codes", ready, {{"permitted-code", {2, 0}}, {"listed-code", {2, 0}}}},
      {"a success told by another code",
       ready + Script{c("NOOP"), s("251 OK")},
       {{"permitted-code", {3, 0}}, {"listed-code", {3, 1}}}},
      {"a refusal is permitted, and no success",
       ready + Script{c("FOO"), s("500 No")},
       {{"permitted-code", {3, 0}}, {"listed-code", {2, 0}}}},
      {"421 is nobody's code", ready + Script{c("NOOP"), s("421 Bye")}, {{"permitted-code", {2, 0}}}},
      {"an argument of NOOP",
       ready + Script{c("NOOP\nNOOP x\nNOOP y"), s("250 OK\n250 OK\n501 No")},
       {{"noop-argument", {2, 1}}, {"required-command", {1, 0}}}},
      {"RSET and QUIT",
       ready + Script{c("RSET"), s("250 OK"), c("RSET"), s("550 No"), c("QUIT"), s("221 Bye"), hangs_up},
       {{"rset-accepted", {2, 1}}, {"quit-accepted", {1, 0}}, {"required-command", {3, 0}}}},
      {"the end after 221",
       ready + Script{c("QUIT"), s("221 Bye"), hangs_up},
       {{"quit-closes", {1, 0}}, {"silent-close", {1, 0}}}},
      {"a reply after 221", ready + Script{c("QUIT\nNOOP"), s("221 Bye\n250 OK"), hangs_up}, {{"quit-closes", {1, 1}}}},
      {"the end with a command owed",
       ready + Script{c("NOOP"), hangs_up},
       {{"silent-close", {1, 1}}, {"quit-closes", {0, 0}}}},
      {"the end of a refused session", {s("554 No"), c("NOOP"), hangs_up}, {{"silent-close", {0, 0}}}},
      {"the end after raw octets", ready + Script{ambiguous, hangs_up}, {{"silent-close", {0, 0}}}},
      {"a command that is listed", ready + Script{c("HELP"), s("214 Help")}, {{"advertised-command", {1, 0}}}},
      {"a command that is not listed", greeted + Script{c("HELP"), s("214 Help")}, {{"advertised-command", {0, 0}}}},
      {"a mechanism that is listed",
       auth + Script{c("AUTH PLAIN AGEAYg=="), s("504 No"), c("AUTH LOGIN"), s("504 No"), c("AUTH PLAIN AGEAYg=="),
                     s("235 OK")},
       {{"advertised-mechanism", {2, 1}}}},
      {"a second AUTH", login + Script{c("AUTH PLAIN AGEAYg=="), s("503 No")}, {{"auth-once", {1, 0}}}},
      {"a first AUTH", login, {{"auth-once", {0, 0}}}},
      {"a challenge", ready + Script{c("AUTH LOGIN"), s("334 VXNlcg==")}, {{"challenge-base64", {1, 0}}}},
      {"data", data + Script{c("text\n."), s("250 OK")}, {{"reply-in-data", {1, 0}}, {"enhanced-absent", {3, 0}}}},
      {"a reply in the data", data + Script{c("text"), s("250 OK")}, {{"reply-in-data", {1, 1}}}},
      {"chunks",
       rcpt + Script{c_raw("BDAT 1\r\nxBDAT 1 LAST\r\n"), s("250 OK\n250 OK")},
       {{"reply-after-chunk", {2, 1}}}},
      {"LMTP",
       {s("220 mx.example.test"), c("EHLO x"), s("500 LMTP"), c("LHLO x"), s("250 mx.example.test"),
        c("MAIL FROM:<a@b.example>\nDATA"), s("250 OK\n503 No")},
       {{"lmtp-no-ehlo", {1, 0}}, {"lmtp-data-refused", {1, 0}}},
       true},
      {"LMTP, a reply each recipient",
       two_recipients + Script{c("DATA"), s("354 Go"), c("."), s("250 OK\n250 OK")},
       {{"reply-in-data", {2, 0}}, {"one-reply", {9, 0}}},
       true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.title);
    Referee referee(row.lmtp);
    for (const Piece& piece : row.script) feed(referee, piece);
    for (const auto& [rule, count] : row.counts) {
      CAPTURE(rule);
      const Count seen = referee.counts()[static_cast<std::size_t>(rule_named(rule).value())];
      CHECK(seen.checked == count.checked);
      CHECK(seen.broken == count.broken);
    }
    for (const RefereeRule& rule : referee_rules()) {
      CAPTURE(rule.name);
      const auto is_it = [&](const Violation& violation) { return violation.rule == rule.rule; };
      const bool told = std::any_of(referee.violations().begin(), referee.violations().end(), is_it);
      CHECK(told == (referee.counts()[static_cast<std::size_t>(rule.rule)].broken > 0));
    }
  }
}

TEST_CASE("each rule has a name of its own") {
  std::set<std::string_view> names;
  for (const RefereeRule& rule : referee_rules()) {
    CAPTURE(rule.name);
    CHECK(names.insert(rule.name).second);
    CHECK(rule_named(rule.name) == rule.rule);
    CHECK(rule.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos);
    CHECK_FALSE(rule.asks.empty());
  }
  CHECK_FALSE(rule_named("one"));
}
