#include "fuzz/oracles/likeness.hpp"

#include <catch2/catch_test_macros.hpp>

#include "harness/judge/transcript_test.hpp"

namespace smtpspec::fuzz {
namespace {

std::string of(const std::string& octets) {
  return unusual_in(judge::Script().greeted().step(0).sends(octets).transcript());
}

TEST_CASE("What is unusual is alike after any command") {
  CHECK(of("NOOP\t\r\n") == of("MAIL FROM:<x@y.example>\t\t\r\n"));
  CHECK(of("NOOP \r\n") == of("RSET \r\n"));
  CHECK(of("\t\r\n") == of("RCPT\tTO:<x@y.example>\t\r\n"));
  CHECK(of("NOOP\n") == of("RSET\n"));
  CHECK(of("NOOP " + std::string(600, 'x') + "\r\n") == of("VRFY " + std::string(900, 'y') + "\r\n"));
  CHECK(of("NOOP\t\r\n") != of("NOOP\tx\r\n"));
  CHECK(of("NOOP\t\r\n") != of("NOOP \r\n"));
}

TEST_CASE("The command that a session ends by is told where its line is an ordinary one") {
  const auto end = [](const std::string& octets) {
    return ordinary_end_of(judge::Script().greeted().step(0).sends(octets).transcript());
  };
  CHECK(end("BDAT 0\nx\n\xff\r\nRSET\r\n") == "RSET");
  CHECK(end("rset\r\n") == "RSET");
  CHECK(end("BDAT 4\r\nMAIL FROM:<x@y.example>\r\n") == "MAIL");
  for (const char* other : {"RSET\n", "RSET \r\n", "NOOP\r\nRSET", "SOMETHING\r\n", "\r\n", "\n", ""}) {
    CAPTURE(other);
    CHECK(end(other).empty());
  }
}

TEST_CASE("Ordinary lines are like nothing") {
  CHECK(of("BDAT 4 LAST\r\ntext").empty());
  CHECK(of("MAIL FROM:<x-y@z.example> SIZE=1\r\nDATA\r\na b\r\n..\r\n.\r\n").empty());
}

}  // namespace
}  // namespace smtpspec::fuzz
