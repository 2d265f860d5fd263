#include "fuzz/oracles/outcome.hpp"

#include <catch2/catch_test_macros.hpp>

#include "harness/judge/transcript_test.hpp"

namespace smtpspec::fuzz {
namespace {

using judge::Script;

Script start() {
  return Script()
      .on("")
      .says("220 x\r\n")
      .sends("EHLO c\r\n")
      .says("250-x\r\n250 CHUNKING\r\n")
      .sends("MAIL FROM:<>\r\n")
      .says("250 OK\r\n");
}
Script rcpt(const char* reply) { return start().sends("RCPT TO:<a@b.example>\r\n").says(reply); }

std::optional<Difference> between(const Script& one, const Script& other, Compared compared = Compared::codes) {
  return difference(outcome_of(one.transcript()), outcome_of(other.transcript()), compared);
}

TEST_CASE("Words are no difference, codes are, and classes where only they count") {
  CHECK(!between(rcpt("250 OK\r\n"), rcpt("250-2.1.5 fine\r\n250 x\r\n")));
  CHECK(!between(rcpt("550 No\r\n"), rcpt("553 No\r\n"), Compared::classes));
  const auto found = between(rcpt("250 OK\r\n"), rcpt("550 No\r\n"), Compared::classes);
  REQUIRE(found);
  CHECK(found->one.asked == "RCPT");
  CHECK(found->one.state == "mail");
  CHECK(found->one.code == 250);
  CHECK(found->other.code == 550);
  CHECK(between(rcpt("550 No\r\n"), rcpt("553 No\r\n")));
}

TEST_CASE("NOOP is none, nor DATA where BDAT stands") {
  CHECK(!between(rcpt("250 OK\r\n"),
                 start().sends("NOOP\r\n").says("250 OK\r\n").sends("RCPT TO:<a@b.example>\r\n").says("250 OK\r\n")));
  CHECK(!between(rcpt("250 OK\r\n").sends("DATA\r\n").says("354 go\r\n").sends("x\r\n.\r\n").says("250 OK\r\n"),
                 rcpt("250 OK\r\n").sends("BDAT 3 LAST\r\nx\r\n").says("250 OK\r\n")));
  CHECK(between(rcpt("250 OK\r\n").sends("DATA\r\n").says("354 go\r\n").sends("x\r\n.\r\n").says("250 OK\r\n"),
                rcpt("250 OK\r\n").sends("BDAT 3 LAST\r\nx\r\n").says("554 No\r\n")));
}

TEST_CASE("Who closes instead of a reply is another; what is not known is no difference") {
  const auto closes = start().sends("RCPT TO:<a@b.example>\r\n").closes();
  REQUIRE(between(rcpt("250 OK\r\n"), closes));
  CHECK(between(rcpt("250 OK\r\n"), closes)->other.code == 0);
  CHECK(!between(rcpt("250 OK\r\n"), start().sends("RCPT TO:<a@b.example>\r\n")));
  CHECK(!between(rcpt("250 OK\r\n"), start().sends("a\nb\r\n").says("500 What\r\n")));
}

TEST_CASE("In LMTP the end of the data is compared recipient by recipient, whatever brings the message") {
  const auto two = [] {
    return Script()
        .lmtp()
        .on("")
        .says("220 x\r\n")
        .sends("LHLO c\r\n")
        .says("250-x\r\n250 CHUNKING\r\n")
        .sends("MAIL FROM:<>\r\n")
        .says("250 OK\r\n")
        .sends("RCPT TO:<a@b.example>\r\n")
        .says("250 OK\r\n")
        .sends("RCPT TO:<nobody@b.example>\r\n")
        .says("550 No\r\n")
        .sends("RCPT TO:<c@b.example>\r\n")
        .says("250 OK\r\n");
  };
  const auto by_data = [&] { return two().sends("DATA\r\n").says("354 go\r\n").sends("x\r\n.\r\n"); };
  const auto by_chunk = [&] { return two().sends("BDAT 3 LAST\r\nx\r\n"); };
  const auto taken = by_data().says("250 OK\r\n").says("250 OK\r\n");
  CHECK(outcome_of(taken.transcript()).known);
  CHECK(!between(taken, by_chunk().says("250 OK\r\n250 OK\r\n")));
  const auto second = between(taken, by_chunk().says("250 OK\r\n452 Full\r\n"), Compared::classes);
  REQUIRE(second);
  CHECK(second->one.recipient == 2);
  CHECK(second->other.code == 452);
  const auto closed = between(taken, by_chunk().says("250 OK\r\n").closes());
  REQUIRE(closed);
  CHECK(closed->other.code == 0);
  CHECK(!between(taken, by_chunk().says("250 OK\r\n")));  // the other may be late
  const auto next = [](Script script) { return script.sends("MAIL FROM:<>\r\n").says("250 OK\r\n"); };
  CHECK(outcome_of(next(taken).transcript()).replies.back().recipient == 0);
}

}  // namespace
}  // namespace smtpspec::fuzz
