// Faults that spoil what is handed on with a message: the parameters of its MAIL and RCPT.
#include <algorithm>
#include <iterator>
#include <utility>

#include "harness/reference/faulty_core.hpp"
#include "harness/smtp/char_class.hpp"

namespace smtpspec::reference {
namespace {

using smtp::Parameter;
using Parameters = std::vector<Parameter>;

bool is_notify(const Parameter& parameter) { return parameter.keyword == "NOTIFY"; }
bool is_envid(const Parameter& parameter) { return parameter.keyword == "ENVID"; }
bool is_of_dsn_but_envid(const Parameter& parameter) { return is_of_dsn(parameter) && !is_envid(parameter); }

void double_up(Parameters& given, bool (*which)(const Parameter&)) {
  const Parameters all = given;
  std::copy_if(all.begin(), all.end(), std::back_inserter(given), which);
}

/// The values of before, of those that are given again.
void take_over(const Parameters& before, Parameters& given) {
  for (Parameter& parameter : given)
    for (const Parameter& old : before)
      if (is_of_dsn(parameter) && parameter.keyword == old.keyword) parameter.value = old.value;
}

}  // namespace

bool is_of_dsn(const Parameter& parameter) {
  constexpr std::string_view keywords[] = {"RET", "ENVID", "NOTIFY", "ORCPT"};
  return std::find(std::begin(keywords), std::end(keywords), parameter.keyword) != std::end(keywords);
}

void FaultyCore::keep_dsn(Parameters& kept, Parameters& given) const {
  if (!has(Fault::dsn_kept_for_next_message)) return;
  if (std::any_of(given.begin(), given.end(), is_of_dsn)) {
    kept = given;
  } else {
    std::copy_if(kept.begin(), kept.end(), std::back_inserter(given), is_of_dsn);
  }
}

void FaultyCore::spoil_envelope() {
  Accepted& mail = transaction.mail;
  if (has(Fault::dsn_of_the_message_before)) {
    const Accepted before = std::exchange(memory.before, mail);
    take_over(before.mail_parameters, mail.mail_parameters);
    for (Accepted::Recipient& recipient : mail.recipients)
      if (!before.recipients.empty()) take_over(before.recipients.front().parameters, recipient.parameters);
  }
  if (has(Fault::envid_handed_on_twice)) double_up(mail.mail_parameters, is_envid);
  if (has(Fault::dsn_handed_on_twice)) double_up(mail.mail_parameters, is_of_dsn_but_envid);
  for (Parameter& parameter : mail.mail_parameters) {
    if (parameter.keyword == "RET" && has(Fault::ret_handed_on_as_full)) parameter.value = "FULL";
    if (parameter.keyword != "ENVID" || !has(Fault::envid_decoded)) continue;
    if (const auto decoded = smtp::decode_xtext(*parameter.value)) parameter.value = *decoded;
  }
  if (has(Fault::dsn_not_handed_on)) std::erase_if(mail.mail_parameters, is_of_dsn);
  if (mail.recipients.empty()) return;
  const Parameters last = mail.recipients.back().parameters;
  for (Accepted::Recipient& recipient : mail.recipients) {
    Parameters& given = recipient.parameters;
    if (has(Fault::dsn_not_handed_on)) std::erase_if(given, is_of_dsn);
    if (has(Fault::dsn_handed_on_twice)) double_up(given, is_of_dsn_but_envid);
    if (has(Fault::notify_mixed_up)) {
      std::erase_if(given, is_notify);
      std::copy_if(last.begin(), last.end(), std::back_inserter(given), is_notify);
    }
    if (has(Fault::notify_added) && std::none_of(given.begin(), given.end(), is_notify))
      given.push_back({"NOTIFY", "FAILURE"});
    for (Parameter& parameter : given) {
      if (parameter.keyword == "ORCPT" && has(Fault::orcpt_case_lost))
        parameter.value = smtp::to_lower(*parameter.value);
    }
  }
}

}  // namespace smtpspec::reference
