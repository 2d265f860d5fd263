// What the targets share: a broken invariant ends the process, and cuts are made at places that the input decides.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
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

/// Cuts an input into pieces of 1 to `longest` octets. The lengths come from the input itself, so that a seed is plain
/// SMTP and a crash is the same crash again.
class Pieces {
 public:
  Pieces(std::string_view octets, std::size_t longest) : rest_(octets), longest_(longest) {
    for (const char octet : octets) state_ = (state_ ^ static_cast<unsigned char>(octet)) * 1099511628211ULL;
  }
  [[nodiscard]] bool done() const { return rest_.empty(); }
  std::string_view next() {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    const std::size_t length = std::min<std::size_t>(rest_.size(), 1 + (state_ >> 33U) % longest_);
    const std::string_view piece = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return piece;
  }

 private:
  std::string_view rest_;
  std::size_t longest_;
  std::uint64_t state_ = 14695981039346656037ULL;
};

}  // namespace smtpspec::fuzz
