#include "harness/smtp/reply.hpp"

#include <algorithm>

#include <catch2/catch_test_macros.hpp>

#include "harness/smtp/escape.hpp"

using namespace smtpspec::smtp;
using namespace std::string_literals;
using enum ReplyDefect;

namespace {

struct Seen {
  std::vector<Reply> replies;
  std::string pending;
};

Seen parse(std::string_view octets, std::size_t piece, bool finish = false) {
  ReplyParser parser;
  Seen seen;
  const auto drain = [&] {
    while (auto reply = parser.next()) seen.replies.push_back(std::move(*reply));
  };
  for (std::size_t at = 0; at < octets.size(); at += piece) {
    parser.feed(octets.substr(at, piece));
    drain();
  }
  seen.pending = parser.pending();
  if (finish) {
    parser.finish();
    drain();
    CHECK(parser.idle());
  } else {
    CHECK(parser.idle() == seen.pending.empty());
  }
  return seen;
}

/// A reply in one line: "250 line-ends-in-lf [250-|a][250 |b]".
std::string show(const Reply& reply) {
  std::string text = std::to_string(reply.code);
  for (const ReplyDefect defect : reply.defects.all()) text += " " + std::string(name(defect));
  text += ' ';
  for (const ReplyLine& line : reply.lines) {
    text += '[' + std::to_string(line.code);
    if (line.separator != 0) text += line.separator;
    text += '|' + std::string(line.text()) + ']';
  }
  return escape(text);
}

std::vector<std::string> show(const std::vector<Reply>& replies) {
  std::vector<std::string> all;
  for (const Reply& reply : replies) all.push_back(show(reply));
  return all;
}

struct Case {
  std::string octets;
  std::vector<std::string> replies;
  std::string pending;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      // the grammar of RFC 5321 section 4.2
      {"250 ok\r\n", {"250 [250 |ok]"}, ""},
      {"250\r\n", {"250 [250|]"}, ""},
      {"250 \r\n", {"250 [250 |]"}, ""},
      {"250-a\r\n250-\r\n250 c\r\n", {"250 [250-|a][250-|][250 |c]"}, ""},
      {"250-a\r\n250\r\n", {"250 [250-|a][250|]"}, ""},
      {"220 a\r\n250 b\r\n", {"220 [220 |a]", "250 [250 |b]"}, ""},
      {"250  two  spaces \t\r\n", {"250 [250 | two  spaces \\t]"}, ""},
      {"259 x\r\n350 y\r\n559 z\r\n", {"259 [259 |x]", "350 [350 |y]", "559 [559 |z]"}, ""},
      // what is not yet complete
      {"", {}, ""},
      {"2", {}, "2"},
      {"250 ok\r", {}, "250 ok\r"},
      {"250-a\r\n", {}, "250-a\r\n"},
      {"250 a\r\n250-b\r\n25", {"250 [250 |a]"}, "250-b\r\n25"},
      // no code
      {"\r\n", {"-1 no-code [-1|]"}, ""},
      {"ok\r\n", {"-1 no-code [-1|ok]"}, ""},
      {"25\r\n", {"-1 no-code [-1|25]"}, ""},
      {" 250 ok\r\n", {"-1 no-code [-1| 250 ok]"}, ""},
      {"2x0 ok\r\n250 b\r\n", {"-1 no-code [-1|2x0 ok]", "250 [250 |b]"}, ""},
      {"250-a\r\nbare\r\n250 b\r\n", {"250 no-code [250-|a][-1|bare][250 |b]"}, ""},
      {"250-a\r\n\r\n\r\n250 b\r\n", {"250 no-code [250-|a][-1|][-1|][250 |b]"}, ""},
      {"250-a\r\nbare\r\n", {}, "250-a\r\nbare\r\n"},
      // codes out of range
      {"150 x\r\n", {"150 code-out-of-range [150 |x]"}, ""},
      {"650 x\r\n", {"650 code-out-of-range [650 |x]"}, ""},
      {"260 x\r\n", {"260 code-out-of-range [260 |x]"}, ""},
      {"000 x\r\n", {"0 code-out-of-range [0 |x]"}, ""},
      {"999-x\r\n999 y\r\n", {"999 code-out-of-range [999-|x][999 |y]"}, ""},
      // separators
      {"250_x\r\n", {"250 bad-separator [250_|x]"}, ""},
      {"250\tx\r\n", {"250 bad-separator [250\\t|x]"}, ""},
      {"2500 x\r\n", {"250 bad-separator [2500| x]"}, ""},
      {"250\0x\r\n"s, {"250 bad-separator [250|x]"}, ""},
      {"250\xe9\r\n", {"250 bad-separator [250\\xe9|]"}, ""},
      {"250-a\r\n250+b\r\n250 c\r\n", {"250 bad-separator [250-|a][250+|b]", "250 [250 |c]"}, ""},
      // the code of a multiline reply
      {"250-a\r\n550 b\r\n", {"550 code-changes [250-|a][550 |b]"}, ""},
      {"250-a\r\n251-b\r\n250 c\r\n", {"250 code-changes [250-|a][251-|b][250 |c]"}, ""},
      // line ends
      {"250 ok\n", {"250 line-ends-in-lf [250 |ok]"}, ""},
      {"250-a\n250 b\r\n", {"250 line-ends-in-lf [250-|a][250 |b]"}, ""},
      {"\n", {"-1 no-code line-ends-in-lf [-1|]"}, ""},
      {"250 a\rb\r\n", {"250 bare-cr [250 |a\\rb]"}, ""},
      {"250 a\r\r\n", {"250 bare-cr [250 |a\\r]"}, ""},
      {"250\r\r\n", {"250 bad-separator bare-cr [250\\r|]"}, ""},
      {"250 a\r250 b\r\n", {"250 bare-cr [250 |a\\r250 b]"}, ""},
      // octets
      {"250 a\0b\r\n"s, {"250 control-character [250 |a\\0b]"}, ""},
      {"250 \x1b[0m\r\n", {"250 control-character [250 |\\x1b[0m]"}, ""},
      {"250 \x7f\r\n", {"250 control-character [250 |\\x7f]"}, ""},
      {"250 \xc3\xa9\r\n", {"250 eight-bit [250 |\\xc3\\xa9]"}, ""},
      {"250 \xe9\x01\x02\xe9\n", {"250 line-ends-in-lf control-character eight-bit [250 |\\xe9\\x01\\x02\\xe9]"}, ""},
      // the first line of a reply that follows a faulty one
      {"junk\n250 a\r\n", {"-1 no-code line-ends-in-lf [-1|junk]", "250 [250 |a]"}, ""},
  };
  return all;
}

}  // namespace

TEST_CASE("replies are read whole, byte by byte and in pieces") {
  for (const Case& c : cases()) {
    for (const std::size_t piece :
         {c.octets.size() + 1, std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}}) {
      CAPTURE(escape(c.octets), piece);
      const Seen seen = parse(c.octets, piece);
      CHECK(show(seen.replies) == c.replies);
      CHECK(escape(seen.pending) == escape(c.pending));
    }
  }
}

TEST_CASE("octets after a reply do not change it") {
  for (const Case& c : cases()) {
    if (!c.pending.empty()) continue;
    for (const std::string& trailing : {"2"s, "\r"s, "250-x\r\n"s, "\xff"s}) {
      CAPTURE(escape(c.octets), escape(trailing));
      const Seen seen = parse(c.octets + trailing, 5);
      CHECK(show(seen.replies) == c.replies);
      CHECK(escape(seen.pending) == escape(trailing));
    }
  }
}

TEST_CASE("a reply gives back its octets and where it began") {
  const std::string stream = "220 hi\r\n250-a\nx\r\n250 b\r\n\r\n554 no\r\n";
  const Seen seen = parse(stream, 1);
  REQUIRE(seen.replies.size() == 4);
  std::string all;
  for (const Reply& reply : seen.replies) {
    CHECK(reply.first_octet == all.size());
    all += reply.bytes();
  }
  CHECK(all == stream);
  CHECK(seen.replies[0].klass() == 2);
  CHECK(seen.replies[2].klass() == -1);
  CHECK(seen.replies[3].klass() == 5);
  CHECK(seen.replies[1].lines[0].end == LineEnd::lf);
  CHECK(seen.replies[1].lines[2].end == LineEnd::crlf);
}

TEST_CASE("the end of the connection inside a reply gives a last reply") {
  const Case ends[] = {
      {"250 ok\r\n", {"250 [250 |ok]"}, ""},
      {"250 ok", {"250 cut-short [250 |ok]"}, ""},
      {"250 ok\r", {"250 cut-short [250 |ok]"}, ""},
      {"250 o\rk", {"250 bare-cr cut-short [250 |o\\rk]"}, ""},
      {"250-a\r\n", {"250 cut-short [250-|a]"}, ""},
      {"250-a\r\n250-b", {"250 cut-short [250-|a][250-|b]"}, ""},
      {"250-a\r\n250 b", {"250 cut-short [250-|a][250 |b]"}, ""},
      {"250-a\r\n2", {"-1 no-code cut-short [250-|a][-1|2]"}, ""},
      {"2", {"-1 no-code cut-short [-1|2]"}, ""},
      {"220 a\r\n\r", {"220 [220 |a]", "-1 no-code cut-short [-1|]"}, ""},
  };
  for (const Case& c : ends) {
    CAPTURE(escape(c.octets));
    CHECK(show(parse(c.octets, 100, true).replies) == c.replies);
    CHECK(show(parse(c.octets, 1, true).replies) == c.replies);
  }
}

TEST_CASE("a parser with nothing pending has nothing to finish") {
  ReplyParser parser;
  parser.finish();
  CHECK(parser.idle());
  CHECK_FALSE(parser.next());
  parser.feed("250 a\r\n250 b\r\n");
  CHECK_FALSE(parser.idle());
  CHECK(parser.pending().empty());
  parser.finish();
  CHECK(show(*parser.next()) == "250 [250 |a]");
  CHECK(show(*parser.next()) == "250 [250 |b]");
  CHECK_FALSE(parser.next());
}

TEST_CASE("512 octets are a line, 513 are too many") {
  for (const std::size_t octets : {std::size_t{511}, std::size_t{512}, std::size_t{513}}) {
    const std::string line = "250 " + std::string(octets - 6, 'x') + "\r\n";
    const Seen seen = parse(line, 100);
    REQUIRE(seen.replies.size() == 1);
    CHECK(seen.replies[0].has(line_too_long) == (octets > 512));
    CHECK(seen.replies[0].lines[0].octets == octets);
    CHECK(seen.replies[0].bytes() == line);
  }
}

TEST_CASE("a line is kept up to the bound and counted beyond it") {
  const std::size_t bound = ReplyParser::max_line;
  for (const std::size_t text : {bound - 7, bound - 6, bound - 5, bound - 4, bound, 3 * bound}) {
    CAPTURE(text);
    const std::string line = "250 " + std::string(text, 'x') + "\r\n";
    for (const std::size_t piece : {line.size(), std::size_t{1000}, std::size_t{1}}) {
      const Seen seen = parse(line + "250 next\r\n", piece);
      REQUIRE(seen.replies.size() == 2);
      const ReplyLine& kept = seen.replies[0].lines[0];
      CHECK(kept.octets == line.size());
      CHECK(kept.end == LineEnd::crlf);
      CHECK(kept.bytes == line.substr(0, bound));
      CHECK(kept.text() == std::string(std::min(text, bound - 4), 'x'));
      CHECK(seen.replies[0].defects.all() == std::vector{line_too_long});
      CHECK(seen.replies[1].first_octet == line.size());
    }
  }
}

TEST_CASE("a peer that never ends its line is held within the bound") {
  ReplyParser parser;
  const std::string block(100000, 'a');
  for (int i = 0; i < 50; ++i) {
    parser.feed(block);
    CHECK(parser.pending().size() == ReplyParser::max_line);
  }
  parser.finish();
  const auto reply = parser.next();
  REQUIRE(reply);
  CHECK(reply->lines[0].octets == 5000000);
  CHECK(reply->lines[0].end == LineEnd::none);
  CHECK(reply->has(cut_short));
}

TEST_CASE("a reply keeps so many lines, and the true code of its last") {
  ReplyParser parser;
  const std::size_t extra = 50;
  for (std::size_t i = 0; i < ReplyParser::max_lines + extra; ++i) parser.feed("250-x\r\n");
  CHECK_FALSE(parser.next());
  CHECK(parser.pending().size() == ReplyParser::max_lines * 7);
  parser.feed("550 end\r\n220 next\r\n");
  const auto reply = parser.next();
  REQUIRE(reply);
  CHECK(reply->lines.size() == ReplyParser::max_lines);
  CHECK(reply->code == 550);
  CHECK(reply->defects.all() == std::vector{code_changes, too_many_lines});
  const auto next = parser.next();
  REQUIRE(next);
  CHECK(next->first_octet == (ReplyParser::max_lines + extra) * 7 + 9);
}

TEST_CASE("exactly as many lines as are kept is no defect") {
  std::string octets;
  for (std::size_t i = 1; i < ReplyParser::max_lines; ++i) octets += "250-x\r\n";
  const Seen seen = parse(octets + "250 end\r\n", 4096);
  REQUIRE(seen.replies.size() == 1);
  CHECK(seen.replies[0].defects.empty());
  CHECK(seen.replies[0].lines.size() == ReplyParser::max_lines);
}

TEST_CASE("every octet after the code is a separator or a defect, and every octet of the text is judged") {
  for (int value = 0; value < 256; ++value) {
    if (value == '\n') continue;
    const char octet = static_cast<char>(value);
    CAPTURE(value);
    const Seen separated = parse("250"s + octet + "x\r\n250 end\r\n", 100);
    REQUIRE_FALSE(separated.replies.empty());
    CHECK(separated.replies[0].has(bad_separator) == (octet != ' ' && octet != '-'));
    CHECK(separated.replies.size() == (octet == '-' ? 1U : 2U));
    const Seen text = parse("250 a"s + octet + "b\r\n", 100);
    REQUIRE(text.replies.size() == 1);
    CHECK(text.replies[0].has(eight_bit) == (value >= 0x80));
    CHECK(text.replies[0].has(bare_cr) == (octet == '\r'));
    CHECK(text.replies[0].has(control_character) ==
          (octet != '\r' && octet != '\t' && (value < 0x20 || value == 0x7f)));
  }
}

TEST_CASE("every code is in range or a defect, RFC 5321 section 4.2") {
  for (int code = 0; code < 1000; ++code) {
    std::string digits = std::to_string(code);
    digits.insert(0, 3 - digits.size(), '0');
    const Seen seen = parse(digits + " x\r\n", 100);
    REQUIRE(seen.replies.size() == 1);
    const bool in_range = digits[0] >= '2' && digits[0] <= '5' && digits[1] <= '5';
    if (seen.replies[0].code != code || seen.replies[0].has(code_out_of_range) == in_range) FAIL(digits);
  }
}

TEST_CASE("every defect has a name of its own") {
  std::vector<std::string_view> names;
  for (int value = 0; value <= static_cast<int>(too_many_lines); ++value) {
    const std::string_view word = name(static_cast<ReplyDefect>(value));
    CHECK(word != "unknown");
    CHECK(std::find(names.begin(), names.end(), word) == names.end());
    names.push_back(word);
  }
}
