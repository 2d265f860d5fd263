#include "harness/proxy/draft.hpp"

#include <catch2/catch_test_macros.hpp>

#include "harness/judge/transcript_test.hpp"

using namespace smtpspec;
using judge::Script;
using Kind = record::Event::Kind;
using Party = record::Party;

namespace {

std::string text_of(const Script& script) {
  const auto text = proxy::draft(script.transcript(), {}, "smtp://127.0.0.1:2525");
  REQUIRE(text);
  return *text;
}

/// What the loader makes of it: the steps as they are written, without the comment.
std::string steps_of(const Script& script) {
  const std::string text = text_of(script);
  INFO(text);
  REQUIRE(judge::suite_of(text).scenarios.size() == 1);
  const auto begin = text.find("steps = [\n") + 10;
  return text.substr(begin, text.rfind(']') - begin);
}

Script connected() {
  Script script;
  script.on("").says("220 mx\r\n");
  return script;
}

}  // namespace

TEST_CASE("each reply belongs to what was sent before it") {
  Script script = connected();
  script.sends("EHLO {c}\r\n").says("250-mx\r\n").says("250 SIZE\r\n");
  script.sends("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n")
      .sends("RCPT TO:<e@f>\r\n")
      .says("250 ok\r\n250 ok\r\n550 no\r\n");
  script.sends("QUIT\r\n").says("221 bye\r\n").closes().is(Kind::half_closed, "", Party::client);
  CHECK(steps_of(script) ==
        "  { expect = '220' },\n"
        "  { send = 'EHLO \\{c\\}', expect = '250' },\n"
        "  { bytes = 'MAIL FROM:<a@b>\\r\\nRCPT TO:<c@d>\\r\\nRCPT TO:<e@f>\\r\\n', "
        "replies = [{ repeat = 2, expect = '250' }, '550'] },\n"
        "  { send = 'QUIT', expect = '221 close' },\n");
}

TEST_CASE("what ends a session is a step where the client did it, and an ending where the server did") {
  CHECK(steps_of(connected().sends("NOOP\r\n").closes()).ends_with("{ send = 'NOOP', expect = 'close' },\n"));
  Script reset = connected();
  reset.is(Kind::reset, "", Party::client);
  CHECK(steps_of(reset).ends_with("{ disconnect = 'reset' },\n"));
  Script half = connected();
  half.sends("NOOP\r\n").is(Kind::half_closed, "", Party::client).says("250 ok\r\n").closes();
  CHECK(steps_of(half).ends_with("{ send = 'NOOP' },\n  { disconnect = 'half', expect = '250' },\n"));
}

TEST_CASE("TLS and a login are steps of their own") {
  Script script = connected();
  script.sends("STARTTLS\r\n").says("220 go\r\n").is(Kind::tls_started, "TLSv1.3");
  script.sends("AUTH LOGIN\r\n").says("334 VXNlcm5hbWU6\r\n").sends("YWxpY2U=\r\n").says("334 UGFzc3dvcmQ6\r\n");
  script.sends("[secret]\r\n").says("235 ok\r\n").sends("auth plain [secret]\r\n").says("535 no\r\n");
  CHECK(
      steps_of(script).ends_with("  { send = 'STARTTLS', expect = '220' },\n"
                                 "  { tls = 'handshake' },\n"
                                 "  { login = 'LOGIN', expect = '235' },\n"
                                 "  { login = 'PLAIN', password = 'not-the-password', expect = '535' },\n"));
  CHECK(text_of(script).find("needs = ['STARTTLS', 'AUTH LOGIN', 'fact auth', 'AUTH PLAIN']") != std::string::npos);
}

TEST_CASE("a login that cannot be played again is left out, and so is one that was not ended") {
  Script token = connected();
  token.sends("AUTH XOAUTH2 [secret]\r\n").says("235 ok\r\n").sends("NOOP\r\n").says("250 ok\r\n");
  CHECK(steps_of(token) == "  { expect = '220' },\n  { send = 'NOOP', expect = '250' },\n");
  CHECK(text_of(token).find("# A login by XOAUTH2 is left out.\n") != std::string::npos);
  Script open = connected();
  open.sends("AUTH LOGIN\r\n").says("334 VXNlcm5hbWU6\r\n");
  CHECK(steps_of(open) == "  { expect = '220' },\n");
  CHECK(text_of(open).find("was not ended") != std::string::npos);
}

TEST_CASE("in LMTP one expectation is for each recipient's reply") {
  Script script = connected();
  script.lmtp().sends("LHLO c\r\n").says("250 mx\r\n").sends("MAIL FROM:<a@b>\r\n").says("250 ok\r\n");
  script.sends("RCPT TO:<c@d>\r\n").says("250 ok\r\n").sends("RCPT TO:<e@f>\r\n").says("250 ok\r\n");
  script.sends("DATA\r\n").says("354 go\r\n").sends("text\r\n.\r\n").says("250 ok\r\n452 full\r\n");
  CHECK(steps_of(script).ends_with("  { bytes = 'text\\r\\n.\\r\\n', expect = ['250', '452'] },\n"));
}

TEST_CASE("a long message keeps its begin and its end, and the rest is said to be left out") {
  std::string message = "Subject: begin\r\n\r\n";
  for (int i = 0; i < 10'000; ++i) message += "{text}\xff\r\n";
  Script script = connected();
  script.sends("DATA\r\n").says("354 go\r\n").sends(message + "end\r\n.\r\n").says("250 ok\r\n");
  const std::string steps = steps_of(script);
  CHECK(steps.find("Subject: begin\\r\\n\\r\\n\\{text\\}\\xff\\r\\n") != std::string::npos);
  CHECK(steps.find("\\r\\nend\\r\\n.\\r\\n', expect = '250'") != std::string::npos);
  CHECK(steps.size() < 3 * proxy::most_of_a_step);
  CHECK(text_of(script).find(" octets of step 3 are left out.\n") != std::string::npos);
}

TEST_CASE("what is broken stands in a comment, and nothing a client says gets out of it") {
  Script script = connected();
  script.sends("x\n[[scenario]]\r\n\x80").says("nonsense\r\n");
  const auto text = proxy::draft(script.transcript(), {{smtp::Rule::crlf, "", "", 0}}, "smtp://x\n[[y]]");
  REQUIRE(text);
  CHECK(text->find("\n# The server broke always/crlf: lines end in CRLF.\n") != std::string::npos);
  CHECK(judge::suite_of(*text).scenarios.size() == 1);
}

TEST_CASE("replies without number are a draft all the same") {
  Script script = connected();
  std::string flood;
  for (int i = 0; i < 20'000; ++i) flood += i % 2 == 0 ? "250\n" : "x\n";
  CHECK(steps_of(script.sends("NOOP\r\n").says(flood)).size() < 30'000);
}

TEST_CASE("where the server did nothing there is no draft") {
  Script script;
  script.on("").sends("EHLO c\r\n").is(Kind::reset, "", Party::client);
  CHECK_FALSE(proxy::draft(script.transcript(), {}, "smtp://127.0.0.1:2525"));
}
