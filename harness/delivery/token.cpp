#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include "harness/delivery/collector.hpp"
#include "harness/smtp/octets.hpp"

namespace smtpspec::delivery {
namespace {

constexpr std::size_t digits = 16;

/// FNV-1a over 64 bits.
std::uint64_t hash(std::uint64_t start, std::string_view octets) {
  for (const char octet : octets) start = (start ^ static_cast<unsigned char>(octet)) * 0x100000001b3ULL;
  return start;
}

/// The finalizer of splitmix64: every bit of the input moves every bit of the token.
std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31U);
}

bool is_token_digit(char octet) { return smtp::is_digit(octet) || (octet >= 'a' && octet <= 'f'); }

void add_tokens(std::string_view text, std::vector<std::string>& tokens) {
  for (std::size_t at = text.find('t'); at != std::string_view::npos; at = text.find('t', at + 1)) {
    const std::string_view token = text.substr(at, 1 + digits);
    if (token.size() != 1 + digits || !std::all_of(token.begin() + 1, token.end(), is_token_digit)) continue;
    if (std::find(tokens.begin(), tokens.end(), token) == tokens.end()) tokens.emplace_back(token);
  }
}

}  // namespace

std::string make_token(std::uint64_t seed, std::string_view scenario, std::size_t attempt) {
  const std::uint64_t named = hash(0xcbf29ce484222325ULL, scenario);
  return fmt::format("t{:016x}", mix(mix(seed + named) + attempt));
}

std::vector<std::string> tokens_in(const wire::Delivery& delivery) {
  std::vector<std::string> tokens;
  add_tokens(delivery.reverse_path, tokens);
  for (const std::string& path : delivery.forward_paths) add_tokens(path, tokens);
  add_tokens(delivery.message, tokens);
  return tokens;
}

}  // namespace smtpspec::delivery
