#include "fuzz/campaign/counters_seen.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace smtpspec::fuzz;

TEST_CASE("what a counter counts is news once, of features and of edges") {
  CountersSeen seen;
  Counters counters{};
  CHECK_FALSE(seen.add(counters));
  counters[0] = 1;
  counters[counter_count / 2 - 1] = 255;
  CHECK(seen.add(counters));
  CHECK(seen.features() == 2);
  CHECK(seen.edges() == 0);
  CHECK_FALSE(seen.add(counters));
  counters[counter_count / 2] = 1;
  counters[counter_count - 1] = 1;
  CHECK(seen.add(counters));
  CHECK(seen.features() == 2);
  CHECK(seen.edges() == 2);
  counters = {};
  CHECK_FALSE(seen.add(counters));
}
