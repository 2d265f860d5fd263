#include "harness/engine/result.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

namespace smtpspec::engine {
namespace {

std::size_t as_size(std::ptrdiff_t count) { return static_cast<std::size_t>(count); }

}  // namespace

std::vector<ExcerptLine>::const_iterator key_line(const std::vector<ExcerptLine>& lines) {
  return std::find_if(lines.begin(), lines.end(), [](const ExcerptLine& line) { return line.key; });
}

std::string area_of(const ScenarioResult& row) {
  bool of_the_suite = false;
  std::string below;
  for (const auto& folder : std::filesystem::path(row.file).parent_path()) {
    if (folder == "scenarios") {
      of_the_suite = true;
      below.clear();
    } else if (of_the_suite && !below.empty()) {
      below += "/" + folder.string();
    } else {
      below = folder.filename().string();
    }
  }
  return below.empty() ? "general" : below;
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

std::size_t RunResult::count(Outcome outcome) const {
  return as_size(std::count_if(scenarios.begin(), scenarios.end(),
                               [outcome](const ScenarioResult& result) { return result.outcome == outcome; }));
}

bool RunResult::was_played() const {
  const bool for_the_survey = std::any_of(filters.begin(), filters.end(),
                                          [](const std::string& filter) { return filter.starts_with("survey"); });
  return std::any_of(scenarios.begin(), scenarios.end(), [&](const ScenarioResult& row) {
    const bool played = row.outcome != Outcome::skipped && row.outcome != Outcome::unsupported;
    return played && (for_the_survey || !row.id.starts_with("survey/"));
  });
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
