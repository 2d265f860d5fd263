#include "harness/smtp/path.hpp"

#include <catch2/catch_test_macros.hpp>

#include "harness/smtp/address_literal.hpp"
#include "harness/smtp/char_class.hpp"
#include "harness/smtp/escape.hpp"

using namespace smtpspec::smtp;
using namespace std::string_literals;

namespace {

constexpr PathRules plain{.utf8 = false, .bare_postmaster = false, .null = false};
constexpr PathRules of_mail{.utf8 = false, .bare_postmaster = false, .null = true};
constexpr PathRules of_rcpt{.utf8 = false, .bare_postmaster = true, .null = false};
constexpr PathRules with_utf8{.utf8 = true, .bare_postmaster = false, .null = false};

std::string repeat(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

/// A domain of so many octets, in labels of at most 63.
std::string domain_of(std::size_t octets) {
  std::string domain;
  while (octets - domain.size() > 63) domain += std::string(octets - domain.size() == 64 ? 31 : 63, 'd') + ".";
  return domain + std::string(octets - domain.size(), 'd');
}

}  // namespace

TEST_CASE("mailboxes of the grammar") {
  struct Case {
    std::string text;
    std::string local_part;
    std::string domain;
    bool quoted = false;
    std::string canonical = {};  // where it differs from `text`
  };
  const Case cases[] = {
      {"alice@example.test", "alice", "example.test"},
      {"a@b", "a", "b"},
      {"a.b.c@d.e.f", "a.b.c", "d.e.f"},
      {"!#$%&'*+-/=?^_`{|}~@x", "!#$%&'*+-/=?^_`{|}~", "x"},
      {"Alice@EXAMPLE.test", "Alice", "EXAMPLE.test"},
      {"a@1.2", "a", "1.2"},
      {"a@b-c.d--e", "a", "b-c.d--e"},
      {"a@xn--bcher-kva.example", "a", "xn--bcher-kva.example"},
      {"postmaster@b", "postmaster", "b"},
      {"\"a b\"@c", "a b", "c", true},
      {"\"a\"@c", "a", "c", true, "a@c"},
      {"\"a.b\"@c", "a.b", "c", true, "a.b@c"},
      {"\".a\"@c", ".a", "c", true},
      {"\"a..b\"@c", "a..b", "c", true},
      {"\"a@b\"@c", "a@b", "c", true},
      {"\"a>b\"@c", "a>b", "c", true},
      {"\"\\\"\"@c", "\"", "c", true},
      {"\"\\\\\"@c", "\\", "c", true},
      {"\"Joe\\,Smith\"@c", "Joe,Smith", "c", true, "\"Joe,Smith\"@c"},
      {"\"\\a\\ b\"@c", "a b", "c", true, "\"a b\"@c"},
      {"\" \"@c", " ", "c", true},
      {"a@[127.0.0.1]", "a", "[127.0.0.1]"},
      {"a@[IPv6:2001:db8::1]", "a", "[IPv6:2001:db8::1]"},
      {"a@[tag:x>y\"z]", "a", "[tag:x>y\"z]"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const auto mailbox = parse_mailbox(c.text, plain);
    REQUIRE(mailbox);
    CHECK(*mailbox == Mailbox{c.local_part, c.domain, c.quoted});
    const std::string canonical = c.canonical.empty() ? c.text : c.canonical;
    CHECK(to_string(*mailbox) == canonical);
    const auto path = parse_path("<" + c.text + ">", plain);
    REQUIRE(path);
    CHECK(path->mailbox == *mailbox);
    CHECK(to_string(*path) == canonical);
    CHECK(path_extent("<" + c.text + "> SIZE=1>") == c.text.size() + 2);
    for (const std::string& trailing : {" "s, ">"s, "x>"s, "\0"s, "\r\n"s}) {
      CHECK_FALSE(parse_path("<" + c.text + ">" + trailing, plain));
    }
    for (std::size_t cut = 0; cut < c.text.size() + 1; ++cut) {
      CHECK_FALSE(parse_path(("<" + c.text).substr(0, cut + 1), plain));
    }
  }
}

TEST_CASE("what is no mailbox is refused where it goes wrong") {
  struct Case {
    std::string text;
    std::size_t at;
  };
  const Case cases[] = {
      {"", 0},
      {"a", 1},
      {"@b", 0},
      {"a@", 2},
      {"a@b@c", 3},
      {".a@b", 0},
      {"a.@b", 2},
      {"a..b@c", 2},
      {"a b@c", 1},
      {" a@b", 0},
      {"a@b ", 3},
      {"a,b@c", 1},
      {"a@b,c", 3},
      {"a\"b\"@c", 1},
      {"\"a\"b@c", 3},
      {"\"a\".b@c", 3},
      {"\"\"@c", 0},  // erratum 5414
      {"\"a@c", 4},
      {"\"a\\\"@c", 6},
      {"\"a\\", 3},
      {"\"a\tb\"@c", 2},
      {"\"a\r\nb\"@c", 2},
      {"\"\\\t\"@c", 2},
      {"\"a\0b\"@c"s, 2},
      {"a\0b@c"s, 1},
      {"a@b\0c"s, 3},
      {"a\x7f@c", 1},
      {"a(c)@b", 1},
      {"<a@b", 0},
      {"a@.b", 2},
      {"a@b.", 4},
      {"a@b..c", 4},
      {"a@-b", 2},
      {"a@b-", 3},
      {"a@b-.c", 3},
      {"a@b.-c", 4},
      {"a@b_c", 3},
      {"a@_dmarc.b", 2},
      {"a@b/c", 3},
      {"a@127.0.0.1:25", 11},
      {"a@[", 3},
      {"a@[]", 2},
      {"a@[127.0.0.1", 12},
      {"a@[127.0.0.256]", 2},
      {"a@[127.0.0.1]x", 13},
      {"a@[127.0.0.1].b", 13},
      {"a@[ 127.0.0.1]", 2},
      {"\xc3\xa9@b", 0},
      {"a@\xc3\xa9", 2},
      {"\"\xc3\xa9\"@b", 1},
  };
  for (const Case& c : cases) {
    CAPTURE(escape(c.text));
    const auto mailbox = parse_mailbox(c.text, plain);
    REQUIRE_FALSE(mailbox);
    CHECK(mailbox.error().at == c.at);
    CHECK_FALSE(mailbox.error().message.empty());
    CHECK_FALSE(parse_path("<" + c.text + ">", plain));
  }
}

TEST_CASE("every octet is judged in an atom, in a quoted-string, after a backslash and in a label") {
  for (int value = 0; value < 256; ++value) {
    CAPTURE(value);
    const char octet = static_cast<char>(value);
    const bool printable = value >= 32 && value <= 126;
    CHECK(bool(parse_mailbox("a"s + octet + "b@c", plain)) == (is_atext(octet) || octet == '.'));
    CHECK(bool(parse_mailbox("\"a"s + octet + "b\"@c", plain)) == (printable && octet != '"'));
    CHECK(bool(parse_mailbox("\"a\\"s + octet + "b\"@c", plain)) == printable);
    CHECK(bool(parse_mailbox("a@b"s + octet + "c", plain)) == (is_let_dig(octet) || octet == '.' || octet == '-'));
    CHECK(bool(parse_mailbox("a@[x:"s + octet + "]", plain)) ==
          (printable && octet != ' ' && octet != '[' && octet != '\\' && octet != ']'));
  }
}

TEST_CASE("the null path and the bare postmaster are for those commands that have them") {
  REQUIRE(parse_path("<>", of_mail));
  CHECK(parse_path("<>", of_mail)->null);
  CHECK(to_string(*parse_path("<>", of_mail)).empty());
  CHECK_FALSE(parse_path("<>", of_rcpt));
  CHECK_FALSE(parse_path("< >", of_mail));
  CHECK_FALSE(parse_path("<>>", of_mail));
  CHECK_FALSE(parse_path("<@a:>", of_mail));
  for (const std::string& word : {"Postmaster"s, "postmaster"s, "POSTMASTER"s, "pOsTmAsTeR"s}) {
    const auto path = parse_path("<" + word + ">", of_rcpt);
    REQUIRE(path);
    CHECK(path->mailbox == Mailbox{word, "", false});
    CHECK(to_string(*path) == word);
    CHECK_FALSE(parse_path("<" + word + ">", of_mail));
    CHECK(parse_path("<" + word + "@example.test>", of_rcpt)->mailbox == Mailbox{word, "example.test", false});
  }
  for (const std::string& text :
       {"<Postmaste>"s, "<Postmasters>"s, "<Postmaster.>"s, "<Postmaster@>"s, "<\"Postmaster\">"s, "<Postmaster"s}) {
    CAPTURE(text);
    CHECK_FALSE(parse_path(text, of_rcpt));
  }
}

TEST_CASE("source routes are read, RFC 5321 section 4.1.1.3 and appendix C") {
  const auto path = parse_path("<@hosta.int,@jkl.org:userc@d.bar.org>", plain);
  REQUIRE(path);
  CHECK(path->source_route == std::vector<std::string>{"hosta.int", "jkl.org"});
  CHECK(path->mailbox == Mailbox{"userc", "d.bar.org", false});
  CHECK(to_string(*path) == "userc@d.bar.org");
  CHECK(parse_path("<@a:\"x y\"@[127.0.0.1]>", plain));
  CHECK(parse_path("<@a:Postmaster@b>", of_rcpt));
  for (const std::string& text :
       {"<@a>"s, "<@a:>"s, "<@a,:b@c>"s, "<@a,b@c>"s, "<@a,b:c@d>"s, "<@:b@c>"s, "<@a:b>"s, "<@a@b:c@d>"s, "<@a;b@c>"s,
        "<@a, @b:c@d>"s, "<@[127.0.0.1]:b@c>"s, "<a:b@c>"s, "<@a::b@c>"s, "<@a_b:c@d>"s}) {
    CAPTURE(text);
    CHECK_FALSE(parse_path(text, plain));
  }
}

TEST_CASE("angle brackets are part of a path") {
  for (const std::string& text : {""s, "<"s, ">"s, "a@b"s, "<a@b"s, "a@b>"s, "<<a@b>>"s, " <a@b>"s, "<a@b> "s,
                                  "< a@b>"s, "<a@b >"s, "Alice <a@b>"s}) {
    CAPTURE(text);
    CHECK_FALSE(parse_path(text, of_mail));
  }
}

TEST_CASE("limits in octets, RFC 5321 section 4.5.3.1") {
  CHECK(parse_mailbox(std::string(64, 'a') + "@b", plain));
  CHECK(parse_mailbox(std::string(65, 'a') + "@b", plain).error().at == 64);
  CHECK(parse_mailbox("\"" + std::string(62, ' ') + "\"@b", plain));
  CHECK_FALSE(parse_mailbox("\"" + std::string(63, ' ') + "\"@b", plain));
  CHECK(parse_mailbox("a@" + std::string(63, 'd'), plain));
  CHECK_FALSE(parse_mailbox("a@" + std::string(64, 'd'), plain));
  CHECK(parse_mailbox("a@" + std::string(63, 'd') + ".e", plain));
  CHECK(domain_of(255).size() == 255);
  CHECK(parse_domain(domain_of(255), false));
  CHECK_FALSE(parse_domain(domain_of(256), false));
  CHECK(parse_domain("[x:" + std::string(251, 'y') + "]", false));
  CHECK_FALSE(parse_domain("[x:" + std::string(252, 'y') + "]", false));
  // 256 octets with the brackets: "<a@" and ">" take four.
  CHECK(parse_path("<a@" + domain_of(252) + ">", plain));
  CHECK(parse_path("<a@" + domain_of(253) + ">", plain).error().message == "the path is longer than 256 octets");
  CHECK(parse_path("<@" + domain_of(249) + ":a@b>", plain));
  CHECK_FALSE(parse_path("<@" + domain_of(250) + ":a@b>", plain));
  CHECK_FALSE(parse_path("<" + repeat("@a,", 100000) + "@a:b@c>", plain));
  CHECK_FALSE(parse_path("<" + std::string(1000000, 'a') + "@b>", plain));
}

TEST_CASE("UTF-8 is allowed by SMTPUTF8 alone, RFC 6531 section 3.3") {
  const std::string good[] = {
      "\xc3\xa9@b",
      "a\xc3\xa9.\xe2\x82\xac@b",
      "a@b\xc3\xbc"
      "cher.example",
      "a@\xe4\xbe\x8b\xe3\x81\x88.\xe3\x83\x86",
      "\"\xc3\xa9 x\"@b",
      "\xf0\x9f\x93\xa7@b",
      "a@\xc3\xa9-\xc3\xa9",
  };
  for (const std::string& text : good) {
    CAPTURE(escape(text));
    const auto mailbox = parse_mailbox(text, with_utf8);
    REQUIRE(mailbox);
    CHECK(to_string(*mailbox) == text);
    CHECK_FALSE(parse_mailbox(text, plain));
  }
  const std::string bad[] = {
      "\xc3@b",         "\xa9@b",         "\xc0\xaf@b",       "\xed\xa0\x80@b", "\xf4\x90\x80\x80@b", "a@\xc3",
      "a@\xe2\x82",     "\"\xff\"@b",     "\"\\\xc3\xa9\"@b", "a@-\xc3\xa9",    "a@\xc3\xa9-",        "a@\xc3\xa9_",
      "a@[\xc3\xa9:x]", "a@[x:\xc3\xa9]", "a@.\xc3\xa9",      "\xc3\xa9\xe9@b",
  };
  for (const std::string& text : bad) {
    CAPTURE(escape(text));
    CHECK_FALSE(parse_mailbox(text, with_utf8));
  }
  CHECK(
      parse_domain("b\xc3\xbc"
                   "cher.example",
                   true));
  CHECK_FALSE(
      parse_domain("b\xc3\xbc"
                   "cher.example",
                   false));
  CHECK(parse_domain(repeat("\xc3\xa9", 59), true));
  CHECK_FALSE(parse_domain(repeat("\xc3\xa9", 60), true));
  // The limits count octets: 32 characters of two octets fill a local-part.
  CHECK(parse_mailbox(repeat("\xc3\xa9", 32) + "@b", with_utf8));
  CHECK_FALSE(parse_mailbox(repeat("\xc3\xa9", 32) + "a@b", with_utf8));
}

TEST_CASE("address literals, RFC 5321 section 4.1.3") {
  const std::string_view good[] = {
      "[0.0.0.0]",
      "[255.255.255.255]",
      "[1.02.003.4]",
      "[IPv6:::]",
      "[IPv6:::1]",
      "[ipv6:1::]",
      "[IPV6:1:2:3:4:5:6:7:8]",
      "[IPv6:ABCD:ef01:2345:6789:abcd:EF01:2345:6789]",
      "[IPv6:1::8]",
      "[IPv6:1:2:3:4:5:6::8]",
      "[IPv6:1::3:4:5:6:7:8]",
      "[IPv6:::2:3:4:5:6:7:8]",
      "[IPv6:1:2:3:4:5:6:7::]",
      "[IPv6:1:2:3:4:5:6:1.2.3.4]",
      "[IPv6:::1.2.3.4]",
      "[IPv6:::ffff:1.2.3.4]",
      "[IPv6:1::1.2.3.4]",
      "[IPv6:1:2:3:4:5::1.2.3.4]",
      "[IPv6:0001::0000]",
      "[tag:content]",
      "[x-9:!~]",
      "[X:a:b:c]",
      "[9:@]",
  };
  for (const std::string_view text : good) {
    CAPTURE(text);
    const auto domain = parse_domain(text, false);
    REQUIRE(domain);
    CHECK(*domain == text);
    CHECK(is_address_literal(text.substr(1, text.size() - 2)));
    CHECK_FALSE(parse_domain(std::string(text) + "x", false));
    for (std::size_t cut = 0; cut < text.size(); ++cut) CHECK_FALSE(parse_domain(text.substr(0, cut), false));
  }
  const std::string_view bad[] = {
      "[]",
      "[1]",
      "[1.2.3]",
      "[1.2.3.4.5]",
      "[256.1.1.1]",
      "[1.1.1.999]",
      "[0001.1.1.1]",
      "[1..1.1]",
      "[1.2.3.]",
      "[.1.2.3]",
      "[+1.2.3.4]",
      "[1.2.3.4 ]",
      "[a.b.c.d]",
      "[0x1.2.3.4]",
      "[::1]",
      "[2001:db8::1 ]",
      "[IPv6:]",
      "[IPv6]",
      "[IPv6::]",
      "[IPv6::1]",
      "[IPv6:1]",
      "[IPv6:1:2:3:4:5:6:7]",
      "[IPv6:1:2:3:4:5:6:7:8:9]",
      "[IPv6:1::2::3]",
      "[IPv6::::]",
      "[IPv6:1:::2]",
      "[IPv6:12345::]",
      "[IPv6:g::]",
      "[IPv6:1:2:3:4:5:6:7:8::]",
      "[IPv6:::1:2:3:4:5:6:7:8]",
      "[IPv6:1:2:3:4::5:6:7:8]",
      "[IPv6:1:2:3:4:5:6:7:1.2.3.4]",
      "[IPv6:1:2:3:4:5:1.2.3.4]",
      "[IPv6:1:2:3:4:5:6::1.2.3.4]",
      "[IPv6:1.2.3.4::]",
      "[IPv6:1.2.3.4:1::]",
      "[IPv6:::1.2.3.256]",
      "[IPv6:::1.2.3]",
      "[IPv6:1:2:3:4:5:6:7:]",
      "[IPv6::1:2:3:4:5:6:7:8]",
      "[IPv6:1::2:]",
      "[IPv6:fe80::1%eth0]",
      "[IPv6:::1/64]",
      "[IPv6: ::1]",
      "[-:x]",
      "[x-:y]",
      "[:x]",
      "[x:]",
      "[x_y:z]",
      "[x:y z]",
      "[x:y[z]",
      "[x:y\\z]",
      "[1.2.3.4]]",
      "[[1.2.3.4]",
      "[[1.2.3.4]]",
      "[x:\x7f]",
      "1.2.3.4]",
  };
  for (const std::string_view text : bad) {
    CAPTURE(text);
    CHECK_FALSE(parse_domain(text, false));
  }
}

TEST_CASE("domains, RFC 5321 section 4.1.2") {
  for (const std::string_view text : {"a", "A.b", "example.test", "1", "127.0.0.1", "a-b.c", "x--y"}) {
    CAPTURE(text);
    const auto domain = parse_domain(text, false);
    REQUIRE(domain);
    CHECK(*domain == text);
  }
  for (const std::string_view text :
       {"", ".", "a.", ".a", "a..b", "-a", "a-", "a-.b", "a_b", "a b", "a ", " a", "a/b", "a:25", "a\t", "*"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_domain(text, false));
  }
}

TEST_CASE("the extent of a path is found by its brackets and quotes") {
  struct Case {
    std::string text;
    std::size_t octets;
  };
  const Case cases[] = {
      {"", 0},
      {"a", 0},
      {"<", 0},
      {"<>", 2},
      {"<> SIZE=1", 2},
      {"<a@b>SIZE", 5},
      {" <a>", 0},
      {"<a@b", 0},
      {"<\">\"@b>", 7},
      {"<\"\\\">\"@b> x>", 9},
      {"<\"a@b>", 0},
      {"<\"a\\\"@b>", 0},
      {"<a@[x:>]>", 9},
      {"<a@[x:\"]>", 9},
      {"<a@[x>", 0},
      {"<a\0>"s, 4},
      {"<junk junk>", 11},
      {"<a>>", 3},
  };
  for (const Case& c : cases) {
    CAPTURE(escape(c.text));
    CHECK(path_extent(c.text) == c.octets);
  }
}
