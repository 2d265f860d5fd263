// The run itself may stand still: its process is stopped, the machine sleeps, the clock jumps. What was to be waited
// for then was not, and a server that was kept waiting may have given up.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

namespace smtpspec::engine {

class Standstills {
 public:
  using Clock = std::chrono::steady_clock;
  /// From one call to the next, at most.
  static constexpr std::chrono::seconds longest_beat{5};

  /// To be called several times a second, from the first time on.
  void beat(Clock::time_point now = Clock::now()) {
    (void)so_far(now);
    last_ = now;
  }
  /// How many there were by now; one that goes on is among them.
  [[nodiscard]] std::size_t so_far(Clock::time_point now = Clock::now()) {
    if (last_ && now - *last_ > longest_beat) {
      ++count_;
      last_ = now;
    }
    return count_;
  }

 private:
  std::optional<Clock::time_point> last_;
  std::size_t count_ = 0;
};

}  // namespace smtpspec::engine
