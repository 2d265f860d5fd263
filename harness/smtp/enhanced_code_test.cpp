#include "harness/smtp/enhanced_code.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace smtpspec::smtp;

TEST_CASE("an enhanced code at the start of a text is read") {
  struct Case {
    std::string_view text;
    EnhancedCode code;
  };
  const Case cases[] = {
      {"2.0.0 ok", {2, 0, 0}},          {"4.7.1", {4, 7, 1}},
      {"5.1.10 null MX", {5, 1, 10}},   {"2.999.999 ", {2, 999, 999}},
      {"5.0.0  two spaces", {5, 0, 0}}, {"2.100.200 x", {2, 100, 200}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const auto code = leading_enhanced_code(c.text);
    REQUIRE(code);
    CHECK(*code == c.code);
    CHECK(c.text.starts_with(to_string(*code)));
    CHECK(leading_enhanced_code(to_string(*code)) == code);
  }
}

TEST_CASE("what is no enhanced code is not read as one") {
  const std::string_view cases[] = {
      "",       "ok",      "2",        "2.",       "2.0",      "2.0.",    "2..0",    "2.0.0.", "2.0.0.0",
      "2.0.0,", "3.0.0 x", "1.0.0",    "0.0.0",    "6.0.0",    "9.1.1",   "20.0.0",  "2.00.0", "2.0.00",
      "2.01.0", "2.0.01",  "2.1000.0", "2.0.1000", " 2.0.0 x", "2.0.0\t", "2.0.0\r", "2.0.0x", "2.-1.0",
      "2.+1.0", "2.0 .0",  "2,0,0",    "(2.0.0)",  "2.0.0-",   "a.0.0",   "2.a.0",   "2.0.a",  "\xb2.0.0",
  };
  for (const std::string_view text : cases) {
    CAPTURE(text);
    CHECK_FALSE(leading_enhanced_code(text));
  }
}

TEST_CASE("every code within the bounds is written and read again") {
  for (const int klass : {2, 4, 5}) {
    for (int subject = 0; subject < 1000; subject += 9) {
      for (int detail = 0; detail < 1000; detail += 11) {
        const EnhancedCode code{klass, subject, detail};
        if (leading_enhanced_code(to_string(code) + " text") != code) FAIL(to_string(code));
      }
    }
  }
}

TEST_CASE("enhanced codes have an order") {
  CHECK(EnhancedCode{2, 1, 5} < EnhancedCode{2, 6, 0});
  CHECK(EnhancedCode{4, 0, 0} > EnhancedCode{2, 9, 9});
}
