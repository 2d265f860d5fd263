#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "harness/reference/dialogue_table_test.hpp"

namespace smtpspec::reference {
namespace {

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

TEST_CASE("AUTH") { check(authentication); }

}  // namespace
}  // namespace smtpspec::reference
