#include "harness/scenario/target.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <arpa/inet.h>

#include "harness/scenario/address_url.hpp"
#include "harness/scenario/loader.hpp"

namespace smtpspec::scenario {
namespace {

struct SchemeRow {
  Scheme scheme;
  std::string_view name;
  std::uint16_t port;  ///< RFC 5321 section 4.5.4.2, RFC 8314 section 3.3, and the assigned lmtp port 24
};
constexpr std::array<SchemeRow, 3> schemes = {
    {{Scheme::smtp, "smtp", 25}, {Scheme::smtps, "smtps", 465}, {Scheme::lmtp, "lmtp", 24}}};

struct Prefix {
  std::string_view text;
  int bits;
};
// Loopback, private and link-local networks: RFC 1122, RFC 1918, RFC 3927, RFC 4291, RFC 4193.
constexpr std::array<Prefix, 5> near_v4 = {
    {{"127.0.0.0", 8}, {"10.0.0.0", 8}, {"172.16.0.0", 12}, {"192.168.0.0", 16}, {"169.254.0.0", 16}}};
constexpr std::array<Prefix, 3> near_v6 = {{{"::1", 128}, {"fe80::", 10}, {"fc00::", 7}}};

using Octets = std::array<unsigned char, 16>;

bool read_address(int family, std::string_view text, Octets& octets) {
  octets.fill(0);
  return inet_pton(family, std::string(text).c_str(), octets.data()) == 1;
}

template <std::size_t count>
bool is_within(int family, const Octets& address, const std::array<Prefix, count>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](const Prefix& prefix) {
    Octets network;
    if (!read_address(family, prefix.text, network)) return false;
    for (int bit = 0; bit < prefix.bits; ++bit) {
      const auto octet = static_cast<std::size_t>(bit / 8);
      if (((address[octet] ^ network[octet]) >> (7 - bit % 8) & 1) != 0) return false;
    }
    return true;
  });
}

bool is_host(std::string_view host) {
  return !host.empty() && host.size() <= 255 && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_';
  });
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

}  // namespace

std::string address(const Target& target) {
  const bool bracketed = target.host.find(':') != std::string::npos;
  const auto row = std::find_if(schemes.begin(), schemes.end(),
                                [&](const SchemeRow& candidate) { return candidate.scheme == target.scheme; });
  return std::string(row->name) + "://" + (bracketed ? "[" + target.host + "]" : target.host) + ":" +
         std::to_string(target.port);
}

bool is_near(const Target& target) {
  if (lower(target.host) == "localhost") return true;
  Octets octets;
  if (read_address(AF_INET, target.host, octets)) return is_within(AF_INET, octets, near_v4);
  // A link-local address names its interface behind a percent sign (RFC 4007 section 11).
  if (!read_address(AF_INET6, target.host.substr(0, target.host.find('%')), octets)) return false;
  const Octets mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (!std::equal(octets.begin(), octets.begin() + 12, mapped.begin())) return is_within(AF_INET6, octets, near_v6);
  std::rotate(octets.begin(), octets.begin() + 12, octets.end());
  return is_within(AF_INET, octets, near_v4);
}

smtp::Parsed<AddressUrl> parse_address_url(std::string_view url) {
  AddressUrl out;
  const auto colon = url.find("://");
  const auto row = std::find_if(schemes.begin(), schemes.end(), [&](const SchemeRow& candidate) {
    return colon != std::string_view::npos && candidate.name == url.substr(0, colon);
  });
  if (row == schemes.end()) return smtp::SyntaxError{0, "an address begins with smtp://, smtps:// or lmtp://"};
  out.scheme = row->scheme;
  out.port = row->port;
  const std::size_t start = colon + 3;
  std::string_view rest = url.substr(start);
  if (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);

  std::size_t end = rest.find(':');
  if (!rest.empty() && rest.front() == '[') {
    const auto bracket = rest.find(']');
    const auto inside = rest.substr(1, bracket == std::string_view::npos ? bracket : bracket - 1);
    Octets ignored;
    if (bracket == std::string_view::npos || !read_address(AF_INET6, inside.substr(0, inside.find('%')), ignored))
      return smtp::SyntaxError{start, "no IPv6 address within the brackets"};
    out.host = inside;
    end = bracket + 1;
  } else {
    out.host = rest.substr(0, end);
    if (!is_host(out.host))
      return smtp::SyntaxError{start, "no host name or address; an IPv6 address stands in brackets"};
    end = std::min(end, rest.size());
  }
  if (end == rest.size()) return out;
  const std::string_view port = rest.substr(end + 1);
  const auto [stop, problem] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (rest[end] != ':' || problem != std::errc{} || stop != port.data() + port.size() || out.port == 0)
    return smtp::SyntaxError{start + end, "a port is a number from 1 to 65535"};
  return out;
}

std::optional<HostAndPort> parse_host_and_port(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [stop, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (problem != std::errc{} || stop != digits.data() + digits.size()) return std::nullopt;
  if (!host.starts_with('[')) return is_host(host) ? std::optional(HostAndPort{std::string(host), port}) : std::nullopt;
  host.remove_prefix(1);
  if (!host.ends_with(']')) return std::nullopt;
  host.remove_suffix(1);
  Octets ignored;
  if (!read_address(AF_INET6, host.substr(0, host.find('%')), ignored)) return std::nullopt;
  return HostAndPort{std::string(host), port};
}

bool is_source(std::string_view text) {
  Octets ignored;
  const auto slash = text.find('/');
  const auto host = text.substr(0, slash);
  const bool v4 = read_address(AF_INET, host, ignored);
  if (!v4 && !read_address(AF_INET6, host, ignored)) return false;
  if (slash == std::string_view::npos) return true;
  int bits = -1;
  const std::string_view digits = text.substr(slash + 1);
  const auto [stop, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  return problem == std::errc{} && stop == digits.data() + digits.size() && bits >= 0 && bits <= (v4 ? 32 : 128);
}

std::string default_profile(Scheme scheme, std::uint16_t port) {
  if (scheme == Scheme::lmtp) return "lmtp";
  return port == 465 || port == 587 ? "submission" : "mx";  // RFC 6409 section 3.1, RFC 8314 section 3.3
}

std::optional<Target> target_from_url(std::string_view url) {
  const auto parsed = parse_address_url(url);
  if (!parsed) return std::nullopt;
  Target target;
  target.scheme = parsed->scheme;
  target.host = parsed->host;
  target.port = parsed->port;
  target.profile = default_profile(target.scheme, target.port);
  target.name = address(target).substr(address(target).find("://") + 3);
  // The one mailbox that every server must take mail for (RFC 5321 section 4.5.1).
  target.mail.domain = "localhost";
  target.mail.accepts = {"postmaster@localhost"};
  return target;
}

}  // namespace smtpspec::scenario
