#include "harness/scenario/target.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include <arpa/inet.h>
#include <re2/re2.h>

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
// Loopback and private networks: RFC 1122, RFC 1918, RFC 4291, RFC 4193.
constexpr Prefix loopback[] = {{"127.0.0.0", 8}, {"::1", 128}};
constexpr Prefix private_networks[] = {{"10.0.0.0", 8}, {"172.16.0.0", 12}, {"192.168.0.0", 16}, {"fc00::", 7}};
using Prefixes = std::span<const Prefix>;

using Octets = std::array<unsigned char, 16>;

bool read_address(int family, std::string_view text, Octets& octets) {
  octets.fill(0);
  return inet_pton(family, std::string(text).c_str(), octets.data()) == 1;
}

bool is_of(Prefixes prefixes, int family, const Octets& address) {
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

/// An IPv4 address that is mapped into IPv6 is what it stands for.
bool is_of(Prefixes prefixes, std::string_view address) {
  Octets octets;
  if (read_address(AF_INET, address, octets)) return is_of(prefixes, AF_INET, octets);
  if (!read_address(AF_INET6, address, octets)) return false;
  const Octets mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (!std::equal(octets.begin(), octets.begin() + 12, mapped.begin())) return is_of(prefixes, AF_INET6, octets);
  std::rotate(octets.begin(), octets.begin() + 12, octets.end());
  return is_of(prefixes, AF_INET, octets);
}

bool is_ipv6(std::string_view text) {
  Octets ignored;
  // A link-local address names its interface after a percent sign (RFC 4007 section 11).
  return read_address(AF_INET6, text.substr(0, text.find('%')), ignored);
}

/// Takes a host name, an IPv4 address or an IPv6 address in brackets off the front of the text; nothing where there is
/// none.
std::optional<std::string> take_host(std::string_view& text) {
  static const RE2 form(R"(\[([^\]]*)\]|([A-Za-z0-9._-]{1,255}))");
  re2::StringPiece rest(text.data(), text.size());
  std::string bracketed;
  std::string name;
  if (!RE2::Consume(&rest, form, &bracketed, &name) || (name.empty() && !is_ipv6(bracketed))) return std::nullopt;
  text.remove_prefix(text.size() - rest.size());
  return name.empty() ? bracketed : name;
}

/// A number of digits alone, within the bounds.
template <class Number>
bool read_number(std::string_view digits, Number least, Number most, Number& into) {
  const auto [stop, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), into);
  return problem == std::errc{} && stop == digits.data() + digits.size() && into >= least && into <= most;
}

}  // namespace

std::string address(const Target& target) {
  if (target.host.starts_with('/')) return "lmtp://" + target.host;
  const bool bracketed = target.host.find(':') != std::string::npos;
  const auto row = std::find_if(schemes.begin(), schemes.end(),
                                [&](const SchemeRow& candidate) { return candidate.scheme == target.scheme; });
  return std::string(row->name) + "://" + (bracketed ? "[" + target.host + "]" : target.host) + ":" +
         std::to_string(target.port);
}

bool is_near(std::string_view address) { return is_loopback(address) || is_of(private_networks, address); }

bool is_loopback(std::string_view address) { return is_of(loopback, address); }

std::optional<smtp::SyntaxError> set_address(Target& target, std::string_view url) {
  const auto colon = url.find("://");
  const auto row = std::find_if(schemes.begin(), schemes.end(), [&](const SchemeRow& candidate) {
    return colon != std::string_view::npos && candidate.name == url.substr(0, colon);
  });
  if (row == schemes.end()) return smtp::SyntaxError{0, "an address begins with smtp://, smtps:// or lmtp://"};
  std::uint16_t port = row->port;
  const std::size_t start = colon + 3;
  std::string_view rest = url.substr(start);
  if (row->scheme == Scheme::lmtp && rest.size() > 1 && rest.front() == '/') {
    target.scheme = row->scheme;
    target.host = rest;
    target.port = 0;
    target.profile = "lmtp";
    return std::nullopt;
  }
  if (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);

  const bool bracketed = rest.starts_with('[');
  const auto host = take_host(rest);
  if (!host && bracketed) return smtp::SyntaxError{start, "no IPv6 address within the brackets"};
  if (!host || (!bracketed && !rest.empty() && rest.front() != ':'))
    return smtp::SyntaxError{start, "no host name or address; an IPv6 address stands in brackets"};
  if (!rest.empty() && (rest.front() != ':' || !read_number<std::uint16_t>(rest.substr(1), 1, 65535, port)))
    return smtp::SyntaxError{static_cast<std::size_t>(rest.data() - url.data()), "a port is a number from 1 to 65535"};
  target.scheme = row->scheme;
  target.host = *host;
  target.port = port;
  // RFC 6409 section 3.1, RFC 8314 section 3.3
  target.profile = row->scheme == Scheme::lmtp ? "lmtp" : port == 465 || port == 587 ? "submission" : "mx";
  return std::nullopt;
}

std::optional<HostAndPort> parse_host_and_port(std::string_view text) {
  const auto host = take_host(text);
  HostAndPort out;
  if (!host || !text.starts_with(':') || !read_number<std::uint16_t>(text.substr(1), 0, 65535, out.port))
    return std::nullopt;
  out.host = *host;
  return out;
}

bool is_source(std::string_view text) {
  Octets ignored;
  const auto slash = text.find('/');
  const auto host = text.substr(0, slash);
  const bool v4 = read_address(AF_INET, host, ignored);
  if (!v4 && !read_address(AF_INET6, host, ignored)) return false;
  int bits = 0;
  return slash == std::string_view::npos || read_number(text.substr(slash + 1), 0, v4 ? 32 : 128, bits);
}

std::optional<Target> target_from_url(std::string_view url) {
  Target target;
  if (set_address(target, url)) return std::nullopt;
  target.name = address(target).substr(address(target).find("://") + 3);
  target.mail.domain.clear();
  return target;
}

std::string host_as_domain(const Target& target) {
  Octets ignored;
  if (target.host.starts_with('/')) return "localhost";
  if (read_address(AF_INET, target.host, ignored)) return "[" + target.host + "]";
  return is_ipv6(target.host) ? "[IPv6:" + target.host.substr(0, target.host.find('%')) + "]" : target.host;
}

std::string domain_of(std::string_view mailbox) {
  const auto at = mailbox.rfind('@');
  return at == std::string_view::npos ? std::string() : std::string(mailbox.substr(at + 1));
}

bool is_mailbox(std::string_view text) {
  static const RE2 form(R"([^\x00-\x20\x7F<>]+@[^\x00-\x20\x7F<>@]+|(?i:postmaster))");
  return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), form);
}

}  // namespace smtpspec::scenario
