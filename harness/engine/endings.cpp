#include "harness/engine/endings.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "harness/engine/findings.hpp"

namespace smtpspec::engine {
namespace {

/// What a row is remembered by where it takes another ending than the usual.
std::optional<std::string> ending_of(const ScenarioResult& row) {
  if (row.id.starts_with("survey/")) return std::nullopt;
  if (row.outcome == Outcome::info) return without_names(row.actual.empty() ? row.reason : row.actual);
  return row.outcome == Outcome::pass && !row.actual.empty() ? std::optional(row.actual) : std::nullopt;
}

}  // namespace

std::map<std::string, std::string> endings_of(const RunResult& run) {
  std::map<std::string, std::string> endings;
  for (const ScenarioResult& row : run.scenarios)
    if (auto ending = ending_of(row)) endings.emplace(row.id, std::move(*ending));
  return endings;
}

std::vector<std::string> other_endings(const RunResult& run, const std::map<std::string, std::string>& remembered,
                                       const scenario::Suite* suite) {
  const auto in_words = [](const std::optional<std::string>& ending) { return ending.value_or("the usual ending"); };
  std::vector<std::string> lines;
  for (const ScenarioResult& row : run.scenarios) {
    if (!is_decided(row.outcome) || is_finding(row.outcome, true)) continue;
    const auto found = remembered.find(row.id);
    const auto was = found == remembered.end() ? std::nullopt : std::optional(found->second);
    const auto is = ending_of(row);
    if (was != is) lines.push_back(fmt::format("{}: {}, where it was {}", row.id, in_words(is), in_words(was)));
  }
  for (const auto& was : remembered) {
    const auto is_it = [&](const auto& one) { return one.id == was.first; };
    if (suite == nullptr || std::any_of(suite->scenarios.begin(), suite->scenarios.end(), is_it)) continue;
    lines.push_back(fmt::format("{}: no row of this suite, where it was {}", was.first, was.second));
  }
  return lines;
}

}  // namespace smtpspec::engine
