// Which of the counters of a worker have ever counted.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace smtpspec::fuzz {

/// One octet a counter: the first half are features of sessions, the second half the server's edges.
inline constexpr std::size_t counter_count = std::size_t{1} << 16;
using Counters = std::array<std::uint8_t, counter_count>;

class CountersSeen {
 public:
  /// Whether one counts that never did. Nearly all are 0, and are passed by in words.
  bool add(const Counters& counters) {
    const std::uint64_t before = features_ + edges_;
    for (std::size_t word = 0; word < counter_count; word += sizeof(std::uint64_t)) {
      std::uint64_t some = 0;
      std::memcpy(&some, counters.data() + word, sizeof some);
      for (std::size_t i = word; some != 0 && i < word + sizeof some; ++i) {
        if (counters[i] == 0 || seen_[i]) continue;
        seen_.set(i);
        ++(i < counter_count / 2 ? features_ : edges_);
      }
    }
    return features_ + edges_ > before;
  }
  [[nodiscard]] std::uint64_t features() const { return features_; }
  [[nodiscard]] std::uint64_t edges() const { return edges_; }

 private:
  std::bitset<counter_count> seen_;
  std::uint64_t features_ = 0;
  std::uint64_t edges_ = 0;
};

}  // namespace smtpspec::fuzz
