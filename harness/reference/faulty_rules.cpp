// What faults refuse although nothing speaks against it, and what they let pass although something does: a table of
// each.
#include <algorithm>
#include <iterator>

#include "harness/reference/faulty_core.hpp"
#include "harness/smtp/char_class.hpp"

namespace smtpspec::reference {
namespace {

using smtp::Command;
using smtp::Verb;

using Applies = bool (*)(const FaultyCore&, const Command&);

constexpr std::size_t few_recipients = 50;
constexpr std::size_t many_recipients = 100;
constexpr std::size_t many_chunks = 64;
constexpr std::size_t most_octets = 16384;

bool always(const FaultyCore&, const Command&) { return true; }

// About the session.
bool is_open(const FaultyCore& core, const Command&) { return core.transaction.open; }
bool is_not_open(const FaultyCore& core, const Command&) { return !core.transaction.open; }
bool is_strange(const FaultyCore& core, const Command&) { return core.client.domain.empty(); }
bool is_greeted(const FaultyCore& core, const Command&) { return !core.client.domain.empty(); }
bool is_smtp(const FaultyCore& core, const Command&) { return !core.settings.lmtp; }
bool is_lmtp(const FaultyCore& core, const Command&) { return core.settings.lmtp; }
bool is_under_tls(const FaultyCore& core, const Command&) { return core.under_tls; }
bool is_after_last(const FaultyCore& core, const Command&) { return !core.transaction.open && core.memory.last_chunk; }
bool has_ehlo_refused(const FaultyCore& core, const Command&) { return core.memory.ehlo_refused; }
bool has_size_refused(const FaultyCore& core, const Command&) { return core.memory.size_refused; }
bool has_chunk_refused(const FaultyCore& core, const Command&) { return core.memory.chunk_refused; }
bool has_message(const FaultyCore& core, const Command&) { return core.memory.messages > 0; }
bool has_many_chunks(const FaultyCore& core, const Command&) { return core.chunks > many_chunks; }
bool has_few_rcpts(const FaultyCore& core, const Command&) { return core.transaction.rcpts > few_recipients; }
bool has_many_rcpts(const FaultyCore& core, const Command&) { return core.transaction.rcpts > many_recipients; }
bool has_many_octets(const FaultyCore& core, const Command&) { return core.rcpt_octets > most_octets; }
bool has_many_rcpts_ever(const FaultyCore& core, const Command&) { return core.memory.rcpts > many_recipients; }

// About parameters.
const smtp::Parameter* find(const Command& command, std::string_view keyword) {
  return smtp::find_parameter(command.parameters, keyword);
}
bool has_lower(std::string_view text) { return smtp::to_upper(text) != text; }
bool has_lower_value(const Command& command, std::string_view keyword) {
  const smtp::Parameter* const parameter = find(command, keyword);
  return parameter != nullptr && parameter->value && has_lower(*parameter->value);
}
bool has_auth(const FaultyCore&, const Command& command) { return find(command, "AUTH") != nullptr; }
bool has_body(const FaultyCore&, const Command& command) { return find(command, "BODY") != nullptr; }
bool has_dsn(const FaultyCore&, const Command& command) {
  return std::any_of(command.parameters.begin(), command.parameters.end(), is_of_dsn);
}
bool has_size(const FaultyCore&, const Command& command) { return find(command, "SIZE") != nullptr; }
bool has_smtputf8(const FaultyCore&, const Command& command) { return find(command, "SMTPUTF8") != nullptr; }
bool has_size_zero(const FaultyCore& core, const Command& command) {
  return has_size(core, command) && find(command, "SIZE")->value == "0";
}
bool has_size_of_limit(const FaultyCore& core, const Command& command) {
  return declared_size(command.parameters) == core.settings.max_message;
}
bool has_size_that_wraps(const FaultyCore& core, const Command& command) {
  const std::uint64_t size = declared_size(command.parameters).value_or(0);
  return size == std::uint64_t(-1) || (size & 0xffffffffU) <= core.settings.max_message;
}
bool has_two_parameters(const FaultyCore&, const Command& command) { return command.parameters.size() > 1; }
bool has_three_parameters(const FaultyCore&, const Command& command) { return command.parameters.size() > 2; }
bool has_size_after(const FaultyCore& core, const Command& command) {
  return has_size(core, command) && command.parameters.front().keyword != "SIZE";
}
bool has_size_just_beyond(const FaultyCore& core, const Command& command) {
  return declared_size(command.parameters) == core.settings.max_message + 1;
}
bool has_lower_parameter(const FaultyCore& core, const Command& command) {
  const std::size_t path = command.argument.rfind('>');
  if (path == std::string::npos) return false;
  const std::string_view parameters = std::string_view(command.argument).substr(path);
  const bool body = has_body(core, command) && has_lower(parameters.substr(0, parameters.find('=')));
  return parameters.find("size=") != parameters.npos || body || has_lower_value(command, "BODY") ||
         (has_smtputf8(core, command) && parameters.find("SMTPUTF8") == parameters.npos);
}
bool has_long_envid(const FaultyCore&, const Command& command) {
  constexpr std::size_t longest = 38;  // that user agents should write: RFC 3461 section 5.4
  const smtp::Parameter* const envid = find(command, "ENVID");
  return envid != nullptr && envid->value && envid->value->size() > longest;
}
bool has_lower_ret(const FaultyCore&, const Command& command) { return has_lower_value(command, "RET"); }
bool has_lower_notify(const FaultyCore&, const Command& command) { return has_lower_value(command, "NOTIFY"); }

// About the argument, the path above all.
bool has_argument(const FaultyCore&, const Command& command) { return !command.argument.empty(); }
bool has_more_than_letters(const FaultyCore&, const Command& command) { return !fits(command.domain, "\\A[a-z.]+\\z"); }
bool breaks_pattern(const FaultyCore&, const Command& command) {
  const bool narrow = fits(smtp::to_string(command.path), "\\A[a-z.]{2,}(?:\\+.{7,})?@[a-z.]+\\z");
  return !command.path.null && (command.path.mailbox.quoted || !narrow);
}
bool is_there_already(const FaultyCore& core, const Command& command) {
  const auto& all = core.transaction.mail.recipients;
  const std::string path = smtp::to_string(command.path);
  return std::any_of(all.begin(), all.end(), [&](const auto& recipient) { return recipient.forward_path == path; });
}
bool is_one_label(const FaultyCore&, const Command& command) {
  return command.domain.find_first_of(".[") == std::string::npos;
}
bool is_null(const FaultyCore&, const Command& command) { return command.path.null; }
bool is_quoted(const FaultyCore&, const Command& command) { return command.path.mailbox.quoted; }
bool has_utf8(const FaultyCore&, const Command& command) { return is_utf8(command.path.mailbox); }
bool needs_utf8(const FaultyCore& core, const Command& command) {
  return core.transaction.open && !core.transaction.utf8 && is_utf8(command.path.mailbox);
}
bool takes_utf8(const FaultyCore& core, const Command& command) {
  return core.transaction.utf8 && is_utf8(command.path.mailbox);
}
bool needs_utf8_again(const FaultyCore& core, const Command& command) {
  return needs_utf8(core, command) && core.memory.utf8;
}
bool has_odd_characters(const FaultyCore&, const Command& command) {
  return fits(command.path.mailbox.local_part, "[^A-Za-z0-9+.-]");
}
bool has_literal(const FaultyCore&, const Command& command) { return command.path.mailbox.domain.starts_with('['); }
bool has_digit_label(const FaultyCore& core, const Command& command) {
  return !has_literal(core, command) && fits(command.path.mailbox.domain, "(?:\\A|\\.)[0-9]");
}
bool has_quoted_special(const FaultyCore&, const Command& command) {
  return fits(command.path.mailbox.local_part, "[@<>]");
}
bool has_route(const FaultyCore&, const Command& command) { return !command.path.source_route.empty(); }
bool is_postmaster(const FaultyCore&, const Command& command) {
  return smtp::same_word(command.path.mailbox.local_part, "postmaster");
}
bool breaks_pattern_but_postmaster(const FaultyCore& core, const Command& command) {
  return breaks_pattern(core, command) && !is_postmaster(core, command);
}
bool is_odd_postmaster(const FaultyCore& core, const Command& command) {
  return is_postmaster(core, command) && command.path.mailbox.local_part != "Postmaster";
}
bool is_own_domain(const FaultyCore& core, const Command& command) {
  return smtp::same_word(command.path.mailbox.domain, core.settings.domain);
}
bool is_other_domain(const FaultyCore& core, const Command& command) { return !is_own_domain(core, command); }
bool is_in_capitals(const FaultyCore& core, const Command& command) {
  return is_own_domain(core, command) && command.path.mailbox.domain == smtp::to_upper(core.settings.domain);
}
bool is_empty_chunk(const FaultyCore&, const Command& command) { return command.chunk_size == 0; }
bool has_utf8_orcpt(const FaultyCore&, const Command& command) {
  const smtp::Parameter* const orcpt = find(command, "ORCPT");
  return orcpt != nullptr && orcpt->value && orcpt->value->starts_with("utf-8");
}
bool has_early_response(const FaultyCore&, const Command& command) {
  return command.mechanism == "CRAM-MD5" && command.initial_response;
}
bool has_lower_mechanism(const FaultyCore&, const Command& command) { return fits(command.argument, "\\A\\S*[a-z]"); }
bool is_scram(const FaultyCore&, const Command& command) { return command.mechanism == "SCRAM-SHA-256"; }

/// A reply that a fault has in place of what is right.
struct Mistake {
  Fault fault;
  Verb verb;
  Applies applies;
  int code;
  std::string_view enhanced;
  std::string_view text;
};
/// Made before it is asked whether the command can be carried out.
constexpr Mistake hasty[] = {
    {Fault::busy_in_transaction, Verb::noop, is_open, 503, "5.5.1", "Not now"},
    {Fault::busy_in_transaction, Verb::help, is_open, 503, "5.5.1", "Not now"},
    {Fault::busy_in_transaction, Verb::vrfy, is_open, 503, "5.5.1", "Not now"},
    {Fault::busy_in_transaction, Verb::expn, is_open, 503, "5.5.1", "Not now"},
    {Fault::commands_wait_for_ehlo, Verb::noop, is_strange, 503, "5.5.1", "EHLO first"},
    {Fault::commands_wait_for_ehlo, Verb::help, is_strange, 503, "5.5.1", "EHLO first"},
    {Fault::commands_wait_for_ehlo, Verb::vrfy, is_strange, 503, "5.5.1", "EHLO first"},
    {Fault::commands_wait_for_ehlo, Verb::expn, is_strange, 503, "5.5.1", "EHLO first"},
    {Fault::commands_wait_for_ehlo, Verb::rset, is_strange, 503, "5.5.1", "EHLO first"},
    {Fault::second_ehlo_refused, Verb::ehlo, is_greeted, 503, "5.5.1", "Known already"},
    {Fault::second_ehlo_refused, Verb::lhlo, is_greeted, 503, "5.5.1", "Known already"},
    {Fault::refused_ehlo_bars_helo, Verb::helo, has_ehlo_refused, 503, "5.5.1", "EHLO it was"},
    {Fault::ehlo_wants_a_dot, Verb::ehlo, is_one_label, 501, "", "No full name"},
    {Fault::ehlo_domain_letters_alone, Verb::ehlo, has_more_than_letters, 501, "", "No name of a host"},
    {Fault::starttls_answered_250, Verb::starttls, always, 250, "2.0.0", "Ready to start TLS"},
    {Fault::starttls_twice, Verb::starttls, is_under_tls, 220, "2.0.0", "Ready to start TLS"},
    {Fault::size_refusal_sticks, Verb::mail, has_size_refused, 552, "5.3.4", "The message is larger than the limit"},
    {Fault::out_of_order_data_is_500, Verb::data, is_not_open, 500, "5.5.2", "Command not recognized"},
    {Fault::recipient_by_narrow_pattern, Verb::rcpt, breaks_pattern_but_postmaster, 501, "5.1.3", "Bad recipient"},
    {Fault::out_of_order_rcpt_is_554, Verb::rcpt, is_not_open, 554, "5.5.1", "No transaction"},
    {Fault::few_recipients, Verb::rcpt, has_few_rcpts, 452, "4.5.3", "Too many recipients"},
    {Fault::recipients_counted_over_session, Verb::rcpt, has_many_rcpts_ever, 452, "4.5.3", "Too many recipients"},
    {Fault::recipient_limit_is_552, Verb::rcpt, has_many_rcpts, 552, "5.5.3", "Too many recipients"},
    {Fault::quoted_special_refused, Verb::mail, has_quoted_special, 501, "5.1.7", "Bad sender"},
    {Fault::quoted_special_refused, Verb::rcpt, has_quoted_special, 501, "5.1.3", "Bad recipient"},
    {Fault::recipient_literal_is_syntax_error, Verb::rcpt, has_literal, 501, "5.1.3", "Bad recipient"},
    {Fault::many_octets_of_recipients_refused, Verb::rcpt, has_many_octets, 452, "4.5.3", "Too many recipients"},
    {Fault::utf8_is_syntax_error, Verb::rcpt, takes_utf8, 501, "5.1.3", "Bad recipient"},
    {Fault::utf8_recipient_accepted, Verb::rcpt, needs_utf8, 250, "2.1.5", "Recipient accepted"},
    {Fault::utf8_kept_for_next_message, Verb::rcpt, needs_utf8_again, 250, "2.1.5", "Recipient accepted"},
    {Fault::many_chunks_refused, Verb::bdat, has_many_chunks, 554, "5.5.0", "Too many chunks"},
    {Fault::bdat_refusal_sticks, Verb::bdat, has_chunk_refused, 503, "5.5.1", "No more chunks"},
    {Fault::second_message_chunk_refused, Verb::bdat, has_message, 503, "5.5.1", "No more chunks"},
    {Fault::bdat_after_last, Verb::bdat, is_after_last, 250, "2.0.0", "More octets taken"},
    {Fault::early_response_is_535, Verb::auth, has_early_response, 535, "5.7.8", "Authentication failed"},
    {Fault::mechanisms_case_sensitive, Verb::auth, has_lower_mechanism, 504, "5.5.4", "Mechanism not known"},
};
/// Made about a command that can be carried out.
constexpr Mistake late[] = {
    {Fault::helo_refused, Verb::helo, always, 500, "5.5.1", "Not a command of this protocol"},
    {Fault::ehlo_unknown, Verb::ehlo, always, 500, "5.5.2", "Command not recognized"},
    {Fault::noop_unknown, Verb::noop, always, 500, "5.5.2", "Command not recognized"},
    {Fault::rset_unknown, Verb::rset, always, 500, "5.5.2", "Command not recognized"},
    {Fault::idle_rset_refused, Verb::rset, is_not_open, 503, "5.5.1", "There is nothing to reset"},
    {Fault::quit_in_transaction_refused, Verb::quit, is_open, 503, "5.5.1", "Not in a transaction"},
    {Fault::vrfy_unknown, Verb::vrfy, always, 500, "5.5.2", "Command not recognized"},
    {Fault::vrfy_tells_no_mailbox, Verb::vrfy, always, 250, "2.1.5", "Known here"},
    {Fault::vrfy_denies_everybody, Verb::vrfy, always, 550, "5.1.1", "No such user here"},
    {Fault::expn_listed_unimplemented, Verb::expn, always, 502, "5.5.1", "EXPN is not implemented"},
    {Fault::noop_argument_refused, Verb::noop, has_argument, 501, "5.5.4", "NOOP takes no argument"},
    {Fault::mechanism_listed_unavailable, Verb::auth, is_scram, 504, "5.5.4", "Mechanism not known"},
    {Fault::size_limit_off_by_one, Verb::mail, has_size_of_limit, 552, "5.3.4", "The message is larger than the limit"},
    {Fault::mail_auth_parameter_refused, Verb::mail, has_auth, 555, "5.5.4", "AUTH is not known"},
    {Fault::body_parameter_refused, Verb::mail, has_body, 555, "5.5.4", "BODY is not known"},
    {Fault::size_parameter_refused, Verb::mail, has_size, 555, "5.5.4", "SIZE is not known"},
    {Fault::smtputf8_parameter_refused, Verb::mail, has_smtputf8, 555, "5.5.4", "SMTPUTF8 is not known"},
    {Fault::parameter_case_sensitive, Verb::mail, has_lower_parameter, 555, "5.5.4", "A parameter is not known"},
    {Fault::dsn_parameters_refused, Verb::mail, has_dsn, 555, "5.5.4", "RET and ENVID are not known"},
    {Fault::dsn_parameters_refused, Verb::rcpt, has_dsn, 555, "5.5.4", "NOTIFY and ORCPT are not known"},
    {Fault::orcpt_of_rfc822_alone, Verb::rcpt, has_utf8_orcpt, 501, "5.5.4", "ORCPT takes rfc822"},
    {Fault::long_envid_refused, Verb::mail, has_long_envid, 501, "5.5.4", "A long ENVID"},
    {Fault::size_zero_refused, Verb::mail, has_size_zero, 501, "5.5.4", "An empty message"},
    {Fault::second_parameter_refused, Verb::mail, has_two_parameters, 501, "5.5.4", "One parameter, please"},
    {Fault::third_parameter_refused, Verb::mail, has_three_parameters, 501, "5.5.4", "Two parameters, please"},
    {Fault::size_must_be_first, Verb::mail, has_size_after, 501, "5.5.4", "SIZE goes first"},
    {Fault::dsn_values_case_sensitive, Verb::mail, has_lower_ret, 501, "5.5.4", "RET takes FULL or HDRS"},
    {Fault::dsn_values_case_sensitive, Verb::rcpt, has_lower_notify, 501, "5.5.4", "NOTIFY takes a list of keywords"},
    {Fault::null_reverse_path_refused, Verb::mail, is_null, 550, "5.1.7", "No such sender"},
    {Fault::quoted_local_part_refused, Verb::mail, is_quoted, 550, "5.1.7", "Bad sender"},
    {Fault::local_part_letters_alone, Verb::mail, has_odd_characters, 501, "5.1.7", "Bad sender"},
    {Fault::sender_by_narrow_pattern, Verb::mail, breaks_pattern, 501, "5.1.7", "Bad sender"},
    {Fault::digit_label_refused, Verb::mail, has_digit_label, 501, "5.1.7", "Bad sender"},
    {Fault::mailbox_literal_refused, Verb::mail, has_literal, 501, "5.1.7", "Bad sender"},
    {Fault::reverse_source_route_refused, Verb::mail, has_route, 501, "5.1.7", "Bad sender"},
    {Fault::utf8_sender_refused, Verb::mail, has_utf8, 501, "5.1.7", "Bad sender"},
    {Fault::quoted_local_part_refused, Verb::rcpt, is_quoted, 550, "5.1.1", "Bad user"},
    {Fault::capital_domain_unknown, Verb::rcpt, is_in_capitals, 550, "5.1.2", "No such domain here"},
    {Fault::source_route_refused, Verb::rcpt, has_route, 550, "5.1.2", "No route"},
    {Fault::postmaster_refused, Verb::rcpt, is_postmaster, 550, "5.1.1", "No such user here"},
    {Fault::postmaster_case_sensitive, Verb::rcpt, is_odd_postmaster, 550, "5.1.1", "No such user here"},
    {Fault::recipient_twice_refused, Verb::rcpt, is_there_already, 550, "5.5.0", "Once is enough"},
    {Fault::bdat_empty_last_refused, Verb::bdat, is_empty_chunk, 501, "5.5.4", "An empty chunk"},
};

struct Oversight {
  Fault fault;
  Verb verb;
  Why why;
  Applies applies = always;
};
constexpr Oversight oversights[] = {
    {Fault::ehlo_in_lmtp, Verb::ehlo, Why::other_protocol, is_lmtp},
    {Fault::ehlo_in_lmtp, Verb::helo, Why::other_protocol, is_lmtp},
    {Fault::nested_mail, Verb::mail, Why::in_transaction},
    {Fault::mail_begins_anew, Verb::mail, Why::in_transaction},
    {Fault::size_ignored, Verb::mail, Why::too_large},
    {Fault::size_limit_plus_one_taken, Verb::mail, Why::too_large, has_size_just_beyond},
    {Fault::size_wraps, Verb::mail, Why::too_large, has_size_that_wraps},
    {Fault::size_malformed_accepted, Verb::mail, Why::too_large, has_size_that_wraps},
    {Fault::rcpt_without_mail, Verb::rcpt, Why::no_mail},
    {Fault::utf8_without_parameter, Verb::rcpt, Why::no_smtputf8},
    {Fault::open_relay, Verb::rcpt, Why::foreign_mailbox, is_other_domain},
    {Fault::percent_hack_relayed, Verb::rcpt, Why::foreign_mailbox, is_own_domain},
    {Fault::data_without_mail, Verb::data, Why::no_mail},
    {Fault::data_without_mail, Verb::data, Why::no_recipient, is_not_open},
    {Fault::data_without_recipient, Verb::data, Why::no_recipient},
    {Fault::relay_refused_after_data, Verb::rcpt, Why::foreign_mailbox},
    {Fault::data_answered_354, Verb::data, Why::no_mail, is_smtp},
    {Fault::data_answered_354, Verb::data, Why::no_recipient, is_smtp},
    {Fault::message_for_nobody_answered_250, Verb::data, Why::no_mail, is_smtp},
    {Fault::message_for_nobody_answered_250, Verb::data, Why::no_recipient, is_smtp},
    {Fault::data_after_bdat, Verb::data, Why::message_begun},
    {Fault::binary_by_data, Verb::data, Why::binary},
    {Fault::chunk_taken_for_nobody, Verb::bdat, Why::no_recipient, is_smtp},
    {Fault::auth_twice, Verb::auth, Why::authenticated},
    {Fault::auth_in_transaction, Verb::auth, Why::in_transaction},
};

template <std::size_t size>
std::optional<Refusal> first_of(const Mistake (&mistakes)[size], const FaultyCore& core, const Command& command) {
  const auto* found = std::find_if(std::begin(mistakes), std::end(mistakes), [&](const Mistake& mistake) {
    return mistake.verb == command.verb && core.has(mistake.fault) && mistake.applies(core, command);
  });
  if (found == std::end(mistakes)) return std::nullopt;
  return Refusal{Why::fault, found->code, found->enhanced, found->text};
}

}  // namespace

std::optional<Refusal> FaultyCore::refusal_of(const Command& command) const {
  auto refusal = first_of(hasty, *this, command);
  if (!refusal) refusal = Core::refusal_of(command);
  return refusal ? refusal : first_of(late, *this, command);
}

bool FaultyCore::overlooks(Why why, const Command& command) const {
  return std::any_of(std::begin(oversights), std::end(oversights), [&](const Oversight& oversight) {
    return oversight.verb == command.verb && oversight.why == why && has(oversight.fault) &&
           oversight.applies(*this, command);
  });
}

/// RFC 5321 section 3.9 leaves relaying to those who are known; the faults know others too.
bool FaultyCore::may_relay() const {
  const std::string& sender = transaction.mail.reverse_path;
  return Core::may_relay() || (has(Fault::relay_for_null_sender) && sender.empty()) ||
         (has(Fault::relay_for_own_sender) && sender.ends_with("@" + settings.domain)) ||
         (has(Fault::relay_after_accepted) && !transaction.mail.recipients.empty()) ||
         (has(Fault::relay_for_own_helo) && smtp::same_word(client.domain, settings.domain));
}

}  // namespace smtpspec::reference
