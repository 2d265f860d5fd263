// What the referee has found so far: how often each rule was checked and broken, and the first breach of each.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "harness/smtp/referee_rules.hpp"

namespace smtpspec::smtp {

/// A rule that was broken.
struct Violation {
  Rule rule = Rule::reply_code;
  std::string expected;   ///< what the rule asks for
  std::string actual;     ///< what was seen, octets escaped
  std::size_t event = 0;  ///< the number of the call that showed it (calls to the watching functions count from 0)
  /// Of a rule that rests on several requirements: the id of the one that was broken, or how that begins.
  std::string requirement = {};
};

/// How often a rule applied to something that was seen, and was held against it.
struct Count {
  std::size_t checked = 0;
  std::size_t broken = 0;
  friend bool operator==(const Count&, const Count&) = default;
};
using Counts = std::array<Count, rule_count>;

/// Bounded: one violation a rule, the first. What follows it is often but its consequence.
class Rulings {
 public:
  /// Counts one check of the rule; gives `holds` back. `actual` (and `expected`, where it can be said more exactly than
  /// the rule does) are functions that give a text; they are called at the first breach alone.
  template <class Actual>
  bool check(Rule rule, bool holds, const Actual& actual) {
    return check(rule, holds, actual, [&] { return std::string(row_of(rule).asks); });
  }
  template <class Actual, class Expected>
  bool check(Rule rule, bool holds, const Actual& actual, const Expected& expected) {
    Count& count = counts_[static_cast<std::size_t>(rule)];
    ++count.checked;
    if (holds) return true;
    if (count.broken++ == 0) violations_.push_back({rule, expected(), actual(), event});
    return false;
  }
  /// Counts a check of a rule that was kept.
  void kept(Rule rule) { ++counts_[static_cast<std::size_t>(rule)].checked; }
  /// A breach that was seen at an earlier event and held back until now.
  void broken(Violation earlier) {
    Count& count = counts_[static_cast<std::size_t>(earlier.rule)];
    ++count.checked;
    if (count.broken++ == 0) violations_.push_back(std::move(earlier));
  }

  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }

  std::size_t event = 0;  ///< the one under way

 private:
  Counts counts_{};
  std::vector<Violation> violations_;
};

}  // namespace smtpspec::smtp
