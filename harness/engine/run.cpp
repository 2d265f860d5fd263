#include "harness/engine/run.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "harness/engine/attempts.hpp"
#include "harness/engine/baseline.hpp"
#include "harness/engine/canary.hpp"
#include "harness/engine/queue.hpp"
#include "harness/engine/standing.hpp"
#include "harness/engine/survey.hpp"
#include "harness/record/secrets.hpp"
#include "harness/smtp/escape.hpp"

namespace smtpspec::engine {

using scenario::Scenario;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

milliseconds since(steady_clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - start);
}

/// A canary goes between this many plays, but where they are quick no sooner than after this time.
constexpr std::size_t plays_between_canaries = 100;
constexpr milliseconds between_canaries{200};
constexpr milliseconds between_ticks{200};
/// While a play waits for its deliveries, or for its turn, others have the sessions.
constexpr std::size_t plays_for_a_session = 4;

std::string words_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return smtp::escape(std::string_view(error.what()).substr(0, 500));
  } catch (...) {
    return "unknown";
  }
}

class Runner {
 public:
  Runner(const RunSettings& settings, const RunEvents& events)
      : settings_(settings),
        redactor_({settings.target.auth ? settings.target.auth->password : ""}),
        events_(without_secrets(events)),
        watch_(context_.get_executor(), settings.target, events_.note),
        attempts_(settings, watch_, context_.get_executor(), events_.note),
        standing_(settings, attempts_),
        canaries_(attempts_) {
    run_.result = begun(settings, "");
    if (events_.sink_ready && watch_.sink_port() != 0) events_.sink_ready(watch_.sink_port());
  }

  Run go() {
    asio::co_spawn(context_, conduct(), [this](const std::exception_ptr& error) {
      if (error) failure_ = error;
      context_.stop();
    });
    asio::co_spawn(context_, tick(), [this](const std::exception_ptr& error) {
      if (!error) return;
      failure_ = error;  // nobody would look at `stop` any more
      context_.stop();
    });
    context_.run();
    if (interrupted_) finish(RunEnd::interrupted, "interrupted");
    if (time_is_over_)
      finish(RunEnd::untrusted, fmt::format("its time, {} s, was over", settings_.time->count() / 1000));
    if (failure_) finish(RunEnd::untrusted, "an error of smtpspec's own: " + words_of(failure_));
    run_.result.scenarios = gathered();
    run_.result.duration = since(start_);
    run_.unsaved = attempts_.transcripts().unsaved();
    tell_pace();
    apply_baseline(run_.result, settings_.baseline, settings_.suite);
    return std::move(run_);
  }

 private:
  [[nodiscard]] RunEvents without_secrets(RunEvents events) const {
    if (events.note)
      events.note = [this, note = events.note](const std::string& line) { note(redactor_.without_secrets(line)); };
    return events;
  }

  /// All results so far; the transcripts that they name are there.
  [[nodiscard]] std::vector<ScenarioResult> gathered() {
    TranscriptWriter& transcripts = attempts_.transcripts();
    transcripts.settle();
    std::vector<ScenarioResult> all = standing_.gathered(run_.end);
    for (ScenarioResult& one : all)
      if (!transcripts.has(one.transcript)) one.transcript.clear();
    return all;
  }

  /// A server may say the password in its greeting, in a keyword, in the name of a mailbox.
  void take_secrets_out(TargetFacts& target) const {
    target.greeting = redactor_.without_secrets(target.greeting);
    for (std::string& keyword : target.keywords) keyword = redactor_.without_secrets(keyword);
    for (Learnt& one : target.learnt) one.value = redactor_.without_secrets(one.value);
  }

  asio::awaitable<void> conduct() {
    co_await watch_.ready();
    co_await get_acquainted();
    if (const std::string& problem = facts().problem; !problem.empty()) co_return finish(RunEnd::untestable, problem);
    for (std::size_t i = 0; i < settings_.scenarios.size(); ++i) sort_in(i);
    if (together_.size() + alone_.size() + wrong_logins_.size() == 0) co_return finish(RunEnd::complete, "");
    if (const std::string problem = co_await canaries_.first(); !problem.empty())
      co_return finish(RunEnd::untestable, problem);
    last_canary_ = steady_clock::now();
    co_await side_by_side(together_, Attempts::Patience::first);
    co_await work(alone_, Attempts::Patience::first);
    co_await patiently();
    if (wrong_logins_.size() > 0) co_await wrong_logins();
    co_await canaries_.last();
    co_await take_late_mail();
    if (!canaries_.distrust().empty()) co_return finish(RunEnd::untrusted, canaries_.distrust());
    if (watch_.collector().dropped() > 0)
      co_return finish(RunEnd::untrusted, "more mail was delivered than can be kept");
    if (!watch_.foreign().empty()) co_return finish(RunEnd::untrusted, watch_.foreign());
    if (settings_.target.delivery && !watch_.seen)
      co_return finish(RunEnd::untrusted,
                       "the canary's message was accepted and was not seen to arrive, so that no delivery was "
                       "seen: is [delivery] right?");
    finish(RunEnd::complete, "");
  }

  asio::awaitable<void> side_by_side(Queue& queue, Attempts::Patience patience) {
    queue.sort();
    const std::size_t workers = std::min(plays_for_a_session * settings_.jobs, queue.size());
    for (std::size_t i = 0; i < workers; ++i) begin(work_and_help(queue, patience));
    asio::error_code ignored;
    if (workers_left_ > 0) co_await all_done_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }

  /// Who has nothing left to begin looks for what was missing.
  asio::awaitable<void> work_and_help(Queue& queue, Attempts::Patience patience) {
    co_await work(queue, patience);
    co_await work(owed_, Attempts::Patience::last);
  }

  void begin(asio::awaitable<void> work) {
    ++workers_left_;
    asio::co_spawn(context_, std::move(work), [this](const std::exception_ptr& error) {
      if (error && !failure_) failure_ = error;
      if (--workers_left_ == 0) all_done_.cancel();
    });
  }

  /// What may take a minute for each reply need not wait for all else to be done; but it leaves most sessions to that.
  void begin_patience() {
    if (patient_ >= attempts_.pace().limit() / 4) return;
    ++patient_;
    begin([](Runner& run) -> asio::awaitable<void> {
      co_await run.work(run.owed_, Attempts::Patience::last);
      --run.patient_;
    }(*this));
  }

  /// What did not come is looked for once more.
  asio::awaitable<void> patiently() {
    co_await side_by_side(owed_, Attempts::Patience::last);
    co_await work(alone_owed_, Attempts::Patience::last);
  }

  /// Where they cannot lock out those who log in rightly.
  asio::awaitable<void> wrong_logins() {
    std::vector<std::size_t> played = wrong_logins_.scenarios();
    const Scenario login = only_the_ladder(scenario::Ladder::authenticated);
    const bool worked = (co_await attempts_.play(login, "canary-login-before", 0)).to_the_end;
    co_await side_by_side(wrong_logins_, Attempts::Patience::first);
    co_await patiently();
    const Played right = co_await attempts_.play(login, "canary-login", 0);
    if (!worked || right.judged.verdict.cause != Cause::ladder) co_return;
    const std::string why = "after wrong logins the right one was refused: " + actual_of(right);
    attempts_.note(why);
    run_.result.target.learnt.push_back({"wrong logins", why});
    for (const std::size_t index : played) {
      auto& result = standing_.result(index);
      // Whoever is locked out is refused whatever the password, so that a refusal shows nothing; a login that was
      // taken all the same was.
      if (!result || !is_decided(result->outcome) || result->actual.starts_with("235")) continue;
      result->outcome = Outcome::blocked;
      result->cause = Cause::interference;
      result->reason = why;
    }
  }

  /// Where more mail came of a scenario than when it was judged, it is judged again; where that mail was all that was
  /// missing, it was not lost.
  /// The last canary's mail has come by then, and so should all that was sent before it.
  asio::awaitable<void> take_late_mail() {
    if (!watch_.seen) co_return;
    std::size_t standstills = 0;
    do {
      standstills = attempts_.standstills().so_far();
      asio::steady_timer quiet(context_, watch_.time_of_late_mail());
      asio::error_code ignored;
      co_await quiet.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    } while (attempts_.standstills().so_far() != standstills);
    (void)co_await watch_.look();
    for (Attempts::Late& late : attempts_.late_results())
      if (const auto index = standing_.find(*late.scenario))
        if (auto& result = standing_.result(*index); result && counts(late, *result)) result = std::move(late.result);
  }

  static bool counts(const Attempts::Late& late, const ScenarioResult& stands) {
    if (late.awaited && !is_finding(late.result.outcome, true)) return stands.cause == Cause::delivery;
    return judge::rank(late.result.outcome) > judge::rank(stands.outcome);
  }

  asio::awaitable<void> get_acquainted() {
    const auto rows = survey_rows(*settings_.suite, settings_.target);
    if (rows.empty()) {
      co_await attempts_.probe();
    } else {
      co_await survey(rows, attempts_, [this](const Scenario& row, ScenarioResult result) {
        if (const auto index = standing_.find(row)) standing_.result(*index) = std::move(result);
      });
    }
    run_.facts = facts();
    const Facts& known = run_.facts;
    run_.result.target.greeting = smtp::escape(known.greeting.substr(0, 2000));
    run_.result.target.keywords = keyword_lines(known.under_tls.keywords.empty() ? known.plain : known.under_tls);
    run_.result.target.learnt = learnt(known);
    tell_refused();
    take_secrets_out(run_.result.target);
  }

  [[nodiscard]] const Facts& facts() const { return attempts_.facts(); }

  /// Mailboxes that were named and take no mail; one of those that were tried where none was named.
  void tell_refused() {
    const auto& named = settings_.target.mail.accepts;
    const auto& refused = facts().refused;
    for (const auto& [mailbox, why] : refused)
      if (std::find(named.begin(), named.end(), mailbox) != named.end() ||
          (named.empty() && facts().mailboxes.empty() && mailbox == refused.begin()->first))
        run_.result.target.learnt.push_back({std::string(takes_no_mail), why});
  }

  /// Scenarios that make no sense here have their result at once; the others queue up.
  void sort_in(std::size_t index) {
    const Scenario& scenario = *settings_.scenarios[index];
    auto& result = standing_.result(index);
    if (result) {  // of the survey
    } else if (const auto not_played = why_not_played(scenario, attempts_.target(), facts())) {
      put_not_played(result.emplace(attempts_.described(scenario)), *not_played);
    }
    if (result || !scenario.rule.empty())  // a rule is judged over all that is played
      standing_.count(settings_.repeat);
    else
      queue_for(scenario).add(index, settings_.repeat, deliberate_wait(scenario, settings_.patience));
  }

  Queue& queue_for(const Scenario& scenario) {
    if (scenario.alone) return alone_;
    return logs_in_wrongly(scenario) ? wrong_logins_ : together_;
  }

  asio::awaitable<void> work(Queue& queue, Attempts::Patience patience) {
    while (const auto index = queue.next()) {
      co_await play_one(*index, patience);
      if (++plays_since_canary_ < plays_between_canaries || since(last_canary_) < between_canaries) continue;
      plays_since_canary_ = 0;
      last_canary_ = steady_clock::now();
      co_await canaries_.between(fmt::format("canary-{}", standing_.plays()));
    }
  }

  asio::awaitable<void> play_one(std::size_t index, Attempts::Patience patience) {
    const Scenario& scenario = *settings_.scenarios[index];
    AttemptSummary& summary = standing_.summary(index);
    Standing::Running running(standing_, scenario.id);
    const auto begins = [&] { running.begin(); };
    const std::size_t rounds = summary.rounds;
    std::exception_ptr failure;
    try {
      if (patience == Attempts::Patience::last)
        co_await attempts_.patient_round(scenario, summary, begins);
      else
        co_await attempts_.round(scenario, summary, begins);
    } catch (...) {
      failure = std::current_exception();
    }
    running.end();
    if (failure) {
      attempts_.fail(scenario, summary, words_of(failure));
    } else if (summary.rounds == rounds) {
      (scenario.alone ? alone_owed_ : owed_).add(index, 1, milliseconds(0));
      co_return begin_patience();
    }
    standing_.count(1);
    if (summary.rounds >= settings_.repeat) standing_.sum_up(index);
  }

  asio::awaitable<void> tick() {
    asio::steady_timer timer(context_);
    auto last_checkpoint = steady_clock::now();
    milliseconds next_checkpoint{1000};
    for (;;) {
      attempts_.standstills().beat();
      asio::error_code error;
      timer.expires_after(between_ticks);
      co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
      if (events_.stop && events_.stop()) {
        interrupted_ = true;
        context_.stop();
        co_return;
      }
      if (settings_.time && since(start_) >= *settings_.time) {
        time_is_over_ = true;
        context_.stop();
        co_return;
      }
      const Progress progress = standing_.progress();
      if (events_.progress) events_.progress(progress);
      warn_of_length(progress);
      if (events_.checkpoint && since(last_checkpoint) >= next_checkpoint) {
        const auto began = steady_clock::now();
        RunResult so_far = run_.result;
        so_far.scenarios = gathered();
        so_far.duration = since(start_);
        so_far.incomplete_because = "the run was still going on";
        apply_baseline(so_far, settings_.baseline, settings_.suite);
        events_.checkpoint(so_far);
        last_checkpoint = steady_clock::now();
        // A large suite on a slow machine is not to spend its time on writing down how far it came.
        next_checkpoint = std::max(milliseconds(1000), 20 * since(began));
      }
    }
  }

  /// Who is in a hurry may end a run that is going to be long, and choose a smaller one.
  void warn_of_length(const Progress& progress) {
    const auto rate = attempts_.pace().rate_learnt();
    const std::size_t left = progress.total - progress.done;
    const double minutes = static_cast<double>(left) / rate.value_or(1) / 60;
    if (!rate || warned_of_length_ || progress.done == 0 || minutes < 1.5) return;
    warned_of_length_ = true;
    if (events_.note)
      events_.note(
          fmt::format("the target takes {:.0f} sessions a second, so the {} scenarios left take about {:.0f} minutes; "
                      "--filter chooses fewer",
                      *rate, left, minutes));
  }

  void tell_pace() {
    auto& learnt = run_.result.target.learnt;
    if (const auto sessions = attempts_.pace().sessions_learnt())
      learnt.push_back({"sessions at a time", fmt::format("{}", *sessions)});
    if (const auto rate = attempts_.pace().rate_learnt())
      learnt.push_back({"sessions a second", fmt::format("{:.{}f}", *rate, *rate < 1.5 ? 1 : 0)});
  }

  void finish(RunEnd end, const std::string& why) {
    run_.end = end;
    run_.result.complete = end == RunEnd::complete;
    run_.result.incomplete_because = redactor_.without_secrets(why);
  }

  const RunSettings& settings_;
  record::Redactor redactor_;  ///< of what others said, where it is told of the run as a whole
  RunEvents events_;
  asio::io_context context_{1};
  DeliveryWatch watch_;
  Attempts attempts_;
  Standing standing_;
  Canaries canaries_;
  steady_clock::time_point start_ = steady_clock::now();
  Queue together_;
  Queue alone_;
  Queue owed_;  ///< what was missing is looked for with much patience
  Queue alone_owed_;
  Queue wrong_logins_;  ///< may lock the right ones out
  std::size_t workers_left_ = 0;
  std::size_t patient_ = 0;  ///< of them: play what was missing while all else goes on
  asio::steady_timer all_done_{context_, steady_clock::time_point::max()};
  std::size_t plays_since_canary_ = 0;
  steady_clock::time_point last_canary_;
  bool interrupted_ = false;
  bool time_is_over_ = false;
  bool warned_of_length_ = false;
  std::exception_ptr failure_;
  Run run_;
};

}  // namespace

RunResult begun(const RunSettings& settings, std::string incomplete_because) {
  RunResult result;
  result.version = settings.version;
  result.seed = settings.seed;
  result.shard = settings.chosen_by.shard;
  result.shards = settings.chosen_by.shards;
  result.filters = settings.chosen_by.filters;
  result.suite = settings.fingerprint;
  result.command = settings.command;
  result.started = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  result.target.name = settings.target.name;
  result.target.address = scenario::address(settings.target);
  result.target.profile = settings.target.profile;
  result.incomplete_because = std::move(incomplete_because);
  return result;
}

Run run(const RunSettings& settings, const RunEvents& events) { return Runner(settings, events).go(); }

}  // namespace smtpspec::engine
