// Paths and mailboxes: RFC 5321 section 4.1.2, address literals 4.1.3, limits 4.5.3.1, UTF-8 by RFC 6531 section 3.3.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/smtp/parsed.hpp"

namespace smtpspec::smtp {

struct PathRules {
  bool utf8 = false;             ///< SMTPUTF8 was agreed: UTF-8 in local-part and domain (RFC 6531 section 3.3)
  bool bare_postmaster = false;  ///< `<Postmaster>` without a domain is allowed (RCPT, RFC 5321 section 4.1.1.3)
  bool null = false;             ///< `<>` is allowed (MAIL, RFC 5321 section 4.1.1.2)
};

struct Mailbox {
  std::string local_part;  ///< unquoted: what a quoted-string stands for
  std::string domain;      ///< as written: a domain or an address literal with its brackets; empty for `Postmaster`
  bool quoted = false;     ///< local-part was written as a quoted-string
  bool operator==(const Mailbox&) const = default;
};

struct Path {
  std::vector<std::string> source_route;  ///< the domains of `@a,@b:`, to be ignored (RFC 5321 appendix C)
  Mailbox mailbox;
  bool null = false;       ///< `<>`
  std::string as_written;  ///< not empty for a path that does not parse and is taken all the same: what it says
  bool operator==(const Path&) const = default;
};

/// Octets, RFC 5321 sections 4.5.3.1.1 to 4.5.3.1.3.
inline constexpr std::size_t max_local_part = 64;
inline constexpr std::size_t max_domain = 255;
inline constexpr std::size_t max_path = 256;

/// Parses a whole path with its angle brackets; every octet of `text` must belong to it.
[[nodiscard]] Parsed<Path> parse_path(std::string_view text, const PathRules& rules);
/// The length in octets of the path at the start of `text` by its angle brackets, quoted strings and address literals
/// alone (so that the parameters after it can be found); 0 when there is no opening or no closing bracket.
[[nodiscard]] std::size_t path_extent(std::string_view text);
/// A mailbox without angle brackets. Of the rules, `null` has no meaning here.
[[nodiscard]] Parsed<Mailbox> parse_mailbox(std::string_view text, const PathRules& rules);
/// A domain or an address literal (IPv4, IPv6, general), as EHLO takes it.
[[nodiscard]] Parsed<std::string> parse_domain(std::string_view text, bool utf8);
/// `local@domain`, the local-part quoted where the grammar asks for it and nowhere else (RFC 5321 section 4.1.2 wants
/// the least quoting). No angle brackets, no source route. Empty for the null path, `as_written` where there is that.
[[nodiscard]] std::string to_string(const Path& path);
[[nodiscard]] std::string to_string(const Mailbox& mailbox);

}  // namespace smtpspec::smtp
