#include "harness/engine/queue.hpp"

#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "harness/judge/transcript_test.hpp"

namespace smtpspec::engine {
namespace {

using judge::scenario_of;
using std::chrono::milliseconds;

TEST_CASE("what a scenario waits for by its own will") {
  struct Case {
    const char* words;
    long wait;
  };
  const Case cases[] = {
      {"steps = [ { send = \"NOOP\", expect = \"250\" } ]", 0},
      {"steps = [ { send = \"NOOP\", expect = \"250\", wait = \"5s\" } ]", 0},
      {"steps = [ { pause = \"300ms\" }, { expect = \"silence\", wait = \"1s\" } ]", 1300},
      {"steps = [ { bytes = 'NOOP', expect = [\"500\", \"silence\"] } ]", 70},
      {"steps = [ { bytes = 'NOOP\\r\\n', cut = \"each\", gap = \"20ms\", expect = \"250\" } ]", 100},
      {"steps = [ { bytes = '{NOOP\\r\\n*2}', cut = \"each\", gap = \"10ms\", replies = [\"250\", \"250\"] } ]", 110},
      {"state = \"data\"\nsteps = [ { message = '{header}x\\r\\n', cut = \"each\", gap = \"2ms\", expect = \"250\" } ]",
       504},
      {"steps = [ { send = \"NOOP {token}\", cut = \"each\", gap = \"5ms\", expect = \"250\" } ]", 170},
      {"steps = [ { bytes = 'NOOP\\r\\n', cut = [1, -2], gap = \"20ms\", expect = \"250\" } ]", 40},
      {"timeout = \"1s\"\nsteps = [ { pause = \"300s\" }, { send = \"NOOP\", expect = \"250\" } ]", 1000},
      {"steps = [ { pause = \"300s\" }, { send = \"NOOP\", expect = \"250\" } ]", 60000},
  };
  const record::Patience patience{milliseconds(10000), milliseconds(70), milliseconds(60000)};
  for (const Case& one : cases) {
    INFO(one.words);
    CHECK(deliberate_wait(scenario_of(one.words), patience).count() == one.wait);
  }
}

std::vector<std::size_t> order_of(Queue& queue) {
  std::vector<std::size_t> order;
  while (const auto next = queue.next()) order.push_back(*next);
  CHECK(queue.size() == 0);
  return order;
}

TEST_CASE("the longest wait goes first, and repeats together") {
  Queue queue;
  queue.add(0, 1, milliseconds(0));
  queue.add(1, 2, milliseconds(300));
  queue.add(2, 1, milliseconds(500));
  queue.sort();
  CHECK(queue.size() == 4);
  CHECK(order_of(queue) == std::vector<std::size_t>{2, 0, 1, 1});
}

TEST_CASE("those that wait are spread over those that do not") {
  Queue queue;
  for (std::size_t i = 0; i < 6; ++i) queue.add(i, 1, milliseconds(0));
  for (std::size_t i = 6; i < 9; ++i) queue.add(i, 1, milliseconds(100 * i));
  queue.sort();
  CHECK(order_of(queue) == std::vector<std::size_t>{8, 0, 1, 7, 2, 3, 6, 4, 5});
}

}  // namespace
}  // namespace smtpspec::engine
