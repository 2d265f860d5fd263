#include "fuzz/oracles/growth.hpp"

#include <functional>

#include <catch2/catch_test_macros.hpp>

namespace smtpspec::fuzz {
namespace {

using Causes = std::vector<std::string>;
constexpr std::uint64_t start = 10'000'000;

/// 40 looks, 100 sessions from one to the next.
Causes causes(const std::function<Usage(std::uint64_t)>& usage, const std::function<void(Usage&)>& at_rest = {}) {
  Growth growth;
  Usage last;
  for (std::uint64_t i = 0; i < 40; ++i) {
    last = usage(i * 100);
    last.sessions = i * 100;
    growth.add(last);
  }
  if (at_rest) at_rest(last);
  Causes causes;
  for (const Breach& one : growth.found(last)) causes.push_back(one.cause);
  return causes;
}

TEST_CASE("What grows with every session is told, each kind by itself") {
  CHECK(causes([](std::uint64_t n) { return Usage{0, start + n * 4096, 10, 1}; }) == Causes{"growth-memory"});
  CHECK(causes([](std::uint64_t n) { return Usage{0, start, 10 + n / 50, 1}; }) == Causes{"growth-descriptors"});
  CHECK(causes([](std::uint64_t n) { return Usage{0, start, 10, 1 + n / 100}; }) == Causes{"growth-processes"});
}

TEST_CASE("What comes to rest, goes up and down, or jumps once, does not grow") {
  CHECK(causes([](std::uint64_t) { return Usage{0, start, 10, 1}; }).empty());
  const auto up_to = [](std::uint64_t most) {
    return [=](std::uint64_t n) { return Usage{0, start + std::min(n, most) * 4096, 10 + std::min(n, most) / 10, 1}; };
  };
  CHECK(causes(up_to(2000)).empty());
  CHECK(causes([](std::uint64_t n) {
          return Usage{0, start + (n / 100 % 7) * 8'000'000, 10 + n / 100 % 7 * 20, 1};
        }).empty());
  CHECK(causes([](std::uint64_t n) { return Usage{0, start + (n > 2000 ? 50'000'000U : 0U), 10, 1}; }).empty());
  // Ever slower: a table that is filled, memory that comes in larger pieces ever more rarely.
  CHECK(causes([](std::uint64_t n) { return Usage{0, start + 20'000'000 * n / (n + 500), 10, 1}; }).empty());
}

TEST_CASE("What is given back once nobody asks for anything did not grow") {
  CHECK(causes(
            [](std::uint64_t n) {
              return Usage{0, start, 10 + n / 50, 1};
            },
            [](Usage& one) { one.descriptors = 12; })
            .empty());
}

TEST_CASE("Memory that says nothing is not judged, nor are a few sessions") {
  CHECK(causes([](std::uint64_t) { return Usage{0, 0, 10, 1}; }).empty());
  Growth growth;
  for (std::uint64_t i = 0; i < 40; ++i) growth.add({i, start + i * 1'000'000, 10 + i, 1});
  CHECK(growth.found({40, start * 10, 100, 1}).empty());
}

}  // namespace
}  // namespace smtpspec::fuzz
