#include "harness/smtp/referee_rules.hpp"

#include <algorithm>
#include <iterator>

#include "harness/smtp/hyphenated.hpp"

namespace smtpspec::smtp {
namespace {

constexpr bool must = true;
constexpr bool should = false;

constexpr struct {
#define RULE(name, must, asks) Hyphenated<sizeof(#name)> name{#name};  // NOLINT(bugprone-macro-parentheses)
#include "harness/smtp/referee_rules.def"
} names;

constexpr RefereeRule rows[] = {
#define RULE(name, must, asks) {Rule::name, names.name.view(), must, asks},
#include "harness/smtp/referee_rules.def"
};

}  // namespace

std::span<const RefereeRule> referee_rules() { return rows; }

const RefereeRule& row_of(Rule rule) { return rows[static_cast<std::size_t>(rule)]; }

std::string_view name(Rule rule) { return row_of(rule).name; }

std::optional<Rule> rule_named(std::string_view name) {
  const auto found =
      std::find_if(std::begin(rows), std::end(rows), [&](const RefereeRule& row) { return row.name == name; });
  if (found == std::end(rows)) return std::nullopt;
  return found->rule;
}

}  // namespace smtpspec::smtp
