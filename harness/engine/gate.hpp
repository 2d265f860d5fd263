// Holds plays back until the pace lets them begin, in the order in which they came.
#pragma once

#include <list>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>

#include "harness/engine/pace.hpp"
#include "harness/engine/play.hpp"

namespace smtpspec::engine {

class Gate {
 public:
  Gate(asio::any_io_executor executor, Pace::Bounds bounds) : executor_(std::move(executor)), pace_(bounds) {}
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  /// Waits until so many sessions may begin.
  asio::awaitable<void> enter(std::size_t sessions);
  void leave(std::size_t sessions);
  /// How a session began, or that it did not.
  void hear(const FirstWord& word);
  /// A session that was greeted is about to end, or has.
  void hear_end() { pace_.leaving(); }
  /// No use in trying again.
  [[nodiscard]] bool hopeless() const { return pace_.hopeless(Clock::now()); }
  [[nodiscard]] const Pace& pace() const { return pace_; }
  void expect_waiting() { pace_.expect_waiting(); }

 private:
  void wake();

  asio::any_io_executor executor_;
  Pace pace_;
  std::list<asio::steady_timer*> waiting_;
};

/// Most sessions that a play has at a time.
[[nodiscard]] std::size_t sessions_of(const scenario::Scenario& scenario);

}  // namespace smtpspec::engine
