#include "harness/smtp/data.hpp"

#include <vector>

#include <catch2/catch_test_macros.hpp>

using namespace smtpspec::smtp;

namespace {

struct Decoded {
  std::string message;
  std::string rest;
  bool ended = false;
  std::size_t count = 0;
  bool operator==(const Decoded&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Decoded& decoded) {
  return out << '{' << decoded.message << '|' << decoded.rest << '|' << decoded.ended << '}';
}

Decoded decode(const DataRules& rules, const std::vector<std::string_view>& pieces) {
  DataDecoder decoder(rules);
  Decoded decoded;
  for (std::string_view piece : pieces) {
    if (!decoded.ended) decoded.ended = decoder.decode(piece, decoded.message);
    decoded.rest += piece;
  }
  decoded.count = decoder.decoded();
  return decoded;
}

std::vector<std::string_view> bytes_of(std::string_view octets) {
  std::vector<std::string_view> pieces;
  for (std::size_t at = 0; at < octets.size(); ++at) pieces.push_back(octets.substr(at, 1));
  return pieces;
}

/// Checks one stream whole, byte by byte, and cut in two at every place.
void check(const DataRules& rules, std::string_view octets, std::string_view message, std::string_view rest,
           bool ended) {
  CAPTURE(octets);
  const Decoded want{std::string(message), std::string(rest), ended, message.size()};
  CHECK(decode(rules, {octets}) == want);
  CHECK(decode(rules, bytes_of(octets)) == want);
  for (std::size_t cut = 0; cut <= octets.size(); ++cut) {
    CAPTURE(cut);
    CHECK(decode(rules, {octets.substr(0, cut), octets.substr(cut)}) == want);
  }
}

}  // namespace

TEST_CASE("the data end at CRLF.CRLF alone, and everything else stays as it is") {
  struct Row {
    std::string_view octets, message, rest;
  };
  using namespace std::string_view_literals;
  const std::vector<Row> rows = {
      {".\r\n"sv, ""sv, ""sv},
      {".\r\nQUIT\r\n"sv, ""sv, "QUIT\r\n"sv},
      {"a\r\n.\r\n"sv, "a\r\n"sv, ""sv},
      {"a\r\n.\r\n.\r\n"sv, "a\r\n"sv, ".\r\n"sv},
      {"\r\n.\r\n"sv, "\r\n"sv, ""sv},
      {"a\r\r\n.\r\n"sv, "a\r\r\n"sv, ""sv},  // the last two octets of CR CR LF are CRLF
      {"..\r\n.\r\n"sv, ".\r\n"sv, ""sv},
      {"...a\r\n.\r\n"sv, "..a\r\n"sv, ""sv},
      {".a\r\n.\r\n"sv, "a\r\n"sv, ""sv},
      {"a.\r\n.\r\n"sv, "a.\r\n"sv, ""sv},
      {"a\n.\n.\r\n\r\n.\r\n"sv, "a\n.\n.\r\n\r\n"sv, ""sv},
      {"a\n.\r\n\r\n.\r\n"sv, "a\n.\r\n\r\n"sv, ""sv},
      {"a\r.\r\r.\r\n.\r\n"sv, "a\r.\r\r.\r\n"sv, ""sv},
      {"a\r\n.\nb\r\n.\r\n"sv, "a\r\n\nb\r\n"sv, ""sv},
      {"a\r\n.\rb\r\n.\r\n"sv, "a\r\n\rb\r\n"sv, ""sv},
      {"a\r\n.\r\r\n.\r\n"sv, "a\r\n\r\r\n"sv, ""sv},
      {"a\r\n.\0\r\n\0\r\n.\r\n"sv, "a\r\n\0\r\n\0\r\n"sv, ""sv},
      {"a\n\r\n.\r\n"sv, "a\n\r\n"sv, ""sv},
      {"a\r\n. \r\n.\r\n"sv, "a\r\n \r\n"sv, ""sv},
      {"\x80\xff\r\n.\r\nx"sv, "\x80\xff\r\n"sv, "x"sv},
  };
  for (const Row& row : rows) check({}, row.octets, row.message, row.rest, true);
}

TEST_CASE("without the end of data all is taken in, and no more than the undecided octets are held back") {
  check({}, "", "", "", false);
  check({}, "a\r\n", "a\r\n", "", false);
  check({}, "a\r\n.", "a\r\n", "", false);
  check({}, "a\r\n.\r", "a\r\n", "", false);
  check({}, "a\n.\n", "a\n.\n", "", false);
}

TEST_CASE("each rule bends one line end") {
  struct Row {
    const char* name;
    DataRules rules;
    std::string_view octets, message, rest;
  };
  using namespace std::string_view_literals;
  DataRules lf, lf_before, lf_after, cr, nul, keep, twice;
  lf.lf_is_line_end = true;
  lf_before.lf_before_dot = true;
  lf_after.lf_after_dot = true;
  cr.cr_is_line_end = true;
  nul.nul_is_dropped = true;
  keep.keep_stuffing = true;
  twice.unstuff_only_double = true;
  const std::vector<Row> rows = {
      {"lf", lf, "a\n.\nb"sv, "a\n"sv, "b"sv},
      {"lf", lf, "a\n.\r\nb"sv, "a\n"sv, "b"sv},
      {"lf", lf, "a\r\n.\nb"sv, "a\r\n"sv, "b"sv},
      {"lf", lf, "a\n..b\n.\n"sv, "a\n.b\n"sv, ""sv},
      {"lf", lf, "a\r.\r\n.\r\n"sv, "a\r.\r\n"sv, ""sv},
      {"lf before", lf_before, "a\n.\r\nb"sv, "a\n"sv, "b"sv},
      {"lf before", lf_before, "a\n.\nb\n.\r\n"sv, "a\n\nb\n"sv, ""sv},
      {"lf before", lf_before, "a\r\n.\nb\r\n.\r\n"sv, "a\r\n\nb\r\n"sv, ""sv},
      {"lf after", lf_after, "a\r\n.\nb"sv, "a\r\n"sv, "b"sv},
      {"lf after", lf_after, ".\nb"sv, ""sv, "b"sv},
      {"lf after", lf_after, "a\n.\n\r\n.\r\n"sv, "a\n.\n\r\n"sv, ""sv},
      {"cr", cr, "a\r.\rb"sv, "a\r"sv, "b"sv},
      {"cr", cr, "a\r.\r\nb"sv, "a\r"sv, "b"sv},
      {"cr", cr, "a\r\n.\r\nb"sv, "a\r\n"sv, "b"sv},
      {"cr", cr, "a\r\n.\rb"sv, "a\r\n"sv, "b"sv},
      {"cr", cr, "a\r\n.\r.\r\n"sv, "a\r\n"sv, ".\r\n"sv},
      {"cr", cr, "a\n.\n\r\n.\r\n"sv, "a\n.\n\r\n"sv, ""sv},
      {"nul", nul, "a\r\n.\0\r\nb"sv, "a\r\n"sv, "b"sv},
      {"nul", nul, "a\0b\r\0\n\0.\r\0\nb"sv, "ab\r\n"sv, "b"sv},
      {"keep", keep, "..a\r\n.b\r\n..\r\n.\r\n"sv, "..a\r\n.b\r\n..\r\n"sv, ""sv},
      {"keep", keep, ".\ra\r\n.\r\n"sv, ".\ra\r\n"sv, ""sv},
      {"double", twice, "..a\r\n.b\r\n.\ra\r\n.\r\n"sv, ".a\r\n.b\r\n.\ra\r\n"sv, ""sv},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    check(row.rules, row.octets, row.message, row.rest, true);
  }
}

TEST_CASE("a decoder is as new after the end of data, and counts each message by itself") {
  DataDecoder decoder;
  std::string_view octets = "one\r\n.\r\n.\r\n..two\r\n.\r\nrest";
  std::string message;
  CHECK(decoder.decode(octets, message));
  CHECK(message == "one\r\n");
  CHECK(decoder.decoded() == 5);
  message.clear();
  CHECK(decoder.decode(octets, message));
  CHECK(message.empty());
  CHECK(decoder.decoded() == 0);
  CHECK(decoder.decode(octets, message));
  CHECK(message == ".two\r\n");
  CHECK(decoder.decoded() == 6);
  CHECK(octets == "rest");
}

TEST_CASE("the encoder stuffs periods after CRLF alone, and closes with the shortest end") {
  CHECK(encode_data("") == ".\r\n");
  CHECK(encode_data("a") == "a\r\n.\r\n");
  CHECK(encode_data("a\r\n") == "a\r\n.\r\n");
  CHECK(encode_data("a\r") == "a\r\r\n.\r\n");
  CHECK(encode_data("a\n") == "a\n\r\n.\r\n");
  CHECK(encode_data(".") == "..\r\n.\r\n");
  CHECK(encode_data(".\r\n.\r\n") == "..\r\n..\r\n.\r\n");
  CHECK(encode_data("a\r\n.b\n.c\r.d\r\r\n.e\r\n") == "a\r\n..b\n.c\r.d\r\r\n..e\r\n.\r\n");
}

TEST_CASE("what was encoded decodes to the message, with a CRLF where its last line had none") {
  // Every message of up to six octets over the octets that matter.
  const std::string_view alphabet = "\r\n.a";
  for (std::size_t length = 0; length <= 6; ++length) {
    const std::size_t count = std::size_t{1} << (2 * length);
    for (std::size_t number = 0; number < count; ++number) {
      std::string message;
      for (std::size_t at = 0; at < length; ++at) message += alphabet[(number >> (2 * at)) & 3];
      const std::string octets = encode_data(message) + ".x";
      const std::string want = message.empty() || message.ends_with("\r\n") ? message : message + "\r\n";
      const Decoded whole = decode({}, {octets});
      if (whole != Decoded{want, ".x", true, want.size()} || decode({}, bytes_of(octets)) != whole) {
        FAIL("message " << message << " gave " << whole);
      }
    }
  }
}
