#include "harness/engine/attempts.hpp"

#include <ctime>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "harness/record/json_lines.hpp"
#include "harness/wire/stream.hpp"

namespace smtpspec::engine {

using scenario::Scenario;

namespace {

/// RFC 5322 section 3.3. Made once a second: it costs as much as all else in a header block.
const std::string& date_now() {
  thread_local std::time_t made_at = -1;
  thread_local std::string date;
  const std::time_t now = std::time(nullptr);
  if (now != made_at) date = fmt::format("{:%a, %d %b %Y %H:%M:%S} +0000", fmt::gmtime(now));
  made_at = now;
  return date;
}

/// Whether all that is wrong rests on something that did not come. What was observed beside it must not get lost.
bool may_come_again(const judge::Judged& judged) {
  if (judged.verdict.missing) return true;
  return judged.verdict.outcome == Outcome::pass && judged.broken_fence && judged.broken_fence->missing;
}

}  // namespace

Attempts::Attempts(const RunSettings& settings, DeliveryWatch& watch, std::function<void(const std::string&)> note)
    : settings_(settings),
      watch_(watch),
      note_(std::move(note)),
      tls_(wire::TlsContext::client({settings.target.tls.verify, settings.target.tls.ca})),
      sources_(settings.target.sources),
      target_(settings.target) {}

PlaySettings Attempts::play_settings(const std::string& token, std::string source) {
  const scenario::Target& target = target_;
  record::Terms terms;
  terms.lmtp = target.scheme == scenario::Scheme::lmtp;
  terms.implicit_tls = target.scheme == scenario::Scheme::smtps;
  terms.login = target.profile == "submission";
  put(terms, facts_);
  terms.patience = settings_.patience;
  PlaySettings play{
      .connect = [&target, source = source.empty() ? sources_.next() : std::move(source)](
                     wire::Time time) { return wire::connect_tcp(target.host, target.port, source, time); },
      .gather = {},
      .tls = tls_.get(),
      .tls_name = target.tls.name.empty() ? target.host : target.tls.name,
      .host = target.host,
      .terms = terms,
      .values = judge::Values(target, token, date_now()),
  };
  play.values.show_as(facts_.shows_as);
  return play;
}

asio::awaitable<Facts> Attempts::probe() {
  const Scenario plain = only_the_ladder(scenario::Ladder::greeted);
  const Played first = co_await play(plain, plain.id, 0);
  know(facts_of(first.transcript, first.to_the_end, nullptr));
  if (!facts_.starttls) co_return facts_;
  const Scenario under_tls = only_the_ladder(scenario::Ladder::tls);
  const Played second = co_await play(under_tls, under_tls.id, 0);
  know(facts_of(first.transcript, first.to_the_end, &second.transcript));
  co_return facts_;
}

void Attempts::know(const Facts& facts) {
  facts_ = facts;
  target_ = as_learnt(settings_.target, facts);
}

asio::awaitable<Played> Attempts::play(const Scenario& scenario, std::string name, std::size_t attempt, bool once_more,
                                       std::string source) {
  const std::string token = delivery::make_token(settings_.seed, name, attempt);
  PlaySettings settings = play_settings(token, std::move(source));
  if (scenario.delivered && watch_.seen) {
    watch_.expect(token);
    settings.gather = [this](record::Transcript& transcript, std::size_t awaited) {
      return watch_.gather(transcript, awaited);
    };
  }
  Played played = co_await engine::play(scenario, std::move(settings));
  watch_.forget(token);
  played.transcript.scenario = name;
  judge::Judged judged = played.judged;
  if (once_more && may_come_again(judged)) judged.broken_fence.reset();
  if (rules_.add(played.transcript, judged)) (void)save(played.transcript);
  co_return played;
}

/// A verdict that rests on something missing is played once more: a re-run may clear a missing observation, never an
/// observed violation.
asio::awaitable<void> Attempts::round(const Scenario& scenario, AttemptSummary& summary) {
  if (summary.attempts == 0) summary.began = Clock::now();
  for (int attempt = 0;; ++attempt) {
    const Played played = co_await play(scenario, scenario.id, summary.attempts++, attempt == 0);
    if (attempt == 0 && may_come_again(played.judged)) continue;
    count(summary, scenario, played);
    co_return;
  }
}

void Attempts::count(AttemptSummary& summary, const Scenario& scenario, const Played& played) const {
  const judge::Verdict& verdict = played.judged.verdict;
  summary.ended = Clock::now();
  ++summary.rounds;
  ++summary.seen[verdict.outcome];
  if (summary.worst && judge::rank(verdict.outcome) <= judge::rank(summary.worst->outcome)) return;
  summary.worst = result_of(scenario, played);
}

ScenarioResult Attempts::result_of(const Scenario& scenario, const Played& played) const {
  ScenarioResult result = described(scenario);
  put_verdict(result, played.judged.verdict, played.transcript, scenario.delivered.has_value());
  if (save(played.transcript)) result.transcript = record::transcript_path(scenario.id);
  return result;
}

ScenarioResult Attempts::summed_up(const AttemptSummary& summary) const {
  ScenarioResult result = *summary.worst;
  result.attempts = summary.attempts;
  result.duration = std::chrono::duration_cast<std::chrono::milliseconds>(summary.ended - summary.began);
  const auto add = [&](const std::string& words) { result.reason += (result.reason.empty() ? "" : "; ") + words; };
  if (summary.seen.size() > 1) {
    std::string counts;
    for (const auto& [outcome, count] : summary.seen)
      counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", count, scenario::name(outcome));
    add("repeats differ: " + counts);
  }
  if (summary.rounds < settings_.repeat)
    add(fmt::format("the run ended after {} of {} repeats", summary.rounds, settings_.repeat));
  return result;
}

bool Attempts::save(const record::Transcript& transcript) const {
  if (settings_.out.empty()) return false;
  const auto problem = record::save_transcript(settings_.out, transcript);
  if (problem && note_) note_(*problem);
  return !problem;
}

ScenarioResult Attempts::described(const Scenario& scenario) const {
  ScenarioResult result = describe_result(scenario, *settings_.suite);
  result.again = fmt::format("{} --filter {}", settings_.again, scenario.id);
  return result;
}

}  // namespace smtpspec::engine
