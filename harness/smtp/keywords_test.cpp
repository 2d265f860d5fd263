#include "harness/smtp/keywords.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace smtpspec::smtp;

namespace {

Reply reply_of(std::string_view octets) {
  ReplyParser parser;
  parser.feed(octets);
  auto reply = parser.next();
  REQUIRE(reply);
  return *reply;
}

}  // namespace

TEST_CASE("an EHLO reply gives domain and keywords") {
  const Ehlo ehlo =
      parse_ehlo(reply_of("250-mx.example.test at your service\r\n250-PIPELINING\r\n250-size 1000\r\n250-AUTH PLAIN "
                          "LOGIN\r\n250 8BITMIME\r\n"));
  CHECK(ehlo.domain == "mx.example.test");
  CHECK(ehlo.errors.empty());
  CHECK(ehlo.keywords ==
        std::vector<Keyword>{{"PIPELINING", {}}, {"SIZE", {"1000"}}, {"AUTH", {"PLAIN", "LOGIN"}}, {"8BITMIME", {}}});
  REQUIRE(ehlo.find("Size") != nullptr);
  CHECK(ehlo.find("Size")->parameters == std::vector<std::string>{"1000"});
  CHECK(ehlo.find("STARTTLS") == nullptr);
  CHECK(ehlo.find("SIZ") == nullptr);
  CHECK(ehlo.find("mx.example.test") == nullptr);
}

TEST_CASE("a reply of one line has no keywords") {
  const Ehlo ehlo = parse_ehlo(reply_of("250 mx.example.test\r\n"));
  CHECK(ehlo.domain == "mx.example.test");
  CHECK(ehlo.keywords.empty());
  CHECK(ehlo.errors.empty());
}

TEST_CASE("lines outside the grammar are errors with their number, and the rest is read") {
  const Ehlo ehlo = parse_ehlo(
      reply_of("250-mx_1 hi\r\n250-AUTH=LOGIN\r\n250-PIPELINING\r\nbare\r\n250-\r\n250-SIZE \r\n250 HELP\r\n"));
  CHECK(ehlo.domain == "mx_1");
  CHECK(ehlo.keywords == std::vector<Keyword>{{"PIPELINING", {}}, {"SIZE", {}}, {"HELP", {}}});
  std::vector<std::size_t> numbers;
  for (const SyntaxError& error : ehlo.errors) numbers.push_back(error.at);
  CHECK(numbers == std::vector<std::size_t>{0, 1, 3, 4, 5});
}

TEST_CASE("a line outside the grammar is read as it is meant") {
  const Ehlo ehlo = parse_ehlo(
      reply_of("250-mx.example.test\r\n250-STARTTLS \r\n250-auth  PLAIN  LOGIN\r\n250-SIZE 10 \xc3\xa9\r\n250 _X\r\n"));
  CHECK(ehlo.keywords == std::vector<Keyword>{{"STARTTLS", {}}, {"AUTH", {"PLAIN", "LOGIN"}}, {"SIZE", {"10"}}});
  CHECK(ehlo.errors.size() == 4);
}

TEST_CASE("the first line needs a domain; an address literal is one too") {
  CHECK(parse_ehlo(reply_of("250 [127.0.0.1]\r\n")).errors.empty());
  CHECK(parse_ehlo(reply_of("250\r\n")).errors.size() == 1);
  CHECK(parse_ehlo(reply_of("250 \r\n")).errors.size() == 1);
  CHECK(parse_ehlo(reply_of("250 mx.example.test, hello\r\n")).errors.size() == 1);
  CHECK(parse_ehlo(reply_of("ok\r\n")).errors.size() == 1);
  CHECK(parse_ehlo(Reply{}).keywords.empty());
}

TEST_CASE("ehlo-line, RFC 5321 section 4.1.1.1") {
  CHECK(*parse_keyword("X-Thing a=b c") == Keyword{"X-THING", {"a=b", "c"}});
  CHECK(*parse_keyword("8bitmime") == Keyword{"8BITMIME", {}});
  CHECK(*parse_keyword("a- !~") == Keyword{"A-", {"!~"}});
  struct Case {
    std::string_view text;
    std::size_t at;
  };
  const Case bad[] = {{"", 0},           {" SIZE", 0},     {"-SIZE", 0},         {"SI_ZE", 0},
                      {"AUTH=PLAIN", 0}, {"SIZE ", 5},     {"SIZE  10", 5},      {"SIZE 10 ", 8},
                      {"SIZE\t1", 0},    {"SIZE 1\t0", 6}, {"SIZE \xc3\xa9", 5}, {"SIZE a\x7f", 6}};
  for (const Case& c : bad) {
    CAPTURE(c.text);
    const auto keyword = parse_keyword(c.text);
    REQUIRE_FALSE(keyword);
    CHECK(keyword.error().at == c.at);
  }
}
