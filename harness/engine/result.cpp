#include "harness/engine/result.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace smtpspec::engine {
namespace {

// In the order of the enumerations.
constexpr std::array<std::string_view, 7> expectation_names = {"as-expected", "regression", "fixed",  "drift",
                                                               "new",         "stale",      "expired"};
constexpr std::array<std::string_view, 3> side_names = {"client", "server", "event"};

template <class Value, std::size_t count>
std::optional<Value> value_named(const std::array<std::string_view, count>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Value>(found - names.begin());
}

std::size_t as_size(std::ptrdiff_t count) { return static_cast<std::size_t>(count); }

}  // namespace

std::vector<ExcerptLine>::const_iterator key_line(const std::vector<ExcerptLine>& lines) {
  return std::find_if(lines.begin(), lines.end(), [](const ExcerptLine& line) { return line.key; });
}

bool is_finding(Outcome outcome, bool strict) {
  return outcome == Outcome::fail || outcome == Outcome::crash || (strict && outcome == Outcome::warn);
}

bool is_decided(Outcome outcome) {
  return is_finding(outcome, true) || outcome == Outcome::pass || outcome == Outcome::info;
}

std::string in_words(const std::vector<Seen>& seen) {
  std::string words;
  for (const Seen& one : seen)
    words += fmt::format("{}{} {}", words.empty() ? "" : ", ", one.times, scenario::name(one.outcome));
  return words;
}

std::string_view name(BaselineStatus expectation) { return expectation_names[static_cast<std::size_t>(expectation)]; }

std::optional<BaselineStatus> baseline_status_named(std::string_view name) {
  return value_named<BaselineStatus>(expectation_names, name);
}

std::string_view name(ExcerptLine::Side side) { return side_names[static_cast<std::size_t>(side)]; }

std::optional<ExcerptLine::Side> side_named(std::string_view name) {
  return value_named<ExcerptLine::Side>(side_names, name);
}

std::size_t RunResult::count(Outcome outcome) const {
  return as_size(std::count_if(scenarios.begin(), scenarios.end(),
                               [outcome](const ScenarioResult& result) { return result.outcome == outcome; }));
}

// Without a baseline nothing is foreseen, whatever the expectation says: a failure must never be lost that way.
bool RunResult::foreseen(const ScenarioResult& result) const {
  return has_baseline && result.expectation == BaselineStatus::as_expected && is_finding(result.outcome, true);
}

std::size_t RunResult::findings(bool strict) const {
  return as_size(std::count_if(scenarios.begin(), scenarios.end(), [&](const ScenarioResult& result) {
    return is_finding(result.outcome, strict) && !foreseen(result);
  }));
}

}  // namespace smtpspec::engine
