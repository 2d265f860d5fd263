#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "harness/reference/dialogue_table_test.hpp"

namespace smtpspec::reference {
namespace {

using namespace std::string_literals;

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
      {"NOOP \x01\r\n", "501/5.5.2"},
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
    {"what stands after STARTTLS in plain text is thrown away",
     plain(),
     {ehlo, {"STARTTLS\r\nEHLO evil.example\r\nMAIL FROM:<evil@evil.example>\r\nNO", "220/2.0.0"}, noop}},
    {"STARTTLS where it is not offered",
     with([](Settings& settings) { settings.starttls = false; }),
     {ehlo, {"STARTTLS\r\n", "502/5.5.1"}, noop}},
};

TEST_CASE("commands are answered in every order and however their octets are cut") {
  check(order);
  check_pipelined(order);
  check(lines);
  check_pipelined(lines);
}

TEST_CASE("STARTTLS begins a new session") { check(tls); }

}  // namespace
}  // namespace smtpspec::reference
