#include "harness/engine/run.hpp"

#include <algorithm>
#include <ctime>
#include <list>
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

class Runner {
 public:
  Runner(const RunSettings& settings, const RunEvents& events)
      : settings_(settings),
        events_(events),
        watch_(context_.get_executor(), settings.target),
        attempts_(settings, watch_, context_.get_executor(), events.note) {
    results_.resize(settings.scenarios.size());
    summaries_.resize(settings.scenarios.size());
    run_.result.version = settings.version;
    run_.result.seed = settings.seed;
    run_.result.command = settings.command;
    run_.result.started = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
    run_.result.target.name = settings.target.name;
    run_.result.target.address = scenario::address(settings.target);
    run_.result.target.profile = settings.target.profile;
    if (events.sink_ready && watch_.sink_port() != 0) events.sink_ready(watch_.sink_port());
  }

  Run go() {
    asio::co_spawn(context_, conduct(), [this](const std::exception_ptr& error) {
      failure_ = error;
      context_.stop();
    });
    asio::co_spawn(context_, tick(), asio::detached);
    context_.run();
    if (failure_) std::rethrow_exception(failure_);
    if (interrupted_) finish(RunEnd::interrupted, "interrupted");
    run_.result.scenarios = gathered();
    run_.result.duration = since(start_);
    tell_pace();
    apply_baseline(run_.result, settings_.baseline, settings_.suite);
    return std::move(run_);
  }

 private:
  asio::awaitable<void> conduct() {
    co_await get_acquainted();
    if (!facts_.problem.empty()) co_return finish(RunEnd::untestable, facts_.problem);
    for (std::size_t i = 0; i < settings_.scenarios.size(); ++i) sort_in(i);
    if (together_.size() + alone_.size() + wrong_logins_.size() == 0) co_return finish(RunEnd::complete, "");
    const bool sings = co_await first_canary();
    if (!sings) co_return;
    last_canary_ = steady_clock::now();
    co_await side_by_side(together_, Attempts::Patience::first);
    co_await work(alone_, Attempts::Patience::first);
    co_await patiently();
    if (wrong_logins_.size() > 0) co_await wrong_logins();
    co_await last_canary();
    if (!untrusted_.empty()) co_return finish(RunEnd::untrusted, untrusted_);
    if (watch_.collector().dropped() > 0)
      co_return finish(RunEnd::untrusted, "more mail was delivered than can be kept");
    finish(RunEnd::complete, "");
  }

  asio::awaitable<void> side_by_side(Queue& queue, Attempts::Patience patience) {
    queue.sort();
    const std::size_t workers = std::min(plays_for_a_session * settings_.jobs, queue.size());
    for (std::size_t i = 0; i < workers; ++i) begin(work(queue, patience));
    asio::error_code ignored;
    if (workers_left_ > 0) co_await all_done_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
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
    if (!worked || right.to_the_end) co_return;
    const std::string why = "after wrong logins the right one was refused: " + actual(right);
    note(why);
    run_.result.target.learnt.push_back({"wrong logins", why});
    for (const std::size_t index : played) {
      auto& result = results_[index];
      if (!result || judge::rank(result->outcome) < judge::rank(Outcome::fail)) continue;
      result->outcome = Outcome::blocked;
      result->cause = Cause::interference;
      result->reason = why;
    }
  }

  /// It stands for all that was sent before: when its message has come, what else was to come has come too.
  asio::awaitable<void> last_canary() {
    if (!watch_.seen || !takes_mail()) co_return co_await canary("canary-last");
    const Played played = co_await attempts_.play(canary_with_message(), "canary-last", 0);
    if (!played.to_the_end) {
      (void)attempts_.save(played.transcript);
      distrust(played);
    } else if (played.judged.verdict.cause == Cause::delivery && played.transcript.deliveries.empty() &&
               untrusted_.empty()) {
      untrusted_ = "the last canary was accepted and never arrived, so verdicts on deliveries are not to be trusted";
    }
    asio::steady_timer quiet(context_, 2 * watch_.settle());
    asio::error_code ignored;
    co_await quiet.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    for (Attempts::Late& late : attempts_.late_results())
      for (std::size_t i = 0; i < results_.size(); ++i)
        if (settings_.scenarios[i] == late.scenario && results_[i] &&
            judge::rank(late.result.outcome) > judge::rank(results_[i]->outcome))
          results_[i] = std::move(late.result);
  }

  asio::awaitable<void> get_acquainted() {
    const auto rows = survey_rows(*settings_.suite, settings_.target);
    if (rows.empty()) {
      facts_ = co_await attempts_.probe();
    } else {
      co_await survey(rows, attempts_, [this](const Scenario& row, ScenarioResult result) {
        const auto& chosen = settings_.scenarios;
        const auto found = std::find(chosen.begin(), chosen.end(), &row);
        if (found != chosen.end()) results_[static_cast<std::size_t>(found - chosen.begin())] = std::move(result);
      });
      facts_ = attempts_.facts();
    }
    run_.result.target.greeting = smtp::escape(facts_.greeting.substr(0, 2000));
    run_.result.target.keywords = keyword_lines(facts_.under_tls.keywords.empty() ? facts_.plain : facts_.under_tls);
    run_.result.target.learnt = learnt(facts_);
    tell_refused();
    run_.facts = facts_;
  }

  /// Mailboxes that were named and take no mail; one of those that were tried where none was named.
  void tell_refused() {
    const auto& named = settings_.target.mail.accepts;
    const auto& refused = facts_.refused;
    for (const auto& [mailbox, why] : refused)
      if (std::find(named.begin(), named.end(), mailbox) != named.end() ||
          (named.empty() && facts_.mailboxes.empty() && mailbox == refused.begin()->first))
        run_.result.target.learnt.push_back({std::string(takes_no_mail), why});
  }

  /// Scenarios that make no sense here have their result at once; the others queue up.
  void sort_in(std::size_t index) {
    const Scenario& scenario = *settings_.scenarios[index];
    if (results_[index]) {  // of the survey
    } else if (const auto not_played = why_not_played(scenario, attempts_.target(), facts_)) {
      ScenarioResult& result = results_[index].emplace(attempts_.described(scenario));
      result.outcome = not_played->outcome;
      result.reason = not_played->reason;
      result.cause = Cause::condition;
    }
    if (results_[index] || !scenario.rule.empty())  // a rule is judged over all that is played
      plays_ += settings_.repeat;
    else
      queue_for(scenario).add(index, settings_.repeat, deliberate_wait(scenario, settings_.patience));
  }

  Queue& queue_for(const Scenario& scenario) {
    if (scenario.alone) return alone_;
    return logs_in_wrongly(scenario) ? wrong_logins_ : together_;
  }

  /// One transaction to its end: it must work, and its message must come out of the road.
  asio::awaitable<bool> first_canary() {
    if (!takes_mail()) co_return true;
    const Scenario& scenario = canary_with_message();
    const Played played = co_await attempts_.play(scenario, scenario.id, 0);
    (void)attempts_.save(played.transcript);
    const judge::Verdict& verdict = played.judged.verdict;
    if (verdict.cause == Cause::delivery && played.transcript.deliveries.empty()) {
      watch_.seen = false;
      note("the canary's message was accepted and never arrived: deliveries cannot be seen in this run");
    } else if (!played.to_the_end) {
      finish(RunEnd::untestable,
             fmt::format("the canary, an ordinary message, was not accepted: {} ({} was expected)", actual(played),
                         verdict.expected.empty() ? "a session" : verdict.expected));
      co_return false;
    }
    co_return true;
  }

  [[nodiscard]] bool takes_mail() const { return !facts_.lacks("mail") && !facts_.lacks("mailbox"); }

  asio::awaitable<void> canary(std::string name) {
    const Scenario greeted = only_the_ladder(scenario::Ladder::greeted);
    const Played played = co_await attempts_.play(takes_mail() ? canary_without_message() : greeted, name, 0);
    if (played.to_the_end) co_return;
    (void)attempts_.save(played.transcript);
    distrust(played);
  }

  void distrust(const Played& canary) {
    if (untrusted_.empty())
      untrusted_ = fmt::format("a canary failed, so verdicts after it are not to be trusted: {}", actual(canary));
  }

  /// What a canary came to, which may be the refusal of a login.
  static std::string actual(const Played& played) {
    return record::Redactor(played.transcript.secrets).without_secrets(played.judged.verdict.actual);
  }

  asio::awaitable<void> work(Queue& queue, Attempts::Patience patience) {
    while (const auto index = queue.next()) {
      co_await play_one(*index, patience);
      if (++plays_since_canary_ < plays_between_canaries || since(last_canary_) < between_canaries) continue;
      plays_since_canary_ = 0;
      last_canary_ = steady_clock::now();
      co_await canary(fmt::format("canary-{}", plays_));
    }
  }

  asio::awaitable<void> play_one(std::size_t index, Attempts::Patience patience) {
    const Scenario& scenario = *settings_.scenarios[index];
    AttemptSummary& summary = summaries_[index];
    auto running = running_.end();
    const auto begins = [&] { running = running_.insert(running_.end(), {scenario.id, steady_clock::now()}); };
    const std::size_t rounds = summary.rounds;
    if (patience == Attempts::Patience::last)
      co_await attempts_.patient_round(scenario, summary, begins);
    else
      co_await attempts_.round(scenario, summary, begins);
    running_.erase(running);
    if (summary.rounds == rounds) {
      (scenario.alone ? alone_owed_ : owed_).add(index, 1, milliseconds(0));
      co_return begin_patience();
    }
    ++plays_;
    if (summary.rounds < settings_.repeat) co_return;
    results_[index] = attempts_.summed_up(summary);
    summary = {};
  }

  std::vector<ScenarioResult> gathered() const {
    std::vector<ScenarioResult> gathered;
    for (std::size_t i = 0; i < results_.size(); ++i) {
      if (results_[i]) {
        gathered.push_back(*results_[i]);
      } else if (summaries_[i].worst || summaries_[i].missing) {
        gathered.push_back(attempts_.summed_up(summaries_[i]));
      } else if (const Scenario& scenario = *settings_.scenarios[i]; !scenario.rule.empty()) {
        ScenarioResult& result = gathered.emplace_back(attempts_.described(scenario));
        attempts_.rules().put(result, scenario);
        // Of a target that cannot be tested what was seen is told, and nothing else.
        if (run_.end == RunEnd::untestable && result.checked == 0) {
          gathered.pop_back();
          continue;
        }
        for (const std::string& seen : result.seen_in)
          if (is_chosen(seen)) result.again += " --filter " + seen;  // probe and canaries are in every run
      } else if (run_.end != RunEnd::untestable) {
        ScenarioResult& result = gathered.emplace_back(attempts_.described(scenario));
        result.outcome = Outcome::skipped;
        result.cause = Cause::not_played;
        result.reason = "the run ended before";
      }
    }
    return gathered;
  }

  asio::awaitable<void> tick() {
    asio::steady_timer timer(context_);
    auto last_checkpoint = steady_clock::now();
    milliseconds next_checkpoint{1000};
    for (;;) {
      asio::error_code error;
      timer.expires_after(between_ticks);
      co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
      if (events_.stop && events_.stop()) {
        interrupted_ = true;
        context_.stop();
        co_return;
      }
      if (events_.progress) events_.progress(progress());
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

  bool is_chosen(const std::string& id) const {
    const auto& chosen = settings_.scenarios;
    return std::any_of(chosen.begin(), chosen.end(), [&](const Scenario* one) { return one->id == id; });
  }

  Progress progress() const {
    Progress progress;
    progress.total = results_.size() * settings_.repeat;
    progress.done = plays_;
    progress.elapsed = since(start_);
    for (const auto& result : results_)
      if (result && is_finding(result->outcome, false)) ++progress.findings;
    for (const AttemptSummary& summary : summaries_)
      if (summary.worst && is_finding(summary.worst->outcome, false)) ++progress.findings;
    if (!running_.empty()) {
      progress.slowest = running_.front().id;
      progress.slowest_for = since(running_.front().began);
    }
    return progress;
  }

  void tell_pace() {
    auto& learnt = run_.result.target.learnt;
    if (const auto sessions = attempts_.pace().sessions_learnt())
      learnt.push_back({"sessions at a time", fmt::format("{}", *sessions)});
    if (const auto rate = attempts_.pace().rate_learnt())
      learnt.push_back({"sessions a second", fmt::format("{:.{}f}", *rate, *rate < 1.5 ? 1 : 0)});
  }

  void note(const std::string& line) const {
    if (events_.note) events_.note(line);
  }

  void finish(RunEnd end, const std::string& why) {
    run_.end = end;
    run_.result.complete = end == RunEnd::complete;
    run_.result.incomplete_because = why;
  }

  const RunSettings& settings_;
  const RunEvents& events_;
  asio::io_context context_{1};
  DeliveryWatch watch_;
  Attempts attempts_;
  Facts facts_;
  steady_clock::time_point start_ = steady_clock::now();
  Queue together_;
  Queue alone_;
  Queue owed_;  ///< what was missing is looked for with much patience
  Queue alone_owed_;
  Queue wrong_logins_;                                  ///< may lock the right ones out
  std::vector<std::optional<ScenarioResult>> results_;  ///< of scenarios that are done
  std::vector<AttemptSummary> summaries_;               ///< of scenarios that have begun
  struct Running {
    std::string id;
    steady_clock::time_point began;
  };
  std::list<Running> running_;  ///< in the order in which they began
  std::size_t workers_left_ = 0;
  std::size_t patient_ = 0;  ///< of them: play what was missing while all else goes on
  asio::steady_timer all_done_{context_, steady_clock::time_point::max()};
  std::size_t plays_ = 0;  ///< done, or left out for a condition
  std::size_t plays_since_canary_ = 0;
  steady_clock::time_point last_canary_;
  bool interrupted_ = false;
  std::string untrusted_;
  std::exception_ptr failure_;
  Run run_;
};

}  // namespace

Run run(const RunSettings& settings, const RunEvents& events) { return Runner(settings, events).go(); }

}  // namespace smtpspec::engine
