// Address literals without their brackets: RFC 5321 section 4.1.3.
#pragma once

#include <string_view>

namespace smtpspec::smtp {

/// `1.2.3.4`: four numbers of one to three digits, each at most 255.
[[nodiscard]] bool is_ipv4_address(std::string_view text);
/// An IPv6 address in any text form of RFC 4291 section 2.2. RFC 5321 lets "::" stand for two groups or more; one is
/// taken as well, as erratum 4315 and RFC 5952 section 4 ask of receivers.
[[nodiscard]] bool is_ipv6_address(std::string_view text);
/// What stands between the brackets: IPv4, `IPv6:` and an address, or another tag, a colon and its content.
[[nodiscard]] bool is_address_literal(std::string_view text);

}  // namespace smtpspec::smtp
