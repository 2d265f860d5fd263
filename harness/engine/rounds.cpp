#include "harness/engine/rounds.hpp"

#include <map>
#include <utility>

#include <fmt/format.h>

#include "harness/engine/run_folder.hpp"

namespace smtpspec::engine {

using scenario::Scenario;

namespace {

int badness(Outcome outcome) {
  switch (outcome) {
    case Outcome::crash: return 6;
    case Outcome::fail: return 5;
    case Outcome::error: return 4;
    case Outcome::warn: return 3;
    case Outcome::inconclusive:
    case Outcome::blocked: return 2;
    default: return 1;
  }
}

}  // namespace

Rounds::Rounds(const RunSettings& settings, Roads& roads, std::function<void(const std::string&)> note)
    : settings_(settings),
      roads_(roads),
      note_(std::move(note)),
      tls_(wire::TlsContext::client({settings.target.tls.verify, settings.target.tls.ca})),
      sources_(settings.target.sources) {}

PlaySettings Rounds::play_settings(const std::string& id, std::size_t attempt) {
  PlaySettings play;
  play.target = &settings_.target;
  play.tls = tls_.get();
  play.source = sources_.next();
  play.token = delivery::make_token(settings_.seed, id, attempt);
  play.patience = settings_.patience;
  play.starttls_offered = starttls_offered_;
  return play;
}

Verdict Rounds::judged(const Scenario& scenario, const wire::Transcript& transcript) const {
  return engine::judge(scenario, transcript, {settings_.target.scheme == smtpspec::scenario::Scheme::lmtp});
}

asio::awaitable<ScenarioResult> Rounds::play_all(const Scenario& scenario) {
  ScenarioResult worst;
  std::map<Outcome, std::size_t> seen;
  std::size_t attempt = 0;
  for (std::size_t i = 0; i < settings_.repeat; ++i) {
    ScenarioResult result = co_await play_once(scenario, attempt, worst);
    ++seen[result.outcome];
    if (i == 0 || badness(result.outcome) > badness(worst.outcome)) worst = std::move(result);
  }
  worst.attempts = attempt;
  if (seen.size() > 1) {
    std::string counts;
    for (const auto& [outcome, count] : seen)
      counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", count, scenario::name(outcome));
    worst.reason += fmt::format("{}repeats differ: {}", worst.reason.empty() ? "" : "; ", counts);
  }
  co_return worst;
}

/// A verdict that rests on something missing is played once more: a re-run may clear a missing observation, never an
/// observed violation.
asio::awaitable<ScenarioResult> Rounds::play_once(const Scenario& scenario, std::size_t& attempt,
                                                  const ScenarioResult& worst) {
  for (int round = 0;; ++round) {
    const PlaySettings settings = play_settings(scenario.id, attempt++);
    Played played = co_await play(scenario, settings);
    if (scenario.delivered && roads_.seen)
      co_await roads_.gather(played.transcript, awaited_deliveries(scenario, played.to_the_end));
    const Verdict verdict = judged(scenario, played.transcript);
    if (verdict.missing && round == 0) continue;
    ScenarioResult result = describe_result(scenario, *settings_.suite);
    put_verdict(result, verdict, played.transcript, scenario);
    result.again = again(scenario.id);
    const bool first = attempt <= 2 && worst.id.empty();
    if (first || badness(result.outcome) > badness(worst.outcome))
      if (save(played.transcript)) result.transcript = transcript_path(scenario.id);
    co_return result;
  }
}

bool Rounds::save(const wire::Transcript& transcript) const {
  if (settings_.out.empty()) return false;
  const auto problem = save_transcript(settings_.out, transcript);
  if (problem && note_) note_(*problem);
  return !problem;
}

std::string Rounds::again(const std::string& id) const { return fmt::format("{} --filter {}", settings_.again, id); }

}  // namespace smtpspec::engine
