// Which replies came, in which state and to what: the states that a campaign has reached, and by which codes.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "harness/smtp/referee.hpp"

namespace smtpspec::fuzz {

/// Of a fixed size, so that processes can share it, and count side by side.
class RepliesSeen {
 public:
  void count(const smtp::Answer& answer);
  /// A line each, as "rcpt end of data 250 1200": the state, what was answered, the code, how often. In the order of a
  /// session; of one command in one state 100 codes at most.
  [[nodiscard]] std::string text() const;
  /// Counts what such a text tells; lines of another kind tell nothing.
  void add(std::string_view text);

 private:
  [[nodiscard]] static std::string name_of(std::size_t group);

  static constexpr std::size_t states = 9;
  static constexpr std::size_t verbs = 16;
  static constexpr std::size_t events = 3;  ///< that call for a reply and are no command
  static constexpr std::size_t codes = 1000;
  std::array<std::atomic<std::uint64_t>, states*(verbs + events) * codes> times_{};
};

}  // namespace smtpspec::fuzz
