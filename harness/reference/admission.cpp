#include "harness/reference/admission.hpp"

#include <algorithm>
#include <string_view>

#include "harness/smtp/octets.hpp"

namespace smtpspec::reference {
namespace {

using smtp::same_word;

/// "alice" for "alice+detail".
std::string_view user_of(std::string_view local_part) { return local_part.substr(0, local_part.find('+')); }

bool is_user(std::string_view user, const Settings& settings) {
  return std::any_of(settings.accepts.begin(), settings.accepts.end(), [&](const std::string& address) {
    const smtp::PathRules rules{.utf8 = true};
    const auto mailbox = smtp::parse_mailbox(address, rules);
    return mailbox && same_word(mailbox->local_part, user) && same_word(mailbox->domain, settings.domain);
  });
}

}  // namespace

Admission admission_of(const smtp::Path& path, const Settings& settings, const Faults& faults, bool may_relay) {
  if (settings.accept_every_recipient || path.null) return Admission::accepted;  // a fault alone lets <> come here
  const smtp::Mailbox& mailbox = path.mailbox;
  const bool own = mailbox.domain.empty() || same_word(mailbox.domain, settings.domain);
  if (!own) return may_relay || faults.has(Fault::open_relay) ? Admission::accepted : Admission::foreign;
  if (same_word(mailbox.local_part, "postmaster")) {
    const bool unknown_case = mailbox.local_part != "Postmaster" && faults.has(Fault::postmaster_case_sensitive);
    return unknown_case || faults.has(Fault::postmaster_refused) ? Admission::unknown : Admission::accepted;
  }
  const std::string_view user = user_of(mailbox.local_part);
  if (is_user(mailbox.local_part, settings) || is_user(user, settings)) return Admission::accepted;
  if (user.find_first_of("%!@") != std::string_view::npos) {
    return faults.has(Fault::percent_hack_relayed) ? Admission::accepted : Admission::foreign;
  }
  return Admission::unknown;
}

}  // namespace smtpspec::reference
