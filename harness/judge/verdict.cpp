#include "harness/judge/verdict.hpp"

#include <algorithm>
#include <array>

namespace smtpspec::judge {
namespace {

// In the order of the enumeration.
constexpr std::array<std::string_view, cause_count> words = {
    "",           "reply",    "early-reply",   "silence",     "hang",
    "incomplete", "closed",   "delivery",      "ending",      "interference",
    "connect",    "ladder",   "tls-handshake", "out-of-step", "no-delivery-road",
    "cut-short",  "time-out", "condition",     "not-played",  "extra-reply",
    "rule",       "internal", "never-checked"};

/// Worst first. What was seen outweighs what could not be seen, and nothing that is not known is a pass.
constexpr std::array<Outcome, scenario::outcome_count> order = {
    Outcome::crash,        Outcome::fail,    Outcome::error,       Outcome::warn,    Outcome::info,
    Outcome::inconclusive, Outcome::blocked, Outcome::unsupported, Outcome::skipped, Outcome::pass};

}  // namespace

std::string_view name(Cause cause) { return words[static_cast<std::size_t>(cause)]; }

std::optional<Cause> cause_named(std::string_view name) {
  const auto* const found = std::find(words.begin(), words.end(), name);
  return found == words.end() ? std::nullopt : std::optional(static_cast<Cause>(found - words.begin()));
}

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
