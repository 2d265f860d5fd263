#include "harness/smtp/address_literal.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

#include <arpa/inet.h>

#include "harness/smtp/char_class.hpp"

namespace smtpspec::smtp {
namespace {

bool is_snum(std::string_view text) {
  if (text.empty() || text.size() > 3 || !std::all_of(text.begin(), text.end(), is_digit)) return false;
  return std::stoi(std::string(text)) <= 255;
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
  std::string address(text);
  // The IPv4 address at the end may have leading zeros, which inet_pton() does not take.
  const std::size_t last = address.rfind(':') + 1;
  if (is_ipv4_address(std::string_view(address).substr(last))) address.replace(last, address.npos, "0:0");
  in6_addr ignored{};
  return address.find('\0') == address.npos && ::inet_pton(AF_INET6, address.c_str(), &ignored) == 1;
}

bool is_address_literal(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return is_ipv4_address(text);
  const std::string_view tag = text.substr(0, colon);
  const std::string_view content = text.substr(colon + 1);
  // The general form would let any text through after "IPv6:"; that tag has a grammar of its own.
  if (same_word(tag, "IPv6")) return is_ipv6_address(content);
  return is_tag(tag) && !content.empty() && std::all_of(content.begin(), content.end(), is_dcontent);
}

}  // namespace smtpspec::smtp
