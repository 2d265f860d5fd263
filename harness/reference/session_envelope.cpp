// MAIL and RCPT: RFC 5321 sections 4.1.1.2 and 4.1.1.3 and the parameters of the extensions.
#include <algorithm>
#include <charconv>
#include <utility>

#include "harness/reference/admission.hpp"
#include "harness/reference/command_faults.hpp"
#include "harness/reference/session_impl.hpp"
#include "harness/smtp/octets.hpp"

namespace smtpspec::reference {
namespace {

using smtp::Command;

constexpr std::size_t few_recipients = 50;
constexpr std::size_t many_recipients = 100;

/// RFC 1870 section 6.1. A size too large for 64 bits (20 digits are allowed) is too large for us as well.
bool declares_more_than(std::uint64_t limit, const std::vector<smtp::Parameter>& parameters, bool wraps) {
  const smtp::Parameter* const size = smtp::find_parameter(parameters, "SIZE");
  if (size == nullptr || !size->value) return false;
  std::uint64_t octets = 0;
  const auto read = std::from_chars(size->value->data(), size->value->data() + size->value->size(), octets);
  if (wraps) octets &= 0xffffffffU;
  return (read.ec != std::errc() && !wraps) || octets > limit;
}

bool is_binary(const std::vector<smtp::Parameter>& parameters) {
  const smtp::Parameter* const body = smtp::find_parameter(parameters, "BODY");
  return body != nullptr && body->value && smtp::same_word(*body->value, "BINARYMIME");
}

bool is_utf8(const smtp::Mailbox& mailbox) {
  return smtp::has_eight_bit(mailbox.local_part) || smtp::has_eight_bit(mailbox.domain);
}

std::string lower_local_part(std::string path) {
  const std::size_t at = path.rfind('@');
  std::transform(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(std::min(at, path.size())), path.begin(),
                 [](char octet) { return octet >= 'A' && octet <= 'Z' ? static_cast<char>(octet + 32) : octet; });
  return path;
}

}  // namespace

void Session::Impl::mail(const Command& command) {
  ++client.mails;
  if (client.domain.empty()) {
    if (faults.has(Fault::mail_before_ehlo_crashes)) return end(Want::close);
    return say(503, "5.5.1", settings.lmtp ? "LHLO first" : "EHLO or HELO first");
  }
  if (transaction.open && !faults.has(Fault::nested_mail)) return say(503, "5.5.1", "A transaction is open already");
  if (settings.submission && client.user.empty()) return say(530, "5.7.0", "Authentication required");
  if (client.mails > settings.max_mails) return say(452, "4.3.2", "Too many transactions in one session");
  if (!settings.chunking && is_binary(command.parameters)) return say(555, "5.5.4", "BINARYMIME is not offered");
  if (dislikes_size(command)) return say(552, "5.3.4", "The message is larger than the limit");
  if (const Mistake* const mistake = mistake_about(command, faults)) {
    return say(mistake->code, mistake->enhanced, mistake->text);
  }
  if (faults.has(Fault::null_reverse_path_refused) && command.path.null) return say(550, "5.1.7", "No such sender");
  if (faults.has(Fault::quoted_local_part_refused) && command.path.mailbox.quoted)
    return say(550, "5.1.7", "Bad sender");

  transaction.open = true;
  transaction.rcpts = 0;
  behind_last = false;
  transaction.utf8 = smtp::find_parameter(command.parameters, "SMTPUTF8") != nullptr;
  memory.utf8 = memory.utf8 || transaction.utf8;
  transaction.binary = is_binary(command.parameters);
  transaction.mail.reverse_path = smtp::to_string(command.path);
  if (faults.has(Fault::reverse_path_case_lost)) {
    transaction.mail.reverse_path = lower_local_part(transaction.mail.reverse_path);
  }
  if (!std::exchange(memory.mailed, true)) memory.reverse_path = transaction.mail.reverse_path;
  if (faults.has(Fault::reverse_path_kept)) transaction.mail.reverse_path = memory.reverse_path;
  if (faults.has(Fault::reverse_path_cut)) {
    transaction.mail.reverse_path = cut_local_part(transaction.mail.reverse_path);
  }
  transaction.mail.mail_parameters = command.parameters;
  say(250, faults.has(Fault::enhanced_missing_of_mail) ? "" : "2.1.0", "Sender accepted");
}

/// RFC 5321 section 3.9 leaves relaying to those who are known; the faults know others too.
bool Session::Impl::may_relay() const {
  const std::string& sender = transaction.mail.reverse_path;
  return !client.user.empty() || (faults.has(Fault::relay_for_null_sender) && sender.empty()) ||
         (faults.has(Fault::relay_for_own_sender) && sender.ends_with("@" + settings.domain)) ||
         (faults.has(Fault::relay_behind_accepted) && !transaction.mail.recipients.empty()) ||
         (faults.has(Fault::relay_for_own_helo) && smtp::same_word(client.domain, settings.domain));
}

bool Session::Impl::dislikes_size(const Command& command) {
  const std::uint64_t limit = settings.max_message - (faults.has(Fault::size_limit_off_by_one) ? 1 : 0);
  const bool too_large =
      declares_more_than(limit, command.parameters,
                         faults.has(Fault::size_wraps) || faults.has(Fault::size_malformed_accepted)) &&
      !faults.has(Fault::size_ignored);
  memory.size_refused = memory.size_refused || too_large;
  return too_large || (memory.size_refused && faults.has(Fault::size_refusal_sticks));
}

/// The forward-path that is delivered to.
std::string Session::Impl::recipient_of(const Command& command) const {
  const smtp::Parameter* const orcpt = smtp::find_parameter(command.parameters, "ORCPT");
  if (!faults.has(Fault::orcpt_takes_the_message) || orcpt == nullptr || !orcpt->value) {
    return smtp::to_string(command.path);
  }
  const auto address = smtp::decode_xtext(std::string_view(*orcpt->value).substr(orcpt->value->find(';') + 1));
  return address ? *address : smtp::to_string(command.path);
}

void Session::Impl::rcpt(const Command& command) {
  if (!transaction.open && !faults.has(Fault::rcpt_without_mail)) return say(503, "5.5.1", "MAIL first");
  if (transaction.chunked) return say(503, "5.5.1", "The message has begun");
  const std::size_t limit = faults.has(Fault::few_recipients) ? few_recipients : settings.max_recipients;
  if (transaction.rcpts >= limit) return say(452, "4.5.3", "Too many recipients");
  ++transaction.rcpts;
  if (++memory.rcpts > many_recipients && faults.has(Fault::recipients_counted_over_session)) {
    return say(452, "4.5.3", "Too many recipients");
  }
  if (faults.has(Fault::recipient_limit_is_552) && transaction.rcpts > many_recipients) {
    return say(552, "5.5.3", "Too many recipients");
  }
  if (const Mistake* const mistake = mistake_about(command, faults)) {
    return refuse_recipient(mistake->code, mistake->enhanced, mistake->text);
  }
  const smtp::Path& path = command.path;
  if (!transaction.utf8 && is_utf8(path.mailbox) && !faults.has(Fault::utf8_without_parameter)) {
    const bool kept = memory.utf8 && faults.has(Fault::utf8_kept_for_next_message);
    if (kept || faults.has(Fault::utf8_recipient_accepted)) return say(250, "2.1.5", "Recipient accepted");
    const std::string echo = faults.has(Fault::reply_echoes_utf8) ? ": " + smtp::to_string(path) : "";
    return refuse_recipient(553, "5.6.7", "An address outside ASCII, and MAIL had no SMTPUTF8" + echo);
  }
  if (faults.has(Fault::quoted_local_part_refused) && path.mailbox.quoted)
    return refuse_recipient(550, "5.1.1", "Bad user");
  if (faults.has(Fault::source_route_refused) && !path.source_route.empty())
    return refuse_recipient(550, "5.1.2", "No route");

  switch (admission_of(path, settings, faults, may_relay())) {
    case Admission::unknown:
      if (faults.has(Fault::refused_recipient_delivered)) transaction.refused.push_back({smtp::to_string(path), {}});
      return refuse_recipient(faults.has(Fault::unlisted_code) ? 540 : 550, "5.1.1", "No such user here");
    case Admission::foreign: return refuse_recipient(550, "5.7.1", "Relaying denied");
    case Admission::accepted: break;
  }
  if (faults.has(Fault::last_recipient_alone)) transaction.mail.recipients.clear();
  transaction.mail.recipients.push_back({recipient_of(command), command.parameters});
  say(250, faults.has(Fault::enhanced_missing) ? "" : "2.1.5", "Recipient accepted");
}

void Session::Impl::refuse_recipient(int code, std::string_view enhanced, std::string_view text) {
  if (faults.has(Fault::enhanced_class_differs)) enhanced = "2.1.1";
  if (faults.has(Fault::enhanced_missing)) enhanced = "";
  const std::string coloned = std::string(enhanced) + ":";
  if (faults.has(Fault::enhanced_with_colon)) enhanced = coloned;
  say(code, enhanced, text);
  if (faults.has(Fault::reply_breaks_in_text)) output.insert(output.size() - 4, "\r\n");
  if (faults.has(Fault::pipeline_dropped_after_refusal)) discard_unread();
}

}  // namespace smtpspec::reference
