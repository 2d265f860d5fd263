// The clock: from one of its readings on it is an hour later, or stands still for a while, as where a machine was
// suspended.
#include <chrono>
#include <cstdint>

#include "harness/engine/injection_test.hpp"

namespace {

using Clock = std::chrono::steady_clock;
enum class How { jumps, stands };

/// Of this thread: the reading that is the first wrong one; 0: none.
thread_local std::size_t wrong_from = 0;
thread_local std::size_t readings = 0;
thread_local How how = How::jumps;
thread_local std::int64_t stands_at = 0;

}  // namespace

extern "C" {
// The linker's --wrap puts it before the library's. A time_point is returned as the number that it holds.
std::int64_t __real__ZNSt6chrono3_V212steady_clock3nowEv();
std::int64_t __wrap__ZNSt6chrono3_V212steady_clock3nowEv() {
  constexpr std::int64_t hour = Clock::duration(std::chrono::hours{1}).count();
  constexpr std::int64_t stillness = Clock::duration(std::chrono::seconds{2}).count();
  const std::int64_t now = __real__ZNSt6chrono3_V212steady_clock3nowEv();
  const std::size_t reading = ++readings;
  if (wrong_from == 0 || reading < wrong_from) return now;
  if (how == How::jumps) return now + hour;
  if (reading == wrong_from) stands_at = now;
  return now < stands_at + stillness ? stands_at : now;
}
}

namespace smtpspec::engine {
namespace {

template <Bench::Server server, How wrong>
bool is_true_from(std::size_t reading) {
  Bench bench(server);
  const RunSettings settings = bench.settings();
  how = wrong;
  readings = 0;
  wrong_from = reading;
  const Run run = bench.run(settings);
  wrong_from = 0;
  return bench.is_true(run);
}

std::size_t all_readings() {
  Bench bench;
  const RunSettings settings = bench.settings();
  readings = 0;
  REQUIRE(bench.run(settings).result.count(Outcome::fail) == 12);
  return readings;
}

void no_clock_is_believed(std::size_t one_in) {
  const std::vector<std::size_t> numbers = up_to(all_readings(), one_in);
  WARN(numbers.size() << " runs of each kind");
  const std::vector<std::size_t> none;
  CHECK(bad_among(numbers, is_true_from<Bench::Server::faulty, How::jumps>) == none);
  CHECK(bad_among(numbers, is_true_from<Bench::Server::strict, How::jumps>) == none);
  CHECK(bad_among(numbers, is_true_from<Bench::Server::faulty, How::stands>) == none);
  CHECK(bad_among(numbers, is_true_from<Bench::Server::strict, How::stands>) == none);
}

TEST_CASE("no clock that jumps or stands hangs a run, makes it green or unfair") { no_clock_is_believed(50); }

TEST_CASE("each reading of the clock", "[.each]") { no_clock_is_believed(1); }

}  // namespace
}  // namespace smtpspec::engine
