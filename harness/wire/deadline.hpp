// Waits that end: a point in time, and a bell that a coroutine waits for until then.
#pragma once

#include <algorithm>
#include <chrono>
#include <utility>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include "harness/wire/stream.hpp"

namespace smtpspec::wire {

/// The point in time at which a wait is over.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;
  /// A day is the longest wait, so that no sum overflows.
  explicit Deadline(Time from_now) : at_(Clock::now() + std::clamp(from_now, Time{0}, longest)) {}
  [[nodiscard]] Clock::time_point at() const { return at_; }
  [[nodiscard]] bool over() const { return Clock::now() >= at_; }
  [[nodiscard]] Time left() const { return std::max(Time{0}, std::chrono::ceil<Time>(at_ - Clock::now())); }

 private:
  static constexpr Time longest = std::chrono::hours{24};
  Clock::time_point at_;
};

/// A handler rings, a coroutine waits. The operation that the handler belongs to is never cancelled by the wait, so
/// nothing that it did can be lost.
class Wakeup {
 public:
  explicit Wakeup(const asio::any_io_executor& executor) : timer_(executor) {}
  /// True: it was rung, perhaps before the call. False: the deadline came, or the coroutine was cancelled.
  asio::awaitable<bool> wait(const Deadline& deadline) {
    if (!rung_) {
      asio::error_code ignored;
      timer_.expires_at(deadline.at());
      co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    co_return std::exchange(rung_, false);
  }
  void ring() {
    rung_ = true;
    timer_.cancel();
  }

 private:
  asio::steady_timer timer_;
  bool rung_ = false;
};

}  // namespace smtpspec::wire
