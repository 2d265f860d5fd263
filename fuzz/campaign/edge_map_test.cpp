#include "fuzz/campaign/edge_map.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <sys/shm.h>

using namespace smtpspec::fuzz;

TEST_CASE("edges are those that a server counted since the map was cleared, wherever they are") {
  EdgeMap map;
  map.announce();
  // As a server comes to it.
  void* const memory = shmat(std::atoi(std::getenv("__AFL_SHM_ID")), nullptr, 0);
  REQUIRE(std::bit_cast<std::intptr_t>(memory) != -1);
  auto* const edges = static_cast<std::uint8_t*>(memory);
  const auto seen = [&map] {
    std::vector<std::uint8_t> counters(EdgeMap::size);
    const std::size_t count = map.add_to(counters);
    CHECK(counters.size() - count == static_cast<std::size_t>(std::count(counters.begin(), counters.end(), 0)));
    return counters;
  };
  CHECK(seen() == std::vector<std::uint8_t>(EdgeMap::size));
  constexpr std::array<std::size_t, 6> places = {0, 7, 4095, 4096, 700001, EdgeMap::size - 1};
  for (const std::size_t place : places) {
    edges[place] = 3;
    CHECK(seen()[place] == 3);
    map.clear();
    CHECK(seen() == std::vector<std::uint8_t>(EdgeMap::size));
  }
  for (const std::size_t place : places) edges[place] = 200;
  std::array<std::uint8_t, 4> folded{};
  CHECK(map.add_to(folded) == places.size());
  CHECK(folded == std::array<std::uint8_t, 4>{255, 200, 0, 255});
  shmdt(memory);
}
