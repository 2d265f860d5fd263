// Freedoms: what the reference server may answer as well. A table of them; those that are more than a reply have their
// `has(Fault::...)` where the faults have theirs.
#include <algorithm>
#include <iterator>

#include "harness/reference/faulty_core.hpp"
#include "harness/smtp/char_class.hpp"

namespace smtpspec::reference {
namespace {

/// The reply to a command line that fits the pattern, where `applies`.
struct Freedom {
  Fault fault;
  const char* pattern;
  bool (*applies)(const FaultyCore&, std::string_view line);
  int code;
  const char* enhanced;
  const char* text;
};

bool always(const FaultyCore&, std::string_view) { return true; }
bool is_greeted(const FaultyCore& core, std::string_view) { return !core.client.domain.empty(); }
bool is_open(const FaultyCore& core, std::string_view) { return core.transaction.open; }
bool is_from_nobody(const FaultyCore& core, std::string_view) {
  return core.transaction.open && core.transaction.mail.reverse_path.empty();
}
bool wants_reset(const FaultyCore& core, std::string_view) { return core.memory.message_refused; }
bool has_refused_mail(const FaultyCore& core, std::string_view) {
  return !core.transaction.open && core.memory.mail_refused;
}
bool is_from_a_stranger(const FaultyCore&, std::string_view line) { return !fits(line, "(?i)<(?:sender[@+]|>)"); }
bool is_under_tls(const FaultyCore& core, std::string_view) { return core.under_tls; }
bool is_in_clear(const FaultyCore& core, std::string_view) { return !core.under_tls; }
bool is_submitted_by_nobody(const FaultyCore& core, std::string_view) {
  return core.settings.submission && core.client.user.empty();
}
bool is_logged_in(const FaultyCore& core, std::string_view) {
  return !core.client.user.empty() && !core.transaction.open;
}
bool was_logged_in(const FaultyCore& core, std::string_view) {
  return core.memory.logged_in && core.client.user.empty();
}
bool is_not_logged_in(const FaultyCore& core, std::string_view) {
  return core.client.user.empty() && core.transaction.open;
}
bool is_utf8(const FaultyCore& core, std::string_view) { return core.transaction.utf8; }
bool has_refused_chunk(const FaultyCore& core, std::string_view) { return core.chunk_refusal.has_value(); }
/// In the segment, what stands before begins with a command that is the last of its group.
bool is_out_of_turn(const FaultyCore& core, std::string_view) {
  return fits(std::string_view(core.input).substr(0, core.used), R"((?i)\A(?:NOOP|VRFY|EXPN|HELP|EHLO|FROB).*\n.*\n)");
}

constexpr std::size_t many_commands = 40;
constexpr const char* any_but_rset = R"((?i)\A(?:[^RQB]|R[^S]|B[^D]|Q[^U]|\z))";
/// All but NOOP, EHLO (LHLO), STARTTLS and QUIT; BDAT, too, since its chunk comes before its reply.
constexpr const char* any_before_tls = R"((?i)\A(?:[^BELNQS]|B[^D]|[EL][^H]|N[^O]|Q[^U]|S[^T]|\z))";

constexpr Freedom freedoms[] = {
    {Fault::bare_vrfy_answered_252, R"((?i)\A(?:VRFY|EXPN) *\z)", always, 252, "2.5.0", "Cannot say"},
    {Fault::vrfy_takes_names_alone, R"((?i)\AVRFY .*@)", always, 501, "5.5.4", "A user's name, please"},
    {Fault::vrfy_not_implemented, R"((?i)\A(?:VRFY|EXPN)\b)", always, 502, "5.5.1", "Not implemented"},
    {Fault::vrfy_answered_500, R"((?i)\A(?:VRFY|EXPN)\b)", always, 500, "5.5.2", "Not recognized"},
    {Fault::bare_ehlo_taken, R"((?i)\AHELO )", is_greeted, 503, "", "Known already"},
    {Fault::tls_wanted_first, any_before_tls, is_in_clear, 530, "5.7.0", "Must issue a STARTTLS command first"},
    {Fault::login_wanted_by_550, R"((?i)\AMAIL )", is_submitted_by_nobody, 550, "5.7.1", "Not from you"},
    {Fault::ehlo_literal_answered_504, R"((?i)\A(?:EHLO|HELO) \[)", always, 504, "", "No address literals"},
    {Fault::helo_answered_550, R"((?i)\AHELO )", always, 550, "", "EHLO, please"},
    {Fault::second_ehlo_answered_550, R"((?i)\AEHLO )", is_greeted, 550, "", "Once is enough"},
    {Fault::mail_wants_reset, R"((?i)\AMAIL )", wants_reset, 503, "5.5.1", "RSET first"},
    {Fault::refused_mail_then_rcpt_is_554, R"((?i)\ARCPT )", has_refused_mail, 554, "5.5.1", "MAIL was refused"},
    {Fault::null_sender_refused_at_rcpt, R"((?i)\ARCPT )", is_from_nobody, 550, "5.7.1", "No bounces here"},
    {Fault::unknown_senders_refused, R"((?i)\AMAIL FROM:)", is_from_a_stranger, 550, "5.1.8", "Unknown sender"},
    {Fault::long_paths_answered_552, R"((?i)\A(?:MAIL|RCPT) .*<[^@>][^>]{64,}>)", always, 552, "5.1.0", "A long path"},
    {Fault::null_recipient_accepted, R"((?i)\ARCPT TO:<>)", is_open, 250, "2.1.5", "As you like"},
    {Fault::limit_of_64k, R"((?i)\AMAIL .* SIZE=0*[1-9]\d{5})", always, 552, "5.3.4",
     "The message is larger than the limit"},
    {Fault::empty_line_answered_250, R"(\A\z)", always, 250, "2.0.0", "Nothing done"},
    {Fault::second_lhlo_answered_503, R"((?i)\ALHLO )", is_greeted, 503, "", "Once is enough"},
    {Fault::refused_chunk_wants_rset, any_but_rset, has_refused_chunk, 503, "5.5.1", "RSET first"},
    {Fault::mail_out_of_turn_refused, R"((?i)\AMAIL )", is_out_of_turn, 503, "5.5.0", "Out of turn"},
    {Fault::tls_not_good_enough, R"((?i)\A(?:[^Q]|Q[^U]|\z))", is_under_tls, 554, "5.7.0", "No service over this TLS"},
    {Fault::login_wants_tls, R"((?i)\AAUTH )", is_in_clear, 504, "5.5.4", "Under TLS alone"},
    {Fault::one_login_a_connection, R"((?i)\AAUTH )", was_logged_in, 503, "5.5.1", "Authenticated already"},
    {Fault::sender_not_the_users, R"((?i)\AMAIL FROM:<[^>])", is_logged_in, 550, "5.7.1", "Not your address"},
    {Fault::relaying_wants_login, R"((?i)\ARCPT TO:<[^>]*@(?:elsewhere|b\xc3)[^ ]*\z)", is_not_logged_in, 530, "5.7.0",
     "Authentication required"},
    {Fault::dsn_refused_by_policy, R"((?i)\ARCPT .*(?:NOTIFY|ORCPT)=)", always, 550, "5.7.1", "No reports"},
    {Fault::mailbox_of_ascii_alone, R"((?i)\ARCPT )", is_utf8, 550, "5.6.9", "This mailbox takes ASCII alone"},
};

/// Messages that a server may refuse for what is in them.
struct Dislike {
  Fault fault;
  const char* pattern;
};
constexpr Dislike dislikes[] = {
    {Fault::bare_line_ends_refused, R"((?:\A|[^\r])\n|\r[^\n])"},
    {Fault::control_octets_refused, R"([\x00-\x08\x0b\x0c\x0e-\x1f\x7f])"},
};

bool has_long_line(std::string_view text) {
  constexpr std::size_t longest = 998;
  for (std::size_t line = 0; line < text.size();) {
    const std::size_t end = std::min(text.find("\r\n", line), text.size());
    if (end - line > longest) return true;
    line = end + 2;
  }
  return false;
}

bool has_field(std::string_view message, const char* pattern) {
  return fits(message.substr(0, message.find("\r\n\r\n")), pattern);
}

}  // namespace

bool FaultyCore::has_body() const { return smtp::find_parameter(transaction.mail.mail_parameters, "BODY") != nullptr; }

bool FaultyCore::is_disliked() const {
  const std::string_view message = transaction.mail.message;
  const bool complete = has_field(message, R"((?i)(?:\A|\n)From:)") && has_field(message, R"((?i)(?:\A|\n)Date:)");
  if (has(Fault::incomplete_header_refused) && !complete) return true;
  if (transaction.chunked) return false;
  return (has(Fault::long_line_refused) && has_long_line(message)) ||
         (has(Fault::eight_bit_refused) && !has_body() && smtp::has_eight_bit(message)) ||
         std::any_of(std::begin(dislikes), std::end(dislikes),
                     [&](const Dislike& one) { return has(one.fault) && fits(message, one.pattern); });
}

bool FaultyCore::answers_freely(std::string_view line) {
  if (has(Fault::many_commands_end_the_session) && !fits(line, R"((?i)\A(?:MAIL|RCPT|DATA|BDAT|QUIT)\b)") &&
      ++memory.commands > many_commands) {
    reply(554, "5.7.0", "Too many commands");
    end(Want::close);
    return true;
  }
  const auto* found = std::find_if(std::begin(freedoms), std::end(freedoms), [&](const Freedom& freedom) {
    return has(freedom.fault) && freedom.applies(*this, line) && fits(line, freedom.pattern);
  });
  if (found == std::end(freedoms)) return false;
  reply(found->code, found->enhanced, found->text);
  return true;
}

}  // namespace smtpspec::reference
