// Which reply belongs to which command, and where nobody can know.
#include <catch2/catch_test_macros.hpp>

#include "harness/smtp/conversation_test.hpp"

using namespace smtpspec::smtp;
using namespace smtpspec::smtp::conversation;

using namespace std::string_literals;

TEST_CASE("each command has one reply") {
  check({
      {"a reply too many", ready + Script{c("NOOP"), s("250 OK\n250 OK")}, {"one-reply"}},
      {"a second greeting", greeted + Script{s("220 mx.example.test")}, {"one-reply"}},
      {"a refusal too many, and on",
       ready + Script{c("FOO"), s("500 What\n500 What"), c("NOOP"), s("250 OK")},
       {"one-reply"}},
      {"a reply to half a command", ready + Script{c_raw("NOO"), s("250 OK")}, {"one-reply"}},
      {"a success inside the data", data + Script{c("text"), s("250 OK")}, {"reply-in-data"}},
      {"a refusal inside the data, and on",
       data + Script{c("text"), s("500 What"), c("."), s("500 What")},
       {"reply-in-data"}},
      {"closed", ready + Script{c("NOOP"), hangs_up}, {"silent-close"}},
      {"closed for what is not known", ready + Script{c("FOO"), s("500 What"), hangs_up}, {"silent-close"}},
      {"closed for what is not allowed", ready + Script{c("FOO"), s("554 No"), hangs_up}, {}},
      {"closed after QUIT", ready + Script{c("QUIT"), hangs_up}, {"silent-close"}},
      {"closed after a refusal, with more in the same write",
       ready + Script{c("HELO x\nMAIL FROM:<a@b.example>\nNOOP"), s("250 mx.example.test\n554 Out of turn"), hangs_up},
       {}},
      {"closed after a refusal, with a command sent after it",
       ready + Script{c("NOOP\nFOO"), s("250 OK\n500 What"), c("NOOP"), hangs_up},
       {"silent-close"}},
      {"closed after three refusals",
       ready + Script{c("FOO"), s("500 What"), c("FOO"), s("500 What"), c("FOO"), s("500 What"), c("NOOP"), hangs_up},
       {}},
      {"closed with nothing owed", ready + Script{hangs_up}, {}},
      {"closed before the greeting", {hangs_up}, {}},
      {"a refusal, and closed with a command on its way", ready + Script{s("451 Too slow"), c("NOOP"), hangs_up}, {}},
      {"closed inside a line", ready + Script{c_raw("NOO"), hangs_up}, {}},
      {"closed in the handshake", ready + Script{c("STARTTLS"), s("220 Go"), hangs_up}, {}},
      {"closed inside the data", data + Script{c("text"), hangs_up}, {}},
      {"closed after the data", data + Script{c("text\n."), hangs_up}, {"silent-close"}},
      {"a reply after 221", ready + Script{c("QUIT\nNOOP"), s("221 Bye\n250 OK")}, {"quit-closes"}},
      {"closed after 221", ready + Script{c("QUIT\nNOOP"), s("221 Bye"), hangs_up}, {}},
      {"reply before the chunk is there", rcpt + Script{c("BDAT 5 LAST"), s("250 OK")}, {"reply-after-chunk"}},
      {"refused before the chunk is there",
       rcpt + Script{c("BDAT 5 LAST"), s("554 No"), c_raw("12345NOOP\r\n"), s("250 OK")},
       {"reply-after-chunk"}},
      {"a missing reply is one finding, not one a command",
       enhanced + Script{c("NOOP\nVRFY x\nEHLO x\nQUIT"), s("221 2.0.0 Bye\n500 What\n220 OK")},
       {"permitted-code"}},
      {"all answered, and the next is judged again",
       enhanced + Script{c("NOOP\nNOOP"), s("220 2.0.0 Go\n250 OK"), c("NOOP"), s("250 OK")},
       {"permitted-code", "enhanced-present"}},
      {"never answered, and what follows is: it is not known which reply is whose",
       ready + Script{c("NOOP"), in_vain, c("RSET"), s("250 OK"), c("QUIT"), s("221 Bye"), hangs_up},
       {}},
      {"answered late, and the next is judged again",
       ready + Script{c("NOOP"), in_vain, c("NOOP"), s("250 OK"), s("250 OK"), c("NOOP"), s("354 Go")},
       {"permitted-code"}},
      {"waited for what nobody asked for", ready + Script{in_vain, c("NOOP"), s("354 Go")}, {"permitted-code"}},
      {"refused, a chunk beyond all bounds", rcpt + Script{c("BDAT 9223372036854775808"), s("521 No"), hangs_up}, {}},
      {"421 before the chunk is there", rcpt + Script{c("BDAT 5 LAST"), s("421 Bye"), hangs_up}, {}},
  });
}

TEST_CASE("an early reply to a chunk breaks another sentence as a success than as a refusal") {
  const auto requirement = [](std::string_view reply) {
    Referee referee;
    for (const Piece& piece : rcpt + Script{c("BDAT 5 LAST"), s(reply)}) feed(referee, piece);
    REQUIRE(referee.violations().size() == 1);
    return referee.violations()[0].requirement;
  };
  CHECK(requirement("250 OK") == "rfc3030/2/size-is-exact");
  CHECK(requirement("554 No") == "rfc3030/2/refused-chunk-is-discarded");
}

TEST_CASE("codes are those that a command may have in its state") {
  const Script knows_auth = greeted + Script{c("EHLO client.example"), s("250-mx.example.test\n250 AUTH PLAIN")};
  const std::set<std::string> wrong = {"permitted-code"};
  const std::set<std::string> unlisted = {"listed-code"};
  const auto after = [](const Script& state, std::string_view command, std::string_view reply) {
    return state + Script{c(command), s(reply)};
  };
  check({
      {"250 greeting", {s("250 mx.example.test")}, {"permitted-code"}},
      {"250 to DATA", after(rcpt, "DATA", "250 OK"), wrong},
      {"354 to MAIL", after(ready, "MAIL FROM:<a@b.example>", "354 Go"), wrong},
      {"354 to DATA without MAIL", after(ready, "DATA", "354 Go"), unlisted},
      {"354 to DATA before EHLO", after(greeted, "DATA", "354 Go"), unlisted},
      {"RCPT without MAIL", after(ready, "RCPT TO:<a@b.example>", "250 OK"), wrong},
      {"MAIL inside a transaction", after(rcpt, "MAIL FROM:<a@b.example>", "250 OK"), unlisted},
      {"MAIL after refused MAIL",
       after(after(ready, "MAIL FROM:<a@b.example>", "550 No"), "MAIL FROM:<a@b.example>", "250 OK"),
       {}},
      {"220 to NOOP", after(ready, "NOOP", "220 OK"), wrong},
      {"221 to NOOP", after(ready, "NOOP", "221 OK"), wrong},
      {"251 to NOOP", after(ready, "NOOP", "251 OK"), unlisted},
      {"354 to NOOP", after(ready, "NOOP", "354 OK"), wrong},
      {"250 to QUIT", after(ready, "QUIT", "250 OK"), wrong},
      {"250 to HELP", after(ready, "HELP", "250 OK"), unlisted},
      {"250 to STARTTLS", after(ready, "STARTTLS", "250 OK"), wrong},
      {"250 to AUTH", after(ready, "AUTH PLAIN AGEAYg==", "250 OK"), wrong},
      {"334 to AUTH inside a transaction", after(mail, "AUTH PLAIN", "334 "), wrong},
      {"250 to an unknown command", after(ready, "FOO", "250 OK"), {"listed-code"}},
      {"250 to a command after white space", after(ready, " \tNOOP", "250 OK"), {}},
      {"250 to a command before HTAB", after(ready, "NOOP\tx", "250 OK"), {}},
      {"354 to a command before HTAB", after(ready, "NOOP\tx", "354 OK"), wrong},
      {"500 to a command after white space", after(ready, " NOOP", "500 What"), {}},
      {"a transaction that such a command began",
       after(after(ready, "\tMAIL FROM:<a@client.example>", "250 OK"), "RCPT TO:<a@b.example>", "250 OK"),
       {}},
      {"RCPT where such a command was refused",
       after(after(ready, "\tMAIL FROM:<a@client.example>", "500 What"), "RCPT TO:<a@b.example>", "250 OK"), wrong},
      {"RCPT after RSET", after(after(rcpt, "RSET", "250 OK"), "RCPT TO:<a@b.example>", "250 OK"), wrong},
      {"RCPT after EHLO", after(after(rcpt, "EHLO x", "250 mx.example.test"), "RCPT TO:<a@b.example>", "250 OK"),
       wrong},
      {"RCPT after the data", after(after(data, ".", "250 OK"), "RCPT TO:<a@b.example>", "250 OK"), wrong},
      {"RCPT after refused data", after(after(data, ".", "550 No"), "RCPT TO:<a@b.example>", "250 OK"), wrong},
      {"MAIL after refused data", after(after(data, ".", "550 No"), "MAIL FROM:<a@b.example>", "250 OK"), {}},
      {"354 to MAIL after refused data", after(after(data, ".", "550 No"), "MAIL FROM:<a@b.example>", "354 Go"), wrong},
      {"RCPT after TLS", rcpt + Script{c("STARTTLS"), s("220 Go"), tls, c("RCPT TO:<a@b.example>"), s("250 OK")},
       wrong},
      {"DATA after BDAT", after(after(rcpt, "BDAT 0", "250 OK"), "DATA", "354 Go"), wrong},
      {"BDAT after BDAT LAST", after(after(rcpt, "BDAT 0 LAST", "250 OK"), "BDAT 0", "250 OK"), wrong},
      {"354 to the end of data", after(data, "text\n.", "354 Go"), wrong},
      {"pipelined: each by the state before it",
       ready + Script{c("MAIL FROM:<a@b.example>\nRCPT TO:<x@b.example>\nRSET\nRCPT TO:<x@b.example>"),
                      s("250 OK\n250 OK\n250 OK\n250 OK")},
       wrong},
      {"RSET refused", after(rcpt, "RSET", "550 No"), {"rset-accepted"}},
      {"RSET refused by 503 in front of EHLO", after(greeted, "RSET", "503 No"), {}},
      {"RSET refused by 550 in front of EHLO", after(greeted, "RSET", "550 No"), {"rset-accepted"}},
      {"RSET refused for a space after it", after(ready, "RSET ", "500 No"), {}},
      {"RSET with an argument refused", after(rcpt, "RSET now", "501 No"), {}},
      {"RSET refused for want of TLS", after(greeted, "RSET", "530 TLS first"), {}},
      {"QUIT refused", after(rcpt, "QUIT", "503 No"), {"quit-accepted"}},
      {"QUIT with an argument refused", after(rcpt, "QUIT now", "501 No"), {}},
      {"502 to NOOP", after(ready, "NOOP", "502 No"), {"required-command"}},
      {"500 to NOOP with a note", after(ready, "NOOP note", "500 No"), {}},
      {"500 to DATA with a tab", after(rcpt, "DATA\t", "500 No"), {}},
      {"500 to a broken MAIL", after(ready, "MAIL <a@b.example>", "500 What"), {}},
      {"502 to HELP that is offered", after(ready, "HELP", "502 No"), {"advertised-command"}},
      {"500 to AUTH", after(knows_auth, "AUTH PLAIN AGEAYg==", "500 No"), {"advertised-command"}},
      {"500 to AUTH of more than 512 octets",
       after(knows_auth, "AUTH PLAIN " + std::string(600, 'A'), "500 Too long"),
       {}},
      {"454 to STARTTLS that is offered", after(ready, "STARTTLS", "454 Later"), {}},
      {"a second AUTH",
       after(after(ready, "AUTH PLAIN AGEAYg==", "235 OK"), "AUTH PLAIN AGEAYg==", "235 OK"),
       {"auth-once"}},
      {"text in a challenge", after(ready, "AUTH LOGIN", "334 Who are you?"), {"challenge-base64"}},
      {"a challenge without its space", after(ready, "AUTH LOGIN", "334"), {"challenge-base64"}},
  });
}

TEST_CASE("enhanced codes agree with the reply code, where they are offered") {
  const auto reply = [](std::string_view text) { return enhanced + Script{c("NOOP"), s(text)}; };
  check({
      {"right", reply("250 2.0.0 OK"), {}},
      {"none", reply("250 OK"), {"enhanced-present"}},
      {"not one", reply("250 2.0 OK"), {"enhanced-present"}},
      {"another class", reply("250 5.0.0 OK"), {"enhanced-class"}},
      {"on each line", reply("250-2.0.0 One\n250 2.0.0 Two"), {}},
      {"on one line", reply("250-2.0.0 One\n250 Two"), {"enhanced-present"}},
      {"two codes", reply("250-2.0.0 One\n250 2.1.0 Two"), {"enhanced-same"}},
      {"4yz", enhanced + Script{c("VRFY x"), s("450 5.1.1 No")}, {"enhanced-class"}},
      {"not offered", ready + Script{c("NOOP"), s("250 5.0.0 OK")}, {}},
      {"3yz has none", enhanced + Script{c("AUTH LOGIN"), s("334 ")}, {}},
      {"EHLO has none", enhanced + Script{c("EHLO"), s("501 Name?"), c("HELO x"), s("250 mx.example.test")}, {}},
      {"forgotten after TLS", enhanced + Script{c("STARTTLS"), s("220 2.0.0 Go"), tls, c("NOOP"), s("250 OK")}, {}},
  });
}

TEST_CASE("LMTP answers the end of data once a recipient") {
  check(
      {
          {"two recipients",
           two_recipients +
               Script{c("DATA"), s("354 Go"), c("text\n.\nQUIT"), s("250 OK\n452 Full\n221 Bye"), hangs_up},
           {}},
          {"one reply too few",
           two_recipients + Script{c("DATA"), s("354 Go"), c("text\n.\nQUIT"), s("250 OK\n221 Bye")},
           {"permitted-code"}},
          {"one reply too many",
           two_recipients + Script{c("DATA"), s("354 Go"), c("text\n."), s("250 OK\n250 OK\n250 OK")},
           {"one-reply"}},
          {"one reply and closed",
           two_recipients + Script{c("DATA"), s("354 Go"), c("text\n."), s("250 OK"), hangs_up},
           {"silent-close"}},
          {"the last chunk too",
           two_recipients + Script{c_raw("BDAT 1\r\nxBDAT 1 LAST\r\nyNOOP\r\n"), s("250 OK\n250 OK\n250 OK\n250 OK")},
           {}},
          {"the last chunk with no recipient",
           lhlo + Script{c("MAIL FROM:<a@b.example>"), s("250 OK"), c("BDAT 0 LAST\nNOOP"), s("250 OK")},
           {}},
          {"EHLO", {s("220 mx.example.test"), c("EHLO x"), s("250 mx.example.test")}, {"lmtp-no-ehlo"}},
          {"EHLO refused", {s("220 mx.example.test"), c("EHLO x"), s("500 LMTP")}, {}},
          {"DATA without a recipient",
           lhlo + Script{c("MAIL FROM:<a@b.example>"), s("250 OK"), c("DATA"), s("354 Go")},
           {"lmtp-data-refused"}},
          {"DATA without a recipient, refused by another code than 503",
           lhlo + Script{c("MAIL FROM:<a@b.example>"), s("250 OK"), c("DATA"), s("550 No")},
           {"lmtp-data-refused"}},
          {"DATA without a recipient, refused",
           lhlo + Script{c("MAIL FROM:<a@b.example>"), s("250 OK"), c("DATA"), s("503 No")},
           {}},
      },
      true);
}

TEST_CASE("where the client leaves the order open, the referee is silent") {
  const Piece many = s("250 OK\n250 OK\n354 OK\n220 OK");
  const std::string long_line(600, 'x');
  check({
      {"told so", ready + Script{ambiguous, many, hangs_up}, {}},
      {"bare LF in a command", ready + Script{c_raw("NOOP\nNOOP\r\n"), many, hangs_up}, {}},
      {"bare CR in a command", ready + Script{c_raw("NOOP\rNOOP\r\n"), many, hangs_up}, {}},
      {"bare CR, not yet a line", ready + Script{c_raw("NOOP\r"), many, hangs_up}, {}},
      {"NUL in a command", ready + Script{c_raw("NO\0OP\r\n"s), many, hangs_up}, {}},
      {"over-long command", ready + Script{c("NOOP " + long_line), many, hangs_up}, {}},
      {"over-long, not yet a line", ready + Script{c_raw(long_line), many, hangs_up}, {}},
      {"empty line", ready + Script{c(""), many, hangs_up}, {}},
      {"LF.LF in the data", data + Script{c_raw("a\n.\nNOOP\r\n"), many, hangs_up}, {}},
      {"LF.CRLF in the data", data + Script{c_raw("a\n.\r\nNOOP\r\n"), many, hangs_up}, {}},
      {"CRLF.LF in the data", data + Script{c_raw("a\r\n.\nNOOP\r\n"), many, hangs_up}, {}},
      {"CR.CR in the data", data + Script{c_raw("a\r.\rNOOP\r\n"), many, hangs_up}, {}},
      {"CRLF.CR in the data", data + Script{c_raw("a\r\n.\r"), many, hangs_up}, {}},
      {"NUL beside the dot", data + Script{c_raw("a\r\n.\0\r\nNOOP\r\n"s), many, hangs_up}, {}},
      {"bare LF in the data", data + Script{c_raw("a\nb\r\n"), many, hangs_up}, {}},
      {"CRLF.CRLF but for the high bit, which was not announced",
       data + Script{c_raw("a\x8d\x8a.\x8d\x8aNOOP\r\n"), many, hangs_up},
       {}},
      {"the same, where it was",
       ready + Script{c("MAIL FROM:<a@client.example> BODY=8BITMIME"), s("250 OK"), c("RCPT TO:<alice@example.test>"),
                      s("250 OK"), c("DATA"), s("354 Go"), c_raw("a\x8d\x8a.\x8d\x8aNOOP\r\n"), s("250 OK")},
       {"reply-in-data"}},
      {"commands after DATA", rcpt + Script{c("DATA\nNOOP"), s("354 Go\n250 OK\n250 OK"), hangs_up}, {}},
      {"half a command after DATA", rcpt + Script{c_raw("DATA\r\nNOO"), s("354 Go\n250 OK")}, {}},
      {"commands after DATA that is refused",
       mail + Script{c("DATA\nNOOP"), s("503 No\n250 OK\n250 OK")},
       {"one-reply"}},
      {"commands after STARTTLS", ready + Script{c("STARTTLS\nNOOP"), s("220 Go"), tls, many}, {}},
      {"clear text for the handshake", ready + Script{c("STARTTLS"), s("220 Go"), c("NOOP"), many}, {}},
      {"commands after AUTH", ready + Script{c("AUTH LOGIN\nNOOP"), s("334 "), many}, {}},
      {"BDAT that is not offered", greeted + Script{c("BDAT 6\nNOOP"), many}, {}},
      {"BDAT without a size", rcpt + Script{c("BDAT"), many}, {}},
  });
}

TEST_CASE("over-long means more than 512 octets, in AUTH more than 12288") {
  const Piece two = s("250 OK\n250 OK");
  const Script has_auth = greeted + Script{c("EHLO client.example"), s("250-mx.example.test\n250 AUTH PLAIN")};
  check({
      {"512", ready + Script{c("NOOP " + std::string(505, 'x')), two}, {"one-reply"}},
      {"513", ready + Script{c("NOOP " + std::string(506, 'x')), two}, {}},
      {"513 in AUTH that is not offered", ready + Script{c("AUTH PLAIN " + std::string(500, 'A')), two}, {}},
      {"12288 in AUTH",
       has_auth + Script{c("AUTH PLAIN " + std::string(12275, 'A')), s("535 No\n250 OK")},
       {"one-reply"}},
      {"12289 in AUTH", has_auth + Script{c("AUTH PLAIN " + std::string(12276, 'A')), s("535 No\n250 OK")}, {}},
      {"a long response",
       ready + Script{c("AUTH X"), s("334 "), c(std::string(4000, 'A')), s("535 No\n250 OK")},
       {"one-reply"}},
  });
}
