#include "fuzz/oracles/replies_seen.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include <catch2/catch_test_macros.hpp>

#include "fuzz/oracles/features.hpp"
#include "harness/judge/transcript_test.hpp"

namespace smtpspec::fuzz {
namespace {

using judge::Script;

TEST_CASE("Replies are told by state, by what they answer, and by code, in the order of a session") {
  const auto seen = std::make_unique<RepliesSeen>();
  CHECK(seen->text().empty());
  std::array<std::uint8_t, 4096> counters{};
  const Script script = Script().greeted().sends("NOOP\r\n").says("250 OK\r\n").sends("WHAT\r\n").says("500 What\r\n");
  for (int i = 0; i < 2; ++i) count_features(script.transcript(), counters, seen.get());
  count_features(Script().greeted().sends("NOOP\r\n").says("451 No\r\n").transcript(), counters, seen.get());
  const std::string text = seen->text();
  CHECK(text.starts_with("connected connection 220 3\n"));
  CHECK(text.find("ready NOOP 250 2\nready NOOP 451 1\n") != text.npos);
  CHECK(text.find("ready another command 500 2\n") != text.npos);
}

TEST_CASE("What is told of replies is counted on by whoever goes on, and lines of another kind tell nothing") {
  const auto seen = std::make_unique<RepliesSeen>();
  seen->add(
      "connected connection 220 3\nready another command 500 2\nnowhere NOOP 250 9\nready NOOP 1000 4\n\n 7\nready "
      "NOOP x y");
  seen->add("ready another command 500 40\n");
  CHECK(seen->text() == "connected connection 220 3\nready another command 500 42\n");
}

TEST_CASE("However many codes a server has, the text of them is bounded") {
  const auto seen = std::make_unique<RepliesSeen>();
  const std::string said;
  smtp::Reply reply;
  for (reply.code = -1; reply.code < 2000; ++reply.code)
    seen->count({smtp::State::closed, smtp::Input::auth_response, smtp::Verb::unknown, reply, said, said});
  const std::string text = seen->text();
  CHECK(std::count(text.begin(), text.end(), '\n') == 100);
  CHECK(text.starts_with("closed response 000 2\n"));
}

}  // namespace
}  // namespace smtpspec::fuzz
