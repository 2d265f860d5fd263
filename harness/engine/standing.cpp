#include "harness/engine/standing.hpp"

#include <algorithm>

namespace smtpspec::engine {

using scenario::Scenario;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

Standing::Standing(const RunSettings& settings, const Attempts& attempts)
    : settings_(settings),
      attempts_(attempts),
      results_(settings.scenarios.size()),
      summaries_(settings.scenarios.size()) {}

std::optional<std::size_t> Standing::find(const Scenario& scenario) const {
  const auto& chosen = settings_.scenarios;
  const auto found = std::find(chosen.begin(), chosen.end(), &scenario);
  if (found == chosen.end()) return std::nullopt;
  return static_cast<std::size_t>(found - chosen.begin());
}

void Standing::sum_up(std::size_t index) {
  results_[index] = attempts_.summed_up(summaries_[index]);
  summaries_[index] = {};
}

/// Only the first time: a play that the target refuses begins again.
void Standing::Running::begin() {
  if (place_) return;
  began_ = Clock::now();
  place_ = of_.running_.insert(of_.running_.end(), this);
}

void Standing::Running::end() {
  if (place_) of_.running_.erase(*place_);
}

std::vector<ScenarioResult> Standing::gathered(RunEnd end) const {
  std::vector<ScenarioResult> gathered;
  for (std::size_t i = 0; i < results_.size(); ++i) {
    const Scenario& scenario = *settings_.scenarios[i];
    if (results_[i]) {
      gathered.push_back(*results_[i]);
    } else if (summaries_[i].worst || summaries_[i].missing) {
      gathered.push_back(attempts_.summed_up(summaries_[i]));
    } else if (!scenario.rule.empty()) {
      ScenarioResult result = of_a_rule(scenario);
      // Of a target that cannot be tested what was seen is told, and nothing else.
      if (end != RunEnd::untestable || result.checked > 0) gathered.push_back(std::move(result));
    } else if (end != RunEnd::untestable) {
      ScenarioResult& result = gathered.emplace_back(attempts_.described(scenario));
      result.outcome = Outcome::skipped;
      result.cause = Cause::not_played;
      result.reason = "the run ended before";
    }
  }
  return gathered;
}

ScenarioResult Standing::of_a_rule(const Scenario& row) const {
  ScenarioResult result = attempts_.described(row);
  attempts_.rules().put(result, row);
  const auto& chosen = settings_.scenarios;
  for (const std::string& seen : result.seen_in) {
    const auto is_it = [&](const Scenario* one) { return one->id == seen; };
    // Probe and canaries are in every run.
    if (std::any_of(chosen.begin(), chosen.end(), is_it)) result.again += " --filter " + seen;
  }
  return result;
}

Progress Standing::progress() const {
  Progress progress;
  const auto now = Clock::now();
  progress.total = results_.size() * settings_.repeat;
  progress.done = plays_;
  progress.elapsed = duration_cast<milliseconds>(now - start_);
  for (const auto& result : results_)
    if (result && is_finding(result->outcome, false)) ++progress.findings;
  for (const AttemptSummary& summary : summaries_)
    if (summary.worst && is_finding(summary.worst->outcome, false)) ++progress.findings;
  if (!running_.empty()) {
    progress.slowest = running_.front()->id_;
    progress.slowest_for = duration_cast<milliseconds>(now - running_.front()->began_);
  }
  return progress;
}

}  // namespace smtpspec::engine
