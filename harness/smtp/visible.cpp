#include "harness/smtp/visible.hpp"

#include <algorithm>
#include <array>

#include "harness/smtp/char_class.hpp"

namespace smtpspec::smtp {
namespace {

struct Sequence {
  std::size_t length = 0;  ///< 0: ill-formed
  char32_t code_point = 0;
};

Sequence sequence_at(std::string_view text) {
  if (text.empty()) return {};
  if (!is_eight_bit(text[0])) return {1, static_cast<unsigned char>(text[0])};
  const std::size_t length = utf8_non_ascii(text);
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  char32_t code_point = octet(0) & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) code_point = code_point << 6U | (octet(i) & 0x3fU);
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
    default: break;
  }
  constexpr std::string_view digits = "0123456789abcdef";
  const auto value = static_cast<unsigned char>(octet);
  return {'\\', 'x', digits[value >> 4U], digits[value & 0x0fU]};
}

/// How many octets at the beginning nobody hides: printable ASCII, but '#', which may begin a command mark.
std::size_t plain_at(std::string_view text) {
  const auto is_plain = [](char octet) { return octet >= ' ' && octet <= '~' && octet != '#'; };
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_plain) - text.begin());
}

/// `hides` is asked of each sequence, with the text from there on; ill-formed octets are hidden in any case.
template <class Hides>
std::string shown(std::string_view text, Hides hides) {
  std::string out;
  while (!text.empty()) {
    if (const std::size_t plain = plain_at(text); plain > 0) {
      out += text.substr(0, plain);
      text.remove_prefix(plain);
      continue;
    }
    const Sequence sequence = sequence_at(text);
    const std::string_view octets = text.substr(0, std::max<std::size_t>(sequence.length, 1));
    if (sequence.length == 0 || hides(sequence.code_point, text))
      for (const char octet : octets) out += octet_shown(octet);
    else
      out += octets;
    text.remove_prefix(octets.size());
  }
  return out;
}

}  // namespace

std::size_t utf8_sequence(std::string_view text) { return sequence_at(text).length; }

std::string well_formed(std::string_view text) {
  return shown(text, [](char32_t, std::string_view) { return false; });
}

bool can_be_shown(std::string_view character) {
  const Sequence sequence = sequence_at(character);
  return sequence.length == character.size() && !character.empty() && !is_hidden(sequence.code_point);
}

std::string visible(std::string_view text) {
  return shown(text, [](char32_t code_point, std::string_view rest) {
    return is_hidden(code_point) || rest.starts_with("##");  // a command mark
  });
}

std::string visible_lines(std::string_view text) {
  return shown(text, [](char32_t code_point, std::string_view rest) {
    return (is_hidden(code_point) && code_point != '\n') || rest.starts_with("##");
  });
}

}  // namespace smtpspec::smtp
