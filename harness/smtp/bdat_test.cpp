#include <limits>

#include <catch2/catch_test_macros.hpp>

#include "harness/smtp/data.hpp"

using namespace smtpspec::smtp;

TEST_CASE("a chunk is sent after its command line, octets untouched") {
  CHECK(encode_bdat("", true) == "BDAT 0 LAST\r\n");
  CHECK(encode_bdat("abc", false) == "BDAT 3\r\nabc");
  CHECK(encode_bdat("abc", true, 5) == "BDAT 5 LAST\r\nabc");
  CHECK(encode_bdat("\r\n.\r\n", true) == "BDAT 5 LAST\r\n\r\n.\r\n");
  CHECK(encode_bdat(std::string_view("\0\xff", 2), true) == std::string("BDAT 2 LAST\r\n\0\xff", 15));
}

TEST_CASE("a chunk reader takes its octets and no more, however they are cut") {
  const std::string_view stream = "\r\n.\r\nRSET\r\n";
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    ChunkReader reader(5);
    std::string chunk;
    std::string rest;
    for (std::string_view piece : {stream.substr(0, cut), stream.substr(cut)}) {
      chunk += reader.take(piece);
      rest += piece;
    }
    CHECK(chunk == "\r\n.\r\n");
    CHECK(rest == "RSET\r\n");
    CHECK(reader.done());
  }
}

TEST_CASE("a chunk reader says what is left, also for sizes that no stream fills") {
  ChunkReader empty;
  std::string_view octets = "NOOP\r\n";
  CHECK(empty.done());
  CHECK(empty.take(octets).empty());
  CHECK(octets == "NOOP\r\n");

  ChunkReader huge(std::numeric_limits<std::uint64_t>::max());
  CHECK(huge.take(octets) == "NOOP\r\n");
  CHECK(octets.empty());
  CHECK(huge.left() == std::numeric_limits<std::uint64_t>::max() - 6);
  CHECK_FALSE(huge.done());
}
