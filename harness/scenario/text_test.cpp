#include "harness/scenario/text.hpp"

#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

using namespace smtpspec;
using namespace smtpspec::scenario;

namespace {

std::optional<std::string> value(std::string_view name) {
  if (name == "user") return "alice";
  if (name == "password") return std::string("s\0x", 3);
  if (name == "empty") return "";
  if (name == "braces") return "{user}";
  if (name == "nines") return "999";
  if (name == "three") return "3";
  if (name == "most") return "18446744073709551615";
  return std::nullopt;
}

std::string expanded(std::string_view source, std::size_t extra = 0) {
  const auto text = parse_text(source);
  if (!text) return "parse: " + text.error().message;
  const auto octets = expand(*text, value, extra);
  return octets ? *octets : "expand: " + octets.error().message;
}

}  // namespace

TEST_CASE("A text becomes its octets") {
  struct Case {
    std::string source;
    std::string octets;
  };
  const std::vector<Case> cases = {
      {"", ""},
      {"NOOP", "NOOP"},
      {R"(a\r\n\t\0\\b)", std::string("a\r\n\t\0\\b", 7)},
      {R"(\x00\x80\xfF)", std::string("\0\x80\xff", 3)},
      {R"(\{user\})", "{user}"},
      {"<{user}>", "<alice>"},
      {"{braces}", "{user}"},
      {"{empty}", ""},
      {"{nines+1}", "1000"},
      {"{nines+0}x", "999x"},
      {"{x*{three}}", "xxx"},
      {"{ab*{three+1}}", "abababab"},
      {"a{x..{three+2}}b", "axxxb"},
      {"{a+b*{three+0}}", "a+ba+ba+b"},
      {"{a*3}", "aaa"},
      {R"({ab\r\n*2})", "ab\r\nab\r\n"},
      {"{a*0}", ""},
      {"{a*b*2}", "a*ba*b"},
      {"{..*3}", "......"},
      {"x{ab..6}y", "xababy"},
      {"{x..0}", ""},
      {"{base64:}", ""},
      {"{base64:f}", "Zg=="},
      {"{base64:fo}", "Zm8="},
      {"{base64:foo}", "Zm9v"},
      {R"({base64:\0{user}\0{password}})", "AGFsaWNlAHMAeA=="},
      {"{base64:{base64:a}}", "WVE9PQ=="},
      {"{base64:{x*2}}", "eHg="},
  };
  for (const Case& one : cases) {
    INFO(one.source);
    CHECK(expanded(one.source) == one.octets);
  }
}

TEST_CASE("A fill counts what is added after the text") {
  CHECK(expanded("NOOP {x..512}", 2).size() == 510);
  CHECK(expanded("{x..3}", 2) == "x");
  CHECK(expanded("abc{x..4}", 2) ==
        "expand: the text has 5 octets already, more than the 4 that it is to be filled to");
}

TEST_CASE("What is no text is told with its place") {
  struct Case {
    std::string source;
    std::size_t at;
    std::string message;
  };
  const std::vector<Case> cases = {
      {"ab}", 2, "'}' without '{'; a brace is written '\\}'"},
      {"ab{user", 2, "'{' is never closed; a brace is written '\\{'"},
      {"{", 0, "'{' is never closed; a brace is written '\\{'"},
      {"{base64:x", 0, "'{' is never closed; a brace is written '\\{'"},
      {"{}", 0, "'{' begins a value such as '{accepted}'; a brace is written '\\{'"},
      {"x{User}", 1, "'{' begins a value such as '{accepted}'; a brace is written '\\{'"},
      {"{a{user}*3}", 2, "no hole within this hole; a brace is written '\\{'"},
      {"{x*many}", 0, "a count is a number, '{x*1000}', or a value, '{x..{limit}}'"},
      {"{*3}", 1, "nothing to repeat"},
      {"{..3}", 1, "nothing to repeat"},
      {"{x*99999999999999999999}", 3, "a text has at most 33554432 octets"},
      {"{x..33554433}", 4, "a text has at most 33554432 octets"},
      {"{x..5}{y..6}", 6, "a text can hold one fill only"},
      {"{base64:{base64:{base64:{base64:{base64:x}}}}}", 32, "base64 is nested too deep"},
  };
  for (const Case& one : cases) {
    INFO(one.source);
    const auto text = parse_text(one.source);
    REQUIRE_FALSE(text);
    CHECK(text.error() == smtp::SyntaxError{one.at, one.message});
  }
  for (const auto& [source, at] : std::vector<std::pair<std::string, std::size_t>>{
           {R"(ab\q)", 2}, {R"(\)", 0}, {R"(x\x4)", 1}, {R"({a\z*3})", 2}}) {
    INFO(source);
    const auto text = parse_text(source);
    REQUIRE_FALSE(text);
    CHECK(text.error().at == at);
  }
}

TEST_CASE("Every octet can be written") {
  for (int octet = 0; octet < 256; ++octet) {
    char written[5];
    std::snprintf(written, sizeof written, "\\x%02x", static_cast<unsigned>(octet));
    CHECK(expanded(written) == std::string(1, static_cast<char>(octet)));
  }
}

TEST_CASE("No text grows beyond the bound") {
  CHECK(expanded("{x*33554432}").size() == max_text);
  CHECK(expanded("{x*33554432}y") == "expand: the text grows beyond 33554432 octets");
  CHECK(expanded("{xx*33554432}") == "expand: the text grows beyond 33554432 octets");
  CHECK(expanded("{base64:{x*33554432}}") == "expand: the text grows beyond 33554432 octets");
}

TEST_CASE("To what is no number nothing is added") {
  CHECK(expanded("{user+1}") == "expand: 'user' is to be a number, and is 'alice'");
  CHECK(expanded("{empty+1}") == "expand: 'empty' is to be a number, and is ''");
  CHECK(expanded("{most+1}") == "expand: 'most' is to be a number, and is '18446744073709551615'");
  CHECK(expanded("{nobody+1}") == "expand: no value is known for 'nobody'");
  const auto with_column = [](std::string_view column) {
    return fill_columns(*parse_text("{n+2}"), [&](std::string_view) { return literal(column); });
  };
  CHECK(*with_column("8") == literal("10"));
  CHECK(with_column("x").error().message == "'n' is to be a number, and is 'x'");
}

TEST_CASE("A count that is a sum is no more than a text may hold") {
  CHECK(expanded("{x*{user+1}}") == "expand: 'user' is to be a count, and is 'alice'");
  CHECK(expanded("{x..{most+1}}") == "expand: 'most' is to be a count, and is '18446744073709551615'");
  const auto with_column = [](std::string_view column) {
    return fill_columns(*parse_text("{x..{n+2}}"), [&](std::string_view) { return literal(column); });
  };
  CHECK(*with_column("8") == *parse_text("{x..10}"));
  CHECK(with_column("33554431").error().message == "'n' is to be a count, and is '33554431'");
}

TEST_CASE("An unknown value is named") {
  CHECK(expanded("{nobody}") == "expand: no value is known for 'nobody'");
  CHECK(names_in(*parse_text("{user}a{base64:{password}}{x*2}{empty+1}")) ==
        std::vector<std::string>{"user", "password", "empty"});
  CHECK(literal("{user}").pieces.size() == 1);
  CHECK(*expand(literal("{user}"), value) == "{user}");
  CHECK(literal("").empty());
}

TEST_CASE("A text written out reads the same again") {
  for (const char* source :
       {"", "NOOP", R"(a\r\n\t\x00\\b)", R"(\{user\})", "{user}", "{nines+12}", "{x*{n}}", "{x..{n+12}}", "{x*3}",
        R"({a\r\n*3}b)", R"({\x2a*3})", R"({\x2e..9})", "{ab..512}", R"({base64:\x00{user}\x00{password}})",
        "MAIL FROM:<{sender}> SIZE=1", R"(\x00\x80\xff)"}) {
    const auto text = parse_text(source);
    REQUIRE(text);
    const auto again = parse_text(to_source(*text));
    INFO(to_source(*text));
    REQUIRE(again);
    CHECK(*again == *text);
  }
}
