#include "harness/smtp/parameters.hpp"

#include <catch2/catch_test_macros.hpp>

#include "harness/smtp/char_class.hpp"
#include "harness/smtp/escape.hpp"

using namespace smtpspec::smtp;
using namespace std::string_literals;

TEST_CASE("parameters are split, each after one space") {
  struct Case {
    std::string text;
    std::vector<Parameter> parameters;
  };
  const Case cases[] = {
      {"", {}},
      {" SIZE=10", {{"SIZE", "10"}}},
      {" size=10 Body=8BitMime", {{"SIZE", "10"}, {"BODY", "8BitMime"}}},
      {" SMTPUTF8", {{"SMTPUTF8", std::nullopt}}},
      {" X-1 A=!~<>\"\\", {{"X-1", std::nullopt}, {"A", "!~<>\"\\"}}},
      {" A A", {{"A", std::nullopt}, {"A", std::nullopt}}},
      {" 9- B=;", {{"9-", std::nullopt}, {"B", ";"}}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const auto parameters = parse_parameters(c.text);
    REQUIRE(parameters);
    CHECK(*parameters == c.parameters);
    CHECK_FALSE(parse_parameters(c.text + " "));
    CHECK_FALSE(parse_parameters(c.text + "\r"));
    CHECK_FALSE(parse_parameters(c.text + "\0"s));
  }
}

TEST_CASE("what is no parameter is refused where it goes wrong") {
  struct Case {
    std::string text;
    std::size_t at;
  };
  const Case cases[] = {
      {" ", 1},   {"SIZE=1", 0},  {"  SIZE=1", 1},    {" SIZE=1  A", 8}, {" SIZE=", 6},     {" SIZE= 1", 6},
      {" =1", 1}, {" -A", 1},     {" A_B", 2},        {" A=b=c", 4},     {" A=b\tc", 4},    {" A=\x7f", 3},
      {"\tA", 0}, {" A=b\0"s, 4}, {" A=\xc3\xa9", 3}, {" \xc3\xa9", 1},  {" A\xc3\xa9", 2}, {" A==", 3},
  };
  for (const Case& c : cases) {
    CAPTURE(escape(c.text));
    const auto parameters = parse_parameters(c.text);
    REQUIRE_FALSE(parameters);
    CHECK(parameters.error().at == c.at);
  }
}

TEST_CASE("every octet is judged in a keyword and in a value") {
  for (int value = 0; value < 256; ++value) {
    CAPTURE(value);
    const char octet = static_cast<char>(value);
    CHECK(bool(parse_parameters(" A"s + octet + "B")) ==
          (is_let_dig(octet) || octet == '-' || octet == '=' || octet == ' '));
    CHECK(bool(parse_parameters(" A=b"s + octet + "c")) ==
          (octet == ' ' || (value > 32 && value < 127 && octet != '=')));
  }
}

TEST_CASE("UTF-8 in a value is for SMTPUTF8 alone") {
  CHECK(parse_parameters(" ORCPT=utf-8;\xc3\xa9", true)->front().value == "utf-8;\xc3\xa9");
  CHECK_FALSE(parse_parameters(" ORCPT=utf-8;\xc3\xa9", false));
  CHECK_FALSE(parse_parameters(" ORCPT=utf-8;\xc3", true));
  CHECK_FALSE(parse_parameters(" \xc3\xa9=a", true));
}

namespace {

struct ValueCase {
  ParameterOf command;
  std::string keyword;
  std::optional<std::string> value;
};

std::string show(const ValueCase& c) { return c.keyword + (c.value ? "=" + escape(*c.value) : ""); }

constexpr auto mail = ParameterOf::mail;
constexpr auto rcpt = ParameterOf::rcpt;

}  // namespace

TEST_CASE("values that fit their own RFC") {
  const ValueCase cases[] = {
      {mail, "SIZE", "0"},
      {mail, "SIZE", "00000000000000000001"},
      {mail, "SIZE", "99999999999999999999"},
      {mail, "BODY", "7BIT"},
      {mail, "BODY", "8bitmime"},
      {mail, "BODY", "BinaryMime"},
      {mail, "RET", "FULL"},
      {mail, "RET", "hdrs"},
      {mail, "ENVID", "QQ314159"},
      {mail, "ENVID", "a+20b+09+2B+3D"},
      {mail, "ENVID", std::string(100, 'x')},
      {mail, "AUTH", "<>"},
      {mail, "AUTH", "+3C+3E"},
      {mail, "AUTH", "e+3Dmc2@example.com"},
      {mail, "AUTH", "+22a+20b+22@example.test"},
      {mail, "SMTPUTF8", std::nullopt},
      {mail, "smtputf8", std::nullopt},
      {rcpt, "NOTIFY", "NEVER"},
      {rcpt, "NOTIFY", "never"},
      {rcpt, "NOTIFY", "SUCCESS"},
      {rcpt, "NOTIFY", "success,FAILURE,Delay"},
      {rcpt, "NOTIFY", "DELAY,DELAY"},
      {rcpt, "ORCPT", "rfc822;alice@example.test"},
      {rcpt, "ORCPT", "RFC822;a+2Bb+40example.test"},
      {rcpt, "ORCPT", "x400;/C+3DUS/"},
      {rcpt, "ORCPT", "rfc822;" + std::string(493, 'x')},
      {rcpt, "ORCPT", "utf-8;a\\x{E9}@b"},
      {rcpt, "ORCPT", "UTF-8;\xc3\xa9@b"},
  };
  for (const ValueCase& c : cases) {
    CAPTURE(show(c));
    const auto problem = check_parameter({c.keyword, c.value}, c.command);
    if (problem) FAIL(problem->message);
    const auto elsewhere = check_parameter({c.keyword, c.value}, c.command == mail ? rcpt : mail);
    REQUIRE(elsewhere);
    CHECK(elsewhere->unknown);
  }
}

TEST_CASE("values that do not fit are no unknown parameters") {
  const ValueCase cases[] = {
      {mail, "SIZE", std::nullopt},
      {mail, "SIZE", "-1"},
      {mail, "SIZE", "+1"},
      {mail, "SIZE", "1k"},
      {mail, "SIZE", "0x1"},
      {mail, "SIZE", ""},
      {mail, "SIZE", "000000000000000000001"},
      {mail, "BODY", std::nullopt},
      {mail, "BODY", "8BIT"},
      {mail, "BODY", "7BITMIME"},
      {mail, "BODY", ""},
      {mail, "RET", "BODY"},
      {mail, "RET", "FULL,HDRS"},
      {mail, "RET", std::nullopt},
      {mail, "ENVID", std::nullopt},
      {mail, "ENVID", "a+2"},
      {mail, "ENVID", "a+2b"},
      {mail, "ENVID", "a+0D+0A"},
      {mail, "ENVID", "a+00"},
      {mail, "ENVID", "a+E9"},
      {mail, "ENVID", std::string(101, 'x')},
      {mail, "AUTH", std::nullopt},
      {mail, "AUTH", "alice"},
      {mail, "AUTH", "<alice@b>"},
      {mail, "AUTH", "a+@b"},
      {mail, "AUTH", "a@b+0D+0A"},
      {mail, "AUTH", "<>x"},
      {mail, "SMTPUTF8", "yes"},
      {mail, "SMTPUTF8", ""},
      {rcpt, "NOTIFY", std::nullopt},
      {rcpt, "NOTIFY", ""},
      {rcpt, "NOTIFY", "NEVER,SUCCESS"},
      {rcpt, "NOTIFY", "SUCCESS,NEVER"},
      {rcpt, "NOTIFY", "NEVER,NEVER"},
      {rcpt, "NOTIFY", "SUCCESS,"},
      {rcpt, "NOTIFY", ",SUCCESS"},
      {rcpt, "NOTIFY", "SUCCESS,,DELAY"},
      {rcpt, "NOTIFY", "SUCCESS;DELAY"},
      {rcpt, "NOTIFY", "ALWAYS"},
      {rcpt, "ORCPT", std::nullopt},
      {rcpt, "ORCPT", "alice@example.test"},
      {rcpt, "ORCPT", ";alice@example.test"},
      {rcpt, "ORCPT", "rfc(822);a@b"},
      {rcpt, "ORCPT", "rfc822;a+b"},
      {rcpt, "ORCPT", "rfc822;a+0Ab"},
      {rcpt, "ORCPT", "rfc822;\xc3\xa9@b"},
      {rcpt, "ORCPT", "rfc822;" + std::string(494, 'x')},
      {rcpt, "ORCPT", "utf-8;"},
      {rcpt, "ORCPT", "utf-8;\xc3@b"},
      {rcpt, "ORCPT", "utf-8;a\\b"},
      {rcpt, "ORCPT", "utf-8;a\\x{9}"},
      {rcpt, "ORCPT", "utf-8;a\\x{1234567}"},
      {rcpt, "ORCPT", "utf-8;a\\x{G0}"},
      {rcpt, "ORCPT", "utf-8;a\\x{E9"},
  };
  for (const ValueCase& c : cases) {
    CAPTURE(show(c));
    const auto problem = check_parameter({c.keyword, c.value}, c.command);
    REQUIRE(problem);
    CHECK_FALSE(problem->unknown);
    CHECK(problem->message.find(c.keyword) != std::string::npos);
  }
}

TEST_CASE("unknown keywords are told from wrong values") {
  for (const std::string& keyword : {"FOO"s, "SIZ"s, "SIZES"s, "X-SIZE"s, "BY"s}) {
    for (const ParameterOf command : {mail, rcpt}) {
      const auto problem = check_parameter({keyword, "1"}, command);
      REQUIRE(problem);
      CHECK(problem->unknown);
    }
  }
}

TEST_CASE("xtext, RFC 3461 section 4") {
  CHECK((*decode_xtext("")).empty());
  CHECK(*decode_xtext("a+2Bb+3Dc+20d") == "a+b=c d");
  CHECK(*decode_xtext("+00+FF+0D+0A~!") == "\0\xff\r\n~!"s);
  CHECK(*decode_xtext("+41+42") == "AB");
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string all, encoded;
  for (std::size_t value = 0; value < 256; ++value) {
    all += static_cast<char>(value);
    encoded.append("+").append(1, digits[value / 16]).append(1, digits[value % 16]);
  }
  CHECK(*decode_xtext(encoded) == all);
  struct Case {
    std::string text;
    std::size_t at;
  };
  const Case bad[] = {{"+", 0},      {"a+4", 1},      {"+4g", 0},  {"+4a", 0},  {"a=b", 1}, {"a b", 1},
                      {"ab\x7f", 2}, {"\xc3\xa9", 0}, {"+41+", 3}, {"++41", 0}, {"\0"s, 0}};
  for (const Case& c : bad) {
    CAPTURE(escape(c.text));
    REQUIRE_FALSE(decode_xtext(c.text));
    CHECK(decode_xtext(c.text).error().at == c.at);
  }
}
