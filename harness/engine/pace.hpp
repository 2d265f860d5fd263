// How many sessions may run now, and how soon the next may begin: learnt from how the target takes them. Does no I/O
// and knows no clock: it is told what happened, and when.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>

namespace smtpspec::engine {

using Clock = std::chrono::steady_clock;

/// How a session began, where nothing had been sent before.
struct FirstWord {
  enum class Kind {
    greeting,
    refusal,        ///< 4yz or 554 in place of 220
    closed,         ///< without a word
    no_connection,  ///< nobody listens, or nobody listens any more; `words` says why
    shortage,       ///< the same, and it is this machine that has no more descriptors, ports or memory
    none,           ///< within the time that it was waited for
  };
  Kind kind = Kind::greeting;
  Clock::duration after{0};  ///< since the connection was asked for
  std::string words = {};
};

class Pace {
 public:
  struct Bounds {
    std::size_t sessions = 512;  ///< at a time
    double rate = 0;             ///< sessions a second; 0: as many as will
  };
  explicit Pace(Bounds bounds);

  /// The earliest time at which so many sessions more may begin; nullopt: not before others have ended.
  [[nodiscard]] std::optional<Clock::time_point> next(std::size_t sessions, Clock::time_point now) const;
  void began(std::size_t sessions, Clock::time_point now);
  void ended(std::size_t sessions) { open_ -= sessions; }
  /// How a session began, or that it did not.
  void hear(const FirstWord& word, Clock::time_point now);
  /// A session that was greeted is about to end: the target may count it no more.
  void leaving() { --greeted_; }
  /// Most of the time sessions do but wait, which costs nobody anything: more than the usual number will do.
  void expect_waiting() { usual_ = bounds_.sessions; }
  /// No session was greeted for so long, or ever, that waiting is of no use.
  [[nodiscard]] bool hopeless(Clock::time_point now) const;

  [[nodiscard]] std::size_t limit() const { return limit_; }
  /// What the target was found to take; nullopt where it took whatever came.
  [[nodiscard]] std::optional<std::size_t> sessions_learnt() const;
  [[nodiscard]] std::optional<double> rate_learnt() const;

 private:
  void greeted(Clock::duration latency, Clock::time_point now);
  void not_greeted(Clock::time_point now);
  void refused(const FirstWord& word, Clock::time_point now);
  void too_many(bool for_the_target);
  void too_fast();
  [[nodiscard]] std::size_t most() const { return std::min(usual_, bounds_.sessions); }

  Bounds bounds_;
  static constexpr std::size_t usual_number = 128;
  std::size_t usual_ = usual_number;
  std::size_t limit_;
  std::size_t open_ = 0;
  std::size_t greeted_ = 0;  ///< of those that are open, and not about to end
  std::size_t ceiling_;      ///< so many at a time were too many
  std::size_t most_greeted_ =
      0;  ///< so many at a time were not: all of them were open together, whatever was under way
  bool sessions_are_learnt_ = false;
  bool rate_is_learnt_ = false;
  double rate_;
  Clock::duration quickest_ = Clock::duration::max();
  std::deque<Clock::time_point> greetings_;  ///< of the last second
  Clock::time_point next_;                   ///< no session may begin before
  Clock::duration hold_{0};  ///< how long the last refusal has put off all others; 0: somebody was greeted since
  Clock::time_point held_until_;
  std::optional<Clock::time_point> first_refusal_;  ///< since the last greeting
  Clock::duration until_hopeless_{0};
  Clock::time_point last_change_;
  Clock::time_point last_slow_;
  Clock::duration until_trial_;  ///< of a quicker rate: longer after each that failed
};

}  // namespace smtpspec::engine
