#include "harness/smtp/escape.hpp"

#include <catch2/catch_test_macros.hpp>

#include "harness/smtp/char_class.hpp"

using namespace smtpspec::smtp;
using namespace std::string_literals;

TEST_CASE("escape writes octets as printable ASCII") {
  struct Case {
    std::string octets;
    std::string text;
  };
  const Case cases[] = {
      {"", ""},
      {"250 ok\r\n", "250 ok\\r\\n"},
      {"a\tb", "a\\tb"},
      {"a\\b", "a\\\\b"},
      {"\0"s, "\\0"},
      {"\0a"s, "\\0a"},
      {"\0"
       "7"s,
       "\\x007"},
      {"\0\0"
       "1"s,
       "\\0\\x001"},
      {"\x01\x1f\x7f\x80\xff", "\\x01\\x1f\\x7f\\x80\\xff"},
      {"\xc3\xa9", "\\xc3\\xa9"},
      {" ~\"'<>&", " ~\"'<>&"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    CHECK(escape(c.octets) == c.text);
    CHECK(unescape(c.text) == c.octets);
  }
}

TEST_CASE("unescape undoes escape for every pair of octets") {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string octets{static_cast<char>(first), static_cast<char>(second)};
      const std::string text = escape(octets);
      const bool undone = unescape(text) == octets;
      bool printable = true;
      for (const char octet : text) printable = printable && octet >= 0x20 && octet <= 0x7e;
      if (!undone || !printable) FAIL("octets " << first << " and " << second << " became " << text);
    }
  }
}

TEST_CASE("unescape takes either case of hexadecimal digits") {
  CHECK(unescape("\\xAb\\xcD") == "\xab\xcd");
  CHECK(unescape("\\x0d\\x0a") == "\r\n");
}

TEST_CASE("unescape names the backslash that does not fit") {
  struct Case {
    std::string_view text;
    std::size_t at;
  };
  const Case cases[] = {{"\\", 0},    {"ab\\", 2},  {"\\q", 0},   {"\\R", 0},   {"ab\\\\\\q", 4},
                        {"\\x", 0},   {"a\\x1", 1}, {"\\xg1", 0}, {"\\x1g", 0}, {"\\r\\x", 2},
                        {"\\X41", 0}, {"\\1", 0},   {"\\ ", 0},   {"\\\xff", 0}};
  for (const Case& c : cases) {
    CAPTURE(c.text);
    BadEscape problem;
    CHECK_FALSE(unescape(c.text, &problem));
    CHECK(problem.at == c.at);
    CHECK_FALSE(problem.message.empty());
    CHECK(escape(problem.message).size() >= problem.message.size());
    CHECK_FALSE(unescape(c.text));
  }
}

TEST_CASE("well-formed UTF-8 is told from the rest, RFC 3629 section 4") {
  struct Case {
    std::string text;
    std::size_t octets;
  };
  const Case cases[] = {
      {"", 0},
      {"a", 0},
      {"\x7f", 0},
      {"\x80", 0},  // a continuation octet alone
      {"\xbf\x80", 0},
      {"\xc3\xa9", 2},
      {"\xc3", 0},  // cut short
      {"\xc3 ", 0},
      {"\xc0\xaf", 0},  // overlong "/"
      {"\xc1\xbf", 0},
      {"\xc2\x80", 2},      // U+0080
      {"\xdf\xbf", 2},      // U+07FF
      {"\xe0\x80\xaf", 0},  // overlong
      {"\xe0\x9f\xbf", 0},
      {"\xe0\xa0\x80", 3},  // U+0800
      {"\xe2\x82\xac", 3},
      {"\xe2\x82", 0},
      {"\xed\x9f\xbf", 3},  // U+D7FF
      {"\xed\xa0\x80", 0},  // a surrogate
      {"\xed\xbf\xbf", 0},
      {"\xee\x80\x80", 3},  // U+E000
      {"\xef\xbf\xbf", 3},
      {"\xf0\x80\x80\xaf", 0},  // overlong
      {"\xf0\x8f\xbf\xbf", 0},
      {"\xf0\x90\x80\x80", 4},  // U+10000
      {"\xf4\x8f\xbf\xbf", 4},  // U+10FFFF
      {"\xf4\x90\x80\x80", 0},  // above
      {"\xf5\x80\x80\x80", 0},
      {"\xf8\x88\x80\x80\x80", 0},  // five octets
      {"\xff\xff", 0},
      {"\xc3\xa9\xff trailing", 2},
  };
  for (const Case& c : cases) {
    CAPTURE(escape(c.text));
    CHECK(utf8_non_ascii(c.text) == c.octets);
  }
}

TEST_CASE("atext is the set of RFC 5322 section 3.2.3") {
  const std::string_view specials = "!#$%&'*+-/=?^_`{|}~";
  int count = 0;
  for (int value = 0; value < 256; ++value) count += is_atext(static_cast<char>(value)) ? 1 : 0;
  CHECK(count == 26 + 26 + 10 + static_cast<int>(specials.size()));
  for (const char octet : specials) CHECK(is_atext(octet));
  for (const char octet : "()<>[]:;@\\,.\" \t\r\n\x7f"s) CHECK_FALSE(is_atext(octet));
  CHECK_FALSE(is_atext('\0'));
}
