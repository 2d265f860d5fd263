// "smtp://host:port" and "host:port" taken apart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/scenario/target.hpp"
#include "harness/smtp/parsed.hpp"

namespace smtpspec::scenario {

/// Sets scheme, host and port of a target, and the profile that goes with them: `lmtp` for an LMTP target, `submission`
/// on the ports 465 and 587, otherwise `mx`. The URL has `smtp`, `smtps` or `lmtp`, a host name or address, and perhaps
/// a port (default: 25, 465, 24). An IPv6 address stands in brackets. `lmtp:///run/lmtp` is a Unix socket. An error
/// leaves the target as it was; its `at` counts octets of the URL.
[[nodiscard]] std::optional<smtp::SyntaxError> set_address(Target& target, std::string_view url);

struct HostAndPort {
  std::string host;  ///< without the brackets of an IPv6 address
  std::uint16_t port = 0;
};

/// A place to listen on: "127.0.0.1:2526", "[::1]:2526". Both parts must be there; port 0 means any that is free.
[[nodiscard]] std::optional<HostAndPort> parse_host_and_port(std::string_view text);

/// "127.0.0.1", "::1", "10.0.0.0/8".
[[nodiscard]] bool is_source(std::string_view text);

}  // namespace smtpspec::scenario
