#include "harness/smtp/base64.hpp"

#include <algorithm>

#include "harness/smtp/char_class.hpp"

namespace smtpspec::smtp {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool in_alphabet(char octet) { return is_let_dig(octet) || octet == '+' || octet == '/'; }

std::size_t padding_of(std::string_view text) { return text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0; }

}  // namespace

bool is_base64(std::string_view text) {
  if (text.size() % 4 != 0) return false;
  const std::string_view data = text.substr(0, text.size() - padding_of(text));
  return std::all_of(data.begin(), data.end(), in_alphabet);
}

std::string base64_encode(std::string_view octets) {
  std::string text;
  text.reserve((octets.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < octets.size(); i += 3) {
    const std::size_t held = std::min<std::size_t>(3, octets.size() - i);
    unsigned group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (k < held ? static_cast<unsigned char>(octets[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) text += k <= held ? alphabet[group >> (18 - 6 * k) & 63U] : '=';
  }
  return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (!is_base64(text)) return std::nullopt;
  std::string octets;
  octets.reserve(text.size() / 4 * 3);
  unsigned group = 0;
  std::size_t bits = 0;
  for (const char letter : text.substr(0, text.size() - padding_of(text))) {
    group = (group << 6 | static_cast<unsigned>(alphabet.find(letter))) & 0xffffffU;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    octets += static_cast<char>(group >> bits & 0xffU);
  }
  if (base64_encode(octets) != text) return std::nullopt;
  return octets;
}

}  // namespace smtpspec::smtp
