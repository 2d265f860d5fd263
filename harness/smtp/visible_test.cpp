#include "harness/smtp/visible.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace smtpspec;

TEST_CASE("only what can be seen is shown as it is") {
  struct Row {
    std::string_view text;
    std::string_view shown;
  };
  const Row rows[] = {
      {"", ""},
      {"plain ~ text", "plain ~ text"},
      {R"(escaped \r\n already)", R"(escaped \r\n already)"},
      {"\r\n\t", R"(\r\n\t)"},
      {{"\0\x1b\x7f", 3}, R"(\x00\x1b\x7f)"},
      {"gr\u00fc\u00df \U0001f4e7", "gr\u00fc\u00df \U0001f4e7"},
      {"\u0085\u202e", R"(\xc2\x85\xe2\x80\xae)"},
      {"\xff", R"(\xff)"},
      {"\xc0\xaf", R"(\xc0\xaf)"},                  // overlong
      {"\xe0\x80\xaf", R"(\xe0\x80\xaf)"},          // overlong
      {"\xed\xa0\x80", R"(\xed\xa0\x80)"},          // a surrogate
      {"\xf4\x90\x80\x80", R"(\xf4\x90\x80\x80)"},  // above U+10FFFF
      {"\xf0\x9f\x93", R"(\xf0\x9f\x93)"},          // cut short
      {"#1 ##[x] ###", R"(#1 \x23#[x] \x23\x23#)"},
  };
  for (const Row& row : rows) {
    CHECK(smtp::visible(row.text) == row.shown);
    CHECK(smtp::visible(row.shown) == row.shown);
  }
}

TEST_CASE("of a text in lines the ends of lines stay") {
  CHECK(smtp::visible_lines("one\n\ttwo\r\n\x1b[2J") == "one\n\\ttwo\\r\n\\x1b[2J");
}

TEST_CASE("a character can be shown or not") {
  for (const std::string_view good : {"a", " ", "\u00fc", "\U0001f4e7"}) CHECK(smtp::can_be_shown(good));
  for (const std::string_view bad : {"", "\n", "ab", "\xff", "\u202e", "\ufeff", "\u00ad"})
    CHECK_FALSE(smtp::can_be_shown(bad));
}
