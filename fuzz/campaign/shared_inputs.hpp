// What was played last, by any worker, in memory that a campaign's processes share: what a server's process comes to
// may be told late, and be another worker's doing.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/session/session_input.hpp"

namespace smtpspec::fuzz {

class SharedInputs {
 public:
  static constexpr std::size_t most = 256;

  void add(std::string_view input);
  /// The latest first, none twice. While nobody adds.
  [[nodiscard]] std::vector<std::string> latest() const;

 private:
  struct Slot {
    std::atomic<std::size_t> size{0};
    std::array<char, longest_input> octets{};
  };
  std::array<Slot, most> slots_;
  std::atomic<std::uint64_t> count_{0};
};

}  // namespace smtpspec::fuzz
