// Which commands of right syntax are refused, and how: one table, asked from its top down.
#include <algorithm>
#include <charconv>
#include <iterator>

#include "harness/reference/core.hpp"
#include "harness/smtp/char_class.hpp"

namespace smtpspec::reference {
namespace {

using smtp::Command;
using smtp::same_word;
using smtp::Verb;

bool speaks_lmtp(const Core& core, const Command&) { return core.settings.lmtp; }
bool speaks_smtp(const Core& core, const Command&) { return !core.settings.lmtp; }
bool is_strange(const Core& core, const Command&) { return core.client.domain.empty(); }
bool has_no_extensions(const Core& core, const Command&) { return !core.client.extended; }
bool is_known(const Core& core, const Command&) { return !core.client.user.empty(); }
bool needs_login(const Core& core, const Command&) { return core.settings.submission && core.client.user.empty(); }
bool is_open(const Core& core, const Command&) { return core.transaction.open; }
bool is_not_open(const Core& core, const Command&) { return !core.transaction.open; }
bool is_chunked(const Core& core, const Command&) { return core.transaction.chunked; }
bool is_binary(const Core& core, const Command&) { return core.transaction.binary; }
bool has_many_mails(const Core& core, const Command&) { return core.client.mails > core.settings.max_mails; }
bool has_many_rcpts(const Core& core, const Command&) { return core.transaction.rcpts > core.settings.max_recipients; }
bool has_no_recipient(const Core& core, const Command&) { return core.transaction.mail.recipients.empty(); }
/// RFC 5321 section 3.3 lets 503 and 554 stand; RFC 2033 section 4.2 asks for 503 in LMTP.
bool has_refused_recipients(const Core& core, const Command& command) {
  return has_no_recipient(core, command) && core.transaction.rcpts > 0 && !core.settings.lmtp;
}

bool wants_chunks(const Core& core, const Command& command) {
  return !core.settings.chunking && declares_binary(command);
}
bool is_too_large(const Core& core, const Command& command) {
  return declared_size(command.parameters).value_or(0) > core.settings.max_message;
}
bool needs_smtputf8(const Core& core, const Command& command) {
  return !core.transaction.utf8 && is_utf8(command.path.mailbox);
}
enum class Admission {
  accepted,
  unknown,  ///< nobody of that name in the own domain
  foreign,  ///< another domain: taking it would be relaying
};

/// "alice" for "alice+detail".
std::string_view user_of(std::string_view local_part) { return local_part.substr(0, local_part.find('+')); }

bool is_user(std::string_view user, const Settings& settings) {
  return std::any_of(settings.accepts.begin(), settings.accepts.end(), [&](const std::string& address) {
    const smtp::PathRules rules{.utf8 = true};
    const auto mailbox = smtp::parse_mailbox(address, rules);
    return mailbox && same_word(mailbox->local_part, user) && same_word(mailbox->domain, settings.domain);
  });
}

/// `may_relay`: the client has authenticated. A source route is ignored (RFC 5321 section 4.1.1.3, appendix C);
/// Postmaster is always there (section 4.5.1); "user+detail" is user's; a local-part that names another host by '%'
/// or '!' is foreign. Local-parts of the own domain are compared without regard to case, as section 2.4 advises.
Admission admission_of(const smtp::Path& path, const Settings& settings, bool may_relay) {
  if (settings.accept_every_recipient || path.null) return Admission::accepted;  // a fault alone lets <> come here
  const smtp::Mailbox& mailbox = path.mailbox;
  const bool own = mailbox.domain.empty() || same_word(mailbox.domain, settings.domain);
  if (!own) return may_relay ? Admission::accepted : Admission::foreign;
  if (same_word(mailbox.local_part, "postmaster")) return Admission::accepted;
  const std::string_view user = user_of(mailbox.local_part);
  if (is_user(mailbox.local_part, settings) || is_user(user, settings)) return Admission::accepted;
  return user.find_first_of("%!@") == std::string_view::npos ? Admission::unknown : Admission::foreign;
}

bool is_unknown(const Core& core, const Command& command) {
  return admission_of(command.path, core.settings, core.may_relay()) == Admission::unknown;
}
bool is_foreign(const Core& core, const Command& command) {
  return admission_of(command.path, core.settings, core.may_relay()) == Admission::foreign;
}

bool has_no_users(const Core& core, const Command&) { return core.settings.users.empty(); }
bool is_no_mechanism(const Core&, const Command& command) { return mechanism_of(command) == nullptr; }
bool lacks_tls(const Core& core, const Command&) { return !core.offers_auth(); }
bool begins_wrongly(const Core&, const Command& command) {
  return command.initial_response && mechanism_of(command)->begins == Mechanism::Begins::server;
}
bool has_tls(const Core& core, const Command&) { return core.under_tls; }
bool has_no_starttls(const Core& core, const Command&) { return !core.settings.starttls; }

struct Rule {
  Verb verb;
  bool (*is_broken)(const Core&, const Command&);
  Refusal refusal;
};
constexpr Rule rules[] = {
    {Verb::ehlo, speaks_lmtp, {Why::other_protocol, 500, "5.5.1", "Not a command of this protocol"}},
    {Verb::helo, speaks_lmtp, {Why::other_protocol, 500, "5.5.1", "Not a command of this protocol"}},
    {Verb::lhlo, speaks_smtp, {Why::other_protocol, 500, "5.5.1", "Not a command of this protocol"}},

    {Verb::mail, is_strange, {Why::not_greeted, 503, "5.5.1", "EHLO, HELO or LHLO first"}},
    {Verb::mail, is_open, {Why::in_transaction, 503, "5.5.1", "A transaction is open already"}},
    {Verb::mail, needs_login, {Why::not_authenticated, 530, "5.7.0", "Authentication required"}},
    {Verb::mail, has_many_mails, {Why::many_mails, 452, "4.3.2", "Too many transactions in one session"}},
    {Verb::mail, wants_chunks, {Why::not_offered, 555, "5.5.4", "BINARYMIME is not offered"}},
    {Verb::mail, is_too_large, {Why::too_large, 552, "5.3.4", "The message is larger than the limit"}},

    {Verb::rcpt, is_not_open, {Why::no_mail, 503, "5.5.1", "MAIL first"}},
    {Verb::rcpt, is_chunked, {Why::message_begun, 503, "5.5.1", "The message has begun"}},
    {Verb::rcpt, has_many_rcpts, {Why::many_recipients, 452, "4.5.3", "Too many recipients"}},
    {Verb::rcpt, needs_smtputf8, {Why::no_smtputf8, 553, "5.6.7", "Outside ASCII, and MAIL had no SMTPUTF8"}},
    {Verb::rcpt, is_unknown, {Why::unknown_mailbox, 550, "5.1.1", "No such user here"}},
    {Verb::rcpt, is_foreign, {Why::foreign_mailbox, 550, "5.7.1", "Relaying denied"}},

    {Verb::data, is_not_open, {Why::no_mail, 503, "5.5.1", "MAIL first"}},
    {Verb::data, is_chunked, {Why::message_begun, 503, "5.5.1", "BDAT has begun the message"}},
    {Verb::data, is_binary, {Why::binary, 503, "5.5.1", "A BINARYMIME message comes by BDAT"}},  // RFC 3030 section 3
    {Verb::data, has_refused_recipients, {Why::no_recipient, 554, "5.5.1", "No valid recipients"}},
    {Verb::data, has_no_recipient, {Why::no_recipient, 503, "5.5.1", "RCPT first"}},
    {Verb::bdat, is_not_open, {Why::no_mail, 503, "5.5.1", "MAIL first"}},
    {Verb::bdat, has_refused_recipients, {Why::no_recipient, 554, "5.5.1", "No valid recipients"}},
    {Verb::bdat, has_no_recipient, {Why::no_recipient, 503, "5.5.1", "RCPT first"}},

    {Verb::auth, has_no_users, {Why::not_offered, 502, "5.5.1", "AUTH is not offered"}},
    {Verb::auth, has_no_extensions, {Why::not_greeted, 503, "5.5.1", "EHLO or LHLO first"}},
    {Verb::auth, is_known, {Why::authenticated, 503, "5.5.1", "Authenticated already"}},
    {Verb::auth, is_open, {Why::in_transaction, 503, "5.5.1", "Not inside a transaction"}},
    {Verb::auth, is_no_mechanism, {Why::no_mechanism, 504, "5.5.4", "Mechanism not known"}},
    {Verb::auth, lacks_tls, {Why::no_tls, 538, "5.7.11", "TLS first"}},
    {Verb::auth, begins_wrongly, {Why::server_begins, 501, "5.7.0", "The server begins this mechanism"}},
    {Verb::starttls, has_tls, {Why::under_tls, 503, "5.5.1", "TLS is in use already"}},
    {Verb::starttls, has_no_starttls, {Why::not_offered, 502, "5.5.1", "STARTTLS is not offered"}},
    {Verb::starttls, is_strange, {Why::not_greeted, 503, "5.5.1", "EHLO or LHLO first"}},
};

constexpr Mechanism mechanisms[] = {
    {"PLAIN", Mechanism::Begins::client},
    {"LOGIN", Mechanism::Begins::either},
    {"CRAM-MD5", Mechanism::Begins::server},
    {"SCRAM-SHA-256", Mechanism::Begins::client},
};

}  // namespace

const Mechanism* mechanism_of(const Command& command) {
  const auto* found = std::find_if(std::begin(mechanisms), std::end(mechanisms),
                                   [&](const Mechanism& known) { return known.name == command.mechanism; });
  return found == std::end(mechanisms) ? nullptr : found;
}

bool declares_binary(const Command& command) {
  const smtp::Parameter* const body = smtp::find_parameter(command.parameters, "BODY");
  return body != nullptr && body->value && same_word(*body->value, "BINARYMIME");
}

bool is_utf8(const smtp::Mailbox& mailbox) {
  return smtp::has_eight_bit(mailbox.local_part) || smtp::has_eight_bit(mailbox.domain);
}

std::optional<std::uint64_t> declared_size(const std::vector<smtp::Parameter>& parameters) {
  const smtp::Parameter* const size = smtp::find_parameter(parameters, "SIZE");
  if (size == nullptr || !size->value) return std::nullopt;
  std::uint64_t octets = 0;
  const auto read = std::from_chars(size->value->data(), size->value->data() + size->value->size(), octets);
  return read.ec == std::errc::result_out_of_range ? std::uint64_t(-1) : octets;
}

std::optional<Refusal> Core::refusal_of(const Command& command) const {
  const auto* found = std::find_if(std::begin(rules), std::end(rules), [&](const Rule& rule) {
    return rule.verb == command.verb && rule.is_broken(*this, command) && !overlooks(rule.refusal.why, command);
  });
  return found == std::end(rules) ? std::nullopt : std::optional(found->refusal);
}

}  // namespace smtpspec::reference
