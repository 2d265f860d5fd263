// Invariant: base64 is what a slow reading of RFC 4648 section 4 says, and octets come back from their encoding.
#include "harness/smtp/base64.hpp"

#include "fuzz/require.hpp"

using namespace smtpspec::fuzz;
using namespace smtpspec::smtp;

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bit by bit.
std::string encoded_by_the_letter(std::string_view octets) {
  std::string bits;
  for (const char octet : octets)
    for (unsigned bit = 8; bit-- > 0;) bits += (static_cast<unsigned char>(octet) >> bit & 1U) != 0 ? '1' : '0';
  while (bits.size() % 6 != 0) bits += '0';
  std::string text;
  for (std::size_t at = 0; at < bits.size(); at += 6) text += alphabet[std::stoul(bits.substr(at, 6), nullptr, 2)];
  while (text.size() % 4 != 0) text += '=';
  return text;
}

/// Every octet string has one encoding, so the text is base64 where its letters' bits, encoded again, give it.
std::optional<std::string> decoded_by_the_letter(std::string_view text) {
  std::string bits;
  for (const char letter : text.substr(0, text.find('='))) {
    const std::size_t value = alphabet.find(letter);
    if (value == alphabet.npos) return std::nullopt;
    for (unsigned bit = 6; bit-- > 0;) bits += (value >> bit & 1U) != 0 ? '1' : '0';
  }
  std::string octets;
  for (std::size_t at = 0; at + 8 <= bits.size(); at += 8)
    octets += static_cast<char>(std::stoul(bits.substr(at, 8), nullptr, 2));
  if (encoded_by_the_letter(octets) != text) return std::nullopt;
  return octets;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = octets_of(data, size);
  const std::string encoded = base64_encode(input);
  require(encoded == encoded_by_the_letter(input), "octets are encoded as RFC 4648 says");
  require(is_base64(encoded) && base64_decode(encoded) == input, "octets come back from their encoding");
  const auto decoded = base64_decode(input);
  require(decoded == decoded_by_the_letter(input), "a text is decoded as RFC 4648 says");
  require(!decoded || is_base64(input), "what can be decoded is base64");
  return 0;
}
