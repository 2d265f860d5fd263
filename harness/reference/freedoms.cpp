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
bool is_under_tls(const FaultyCore& core) { return core.under_tls; }
bool is_logged_in(const FaultyCore& core) { return !core.client.user.empty() && !core.transaction.open; }
bool was_logged_in(const FaultyCore& core) { return core.memory.logged_in && core.client.user.empty(); }
bool is_not_logged_in(const FaultyCore& core) { return core.client.user.empty() && core.transaction.open; }
bool is_utf8(const FaultyCore& core) { return core.transaction.utf8; }
bool has_refused_chunk(const FaultyCore& core) { return core.chunk_refusal.has_value(); }
/// In the segment, what stands before begins with a command that is the last of its group.
bool is_out_of_turn(const FaultyCore& core) {
  return fits(std::string_view(core.input).substr(0, core.used), R"((?i)\A(?:NOOP|VRFY|EXPN|HELP|EHLO|FROB).*\n.*\n)");
}

constexpr const char* any_but_rset = R"((?i)\A(?:[^RQB]|R[^S]|B[^D]|Q[^U]|\z))";

constexpr Freedom freedoms[] = {
    {Fault::bare_vrfy_answered_252, R"((?i)\A(?:VRFY|EXPN) *\z)", always, 252, "2.5.0", "Cannot say"},
    {Fault::vrfy_takes_names_alone, R"((?i)\AVRFY .*@)", always, 501, "5.5.4", "A user's name, please"},
    {Fault::vrfy_not_implemented, R"((?i)\A(?:VRFY|EXPN)\b)", always, 502, "5.5.1", "Not implemented"},
    {Fault::ehlo_literal_answered_504, R"((?i)\A(?:EHLO|HELO) \[)", always, 504, "", "No address literals"},
    {Fault::helo_answered_550, R"((?i)\AHELO )", always, 550, "", "EHLO, please"},
    {Fault::second_ehlo_answered_550, R"((?i)\AEHLO )", is_greeted, 550, "", "Once is enough"},
    {Fault::empty_line_answered_250, R"(\A\z)", always, 250, "2.0.0", "Nothing done"},
    {Fault::second_lhlo_answered_503, R"((?i)\ALHLO )", is_greeted, 503, "", "Once is enough"},
    {Fault::refused_chunk_wants_rset, any_but_rset, has_refused_chunk, 503, "5.5.1", "RSET first"},
    {Fault::mail_out_of_turn_refused, R"((?i)\AMAIL )", is_out_of_turn, 503, "5.5.0", "Out of turn"},
    {Fault::tls_not_good_enough, R"((?i)\A(?:[^Q]|Q[^U]|\z))", is_under_tls, 554, "5.7.0", "No service over this TLS"},
    {Fault::one_login_a_connection, R"((?i)\AAUTH )", was_logged_in, 503, "5.5.1", "Authenticated already"},
    {Fault::sender_not_the_users, R"((?i)\AMAIL FROM:<[^>])", is_logged_in, 550, "5.7.1", "Not your address"},
    {Fault::relaying_wants_login, R"((?i)\ARCPT TO:<[^>]*@(?:elsewhere|b\xc3)[^ ]*\z)", is_not_logged_in, 530, "5.7.0",
     "Authentication required"},
    {Fault::dsn_refused_by_policy, R"((?i)\ARCPT .*NOTIFY=SUCCESS)", always, 550, "5.7.1", "No reports of success"},
    {Fault::mailbox_of_ascii_alone, R"((?i)\ARCPT )", is_utf8, 550, "5.6.9", "This mailbox takes ASCII alone"},
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
