#include "harness/scenario/octets.hpp"

#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

using namespace smtpspec::scenario;

namespace {

std::optional<std::string> nothing(std::string_view) { return std::nullopt; }

Send sending(std::string_view source, Send::Framing framing = Send::Framing::none) {
  Send send;
  send.octets = *parse_text(source);
  send.framing = framing;
  return send;
}

using Segments = std::vector<std::string_view>;

}  // namespace

TEST_CASE("What is sent becomes its octets") {
  Send line = sending("NOOP", Send::Framing::line);
  CHECK(*octets_of(line, nothing) == "NOOP\r\n");
  line.octets = *parse_text("{x..512}");
  CHECK(octets_of(line, nothing)->size() == 512);

  CHECK(*octets_of(sending("NOOP"), nothing) == "NOOP");
  CHECK(octets_of(Send{}, nothing)->empty());
  CHECK_FALSE(octets_of(sending("{accepted}"), nothing));

  const Send message = sending(R"(.a\r\n..\r\n{.*2})", Send::Framing::data);
  CHECK(*octets_of(message, nothing) == "..a\r\n...\r\n...\r\n.\r\n");

  Send chunk = sending("hello", Send::Framing::chunk);
  CHECK(*octets_of(chunk, nothing) == "BDAT 5\r\nhello");
  chunk.last_chunk = true;
  CHECK(*octets_of(chunk, nothing) == "BDAT 5 LAST\r\nhello");
  chunk.chunk_size = 18446744073709551615U;
  CHECK(*octets_of(chunk, nothing) == "BDAT 18446744073709551615 LAST\r\nhello");
}

TEST_CASE("Octets are cut where they are told to be") {
  const auto cut_at = [](std::vector<long> at) {
    Cut cut;
    cut.at = std::move(at);
    return segments_of("abcde", cut);
  };
  CHECK(cut_at({}) == Segments{"abcde"});
  CHECK(cut_at({1}) == Segments{"a", "bcde"});
  CHECK(cut_at({-1}) == Segments{"abcd", "e"});
  CHECK(cut_at({3, 1, -2, 3}) == Segments{"a", "bc", "de"});
  CHECK(cut_at({0, 5, 6, -5, -6, 2147483647, -2147483647}) == Segments{"abcde"});

  Cut each;
  each.each_octet = true;
  CHECK(segments_of("abc", each) == Segments{"a", "b", "c"});
  CHECK(segments_of("", each).empty());
  CHECK(segments_of("", Cut{}).empty());
  const std::string much(max_segments + 10, 'x');
  const auto segments = segments_of(much, each);
  CHECK(segments.size() == max_segments);
  CHECK(segments.back().size() == 11);
}
