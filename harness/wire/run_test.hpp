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

namespace smtpspec::wire {

inline constexpr Time soon{20};        ///< a deadline that is meant to come
inline constexpr Time patient{20000};  ///< a deadline that is not

/// Runs until the coroutine has ended and nothing is left to do; what it throws is thrown on.
inline void run(asio::io_context& context, asio::awaitable<void> test) {
  bool ended = false;
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

}  // namespace smtpspec::wire
