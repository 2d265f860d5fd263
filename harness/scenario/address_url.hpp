// "smtp://host:port" and "host:port" taken apart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/scenario/target.hpp"
#include "harness/smtp/parsed.hpp"

namespace smtpspec::scenario {

struct AddressUrl {
  Scheme scheme = Scheme::smtp;
  std::string host;  ///< without the brackets of an IPv6 address
  std::uint16_t port = 25;
};

/// `smtp`, `smtps` or `lmtp`, a host name or address, and perhaps a port (default: 25, 465, 24). An IPv6 address stands
/// in brackets. The error's `at` counts octets of the URL.
[[nodiscard]] smtp::Parsed<AddressUrl> parse_address_url(std::string_view url);

struct HostAndPort {
  std::string host;  ///< without the brackets of an IPv6 address
  std::uint16_t port = 0;
};

/// A place to listen on: "127.0.0.1:2526", "[::1]:2526". Both parts must be there; port 0 means any that is free.
[[nodiscard]] std::optional<HostAndPort> parse_host_and_port(std::string_view text);

/// "127.0.0.1", "::1", "10.0.0.0/8".
[[nodiscard]] bool is_source(std::string_view text);

/// The profile where none is stated: `lmtp` for an LMTP target, `submission` on the ports 465 and 587, otherwise `mx`.
[[nodiscard]] std::string default_profile(Scheme scheme, std::uint16_t port);

}  // namespace smtpspec::scenario
