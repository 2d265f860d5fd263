// The rules that the referee holds. Which sentences of the RFCs they rest on, the ledger says (scenarios/always.toml).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace smtpspec::smtp {

enum class Rule {
#define RULE(name, must, asks) name,
#include "harness/smtp/referee_rules.def"
  number_of_rules
};
inline constexpr std::size_t rule_count = static_cast<std::size_t>(Rule::number_of_rules);

struct RefereeRule {
  Rule rule;
  std::string_view name;  ///< words that never change: "one-code"; the rule's row of the suite is "always/one-code"
  bool must;              ///< as the ledger has it; false: a SHOULD. A broken MUST makes the referee doubt the order
  std::string_view asks;  ///< what the rule asks for, in our words; no quotation
};
/// All rules, in the order of `Rule`.
[[nodiscard]] std::span<const RefereeRule> referee_rules();
[[nodiscard]] const RefereeRule& row_of(Rule rule);
[[nodiscard]] std::string_view name(Rule rule);
[[nodiscard]] std::optional<Rule> rule_named(std::string_view name);

}  // namespace smtpspec::smtp
