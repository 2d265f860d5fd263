// The names of an enumeration as people write them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace smtpspec::smtp {

/// An identifier with hyphens in place of its underscores: "one-code" of `one_code`.
template <std::size_t size>
struct Hyphenated {
  std::array<char, size> text{};

  explicit constexpr Hyphenated(const char (&identifier)[size]) {
    std::transform(identifier, identifier + size, text.begin(), [](char c) { return c == '_' ? '-' : c; });
  }
  [[nodiscard]] constexpr std::string_view view() const { return {text.data(), size - 1}; }
};

}  // namespace smtpspec::smtp
