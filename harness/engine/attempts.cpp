#include "harness/engine/attempts.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "harness/delivery/token.hpp"
#include "harness/record/transcript_file.hpp"
#include "harness/smtp/escape.hpp"
#include "harness/wire/stream.hpp"

namespace smtpspec::engine {

using scenario::Scenario;
using std::chrono::milliseconds;

namespace {

/// Whether all that is wrong rests on something that did not come. What was observed beside it must not get lost.
bool may_come_again(const judge::Judged& judged) {
  if (judged.verdict.missing) return true;
  const bool nothing_wrong = judged.verdict.outcome == Outcome::pass || judged.verdict.outcome == Outcome::info;
  return nothing_wrong && judged.broken_fence && judged.broken_fence->missing;
}

/// A session that was refused for reasons of number or pace says nothing of what was to be tested; where a scenario
/// asks for just that, it says so by a verdict of its own.
bool was_hit(const Played& played, const FirstWord& refusal) {
  const judge::Verdict& verdict = played.judged.verdict;
  // What was delivered was, whatever was refused after it.
  const bool delivered = verdict.cause == Cause::delivery && !verdict.missing;
  return refusal.kind != FirstWord::Kind::greeting && verdict.cause != Cause::none && verdict.cause != Cause::ending &&
         !delivered;
}

/// The time of a scenario as a whole grows with it.
void lengthen(record::Patience& patience, milliseconds reply) {
  if (reply <= patience.reply) return;
  patience.scenario = patience.scenario * reply.count() / std::max(patience.reply, milliseconds(1)).count();
  patience.reply = reply;
}

/// A row that gets one refusal or two is done by then. Of the others nobody wants to wait for as long as they would
/// take.
constexpr milliseconds time_where_errors_are_slow{27000};
/// A play is put off so often; each time the pace is slower.
constexpr std::size_t most_refusals = 12;
/// The same where it was not greeted in time: that may be the target's way.
constexpr std::size_t most_unheard = 3;

/// The same octets by the same road.
bool is_among(const std::vector<record::Delivery>& deliveries, const record::Delivery& one) {
  return std::any_of(deliveries.begin(), deliveries.end(), [&](const record::Delivery& other) {
    return other.road == one.road && other.message == one.message && other.omitted == one.omitted;
  });
}

/// A play is given up on that the run stood still in so often.
constexpr std::size_t most_standstills = 3;

void void_for_standstills(judge::Verdict& verdict) {
  verdict.outcome = Outcome::inconclusive;
  verdict.cause = Cause::interference;
  verdict.missing = false;
  verdict.reason = "this run stood still whenever it was played";
}

void block(judge::Verdict& verdict, const FirstWord& refusal, std::size_t times) {
  const bool ours = refusal.kind == FirstWord::Kind::shortage;
  verdict.outcome = ours ? Outcome::error : Outcome::blocked;
  verdict.cause = ours ? Cause::internal : Cause::connect;
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
      transcripts_(settings.out, note_),
      gate_(std::move(executor), {settings.jobs, settings.rate}),
      sources_(settings.target.sources),
      target_(settings.target) {
  if (settings.near_only) allowed_ = scenario::is_near;
}

PlaySettings Attempts::play_settings(const std::string& token, Patience patience, const std::string& source) {
  const scenario::Target& target = target_;
  record::Terms terms = terms_of(target, facts_);
  terms.patience = settings_.patience;
  terms.patience.last = patience != Patience::first;
  if (facts_.lacks("quick-errors") != nullptr) {
    terms.patience.reply = std::max(terms.patience.reply, 2 * *facts_.error_takes);
    terms.patience.scenario = std::max(time_where_errors_are_slow, 2 * *facts_.error_takes);
  }
  // Who was quick in all of the survey need not be waited for so long.
  const bool quick = facts_.reply_takes && *facts_.reply_takes < terms.patience.reply / 10;
  if (patience == Patience::last) lengthen(terms.patience, settings_.last_patience / (quick ? 3 : 1));
  PlaySettings play{
      .connect =
          [this, &target, source = source.empty() ? sources_.next() : source](wire::Time time) {
            if (settings_.connect) return settings_.connect(source, time);
            return wire::connect_tcp(target.host, target.port, source, time, allowed_);
          },
      .gather = {},
      .heard = {},
      .leaving = [this] { gate_.hear_end(); },
      .tls = tls_.get(),
      .tls_name = target.tls.name.empty() ? target.host : target.tls.name,
      .host = target.host,
      .terms = terms,
      .values = judge::Values(target, token, date_now()),
  };
  play.values.show_as(facts_.shows_as);
  return play;
}

asio::awaitable<void> Attempts::probe() {
  const Scenario plain = only_the_ladder(scenario::Ladder::greeted);
  const Played first = co_await play(plain, plain.id, 0);
  Facts facts = facts_of(first.transcript, first.to_the_end);
  know(facts);
  if (!facts.starttls) co_return;
  const Scenario under_tls = only_the_ladder(scenario::Ladder::tls);
  const Played second = co_await play(under_tls, under_tls.id, 0);
  facts.under_tls = ehlo_under_tls(second.transcript);
  know(facts);
}

void Attempts::know(const Facts& facts) {
  facts_ = facts;
  target_ = as_learnt(settings_.target, facts);
  if (facts.lacks("quick-errors") != nullptr) gate_.expect_waiting();
}

asio::awaitable<Played> Attempts::play(const Scenario& scenario, std::string name, std::size_t attempt,
                                       Patience patience, Begins begins, std::string source) {
  std::size_t refusals = 1;
  for (std::size_t stills = 0;;) {
    std::string sub_name = refusals == 1 ? name : fmt::format("{} refused {}", name, refusals);
    if (stills > 0) sub_name += fmt::format(" still {}", stills);
    const std::size_t before = standstills_.so_far();
    FirstWord refusal;
    Played played = co_await play_once(scenario, delivery::make_token(settings_.secret, sub_name, attempt), refusal,
                                       patience, begins, source);
    played.transcript.scenario = name;
    if (standstills_.so_far() != before) {
      if (!std::exchange(told_of_standstill_, true))
        note(
            "this run stood still for a while, as where its process is stopped or the machine sleeps: what was under "
            "way then is played again");
      if (++stills <= most_standstills) continue;
      void_for_standstills(played.judged.verdict);
    }
    const bool hit = was_hit(played, refusal);
    // Who opens more sessions than the target takes brings it on himself.
    const bool of_use = sessions_of(scenario) <= gate_.pace().limit() && !gate_.hopeless();
    const bool unheard = refusal.kind == FirstWord::Kind::none;
    const std::size_t most = !unheard ? most_refusals : patience == Patience::last ? 1 : most_unheard;
    if (hit && refusals < most && of_use) {
      played.transcript.scenario = fmt::format("{}/refused-{}", name, refusals++);
      if (rules_.add(played.transcript, {})) save(played.transcript);
      continue;
    }
    if (hit && !unheard) block(played.judged.verdict, refusal, refusals);
    if (rules_.add(played.transcript, played.judged)) save(played.transcript);
    co_return played;
  }
}

/// `refusal`: the last of its sessions that was refused, if one was.
asio::awaitable<Played> Attempts::play_once(const Scenario& scenario, std::string token, FirstWord& refusal,
                                            Patience patience, const Begins& begins, const std::string& source) {
  Gate::Share share{sessions_of(scenario), octets_of(scenario)};
  co_await gate_.enter(share);
  if (begins) begins();
  PlaySettings settings = play_settings(token, patience, source);
  settings.heard = [&](const FirstWord& word) {
    gate_.hear(word);
    if (word.kind != FirstWord::Kind::greeting || refusal.kind == FirstWord::Kind::none) refusal = word;
  };
  const bool gathers = scenario.delivered && watch_.seen;
  const auto leave = [&] { gate_.leave(std::exchange(share, {0, 0})); };
  if (gathers) {
    watch_.expect(token);
    settings.gather = [&](record::Transcript& transcript, std::size_t awaited) {
      leave();  // its sessions are closed by now
      return gather(transcript, awaited);
    };
  }
  std::optional<Played> played;
  std::exception_ptr failure;
  try {
    played = co_await engine::play(scenario, std::move(settings));
  } catch (...) {
    failure = std::current_exception();
  }
  leave();
  if (gathers) watch_.retire(token);
  if (failure) std::rethrow_exception(failure);
  co_return std::move(*played);
}

/// How long a delivery takes is not learnt of one in which the run stood still.
asio::awaitable<void> Attempts::gather(record::Transcript& transcript, std::size_t awaited) {
  const std::size_t before = standstills_.so_far();
  const auto took = co_await watch_.gather(transcript, awaited);
  if (standstills_.so_far() == before) watch_.learn(took);
}

asio::awaitable<void> Attempts::round(const Scenario& scenario, AttemptSummary& summary, Begins begins) {
  Played played = co_await begin(scenario, summary, Patience::first, std::move(begins));
  if (may_come_again(played.judged) || out_of_sight(scenario, played)) {
    ++summary.owed;
    summary.missing = result_of(scenario, played);
    co_return keep(scenario, std::move(played));
  }
  count(summary, played.judged.verdict.outcome, [&] { return result_of(scenario, played); });
  keep(scenario, std::move(played));
}

/// For once, where deliveries can be seen on the whole: something may have gone by, or there was no room for it.
bool Attempts::out_of_sight(const Scenario& scenario, const Played& played) const {
  if (!scenario.delivered || played.judged.verdict.cause != Cause::no_delivery_road) return false;
  const auto& deliveries = played.transcript.deliveries;
  const bool cut = std::any_of(deliveries.begin(), deliveries.end(), [](const auto& one) { return one.omitted > 0; });
  return watch_.seen && !watch_.lost() && (cut || !played.transcript.deliveries_observed);
}

/// A re-run may clear a missing observation, never an observed violation.
asio::awaitable<void> Attempts::patient_round(const Scenario& scenario, AttemptSummary& summary, Begins begins) {
  Played played = co_await begin(scenario, summary, Patience::last, std::move(begins));
  --summary.owed;
  count(summary, played.judged.verdict.outcome, [&] { return result_of(scenario, played); });
  keep(scenario, std::move(played));
}

asio::awaitable<Played> Attempts::begin(const Scenario& scenario, AttemptSummary& summary, Patience patience,
                                        Begins begins) {
  const auto begun = [&] {
    if (summary.began == Clock::time_point()) summary.began = Clock::now();
    if (begins) std::exchange(begins, {})();
  };
  Played played = co_await play(scenario, scenario.id, summary.attempts++, patience, begun);
  summary.ended = Clock::now();
  co_return played;
}

void Attempts::fail(const Scenario& scenario, AttemptSummary& summary, const std::string& why) const {
  if (summary.owed > 0) --summary.owed;
  summary.ended = Clock::now();
  count(summary, Outcome::error, [&] {
    ScenarioResult result = described(scenario);
    result.outcome = Outcome::error;
    result.cause = Cause::internal;
    result.reason = why;
    return result;
  });
}

void Attempts::count(AttemptSummary& summary, Outcome outcome, const std::function<ScenarioResult()>& result) {
  ++summary.rounds;
  ++summary.seen[outcome];
  if (!summary.worst || judge::rank(outcome) > judge::rank(summary.worst->outcome)) summary.worst = result();
}

ScenarioResult Attempts::result_of(const Scenario& scenario, const Played& played) {
  ScenarioResult result = described(scenario);
  put_verdict(result, played.judged.verdict, played.transcript, scenario.delivered.has_value());
  if (played.transcript.scenario.empty()) return result;  // nothing of it was kept
  const bool is_pass = result.outcome == Outcome::pass || result.outcome == Outcome::info;
  transcripts_.save(played.transcript, is_pass ? TranscriptWriter::Use::pass : TranscriptWriter::Use::evidence);
  result.transcript = record::transcript_path(scenario.id);
  return result;
}

/// Its deliveries may not be all; where it failed already for something that came, more of them make no difference.
void Attempts::keep(const Scenario& scenario, Played played) {
  constexpr std::size_t most_octets = std::size_t{64} << 20;
  record::Transcript& transcript = played.transcript;
  const judge::Verdict& verdict = played.judged.verdict;
  const bool awaits_mail = verdict.cause == Cause::delivery && verdict.missing;
  if (verdict.cause == Cause::delivery && !awaits_mail && is_finding(verdict.outcome, true))
    came_wrong_.insert(&scenario);
  if (!transcript.deliveries_observed || (!awaits_mail && judge::rank(verdict.outcome) >= judge::rank(Outcome::fail)))
    return;
  if (kept_.size() >= delivery::Collector::max_messages) return;
  Kept& kept = kept_[transcript.token];
  kept.scenario = &scenario;
  kept.awaits_mail = awaits_mail;
  const std::size_t octets = record::octets_held(transcript);
  if (octets > most_octets - octets_kept_) return;
  octets_kept_ += octets;
  kept.transcript = std::move(transcript);
}

std::vector<Attempts::Late> Attempts::late_results() {
  std::map<std::string, std::vector<record::Delivery>> late;
  for (const delivery::Collector::Late& one : watch_.collector().late()) late[one.token].push_back(one.delivery);
  std::vector<Late> results;
  for (auto& [token, deliveries] : late) {
    const auto found = kept_.find(token);
    if (found == kept_.end()) continue;
    auto& [scenario, awaited, transcript] = found->second;
    Played played;
    judge::Verdict& verdict = played.judged.verdict;
    const auto foreign = [this](const record::Delivery& one) { return watch_.is_foreign(one); };
    const bool all_known = std::none_of(deliveries.begin(), deliveries.end(), foreign);
    if (transcript && watch_.gives_again()) {
      std::erase_if(deliveries, [&seen = transcript->deliveries](const auto& one) { return is_among(seen, one); });
      if (deliveries.empty()) continue;
    }
    if (transcript && all_known) {
      played.transcript = std::move(*transcript);
      std::move(deliveries.begin(), deliveries.end(), std::back_inserter(played.transcript.deliveries));
      played.judged = judge::judge(*scenario, played.transcript);
    } else {
      if (transcript) played.transcript = std::move(*transcript);
      verdict.outcome = Outcome::inconclusive;
      verdict.cause = Cause::delivery;
    }
    // It does come, and how soon no RFC says (RFC 5321 section 4.5.4.1).
    if (awaited && !is_finding(verdict.outcome, true)) verdict.outcome = Outcome::inconclusive;
    if (awaited) verdict.cause = Cause::delivery;
    verdict.reason += fmt::format("{}{} of its messages came late{}", verdict.reason.empty() ? "" : "; ",
                                  deliveries.size(), awaited ? ", later than [delivery] wait" : "");
    results.push_back({scenario, result_of(*scenario, played), awaited && !came_wrong_.contains(scenario)});
    kept_.erase(found);
  }
  return results;
}

ScenarioResult Attempts::summed_up(const AttemptSummary& summary) const {
  ScenarioResult result = summary.worst ? *summary.worst : *summary.missing;
  result.attempts = summary.attempts;
  result.duration = std::chrono::duration_cast<std::chrono::milliseconds>(summary.ended - summary.began);
  const auto add = [&](const std::string& words) { result.reason += (result.reason.empty() ? "" : "; ") + words; };
  if (settings_.repeat > 1)
    for (const auto& [outcome, times] : summary.seen) result.seen.push_back({outcome, times});
  if (summary.seen.size() > 1) add("unstable: " + in_words(result.seen));
  if (summary.rounds < settings_.repeat)
    add(fmt::format("the run ended after {} of {} repeats", summary.rounds, settings_.repeat));
  return settings_.target.delivery ? result : without_road(std::move(result));
}

ScenarioResult Attempts::described(const Scenario& scenario) const {
  ScenarioResult result = describe_result(scenario, *settings_.suite);
  result.again = fmt::format("{} --filter {}", settings_.again, scenario.id);
  return result;
}

}  // namespace smtpspec::engine
