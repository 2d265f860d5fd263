#include "harness/engine/rounds.hpp"

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

/// A verdict that rests on something missing is played once more: a re-run may clear a missing observation, never an
/// observed violation.
asio::awaitable<void> Rounds::play(const Scenario& scenario, Tally& tally) {
  if (tally.attempts == 0) tally.began = std::chrono::steady_clock::now();
  for (int round = 0;; ++round) {
    const PlaySettings settings = play_settings(scenario.id, tally.attempts++);
    const bool watched = scenario.delivered && roads_.seen;
    if (watched) roads_.expect(settings.token);
    Played played = co_await engine::play(scenario, settings);
    if (watched) co_await roads_.gather(played.transcript, awaited_deliveries(scenario, played.to_the_end));
    const Verdict verdict = judged(scenario, played.transcript);
    if (verdict.missing && round == 0) continue;
    count(tally, scenario, verdict, played.transcript);
    co_return;
  }
}

void Rounds::count(Tally& tally, const Scenario& scenario, const Verdict& verdict,
                   const wire::Transcript& transcript) const {
  tally.ended = std::chrono::steady_clock::now();
  ++tally.rounds;
  ++tally.seen[verdict.outcome];
  if (tally.worst && badness(verdict.outcome) <= badness(tally.worst->outcome)) return;
  ScenarioResult result = describe_result(scenario, *settings_.suite);
  put_verdict(result, verdict, transcript, scenario);
  result.again = again(scenario.id);
  if (save(transcript)) result.transcript = transcript_path(scenario.id);
  tally.worst = std::move(result);
}

ScenarioResult Rounds::summed_up(const Tally& tally) const {
  ScenarioResult result = *tally.worst;
  result.attempts = tally.attempts;
  result.duration = std::chrono::duration_cast<std::chrono::milliseconds>(tally.ended - tally.began);
  const auto add = [&](const std::string& words) { result.reason += (result.reason.empty() ? "" : "; ") + words; };
  if (tally.seen.size() > 1) {
    std::string counts;
    for (const auto& [outcome, count] : tally.seen)
      counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", count, scenario::name(outcome));
    add("repeats differ: " + counts);
  }
  if (tally.rounds < settings_.repeat)
    add(fmt::format("the run ended behind {} of {} repeats", tally.rounds, settings_.repeat));
  return result;
}

bool Rounds::save(const wire::Transcript& transcript) const {
  if (settings_.out.empty()) return false;
  const auto problem = save_transcript(settings_.out, transcript);
  if (problem && note_) note_(*problem);
  return !problem;
}

std::string Rounds::again(const std::string& id) const { return fmt::format("{} --filter {}", settings_.again, id); }

}  // namespace smtpspec::engine
