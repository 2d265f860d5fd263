// What happens to a server's processes, in memory that a campaign's processes share: who started it sees them, and
// workers are to know which of their sessions did it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "fuzz/oracles/incidents.hpp"

namespace smtpspec::fuzz {

/// One process adds and looks; all may read. The latest are known.
class SharedIncidents {
 public:
  void add(const Incident& incident);
  /// A look was taken at what happened so far; more is about to be told, or not.
  void looked(bool is_under_way) {
    under_way_ = is_under_way;
    ++looks_;
  }

  [[nodiscard]] std::uint64_t count() const { return count_.load(std::memory_order_acquire); }
  /// Those after the first `before`.
  [[nodiscard]] std::vector<Incident> after(std::uint64_t before) const;
  /// Blocks until what has happened by now has been looked at: a second at most, and while more is about to be told.
  void wait_for_look() const;

 private:
  struct Slot {
    std::array<char, 160> cause{};
    std::array<char, 400> actual{};
    bool ends = true;
  };
  std::array<Slot, 64> slots_;
  std::atomic<std::uint64_t> count_{0};
  std::atomic<std::uint64_t> looks_{0};
  std::atomic<bool> under_way_{false};
};

}  // namespace smtpspec::fuzz
