#include "fuzz/oracles/features.hpp"

#include <array>

#include <catch2/catch_test_macros.hpp>

#include "harness/judge/transcript_test.hpp"

namespace smtpspec::fuzz {
namespace {

using judge::Script;

std::size_t together(const Script& one, const Script& other) {
  std::array<std::uint8_t, 65536> counters{};
  count_features(one.transcript(), counters);
  std::size_t before = 0;
  for (const auto counter : counters) before += counter != 0 ? 1 : 0;
  count_features(other.transcript(), counters);
  std::size_t after = 0;
  for (const auto counter : counters) after += counter != 0 ? 1 : 0;
  return after - before;
}

Script noop(const char* reply) { return Script().greeted().sends("NOOP\r\n").says(reply); }

TEST_CASE("Another code, another shape, another order are news; other words are none") {
  CHECK(together(noop("250 OK\r\n"), noop("250 OK\r\n")) == 0);
  CHECK(together(noop("250 OK\r\n"), noop("250 KO\r\n")) == 0);
  CHECK(together(noop("250 OK\r\n"), noop("500 No\r\n")) > 0);
  CHECK(together(noop("250 OK\r\n"), noop("250-OK\r\n250 OK\r\n")) > 0);
  CHECK(together(noop("250 OK\r\n"), Script().greeted().sends("RSET\r\n").says("250 OK\r\n")) > 0);
  CHECK(together(noop("250 OK\r\n"), noop("250 OK\r\n").closes()) > 0);
}

TEST_CASE("A counter does not overflow") {
  std::array<std::uint8_t, 8> counters{};
  for (int i = 0; i < 300; ++i) count_features(noop("250 OK\r\n").transcript(), counters);
  for (const auto counter : counters) CHECK((counter == 0 || counter == 255));
}

}  // namespace
}  // namespace smtpspec::fuzz
