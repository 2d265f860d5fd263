#include "harness/smtp/escape.hpp"

#include <algorithm>
#include <iterator>

#include "harness/smtp/char_class.hpp"

namespace smtpspec::smtp {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

/// The letter after the backslash of a short escape, and what it stands for.
struct ShortEscape {
  char letter;
  char octet;
};
constexpr ShortEscape short_escapes[] = {{'r', '\r'}, {'n', '\n'}, {'t', '\t'}, {'0', '\0'}, {'\\', '\\'}};

/// The escape whose `member` is this, or null.
const ShortEscape* short_escape(char ShortEscape::*member, char is) {
  const auto* found = std::find_if(std::begin(short_escapes), std::end(short_escapes),
                                   [&](const ShortEscape& entry) { return entry.*member == is; });
  return found == std::end(short_escapes) ? nullptr : found;
}

bool within(unsigned char octet, unsigned char low, unsigned char high) { return octet >= low && octet <= high; }

}  // namespace

std::string escape(std::string_view octets) {
  std::string text;
  text.reserve(octets.size() + octets.size() / 8);
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const char octet = octets[i];
    const bool digit_follows = i + 1 < octets.size() && is_digit(octets[i + 1]);
    const ShortEscape* shorter = octet == '\0' && digit_follows ? nullptr : short_escape(&ShortEscape::octet, octet);
    if (shorter != nullptr) {
      text += '\\';
      text += shorter->letter;
    } else if (is_control(octet) || is_eight_bit(octet)) {
      const auto value = static_cast<unsigned char>(octet);
      text += "\\x";
      text += hex_digits[value >> 4U];
      text += hex_digits[value & 0x0fU];
    } else {
      text += octet;
    }
  }
  return text;
}

std::optional<std::string> unescape(std::string_view text, BadEscape* problem) {
  const auto fail = [&](std::size_t at, std::string message) {
    if (problem != nullptr) *problem = {at, std::move(message)};
    return std::nullopt;
  };
  std::string octets;
  octets.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      octets += text[i];
      continue;
    }
    const std::size_t at = i;
    if (++i == text.size()) return fail(at, "a backslash at the end; write \\\\ for a backslash");
    if (const ShortEscape* entry = short_escape(&ShortEscape::letter, text[i])) {
      octets += entry->octet;
      continue;
    }
    if (text[i] != 'x')
      return fail(at, "unknown escape \\" + escape(text.substr(i, 1)) + "; known: \\r \\n \\t \\0 \\\\ \\xNN");
    if (text.size() - i < 3 || !is_hexdig(text[i + 1]) || !is_hexdig(text[i + 2])) {
      return fail(at, "\\x takes exactly two hexadecimal digits");
    }
    octets += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
    i += 2;
  }
  return octets;
}

std::size_t utf8_non_ascii(std::string_view text) {
  // The table of RFC 3629 section 4: the range of the first octet, the range of the second, the length.
  struct Row {
    unsigned char first_low, first_high, second_low, second_high;
    std::size_t length;
  };
  static constexpr Row rows[] = {
      {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
      {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
      {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
  };
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (text.size() < 2) return 0;
  for (const Row& row : rows) {
    if (!within(octet(0), row.first_low, row.first_high)) continue;
    if (text.size() < row.length || !within(octet(1), row.second_low, row.second_high)) return 0;
    for (std::size_t i = 2; i < row.length; ++i) {
      if (!within(octet(i), 0x80, 0xbf)) return 0;
    }
    return row.length;
  }
  return 0;
}

}  // namespace smtpspec::smtp
