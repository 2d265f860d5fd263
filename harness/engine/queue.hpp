// The order in which plays begin. Its unit is one play of one scenario, so that repeats run side by side.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "harness/record/transcript.hpp"
#include "harness/scenario/model.hpp"

namespace smtpspec::engine {

/// The time that a scenario waits for by its own will: pauses, gaps between segments, silences. What a server makes it
/// wait for is not known.
[[nodiscard]] std::chrono::milliseconds deliberate_wait(const scenario::Scenario& scenario,
                                                        const record::Patience& patience);

/// By its words, or by its tag: a server may lock the user out for it.
[[nodiscard]] bool logs_in_wrongly(const scenario::Scenario& scenario);
/// The same of one step alone.
[[nodiscard]] bool logs_in_wrongly(const scenario::Step& step);

class Queue {
 public:
  /// `plays` of one scenario, at least one.
  void add(std::size_t scenario, std::size_t plays, std::chrono::milliseconds wait);
  /// The longest wait goes first, so that none of them begins when all else is done. Those that wait are spread evenly
  /// over those that do not, which otherwise stay in order: there is always something to do while some wait.
  void sort();
  /// The scenario to be played next.
  [[nodiscard]] std::optional<std::size_t> next();
  /// Each scenario of which plays have not begun.
  [[nodiscard]] std::vector<std::size_t> scenarios() const;
  /// Plays that have not begun.
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Plays {
    std::size_t scenario = 0;
    std::size_t left = 0;
    std::chrono::milliseconds wait{0};
  };
  std::deque<Plays> plays_;
  std::size_t size_ = 0;
};

}  // namespace smtpspec::engine
