// Holds plays back until the pace lets them begin, and there is memory for them, in the order in which they came.
#pragma once

#include <list>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>

#include "harness/engine/pace.hpp"
#include "harness/scenario/model.hpp"

namespace smtpspec::engine {

class Gate {
 public:
  Gate(asio::any_io_executor executor, Pace::Bounds bounds) : executor_(std::move(executor)), pace_(bounds) {}
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  /// What a play takes.
  struct Share {
    std::size_t sessions = 1;
    std::size_t octets = 0;  ///< of its largest text, about
  };
  /// Octets of texts that are sent at a time; a play that takes more is played beside none that takes any.
  static constexpr std::size_t most_octets = scenario::max_text;

  /// Waits until a play may begin.
  asio::awaitable<void> enter(Share share);
  void leave(Share share);
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
  std::size_t octets_ = 0;  ///< of what is under way
};

/// Most sessions that a play has at a time.
[[nodiscard]] std::size_t sessions_of(const scenario::Scenario& scenario);
/// The most octets that it sends at once, as far as that is known before it is played.
[[nodiscard]] std::size_t octets_of(const scenario::Scenario& scenario);

}  // namespace smtpspec::engine
