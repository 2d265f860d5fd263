// Runs a test's coroutines to their end, within a limit. For tests alone.
#pragma once

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <catch2/catch_test_macros.hpp>

#include "harness/wire/stream.hpp"

// GCC 12 takes the frame of a coroutine that it has inlined half way for memory of another kind. Asio's own operator
// new and operator delete do belong together.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace smtpspec::wire {

inline constexpr Time soon{20};        ///< a deadline that is meant to come
inline constexpr Time patient{20000};  ///< a deadline that is not

/// Runs until the coroutine has ended and nothing is left to do; what it throws is thrown on.
inline void run(asio::io_context& context, asio::awaitable<void> test) {
  bool ended = false;
  context.restart();
  std::exception_ptr thrown;
  asio::co_spawn(context, std::move(test), [&](std::exception_ptr exception) {
    thrown = std::move(exception);
    ended = true;
  });
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!ended && std::chrono::steady_clock::now() < limit && context.run_one_until(limit) != 0) continue;
  if (thrown) std::rethrow_exception(thrown);
  REQUIRE(ended);
  context.restart();
  context.poll();
}

// GCC evaluates a co_await inside CHECK twice (Catch2 also names the expression in an unevaluated operand). So these
// checks are coroutines, and a CHECK never holds a co_await.

/// Reads until `size` octets are there or the reading ends in another way.
template <class Road>
asio::awaitable<Read> read_all(Road& road, std::size_t size) {
  Read all;
  while (all.octets.size() < size) {
    Read piece = co_await road.read(patient);
    all.octets += piece.octets;
    all.end = piece.end;
    all.problem = piece.problem;
    if (piece.end != End::octets) break;
  }
  co_return all;
}

/// Writes, which must end so.
template <class Road>
asio::awaitable<void> expect_write(Road& road, std::string_view octets, End end = End::octets,
                                   Time deadline = patient) {
  const Written written = co_await road.write(octets, deadline);
  CAPTURE(written.problem);
  CHECK(written.end == end);
}

/// Reads exactly these octets, in as many pieces as they come.
template <class Road>
asio::awaitable<void> expect(Road& road, std::string_view octets) {
  const Read read = co_await read_all(road, octets.size());
  CAPTURE(read.problem);
  CHECK(read.end == End::octets);
  CHECK(read.octets.size() == octets.size());
  CHECK((read.octets == octets));
}

/// Reads once, which must end so and without octets.
template <class Road>
asio::awaitable<void> expect_end(Road& road, End end, Time deadline = patient) {
  const Read read = co_await road.read(deadline);
  CAPTURE(read.problem);
  CHECK(read.end == end);
  CHECK(read.octets.empty());
}

}  // namespace smtpspec::wire
