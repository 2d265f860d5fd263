#include "harness/engine/baseline.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fnmatch.h>

namespace smtpspec::engine {

bool is_for(const scenario::Baseline::Entry& entry, const std::string& id) {
  return entry.scenario == id || fnmatch(entry.scenario.c_str(), id.c_str(), 0) == 0;
}

namespace {

bool was_judged(Outcome outcome) {
  return is_finding(outcome, true) || outcome == Outcome::pass || outcome == Outcome::info;
}

BaselineStatus status_of(const ScenarioResult& result, const scenario::Baseline::Entry* entry) {
  if (entry == nullptr)
    return is_finding(result.outcome, true) ? BaselineStatus::regression : BaselineStatus::as_expected;
  if (result.outcome == entry->outcome)
    return entry->cause.empty() || entry->cause == judge::name(result.cause) ? BaselineStatus::as_expected
                                                                             : BaselineStatus::drift;
  if (!was_judged(result.outcome)) return BaselineStatus::as_expected;  // nothing was observed: nothing is fixed
  return is_finding(result.outcome, true) ? BaselineStatus::drift : BaselineStatus::fixed;
}

}  // namespace

void apply_baseline(RunResult& run, const std::optional<scenario::Baseline>& baseline, const scenario::Suite* suite) {
  run.has_baseline = baseline.has_value();
  run.baseline_notes.clear();
  for (ScenarioResult& result : run.scenarios) {
    if (!baseline) {
      result.expectation = is_finding(result.outcome, true) ? BaselineStatus::unlisted : BaselineStatus::as_expected;
      continue;
    }
    const auto& entries = baseline->entries;
    // An entry for just this row goes before a glob.
    auto found = std::find_if(entries.begin(), entries.end(), [&](const auto& e) { return e.scenario == result.id; });
    if (found == entries.end())
      found = std::find_if(entries.begin(), entries.end(), [&](const auto& e) { return is_for(e, result.id); });
    result.expectation = status_of(result, found == entries.end() ? nullptr : &*found);
  }
  if (!baseline) return;
  for (const auto& entry : baseline->entries) {
    const auto named = [&](const auto& scenario) { return is_for(entry, scenario.id); };
    const bool known = std::any_of(run.scenarios.begin(), run.scenarios.end(), named) ||
                       (suite != nullptr && std::any_of(suite->scenarios.begin(), suite->scenarios.end(), named));
    if (!known)
      run.baseline_notes.push_back(
          fmt::format("{}:{}: no scenario '{}' was in this run", entry.place.file, entry.place.line, entry.scenario));
  }
}

}  // namespace smtpspec::engine
