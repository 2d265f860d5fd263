#include "harness/scenario/outcome.hpp"

#include <array>
#include <cstddef>

namespace smtpspec::scenario {
namespace {

// In the order of the enumerations.
constexpr std::array<std::string_view, outcome_count> outcome_names = {
    "pass", "warn", "fail", "crash", "info", "unsupported", "blocked", "inconclusive", "skipped", "error"};
constexpr std::array<std::string_view, 3> level_names = {"must", "should", "may"};

}  // namespace

std::string_view name(Outcome outcome) { return outcome_names[static_cast<std::size_t>(outcome)]; }

std::optional<Outcome> outcome_named(std::string_view name) {
  for (std::size_t i = 0; i < outcome_names.size(); ++i)
    if (outcome_names[i] == name) return static_cast<Outcome>(i);
  return std::nullopt;
}

std::string_view name(Level level) { return level_names[static_cast<std::size_t>(level)]; }

std::optional<Level> level_named(std::string_view name) {
  for (std::size_t i = 0; i < level_names.size(); ++i)
    if (level_names[i] == name) return static_cast<Level>(i);
  return std::nullopt;
}

}  // namespace smtpspec::scenario
