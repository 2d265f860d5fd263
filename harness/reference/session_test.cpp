#include "harness/reference/session.hpp"

#include <catch2/catch_test_macros.hpp>

#include "harness/reference/dialogue_test.hpp"
#include "harness/smtp/bdat.hpp"

namespace smtpspec::reference {
namespace {

using namespace std::string_literals;

/// What the client sends, and the replies to it as `codes_of` gives them.
struct Turn {
  std::string client;
  std::string codes;
};
struct Dialogue {
  std::string title;
  Settings settings;
  std::vector<Turn> turns;
};

Settings plain() {
  Settings settings;
  settings.trace_header = false;
  return settings;
}
Settings with(void (*change)(Settings&)) {
  Settings settings = plain();
  change(settings);
  return settings;
}

const Turn ehlo = {"EHLO client.example\r\n", "250"};
const Turn mail = {"MAIL FROM:<sender@client.example>\r\n", "250/2.1.0"};
const Turn rcpt = {"RCPT TO:<alice@example.test>\r\n", "250/2.1.5"};
const Turn noop = {"NOOP\r\n", "250/2.0.0"};
const Turn end = {"x\r\n.\r\n", "250/2.0.0"};

const std::vector<Dialogue> order = {
    {"the order of commands",
     plain(),
     {{mail.client, "503/5.5.1"},
      {rcpt.client, "503/5.5.1"},
      ehlo,
      {rcpt.client, "503/5.5.1"},
      {"DATA\r\n", "503/5.5.1"},
      {"BDAT 3\r\nQUI", "503/5.5.1"},
      mail,
      {mail.client, "503/5.5.1"},
      {"DATA\r\n", "503/5.5.1"},
      {"BDAT 3 LAST\r\nQUI", "503/5.5.1"},
      rcpt,
      {mail.client, "503/5.5.1"},
      {"DATA\r\n", "354"},
      end,
      {rcpt.client, "503/5.5.1"},
      mail}},
    {"EHLO, HELO and RSET end a transaction",
     plain(),
     {ehlo,
      mail,
      rcpt,
      ehlo,
      {"DATA\r\n", "503/5.5.1"},
      mail,
      rcpt,
      {"RSET\r\n", "250/2.0.0"},
      {"DATA\r\n", "503/5.5.1"},
      mail,
      rcpt,
      {"HELO c.example\r\n", "250"},
      {"DATA\r\n", "503/5.5.1"}}},
    {"a refused EHLO leaves the transaction",
     plain(),
     {ehlo,
      mail,
      rcpt,
      {"EHLO\r\n", "501"},
      {"EHLO -x\r\n", "501"},
      {"LHLO c.example\r\n", "500/5.5.1"},
      {"DATA\r\n", "354"},
      end}},
    {"commands that may come at any time",
     plain(),
     {noop,
      {"RSET\r\n", "250/2.0.0"},
      {"VRFY alice\r\n", "252/2.5.0"},
      {"EXPN list\r\n", "252/2.5.0"},
      {"HELP\r\n", "214/2.0.0"},
      {"HELP MAIL\r\n", "214/2.0.0"},
      {"NOOP with words\r\n", "250/2.0.0"},
      {"VRFY\r\n", "501/5.5.4"},
      {"RSET x\r\n", "501/5.5.4"},
      {"QUIT x\r\n", "501/5.5.4"},
      {"quit \r\n", "221/2.0.0"}}},
    {"DATA takes no argument", plain(), {ehlo, mail, rcpt, {"DATA x\r\n", "501/5.5.4"}, {"DATA \r\n", "354"}, end}},
    {"no valid recipients",
     plain(),
     {ehlo,
      mail,
      {"RCPT TO:<nobody@example.test>\r\n", "550/5.1.1"},
      {"DATA\r\n", "554/5.5.1"},
      rcpt,
      {"DATA\r\n", "354"},
      end}},
    {"LMTP",
     with([](Settings& settings) { settings.lmtp = true; }),
     {{"EHLO c.example\r\n", "500/5.5.1"},
      {"HELO c.example\r\n", "500/5.5.1"},
      {mail.client, "503/5.5.1"},
      {"LHLO c.example\r\n", "250"},
      mail,
      {"RCPT TO:<nobody@example.test>\r\n", "550/5.1.1"},
      {"DATA\r\n", "503/5.5.1"},
      rcpt,
      {"RCPT TO:<x@y.example>\r\n", "550/5.7.1"},
      {"RCPT TO:<bob@example.test>\r\n", "250/2.1.5"},
      {"DATA\r\n", "354"},
      {"x\r\n.\r\n", "250/2.0.0 250/2.0.0"},
      mail,
      rcpt,
      rcpt,
      {"BDAT 1\r\na", "250/2.0.0"},
      {"BDAT 0 LAST\r\n", "250/2.0.0 250/2.0.0"},
      noop}},
};

const std::string long_domain =
    std::string(60, 'd') + "." + std::string(60, 'e') + "." + std::string(60, 'f') + ".example";

const std::vector<Dialogue> lines = {
    {"only CRLF ends a command",
     plain(),
     {ehlo,
      {"NOOP\nNOOP\r\n", "500/5.5.2"},
      {"NOOP\rNOOP\r\n", "500/5.5.2"},
      {"NOOP\r\r\n", "500/5.5.2"},
      noop,
      {"\n\r\n", "500/5.5.2"},
      {"\r\n", "500/5.5.2"},
      noop}},
    {"octets that no command may hold",
     plain(),
     {ehlo,
      {"NO\0OP\r\n"s, "500/5.5.2"},
      {"NOOP \x01\r\n", "500/5.5.2"},
      {"NOOP \xff\r\n", "500/5.5.2"},
      {"\xc3\xa4hlo\r\n", "500/5.5.2"},
      {"NOOP\tx\r\n", "500/5.5.2"},
      noop}},
    {"long lines are one command",
     plain(),
     {ehlo,
      {"NOOP " + std::string(505, 'x') + "\r\n", "250/2.0.0"},
      {"NOOP " + std::string(506, 'x') + "\r\n", "500/5.5.2"},
      {std::string(100'000, 'x') + "\r\n", "500/5.5.2"},
      {"NOOP " + std::string(20'000, '\n') + "\r\n", "500/5.5.2"},
      noop,
      {"MAIL FROM:<a@" + long_domain + "> RET=HDRS BODY=8BITMIME SIZE=1 SMTPUTF8 ENVID=" + std::string(100, 'a') +
           " AUTH=b@" + long_domain + "\r\n",
       "250/2.1.0"},
      {"RCPT TO:<alice@example.test> ORCPT=rfc822;" + std::string(490, 'o') + "\r\n", "250/2.1.5"}}},
    {"unknown commands and case",
     plain(),
     {{"XYZZY\r\n", "500/5.5.2"},
      {"ehlo c.example\r\n", "250"},
      {"mAiL fRoM:<>\r\n", "250/2.1.0"},
      {"rcpt to:<ALICE@EXAMPLE.TEST>\r\n", "250/2.1.5"},
      {"datax\r\n", "500/5.5.2"},
      {"data\r\n", "354"},
      end}},
};

const std::vector<Dialogue> envelope = {
    {"who is a recipient",
     plain(),
     {ehlo,
      mail,
      rcpt,
      {"RCPT TO:<alice+detail@example.test>\r\n", "250/2.1.5"},
      {"RCPT TO:<Postmaster>\r\n", "250/2.1.5"},
      {"RCPT TO:<postMASTER>\r\n", "250/2.1.5"},
      {"RCPT TO:<postmaster@Example.Test>\r\n", "250/2.1.5"},
      {"RCPT TO:<\"alice\"@example.test>\r\n", "250/2.1.5"},
      {"RCPT TO:<@a.example,@b.example:bob@example.test>\r\n", "250/2.1.5"},
      {"RCPT TO:<nobody@example.test>\r\n", "550/5.1.1"},
      {"RCPT TO:<alice@elsewhere.example>\r\n", "550/5.7.1"},
      {"RCPT TO:<@example.test:alice@elsewhere.example>\r\n", "550/5.7.1"},
      {"RCPT TO:<alice%elsewhere.example@example.test>\r\n", "550/5.7.1"},
      {"RCPT TO:<elsewhere.example!alice@example.test>\r\n", "550/5.7.1"},
      {"RCPT TO:<\"alice@elsewhere.example\"@example.test>\r\n", "550/5.7.1"},
      {"RCPT TO:<alice@[127.0.0.1]>\r\n", "550/5.7.1"},
      {"RCPT TO:<>\r\n", "501/5.5.4"},
      {"RCPT TO:alice@example.test\r\n", "501/5.5.4"},
      {"RCPT TO: <alice@example.test>\r\n", "501/5.5.4"},
      noop}},
    {"parameters",
     plain(),
     {ehlo,
      {"MAIL FROM:<> SIZE=10485761\r\n", "552/5.3.4"},
      {"MAIL FROM:<> SIZE=99999999999999999999\r\n", "552/5.3.4"},
      {"MAIL FROM:<> SIZE=x\r\n", "501/5.5.4"},
      {"MAIL FROM:<> SIZE=1 SIZE=1\r\n", "501/5.5.4"},
      {"MAIL FROM:<> NOSUCH=1\r\n", "555/5.5.4"},
      {"MAIL FROM:<> NOTIFY=NEVER\r\n", "555/5.5.4"},
      {"MAIL FROM:<> " + std::string(500, 'K') + "=1\r\n", "555/5.5.4"},
      {"MAIL FROM:<> size=10485760 body=8bitmime RET=HDRS ENVID=x SMTPUTF8\r\n", "250/2.1.0"},
      {"RCPT TO:<bob@example.test> SIZE=1\r\n", "555/5.5.4"},
      {"RCPT TO:<bob@example.test> NOTIFY=NEVER,DELAY\r\n", "501/5.5.4"},
      {"RCPT TO:<bob@example.test> NOTIFY=DELAY\r\n", "250/2.1.5"}}},
    {"no parameters after HELO",
     plain(),
     {{"HELO c.example\r\n", "250"},
      {"MAIL FROM:<> SIZE=1\r\n", "555/5.5.4"},
      {"MAIL FROM:<>\r\n", "250/2.1.0"},
      {"RCPT TO:<bob@example.test> NOTIFY=NEVER\r\n", "555/5.5.4"},
      rcpt}},
    {"SMTPUTF8",
     plain(),
     {ehlo,
      {"MAIL FROM:<j\xc3\xa4@b.example>\r\n", "550/5.6.7"},
      mail,
      {"RCPT TO:<\xc3\xa4@example.test>\r\n", "553/5.6.7"},
      {"RSET\r\n", "250/2.0.0"},
      {"MAIL FROM:<j\xc3\xa4@b.example> SMTPUTF8\r\n", "250/2.1.0"},
      {"RCPT TO:<\xc3\xa4@example.test>\r\n", "550/5.1.1"},
      rcpt,
      {"MAIL FROM:<\xc3@b.example> SMTPUTF8\r\n", "500/5.5.2"}}},
    {"limits",
     with([](Settings& settings) {
       settings.max_recipients = 2;
       settings.max_mails = 3;
     }),
     {ehlo,
      mail,
      rcpt,
      {"RCPT TO:<x@example.test>\r\n", "550/5.1.1"},
      {rcpt.client, "452/4.5.3"},
      {"RSET\r\n", "250/2.0.0"},
      mail,
      rcpt,
      rcpt,
      {rcpt.client, "452/4.5.3"},
      {"DATA\r\n", "354"},
      end,
      mail,
      {"RSET\r\n", "250/2.0.0"},
      {mail.client, "452/4.3.2"}}},
    {"a sink takes everyone",
     with([](Settings& settings) { settings.accept_every_recipient = true; }),
     {ehlo, mail, {"RCPT TO:<x@anywhere.example>\r\n", "250/2.1.5"}, {"RCPT TO:<>\r\n", "501/5.5.4"}}},
};

const std::vector<Dialogue> messages = {
    {"a message beyond the limit",
     with([](Settings& settings) { settings.max_message = 1000; }),
     {ehlo,
      mail,
      rcpt,
      {"DATA\r\n", "354"},
      {std::string(1001, 'x') + "\r\n.\r\n", "552/5.3.4"},
      {rcpt.client, "503/5.5.1"},
      mail,
      rcpt,
      {"DATA\r\n", "354"},
      {std::string(998, 'x') + "\r\n.\r\n", "250/2.0.0"},
      mail,
      rcpt,
      {smtp::encode_bdat(std::string(1000, 'x'), false), "250/2.0.0"},
      {"BDAT 1\r\ny", "552/5.3.4"},
      {"BDAT 1 LAST\r\nz", "503/5.5.1"},
      mail,
      rcpt,
      {smtp::encode_bdat(std::string(1001, 'x'), true), "552/5.3.4"},
      noop}},
    {"BDAT",
     plain(),
     {ehlo,
      {"BDAT 6\r\nNOOP\r\n", "503/5.5.1"},
      mail,
      {"BDAT 6\r\nNOOP\r\n", "503/5.5.1"},
      {"RCPT TO:<x@example.test>\r\n", "550/5.1.1"},
      {"BDAT 6 LAST\r\nNOOP\r\n", "554/5.5.1"},
      rcpt,
      {"BDAT\r\n", "501/5.5.4"},
      {"BDAT x\r\n", "501/5.5.4"},
      {"BDAT 0\r\n", "250/2.0.0"},
      {"BDAT 6\r\nNOOP\r\n", "250/2.0.0"},
      {"DATA\r\n", "503/5.5.1"},
      {rcpt.client, "503/5.5.1"},
      {mail.client, "503/5.5.1"},
      noop,
      {"bdat 5 last\r\n\r\n.\r\n", "250/2.0.0"},
      {"BDAT 6 LAST\r\nNOOP\r\n", "503/5.5.1"},
      noop}},
    {"BINARYMIME comes by BDAT",
     plain(),
     {ehlo,
      {"MAIL FROM:<> BODY=BINARYMIME\r\n", "250/2.1.0"},
      rcpt,
      {"DATA\r\n", "503/5.5.1"},
      {"BDAT 1 LAST\r\n\n", "250/2.0.0"}}},
    {"CHUNKING where it is not offered",
     with([](Settings& settings) { settings.chunking = false; }),
     {ehlo,
      {"MAIL FROM:<> BODY=BINARYMIME\r\n", "555/5.5.4"},
      mail,
      rcpt,
      {"BDAT 0 LAST\r\n", "502/5.5.1"},
      {"DATA\r\n", "354"},
      end}},
    {"only CRLF.CRLF ends DATA",
     plain(),
     {ehlo,
      mail,
      rcpt,
      {"DATA\r\n", "354"},
      {"a\n.\nb\n.\r\nc\r.\rd\r\n.\ne\r\n.\rf\r\n.\0\r\n"s, ""},
      {"MAIL FROM:<>\r\n", ""},
      {".\r\n", "250/2.0.0"},
      noop}},
};

const std::vector<Dialogue> tls = {
    {"STARTTLS begins anew",
     plain(),
     {{"STARTTLS\r\n", "503/5.5.1"},
      ehlo,
      {"STARTTLS now\r\n", "501/5.5.4"},
      mail,
      rcpt,
      {"STARTTLS\r\n", "220/2.0.0"},
      {rcpt.client, "503/5.5.1"},
      {mail.client, "503/5.5.1"},
      ehlo,
      {rcpt.client, "503/5.5.1"},
      mail,
      {"STARTTLS\r\n", "503/5.5.1"}}},
    {"what stands behind STARTTLS in plain text is thrown away",
     plain(),
     {ehlo, {"STARTTLS\r\nEHLO evil.example\r\nMAIL FROM:<evil@evil.example>\r\nNO", "220/2.0.0"}, noop}},
    {"STARTTLS where it is not offered",
     with([](Settings& settings) { settings.starttls = false; }),
     {ehlo, {"STARTTLS\r\n", "502/5.5.1"}, noop}},
};

Settings with_users() {
  return with([](Settings& settings) { settings.users["alice"] = "secret"; });
}
const Turn plain_right = {"AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n", "235/2.7.0"};
const Turn plain_wrong = {"AUTH PLAIN AGFsaWNlAHdyb25n\r\n", "535/5.7.8"};

const std::vector<Dialogue> authentication = {
    {"AUTH",
     with_users(),
     {{plain_right.client, "503/5.5.1"},
      ehlo,
      {"AUTH\r\n", "501/5.5.2"},
      {"AUTH NOSUCH\r\n", "504/5.5.4"},
      {"AUTH PLAIN not/base64!\r\n", "501/5.5.2"},
      {"AUTH PLAIN =AAA\r\n", "501/5.5.2"},
      {"AUTH CRAM-MD5 AAAA\r\n", "501/5.7.0"},
      {"AUTH PLAIN\r\n", "334"},
      {"*\r\n", "501/5.7.0"},
      {"AUTH PLAIN\r\n", "334"},
      {"!\r\n", "501/5.5.2"},
      {"AUTH PLAIN\r\n", "334"},
      {std::string(13'000, 'A') + "\r\n", "500/5.5.6"},
      {"AUTH PLAIN\r\n", "334"},
      {"AGFs\naWNl\r\n", "501/5.5.2"},
      {"AUTH PLAIN =\r\n", "535/5.7.8"},
      plain_wrong,
      noop,
      plain_right,
      {plain_right.client, "503/5.5.1"},
      mail,
      {plain_right.client, "503/5.5.1"},
      {"RCPT TO:<x@elsewhere.example>\r\n", "250/2.1.5"},
      {"RCPT TO:<nobody@example.test>\r\n", "550/5.1.1"}}},
    {"AUTH inside a transaction", with_users(), {ehlo, mail, {plain_right.client, "503/5.5.1"}, rcpt}},
    {"AUTH by LOGIN",
     with_users(),
     {ehlo,
      {"AUTH LOGIN\r\n", "334"},
      {"YWxpY2U=\r\n", "334"},
      {"d3Jvbmc=\r\n", "535/5.7.8"},
      {"AUTH LOGIN YWxpY2U=\r\n", "334"},
      {"c2VjcmV0\r\n", "235/2.7.0"}}},
    {"long lines are for AUTH",
     with_users(),
     {ehlo,
      {"AUTH PLAIN " + std::string(9'000, 'A') + "\r\n", "535/5.7.8"},
      {"AUTH PLAIN " + std::string(12'400, 'A') + "\r\n", "500/5.5.6"},
      noop}},
    {"AUTH where it is not offered", plain(), {ehlo, {plain_right.client, "502/5.5.1"}}},
    {"STARTTLS forgets who it was",
     with_users(),
     {ehlo,
      plain_right,
      {"STARTTLS\r\n", "220/2.0.0"},
      ehlo,
      mail,
      {"RCPT TO:<x@elsewhere.example>\r\n", "550/5.7.1"}}},
    {"submission wants AUTH under TLS",
     with([](Settings& settings) {
       settings.users["alice"] = "secret";
       settings.submission = true;
       settings.auth_needs_tls = true;
     }),
     {ehlo,
      {mail.client, "530/5.7.0"},
      {plain_right.client, "538/5.7.11"},
      {"STARTTLS\r\n", "220/2.0.0"},
      ehlo,
      {mail.client, "530/5.7.0"},
      plain_right,
      mail,
      {"RCPT TO:<x@elsewhere.example>\r\n", "250/2.1.5"}}},
};

void check(const std::vector<Dialogue>& dialogues) {
  for (const Dialogue& dialogue : dialogues) {
    CAPTURE(dialogue.title);
    Player turn_by_turn(dialogue.settings), octet_by_octet(dialogue.settings), in_threes(dialogue.settings);
    CHECK(codes_of(turn_by_turn.played().replies) == "220");
    for (const Turn& turn : dialogue.turns) {
      CAPTURE(smtp::escape(turn.client.substr(0, 200)));
      const std::size_t before = turn_by_turn.played().replies.size();
      turn_by_turn.send(turn.client, 0);
      CHECK(codes_of(turn_by_turn.played().replies.substr(before)) == turn.codes);
      octet_by_octet.send(turn.client, 1);
      in_threes.send(turn.client, 3);
    }
    CHECK(describe(octet_by_octet.played()) == describe(turn_by_turn.played()));
    CHECK(describe(in_threes.played()) == describe(turn_by_turn.played()));
  }
}

/// All turns in one segment: the replies are the same and come together.
void check_pipelined(const std::vector<Dialogue>& dialogues) {
  for (const Dialogue& dialogue : dialogues) {
    CAPTURE(dialogue.title);
    std::string all, codes = "220";
    for (const Turn& turn : dialogue.turns) {
      all += turn.client;
      if (!turn.codes.empty()) codes += " " + turn.codes;
    }
    Player player(dialogue.settings);
    player.send(all, 0);
    CHECK(codes_of(player.played().replies) == codes);
  }
}

TEST_CASE("the session answers as the RFCs ask, however the octets are cut") {
  for (const auto* const dialogues : {&order, &lines, &envelope, &messages, &tls, &authentication}) check(*dialogues);
  for (const auto* const dialogues : {&order, &lines, &envelope, &messages}) check_pipelined(*dialogues);
}

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
      {"DATA\r\n\0\r.\n.\r\n\n.\n\xff\r\n.\r\n"s, "\0\r.\n.\r\n\n.\n\xff\r\n"s},
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
    CHECK(codes == codes_of(cut.played().replies));
    CHECK(whole.played().messages.size() == cut.played().messages.size());
  }
}

}  // namespace
}  // namespace smtpspec::reference
