// Freedoms: what the reference server may answer as well. A table of them; those that are more than a reply have their
// `has(Fault::...)` where the faults have theirs.
#include <algorithm>
#include <iterator>

#include "harness/reference/faulty_core.hpp"

namespace smtpspec::reference {
namespace {

/// The reply to a command line that fits the pattern, where `applies`.
struct Freedom {
  Fault fault;
  const char* pattern;
  bool (*applies)(const FaultyCore&);
  int code;
  const char* enhanced;
  const char* text;
};

bool always(const FaultyCore&) { return true; }
bool is_greeted(const FaultyCore& core) { return !core.client.domain.empty(); }

constexpr Freedom freedoms[] = {
    {Fault::bare_vrfy_answered_252, R"((?i)\A(?:VRFY|EXPN) *\z)", always, 252, "2.5.0", "Cannot say"},
    {Fault::vrfy_takes_names_alone, R"((?i)\AVRFY .*@)", always, 501, "5.5.4", "A user's name, please"},
    {Fault::vrfy_not_implemented, R"((?i)\A(?:VRFY|EXPN)\b)", always, 502, "5.5.1", "Not implemented"},
    {Fault::ehlo_literal_answered_504, R"((?i)\A(?:EHLO|HELO) \[)", always, 504, "", "No address literals"},
    {Fault::helo_answered_550, R"((?i)\AHELO )", always, 550, "", "EHLO, please"},
    {Fault::second_ehlo_answered_550, R"((?i)\AEHLO )", is_greeted, 550, "", "Once is enough"},
    {Fault::empty_line_answered_250, R"(\A\z)", always, 250, "2.0.0", "Nothing done"},
};

}  // namespace

bool FaultyCore::answers_freely(std::string_view line) {
  const auto* found = std::find_if(std::begin(freedoms), std::end(freedoms), [&](const Freedom& freedom) {
    return has(freedom.fault) && freedom.applies(*this) && fits(line, freedom.pattern);
  });
  if (found == std::end(freedoms)) return false;
  reply(found->code, found->enhanced, found->text);
  return true;
}

}  // namespace smtpspec::reference
