// What the targets share: a broken invariant ends the process, and cuts are made at places that the input decides.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace smtpspec::fuzz {

inline void require(bool holds, const char* invariant) {
  if (holds) return;
  std::fprintf(stderr, "broken invariant: %s\n", invariant);
  std::abort();
}

/// The input as libFuzzer hands it over.
inline std::string_view octets_of(const std::uint8_t* data, std::size_t size) {
  return size == 0 ? std::string_view() : std::string_view(reinterpret_cast<const char*>(data), size);
}

/// Off the front; without its LF.
inline std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  return line;
}

/// Draws numbers that the input alone decides, so that a seed is plain text and a crash is the same crash again.
class Draw {
 public:
  explicit Draw(std::string_view octets) {
    for (; octets.size() >= sizeof(std::uint64_t); octets.remove_prefix(sizeof(std::uint64_t))) {
      std::uint64_t word = 0;
      std::memcpy(&word, octets.data(), sizeof word);
      state_ = (state_ ^ word) * prime + (state_ >> 29U);
    }
    for (const char octet : octets) state_ = (state_ ^ static_cast<unsigned char>(octet)) * prime;
  }
  /// A number below `bound`, which is not 0.
  std::size_t below(std::size_t bound) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return (state_ >> 33U) % bound;
  }

 private:
  static constexpr std::uint64_t prime = 1099511628211ULL;
  std::uint64_t state_ = 14695981039346656037ULL;
};

/// Cuts an input into pieces at a few places that it decides itself, or at none. Another input, even one that differs
/// in an octet that nobody looks at, is cut elsewhere: millions of inputs try all cuts, and each costs but one more
/// pass.
class Pieces {
 public:
  explicit Pieces(std::string_view octets) : rest_(octets), draw_(octets), cuts_left_(draw_.below(most_cuts + 1)) {}
  [[nodiscard]] bool done() const { return rest_.empty(); }
  /// Long and short pieces in turn: what a cut breaks is often broken by two cuts close together.
  std::string_view next() {
    std::size_t length = rest_.size();
    if (cuts_left_ > 0) length = std::min(length, 1 + draw_.below(cuts_left_ % 3 == 0 ? length : 3));
    cuts_left_ -= cuts_left_ > 0 ? 1 : 0;
    const std::string_view piece = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return piece;
  }

 private:
  static constexpr std::size_t most_cuts = 9;
  std::string_view rest_;
  Draw draw_;
  std::size_t cuts_left_;
};

}  // namespace smtpspec::fuzz
