#include "harness/memory/memory_run.hpp"

#include <utility>

#include <fmt/format.h>

#include "harness/engine/run.hpp"
#include "harness/engine/survey.hpp"
#include "harness/memory/reference_target.hpp"

namespace smtpspec::memory {

using scenario::Scenario;

MemoryRun::MemoryRun(const scenario::Suite& suite, const std::string& profile, const reference::Faults& faults)
    : suite_(suite),
      target_(reference_target(profile)),
      settings_(reference_settings(profile)),
      faults_(faults),
      client_tls_(wire::TlsContext::client({})),
      server_tls_(wire::TlsContext::server(settings_.hostname)) {
  const Played plain = play(engine::only_the_ladder(scenario::Ladder::greeted));
  facts_ = engine::facts_of(plain.transcript, plain.to_the_end, nullptr);
  if (!facts_.starttls) return;
  const Played under_tls = play(engine::only_the_ladder(scenario::Ladder::tls));
  facts_ = engine::facts_of(plain.transcript, plain.to_the_end, &under_tls.transcript);
}

void MemoryRun::get_acquainted() {
  for (const Scenario* row : engine::survey_rows(suite_, target_)) {
    // There is no other address to ask from whom the server relays for.
    if (row->fact == "untrusted" || engine::why_not_played(*row, target_, facts_)) continue;
    engine::learn(facts_, *row, play(*row), {});
    target_ = engine::as_learnt(std::move(target_), facts_);
  }
}

Played MemoryRun::play(const Scenario& scenario) {
  constexpr const char* date = "Thu, 01 Jan 2026 00:00:00 +0000";
  const Place place{&settings_, &faults_, client_tls_.get(), server_tls_.get()};
  const std::string token = fmt::format("t{:016x}", ++plays_);
  record::Terms terms = engine::terms_of(target_, facts_);
  terms.patience.last = true;
  Played played = memory::play(scenario, place, terms, judge::Values(target_, token, date));
  played.transcript.token = token;
  if (!played.transcript.events.empty()) virtual_time_ += played.transcript.events.back().at;
  rules_.add(played.transcript, played.judged);
  return played;
}

bool MemoryRun::plays(const Scenario& scenario) const {
  return !engine::why_not_played(scenario, target_, facts_).has_value();
}

engine::ScenarioResult MemoryRun::result_of(const Scenario& scenario) {
  engine::ScenarioResult result = engine::describe_result(scenario, suite_);
  if (const auto not_played = engine::why_not_played(scenario, target_, facts_)) {
    engine::put_not_played(result, *not_played);
  } else if (!scenario.rule.empty()) {
    rules_.put(result, scenario);
  } else {
    const Played played = play(scenario);
    engine::put_verdict(result, played.judged.verdict, played.transcript, scenario.delivered.has_value());
  }
  return result;
}

}  // namespace smtpspec::memory
