// Classes of octets that the grammars share: RFC 5234 appendix B.1, RFC 5321 section 4.1.2. ASCII alone, no locale.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace smtpspec::smtp {

[[nodiscard]] constexpr bool is_digit(char octet) { return octet >= '0' && octet <= '9'; }
[[nodiscard]] constexpr bool is_alpha(char octet) {
  return (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z');
}
[[nodiscard]] constexpr bool is_let_dig(char octet) { return is_alpha(octet) || is_digit(octet); }
[[nodiscard]] constexpr bool is_hexdig(char octet) {
  return is_digit(octet) || (octet >= 'a' && octet <= 'f') || (octet >= 'A' && octet <= 'F');
}
/// An octet above 0x7f.
[[nodiscard]] constexpr bool is_eight_bit(char octet) { return (static_cast<unsigned char>(octet) & 0x80U) != 0; }
[[nodiscard]] constexpr bool has_eight_bit(std::string_view text) {
  for (const char octet : text) {
    if (is_eight_bit(octet)) return true;
  }
  return false;
}
/// 0x00-0x1f and 0x7f.
[[nodiscard]] constexpr bool is_control(char octet) {
  return static_cast<unsigned char>(octet) < 0x20 || octet == 0x7f;
}
/// RFC 5322 section 3.2.3.
[[nodiscard]] constexpr bool is_atext(char octet) {
  return is_let_dig(octet) ||
         (octet != 0 && std::string_view("!#$%&'*+-/=?^_`{|}~").find(octet) != std::string_view::npos);
}

[[nodiscard]] constexpr char to_upper(char octet) {
  return octet >= 'a' && octet <= 'z' ? static_cast<char>(octet - ('a' - 'A')) : octet;
}
[[nodiscard]] inline std::string to_upper(std::string_view text) {
  std::string upper(text);
  for (char& octet : upper) octet = to_upper(octet);
  return upper;
}
[[nodiscard]] inline std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& octet : lower) octet = octet >= 'A' && octet <= 'Z' ? static_cast<char>(octet + ('a' - 'A')) : octet;
  return lower;
}
[[nodiscard]] constexpr bool same_word(std::string_view left, std::string_view right) {
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (to_upper(left[i]) != to_upper(right[i])) return false;
  }
  return true;
}
/// Without the `octets` at both of its ends.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text, std::string_view octets) {
  const std::size_t begin = text.find_first_not_of(octets);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(octets) + 1 - begin);
}
/// 0 to 15 for a HEXDIG.
[[nodiscard]] constexpr int hex_value(char octet) { return is_digit(octet) ? octet - '0' : to_upper(octet) - 'A' + 10; }

/// The number of octets (2 to 4) of the well-formed UTF-8 character outside ASCII at the start of `text`; 0 where there
/// is none: overlong forms, surrogates and what lies above U+10FFFF are not well-formed (RFC 3629 section 4).
[[nodiscard]] std::size_t utf8_non_ascii(std::string_view text);

}  // namespace smtpspec::smtp
