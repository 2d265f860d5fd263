#include "harness/engine/standstills.hpp"

#include <catch2/catch_test_macros.hpp>

namespace smtpspec::engine {
namespace {

using std::chrono::seconds;

TEST_CASE("a beat that is long overdue is a standstill, also before it comes, and once") {
  Standstills::Clock::time_point now(seconds(100));
  Standstills standstills;
  CHECK(standstills.so_far(now) == 0);
  CHECK(standstills.so_far(now + seconds(1000)) == 0);  // nobody has begun
  standstills.beat(now);
  for (int i = 0; i < 10; ++i) standstills.beat(now += seconds(4));
  CHECK(standstills.so_far(now + seconds(4)) == 0);
  now += seconds(3600);
  CHECK(standstills.so_far(now) == 1);
  CHECK(standstills.so_far(now + seconds(1)) == 1);
  standstills.beat(now + seconds(2));
  CHECK(standstills.so_far(now + seconds(3)) == 1);
  standstills.beat(now + seconds(20));
  CHECK(standstills.so_far(now + seconds(21)) == 2);
}

}  // namespace
}  // namespace smtpspec::engine
