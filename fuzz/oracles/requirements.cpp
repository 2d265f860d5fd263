#include "fuzz/oracles/requirements.hpp"

namespace smtpspec::fuzz {

const scenario::Scenario* row_of(const Breach& breach, const scenario::Suite& suite) {
  for (const scenario::Scenario& one : suite.scenarios)
    if (!one.rule.empty() && one.rule == breach.rule) return &one;
  return nullptr;
}

std::vector<std::string> requirements_of(const Breach& breach, const scenario::Suite& suite) {
  if (breach.cause.starts_with("mail")) return {"rfc5321/4.1.1.4/responsibility"};
  const scenario::Scenario* row = row_of(breach, suite);
  if (row != nullptr && !row->requirements.empty()) return row->requirements;
  return {"rfc5321/4.2/one-reply-to-each-command"};
}

}  // namespace smtpspec::fuzz
