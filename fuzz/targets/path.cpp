// Invariant: a path, mailbox or domain that was parsed is written in one form, which parses as the same, within the
// limits.
#include "harness/smtp/path.hpp"

#include "fuzz/require.hpp"

using namespace smtpspec::fuzz;
using namespace smtpspec::smtp;

namespace {

bool same(const Mailbox& a, const Mailbox& b) { return a.local_part == b.local_part && a.domain == b.domain; }

void check_path(std::string_view text, const PathRules& rules) {
  const auto path = parse_path(text, rules);
  if (!path) {
    require(path.error().at <= text.size() && !path.error().message.empty(), "an error names a place in the text");
    return;
  }
  require(text.size() <= max_path, "a path has at most 256 octets");
  require(path->mailbox.local_part.size() <= max_local_part, "a local-part has at most 64 octets");
  require(path->mailbox.domain.size() <= max_domain, "a domain has at most 255 octets");
  require(path_extent(text) == text.size(), "the extent of a path is its length");
  require(path_extent(std::string(text) + " SIZE=1> \"[") == text.size(), "the extent ends at the path");
  const std::string written = "<" + to_string(*path) + ">";
  require(written.size() <= text.size(), "the one form is not longer");
  const auto again = parse_path(written, rules);
  require(bool(again), "a path that was written can be parsed");
  require(again->null == path->null && same(again->mailbox, path->mailbox),
          "a path that was written parses as the same");
  require(to_string(*again) == to_string(*path), "a path has one form");
  require(!parse_path(std::string(text) + ">", rules), "nothing may follow a path");
  if (rules.utf8) return;
  const PathRules wider{.utf8 = true, .bare_postmaster = rules.bare_postmaster, .null = rules.null};
  const auto with_utf8 = parse_path(text, wider);
  require(with_utf8 && *with_utf8 == *path, "SMTPUTF8 changes no path in ASCII");
}

void check_mailbox(std::string_view text, const PathRules& rules) {
  const auto mailbox = parse_mailbox(text, rules);
  if (!mailbox) return;
  const auto again = parse_mailbox(to_string(*mailbox), rules);
  require(again && same(*again, *mailbox), "a mailbox that was written parses as the same");
}

void check_domain(std::string_view text, bool utf8) {
  const auto domain = parse_domain(text, utf8);
  if (!domain) return;
  require(*domain == text, "a domain is kept as written");
  // "<a@" and ">" take four octets of a path.
  const PathRules rules{.utf8 = utf8, .bare_postmaster = false, .null = false};
  require(bool(parse_path("<a@" + *domain + ">", rules)) == (text.size() + 4 <= max_path), "a domain fits after '@'");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = octets_of(data, size);
  for (unsigned bits = 0; bits < 8; ++bits) {
    const PathRules rules{.utf8 = (bits & 1U) != 0, .bare_postmaster = (bits & 2U) != 0, .null = (bits & 4U) != 0};
    check_path(text, rules);
    check_path("<" + std::string(text) + ">", rules);
    check_mailbox(text, rules);
  }
  check_domain(text, false);
  check_domain(text, true);
  return 0;
}
