#include "harness/engine/attempts.hpp"

#include <ctime>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "harness/record/json_lines.hpp"
#include "harness/smtp/escape.hpp"
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

/// A session that was refused for reasons of number or pace says nothing of what was to be tested; where a scenario
/// asks for just that, it says so by a verdict of its own.
bool was_hit(const Played& played, const FirstWord& refusal) {
  const bool refused = refusal.kind == FirstWord::Kind::refusal || refusal.kind == FirstWord::Kind::no_connection;
  const Outcome outcome = played.judged.verdict.outcome;
  return refused && outcome != Outcome::pass && outcome != Outcome::info && outcome != Outcome::warn;
}

/// A play is put off so often; each time the pace is slower.
constexpr std::size_t most_refusals = 12;

void block(judge::Verdict& verdict, const FirstWord& refusal, std::size_t times) {
  verdict.outcome = Outcome::blocked;
  verdict.cause = Cause::connect;
  verdict.missing = false;
  verdict.actual = smtp::escape(refusal.words.substr(0, 200));
  verdict.reason = fmt::format("the session was refused {} time{}: {}", times, times == 1 ? "" : "s", verdict.actual);
}

}  // namespace

Attempts::Attempts(const RunSettings& settings, DeliveryWatch& watch, asio::any_io_executor executor,
                   std::function<void(const std::string&)> note)
    : settings_(settings),
      watch_(watch),
      note_(std::move(note)),
      tls_(wire::TlsContext::client({settings.target.tls.verify, settings.target.tls.ca})),
      gate_(std::move(executor), {settings.jobs, settings.rate}),
      sources_(settings.target.sources) {}

PlaySettings Attempts::play_settings(const std::string& token) {
  const scenario::Target& target = settings_.target;
  record::Terms terms;
  terms.lmtp = target.scheme == scenario::Scheme::lmtp;
  terms.implicit_tls = target.scheme == scenario::Scheme::smtps;
  terms.starttls = starttls_offered_;
  terms.login = target.profile == "submission";
  terms.patience = settings_.patience;
  PlaySettings play{
      .connect = [&target, source = sources_.next()](
                     wire::Time time) { return wire::connect_tcp(target.host, target.port, source, time); },
      .gather = {},
      .heard = {},
      .tls = tls_.get(),
      .tls_name = target.tls.name.empty() ? target.host : target.tls.name,
      .host = target.host,
      .terms = terms,
      .values = judge::Values(target, token, date_now()),
  };
  return play;
}

asio::awaitable<Facts> Attempts::probe() {
  const Scenario plain = only_the_ladder(scenario::Ladder::greeted);
  const Played first = co_await play(plain, plain.id, 0);
  const Facts facts = facts_of(first.transcript, first.to_the_end, nullptr);
  starttls_offered_ = facts.starttls;
  if (!facts.starttls) co_return facts;
  const Scenario under_tls = only_the_ladder(scenario::Ladder::tls);
  const Played second = co_await play(under_tls, under_tls.id, 0);
  co_return facts_of(first.transcript, first.to_the_end, &second.transcript);
}

asio::awaitable<Played> Attempts::play(const Scenario& scenario, std::string name, std::size_t attempt, bool once_more,
                                       Begins begins) {
  for (std::size_t refusals = 1;; ++refusals) {
    const std::string sub_name = refusals == 1 ? name : fmt::format("{} refused {}", name, refusals);
    FirstWord refusal;
    Played played =
        co_await play_once(scenario, delivery::make_token(settings_.seed, sub_name, attempt), refusal, begins);
    played.transcript.scenario = name;
    const bool hit = was_hit(played, refusal);
    if (hit && refusals < most_refusals && !gate_.hopeless()) continue;
    if (hit) block(played.judged.verdict, refusal, refusals);
    judge::Judged judged = played.judged;
    if (once_more && may_come_again(judged)) judged.broken_fence.reset();
    if (rules_.add(played.transcript, judged)) (void)save(played.transcript);
    co_return played;
  }
}

/// `refusal`: the last of its sessions that was refused, if one was.
asio::awaitable<Played> Attempts::play_once(const Scenario& scenario, std::string token, FirstWord& refusal,
                                            const Begins& begins) {
  std::size_t sessions = sessions_of(scenario);
  co_await gate_.enter(sessions);
  if (begins) begins();
  PlaySettings settings = play_settings(token);
  settings.heard = [&](const FirstWord& word) {
    gate_.hear(word);
    if (word.kind != FirstWord::Kind::greeting) refusal = word;
  };
  const auto leave = [&] { gate_.leave(std::exchange(sessions, 0)); };
  if (scenario.delivered && watch_.seen) {
    watch_.expect(token);
    settings.gather = [&](record::Transcript& transcript, std::size_t awaited) {
      leave();  // its sessions are closed by now
      return watch_.gather(transcript, awaited);
    };
  }
  Played played = co_await engine::play(scenario, std::move(settings));
  leave();
  watch_.forget(token);
  co_return played;
}

/// A verdict that rests on something missing is played once more: a re-run may clear a missing observation, never an
/// observed violation.
asio::awaitable<void> Attempts::round(const Scenario& scenario, AttemptSummary& summary, Begins begins) {
  const auto begun = [&] {
    if (summary.began == Clock::time_point()) summary.began = Clock::now();
    if (begins) std::exchange(begins, {})();
  };
  for (int attempt = 0;; ++attempt) {
    const Played played = co_await play(scenario, scenario.id, summary.attempts++, attempt == 0, begun);
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
  ScenarioResult result = described(scenario);
  put_verdict(result, verdict, played.transcript, scenario.delivered.has_value());
  if (save(played.transcript)) result.transcript = record::transcript_path(scenario.id);
  summary.worst = std::move(result);
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
