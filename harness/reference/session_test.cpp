#include "harness/reference/session.hpp"

#include <iterator>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "harness/reference/dialogue_table_test.hpp"

namespace smtpspec::reference {
namespace {

using namespace std::string_literals;

Played deliver(const std::string& octets, const Settings& settings = plain()) {
  Player player(settings);
  player.send(ehlo.client + mail.client + rcpt.client + octets, 0);
  return player.played();
}

TEST_CASE("a message is delivered octet by octet") {
  struct Case {
    std::string client;
    std::string message;
  };
  const Case cases[] = {
      {"DATA\r\n.\r\n", ""},
      {"DATA\r\na\r\n..\r\n...b\r\n.\r\n", "a\r\n.\r\n..b\r\n"},
      {"DATA\r\n.a\r\n.\r\n", "a\r\n"},
      {"DATA\r\n\0\xff\r\n.\r\n"s, "\0\xff\r\n"s},
      {"DATA\r\n" + std::string(5000, 'x') + "\r\n.\r\n", std::string(5000, 'x') + "\r\n"},
      {"BDAT 0 LAST\r\n", ""},
      {"BDAT 4\r\n\r\n.\rBDAT 3 LAST\r\n\n\0."s, "\r\n.\r\n\0."s},
      {"BDAT 5\r\n..\r\n.BDAT 2\r\n\r\nBDAT 0 LAST\r\n", "..\r\n.\r\n"},
  };
  for (const Case& one : cases) {
    CAPTURE(smtp::escape(one.client));
    const Played played = deliver(one.client);
    REQUIRE(played.messages.size() == 1);
    CHECK(smtp::escape(played.messages[0].message) == smtp::escape(one.message));
    CHECK(played.messages[0].reverse_path == "sender@client.example");
    REQUIRE(played.messages[0].recipients.size() == 1);
    CHECK(played.messages[0].recipients[0].forward_path == "alice@example.test");
  }
}

TEST_CASE("bare CR and LF are not handed on, RFC 5321 section 2.3.8; a sink shows them") {
  const std::string client = "DATA\r\n\r.\n.\r\n\n.\n\r\r\n.\r\n";
  CHECK(smtp::escape(deliver(client).messages.at(0).message) == R"( . .\r\n .  \r\n)");
  Settings sink = plain();
  sink.accept_every_recipient = true;
  CHECK(smtp::escape(deliver(client, sink).messages.at(0).message) == R"(\r.\n.\r\n\n.\n\r\r\n)");
}

TEST_CASE("the envelope is passed on with its parameters, its case and without source routes") {
  Player player(plain());
  player.send(
      "EHLO c.example\r\nMAIL FROM:<@r.example:\"A b\"@C.example> RET=HDRS ENVID=q body=8BITMIME\r\n"
      "RCPT TO:<@x.example:Bob@Example.Test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;x\r\nRCPT "
      "TO:<Postmaster>\r\nDATA\r\n.\r\n",
      0);
  REQUIRE(player.played().messages.size() == 1);
  const Accepted& accepted = player.played().messages[0];
  CHECK(accepted.reverse_path == "\"A b\"@C.example");
  CHECK(accepted.mail_parameters ==
        std::vector<smtp::Parameter>{{"RET", "HDRS"}, {"ENVID", "q"}, {"BODY", "8BITMIME"}});
  REQUIRE(accepted.recipients.size() == 2);
  CHECK(accepted.recipients[0].forward_path == "Bob@Example.Test");
  CHECK(accepted.recipients[0].parameters ==
        std::vector<smtp::Parameter>{{"NOTIFY", "SUCCESS,FAILURE"}, {"ORCPT", "rfc822;x"}});
  CHECK(accepted.recipients[1].forward_path == "Postmaster");
}

TEST_CASE("the EHLO reply lists what is offered, and what is not is not listed") {
  const auto keywords = [](const Settings& settings, bool under_tls) {
    Player player(settings, {}, under_tls);
    player.send(ehlo.client, 0);
    return player.played().replies;
  };
  const std::string bare = keywords(plain(), false);
  for (const char* const line : {"250-PIPELINING\r\n", "250-SIZE 10485760\r\n", "250-8BITMIME\r\n", "250-CHUNKING\r\n",
                                 "250-BINARYMIME\r\n", "250-ENHANCEDSTATUSCODES\r\n", "250-DSN\r\n", "250-SMTPUTF8\r\n",
                                 "250-STARTTLS\r\n", "250-LIMITS RCPTMAX=1000 MAILMAX=100000\r\n", "250 HELP\r\n"}) {
    CHECK(bare.find(line) != std::string::npos);
  }
  CHECK(bare.find("AUTH") == std::string::npos);
  CHECK(keywords(plain(), true).find("STARTTLS") == std::string::npos);
  Settings auth = with_users();
  CHECK(keywords(auth, false).find("250-AUTH PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256\r\n") != std::string::npos);
  auth.auth_needs_tls = true;
  CHECK(keywords(auth, false).find("AUTH") == std::string::npos);
  CHECK(keywords(auth, true).find("250-AUTH ") != std::string::npos);
}

TEST_CASE("a trace header goes in front where the settings ask for it") {
  Settings settings;
  settings.final_delivery = true;
  const Played played = deliver("DATA\r\nSubject: x\r\n\r\n.\r\n", settings);
  REQUIRE(played.messages.size() == 1);
  const std::string& message = played.messages[0].message;
  CHECK(message.starts_with(
      "Return-Path: <sender@client.example>\r\nReceived: from client.example by reference.example\r\n with ESMTP; "));
  CHECK(message.ends_with(" +0000\r\nSubject: x\r\n\r\n"));
}

TEST_CASE("what could not be delivered is answered 451") {
  Player smtp(plain());
  smtp.fail({true, false});
  smtp.send(ehlo.client + mail.client + rcpt.client + rcpt.client + "DATA\r\n.\r\nMAIL FROM:<>\r\n", 0);
  CHECK(codes_of(smtp.played().replies) == "220 250 250/2.1.0 250/2.1.5 250/2.1.5 354 451/4.3.0 250/2.1.0");
  Player lmtp(with([](Settings& settings) { settings.lmtp = true; }));
  lmtp.fail({true, false});
  lmtp.send("LHLO c.example\r\n" + mail.client + rcpt.client + rcpt.client + "DATA\r\n.\r\nMAIL FROM:<>\r\n", 0);
  CHECK(codes_of(lmtp.played().replies) == "220 250 250/2.1.0 250/2.1.5 250/2.1.5 354 250/2.0.0 451/4.3.0 250/2.1.0");
}

TEST_CASE("the session ends by QUIT, by time and by the client's leaving") {
  Player quit(plain());
  quit.send("QUIT\r\nNOOP\r\n", 0);
  CHECK(codes_of(quit.played().replies) == "220 221/2.0.0");
  CHECK(quit.played().closed);
  Player slow(plain());
  CHECK(slow.played().patience_ms == 300'000);
  slow.time_out();
  CHECK(codes_of(slow.played().replies) == "220 421/4.4.2");
  CHECK(slow.played().closed);
  Player gone(plain());
  gone.send(ehlo.client + mail.client + rcpt.client + "DATA\r\nhalf\r\n", 0);
  gone.hang_up();
  CHECK(gone.played().closed);
  CHECK(gone.played().messages.empty());
}

TEST_CASE("random octets never break the session, and what it says stays well-formed") {
  std::uint32_t seed = 1;
  const auto random = [&] { return (seed = seed * 1664525U + 1013904223U) >> 8U; };
  const std::string pieces[] = {"EHLO c.example\r\n",
                                mail.client,
                                rcpt.client,
                                "DATA\r\n",
                                ".\r\n",
                                "\r\n.\r\n",
                                "BDAT 3\r\n",
                                "BDAT 5 LAST\r\n",
                                "RSET\r\n",
                                "\r",
                                "\n",
                                "\0"s,
                                "xxx",
                                "\xff",
                                "AUTH PLAIN\r\n",
                                "*\r\n",
                                "AUTH CRAM-MD5\r\n",
                                "STARTTLS\r\n",
                                "VRFY x\r\n",
                                ".",
                                "\r\n",
                                "BDAT 18446744073709551615\r\n"};
  const std::size_t kinds = std::size(pieces) - 1;
  for (int round = 0; round < 300; ++round) {
    std::string octets;
    for (int i = 0; i < 40; ++i) octets += pieces[random() % kinds];
    if (round % 10 == 0) octets += pieces[kinds] + std::string(5000, 'b');
    Settings settings = with_users();
    settings.starttls = false;
    settings.hostname = "h.example";
    Player whole(settings), cut(settings);
    whole.send(octets, 0);
    cut.send(octets, 1 + random() % 7);
    CAPTURE(smtp::escape(octets));
    const std::string codes = codes_of(whole.played().replies);
    CHECK(codes.find('!') == std::string::npos);
    smtp::Referee referee;
    referee.received("220 h.example\r\n");
    referee.sent(octets);
    referee.received(whole.played().replies.substr(whole.played().replies.find('\n') + 1));
    for (const smtp::Violation& violation : referee.violations())
      FAIL_CHECK(smtp::name(violation.rule) << ": " << violation.actual);
    CHECK(codes == codes_of(cut.played().replies));
    CHECK(whole.played().messages.size() == cut.played().messages.size());
  }
}

}  // namespace
}  // namespace smtpspec::reference
