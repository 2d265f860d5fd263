#include "fuzz/campaign/alone.hpp"

#include <algorithm>
#include <vector>

#include <catch2/catch_test_macros.hpp>

namespace smtpspec::fuzz {
namespace {

TEST_CASE("Of those who play, one at a time is alone, also where several want it") {
  Alone alone;
  std::atomic<int> playing{0};
  std::atomic<int> most_beside{0};
  const auto never = [] { return false; };
  const auto work = [&] {
    for (int i = 0; i < 50; ++i) {
      alone.begin(never);
      ++playing;
      std::this_thread::sleep_for(std::chrono::microseconds(100));
      --playing;
      if (i % 10 == 9) {
        alone.take(never);
        most_beside = std::max(most_beside.load(), playing.load());
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        most_beside = std::max(most_beside.load(), playing.load());
        alone.give_back();
      }
      alone.end();
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(work);
  for (std::thread& one : threads) one.join();
  CHECK(most_beside == 0);
}

}  // namespace
}  // namespace smtpspec::fuzz
