#include "harness/memory/memory_run.hpp"

#include <utility>

#include "harness/engine/run.hpp"
#include "harness/engine/survey.hpp"
#include "harness/memory/reference_session.hpp"
#include "harness/memory/reference_target.hpp"

namespace smtpspec::memory {

using scenario::Scenario;

MemoryRun::MemoryRun(const scenario::Suite& suite, const std::string& profile, const reference::Faults& faults)
    : suite_(suite),
      server_(reference_target(profile), reference_sessions(reference_settings(profile), faults),
              reference_settings(profile).hostname) {}

void MemoryRun::get_acquainted() {
  for (const Scenario* row : engine::survey_rows(suite_, server_.target())) {
    // There is no other address to ask from whom the server relays for.
    if (row->fact == "untrusted" || engine::why_not_played(*row, server_.target(), server_.facts())) continue;
    engine::learn(server_.facts(), *row, play(*row), {});
    server_.target() = engine::as_learnt(std::move(server_.target()), server_.facts());
  }
}

Played MemoryRun::play(const Scenario& scenario) {
  Played played = server_.play(scenario);
  const std::lock_guard lock(mutex_);
  if (!played.transcript.events.empty()) virtual_time_ += played.transcript.events.back().at;
  rules_.add(played.transcript, played.judged);
  return played;
}

bool MemoryRun::plays(const Scenario& scenario) const {
  return !engine::why_not_played(scenario, server_.target(), server_.facts()).has_value();
}

engine::ScenarioResult MemoryRun::result_of(const Scenario& scenario) {
  engine::ScenarioResult result = engine::describe_result(scenario, suite_);
  if (const auto not_played = engine::why_not_played(scenario, server_.target(), server_.facts())) {
    engine::put_not_played(result, *not_played);
  } else if (!scenario.rule.empty()) {
    const std::lock_guard lock(mutex_);
    rules_.put(result, scenario);
  } else {
    return result_of(scenario, play(scenario));
  }
  return result;
}

engine::ScenarioResult MemoryRun::result_of(const Scenario& scenario, const Played& played) const {
  engine::ScenarioResult result = engine::describe_result(scenario, suite_);
  engine::put_verdict(result, played.judged.verdict, played.transcript, scenario.delivered.has_value());
  return result;
}

}  // namespace smtpspec::memory
