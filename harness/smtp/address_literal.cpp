#include "harness/smtp/address_literal.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "harness/smtp/octets.hpp"

namespace smtpspec::smtp {
namespace {

bool is_snum(std::string_view text) {
  if (text.empty() || text.size() > 3 || !std::all_of(text.begin(), text.end(), is_digit)) return false;
  int value = 0;
  for (const char digit : text) value = value * 10 + (digit - '0');
  return value <= 255;
}

bool is_ipv6_hex(std::string_view text) {
  return !text.empty() && text.size() <= 4 && std::all_of(text.begin(), text.end(), is_hexdig);
}

/// The number of 16-bit groups in `a:b:c`, where the last may be an IPv4 address that counts for two; nullopt where
/// the text is no such list. An empty text has none.
std::optional<std::size_t> count_groups(std::string_view text, bool ipv4_may_end_it) {
  std::size_t groups = 0;
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    const bool last = colon == std::string_view::npos;
    if (is_ipv6_hex(group)) {
      groups += 1;
    } else if (last && ipv4_may_end_it && is_ipv4_address(group)) {
      groups += 2;
    } else {
      return std::nullopt;
    }
    if (last) break;
    text.remove_prefix(colon + 1);
    if (text.empty()) return std::nullopt;
  }
  return groups;
}

bool is_dcontent(char octet) { return octet >= 33 && octet <= 126 && octet != '[' && octet != '\\' && octet != ']'; }

bool is_tag(std::string_view text) {
  const auto fits = [](char octet) { return is_let_dig(octet) || octet == '-'; };
  return !text.empty() && std::all_of(text.begin(), text.end(), fits) && text.back() != '-';
}

}  // namespace

bool is_ipv4_address(std::string_view text) {
  for (int part = 0; part < 3; ++part) {
    const std::size_t period = text.find('.');
    if (period == std::string_view::npos || !is_snum(text.substr(0, period))) return false;
    text.remove_prefix(period + 1);
  }
  return is_snum(text);
}

bool is_ipv6_address(std::string_view text) {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) return count_groups(text, true) == 8;
  const auto before = count_groups(text.substr(0, gap), false);
  const auto behind = count_groups(text.substr(gap + 2), true);
  return before && behind && *before + *behind <= 7;
}

bool is_address_literal(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return is_ipv4_address(text);
  const std::string_view tag = text.substr(0, colon);
  const std::string_view content = text.substr(colon + 1);
  // The general form would let any text through behind "IPv6:"; that tag has a grammar of its own.
  if (same_word(tag, "IPv6")) return is_ipv6_address(content);
  return is_tag(tag) && !content.empty() && std::all_of(content.begin(), content.end(), is_dcontent);
}

}  // namespace smtpspec::smtp
