// Faults that spoil what is handed on with a message: the parameters of its MAIL and RCPT.
#include <algorithm>
#include <iterator>

#include "harness/reference/faulty_core.hpp"

namespace smtpspec::reference {
namespace {

using smtp::Parameter;
using Parameters = std::vector<Parameter>;

std::string small(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char octet) { return octet >= 'A' && octet <= 'Z' ? static_cast<char>(octet + 32) : octet; });
  return text;
}

bool is_notify(const Parameter& parameter) { return parameter.keyword == "NOTIFY"; }

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
  const Parameters mail_parameters = mail.mail_parameters;
  for (const Parameter& parameter : mail_parameters) {
    if (parameter.keyword == "ENVID" && has(Fault::envid_handed_on_twice)) mail.mail_parameters.push_back(parameter);
  }
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
    if (has(Fault::notify_mixed_up)) {
      std::erase_if(given, is_notify);
      std::copy_if(last.begin(), last.end(), std::back_inserter(given), is_notify);
    }
    if (has(Fault::notify_added) && std::none_of(given.begin(), given.end(), is_notify))
      given.push_back({"NOTIFY", "FAILURE"});
    for (Parameter& parameter : given) {
      if (parameter.keyword == "ORCPT" && has(Fault::orcpt_case_lost)) parameter.value = small(*parameter.value);
    }
  }
}

}  // namespace smtpspec::reference
