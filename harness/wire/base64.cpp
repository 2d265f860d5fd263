#include <algorithm>

#include <openssl/evp.h>

#include "harness/wire/sasl.hpp"

namespace smtpspec::wire {
namespace {

constexpr std::size_t max_size = std::size_t{1} << 30;  // EVP counts in int

bool in_alphabet(char octet) {
  return (octet >= 'A' && octet <= 'Z') || (octet >= 'a' && octet <= 'z') || (octet >= '0' && octet <= '9') ||
         octet == '+' || octet == '/';
}

}  // namespace

std::string base64_encode(std::string_view octets) {
  constexpr std::size_t piece = 3 * (std::size_t{1} << 20);  // whole groups, so that only the last one is padded
  std::string text;
  for (; !octets.empty(); octets.remove_prefix(std::min(piece, octets.size()))) {
    const std::string_view now = octets.substr(0, piece);
    std::string encoded((now.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock ends with NUL
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                    reinterpret_cast<const unsigned char*>(now.data()), static_cast<int>(now.size()));
    encoded.pop_back();
    text += encoded;
  }
  return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0 || text.size() > max_size) return std::nullopt;
  if (text.empty()) return std::string();
  std::string_view data = text;
  while (data.ends_with('=') && text.size() - data.size() < 2) data.remove_suffix(1);
  for (const char octet : data)
    if (!in_alphabet(octet)) return std::nullopt;
  std::string octets(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(octets.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  octets.resize(octets.size() - (text.size() - data.size()));
  // RFC 4648 section 3.5: the bits that padding leaves over are zero. Then the text is the only one for its octets.
  if (base64_encode(octets) != text) return std::nullopt;
  return octets;
}

}  // namespace smtpspec::wire
