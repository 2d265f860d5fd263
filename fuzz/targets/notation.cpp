// Invariant: octets come back from their notation; what is made visible can be shown, and is not changed again.
#include <algorithm>

#include "fuzz/require.hpp"
#include "harness/smtp/enhanced_code.hpp"
#include "harness/smtp/escape.hpp"
#include "harness/smtp/visible.hpp"

using namespace smtpspec::fuzz;
using namespace smtpspec::smtp;

namespace {

bool is_printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char octet) { return octet >= 0x20 && octet <= 0x7e; });
}

void check_notation(std::string_view octets) {
  const std::string escaped = escape(octets);
  require(is_printable_ascii(escaped) && escaped.size() <= 4 * octets.size(), "the notation is printable and bounded");
  require(unescape(escaped) == octets, "octets come back from their notation");
  BadEscape problem;
  const auto read = unescape(octets, &problem);
  if (read) return require(unescape(escape(*read)) == *read, "what was read can be written");
  require(problem.at < octets.size() && octets[problem.at] == '\\', "a problem is at a backslash");
  require(is_printable_ascii(problem.message) && !problem.message.empty(), "a problem is told");
}

void check_shown(std::string_view text, bool lines) {
  const std::string shown = lines ? visible_lines(text) : visible(text);
  require(shown.size() <= 4 * text.size(), "what is shown is bounded");
  require((lines ? visible_lines(shown) : visible(shown)) == shown, "what can be shown stays as it is");
  require(shown.find("##") == shown.npos, "no command mark is shown");
  for (std::string_view rest = shown; !rest.empty();) {
    const std::size_t length = utf8_sequence(rest);
    require(length > 0, "what is shown is well-formed");
    require(can_be_shown(rest.substr(0, length)) || (lines && rest.front() == '\n'), "each character can be shown");
    rest.remove_prefix(length);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets = octets_of(data, size);
  check_notation(octets);
  check_shown(octets, false);
  check_shown(octets, true);
  require(well_formed(well_formed(octets)) == well_formed(octets), "what is well-formed stays as it is");
  const auto code = leading_enhanced_code(octets);
  if (code) require(octets.starts_with(to_string(*code)), "an enhanced code has one form");
  return 0;
}
