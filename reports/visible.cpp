#include "reports/visible.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace smtpspec::reports {
namespace {

struct Sequence {
  std::size_t length = 0;  ///< 0: ill-formed
  char32_t code_point = 0;
};

// RFC 3629 section 4: no overlong forms, no surrogates, nothing above U+10FFFF.
Sequence sequence_at(std::string_view text) {
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (text.empty()) return {};
  const unsigned char first = octet(0);
  if (first < 0x80) return {1, first};
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return {};
  char32_t code_point = first & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((octet(i) & 0xc0U) != 0x80) return {};
    code_point = code_point << 6U | (octet(i) & 0x3fU);
  }
  constexpr std::array<char32_t, 5> least = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
  if (code_point < least[length] || code_point > 0x10ffff || surrogate) return {};
  return {length, code_point};
}

struct Range {
  char32_t first;
  char32_t last;
};
// Well-formed, and yet not to be shown: controls, the invisible, what turns the writing direction, and what XML
// forbids.
constexpr std::array<Range, 13> hidden = {{
    {0x0000, 0x001f},
    {0x007f, 0x009f},
    {0x00ad, 0x00ad},     // soft hyphen
    {0x061c, 0x061c},     // Arabic letter mark
    {0x180e, 0x180e},     // Mongolian vowel separator
    {0x200b, 0x200f},     // zero width, left-to-right and right-to-left marks
    {0x2028, 0x202e},     // line and paragraph separators, direction embeddings and overrides
    {0x2060, 0x206f},     // invisible operators, direction isolates
    {0xe000, 0xf8ff},     // private use
    {0xfe00, 0xfe0f},     // variation selectors
    {0xfeff, 0xfeff},     // byte order mark
    {0xfff0, 0xffff},     // specials; XML 1.0 forbids U+FFFE and U+FFFF
    {0xe0000, 0x10ffff},  // tags, private use
}};

bool is_hidden(char32_t code_point) {
  return std::any_of(hidden.begin(), hidden.end(),
                     [=](Range range) { return code_point >= range.first && code_point <= range.last; });
}

std::string octet_shown(char octet) {
  switch (octet) {
    case '\r': return "\\r";
    case '\n': return "\\n";
    case '\t': return "\\t";
    default: return fmt::format("\\x{:02x}", static_cast<unsigned char>(octet));
  }
}

}  // namespace

std::size_t utf8_sequence(std::string_view text) { return sequence_at(text).length; }

std::string well_formed(std::string_view text) {
  std::string shown;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_sequence(text.substr(at));
    if (length == 0) {
      shown += octet_shown(text[at++]);
    } else {
      shown += text.substr(at, length);
      at += length;
    }
  }
  return shown;
}

std::string visible(std::string_view text) {
  std::string shown;
  for (std::size_t at = 0; at < text.size();) {
    const Sequence sequence = sequence_at(text.substr(at));
    const std::string_view octets = text.substr(at, std::max<std::size_t>(sequence.length, 1));
    const bool command_mark = text.substr(at, 2) == "##";
    if (sequence.length == 0 || is_hidden(sequence.code_point) || command_mark) {
      for (const char octet : octets) shown += octet_shown(octet);
    } else {
      shown += octets;
    }
    at += octets.size();
  }
  return shown;
}

}  // namespace smtpspec::reports
