#include "harness/judge/verdict.hpp"

#include <algorithm>
#include <array>

namespace smtpspec::judge {
namespace {

/// Worst first. What was seen outweighs what could not be seen, and nothing that is not known is a pass.
constexpr std::array<Outcome, scenario::outcome_count> order = {
    Outcome::crash,        Outcome::fail,    Outcome::error,       Outcome::warn,    Outcome::info,
    Outcome::inconclusive, Outcome::blocked, Outcome::unsupported, Outcome::skipped, Outcome::pass};

}  // namespace

const std::array<Outcome, scenario::outcome_count>& worst_first() { return order; }

int rank(Outcome outcome) { return static_cast<int>(order.end() - std::find(order.begin(), order.end(), outcome)); }

bool outweighs(const Verdict& other, const Verdict& verdict) {
  const int difference = rank(other.outcome) - rank(verdict.outcome);
  return difference > 0 || (difference == 0 && verdict.missing && !other.missing);
}

Outcome unmet(Level level) {
  switch (level) {
    case Level::must: return Outcome::fail;
    case Level::should: return Outcome::warn;
    case Level::may: return Outcome::info;
  }
  return Outcome::error;
}

}  // namespace smtpspec::judge
