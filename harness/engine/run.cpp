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

#include "harness/engine/baseline.hpp"
#include "harness/engine/canary.hpp"
#include "harness/engine/probe.hpp"
#include "harness/engine/queue.hpp"
#include "harness/engine/rounds.hpp"
#include "harness/smtp/bytes.hpp"

namespace smtpspec::engine {

using scenario::Scenario;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

milliseconds since(steady_clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - start);
}

/// A canary goes between this many plays, but where they are quick no sooner than behind this time.
constexpr std::size_t plays_between_canaries = 100;
constexpr milliseconds between_canaries{200};
constexpr milliseconds between_ticks{200};

class Runner {
 public:
  Runner(const RunSettings& settings, const RunEvents& events)
      : settings_(settings),
        events_(events),
        roads_(context_.get_executor(), settings.target),
        rounds_(settings, roads_, events.note) {
    results_.resize(settings.scenarios.size());
    tallies_.resize(settings.scenarios.size());
    run_.result.version = settings.version;
    run_.result.seed = settings.seed;
    run_.result.command = settings.command;
    run_.result.started = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
    run_.result.target.name = settings.target.name;
    run_.result.target.address = scenario::address(settings.target);
    run_.result.target.profile = settings.target.profile;
    if (events.sink_ready && roads_.sink_port() != 0) events.sink_ready(roads_.sink_port());
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
    apply_baseline(run_.result, settings_.baseline, settings_.suite);
    return std::move(run_);
  }

 private:
  asio::awaitable<void> conduct() {
    const PlaySettings settings = rounds_.play_settings("probe", 0);
    facts_ = co_await probe(settings);
    rounds_.starttls_is_offered(facts_.starttls);
    run_.result.target.greeting = smtp::escape(facts_.greeting.substr(0, 2000));
    run_.result.target.keywords = keyword_lines(facts_.starttls ? facts_.under_tls : facts_.plain);
    if (facts_.starttls && facts_.under_tls.keywords.empty()) run_.result.target.keywords = keyword_lines(facts_.plain);
    if (!facts_.problem.empty()) co_return finish(RunEnd::untestable, facts_.problem);
    const bool sings = co_await first_canary();
    if (!sings) co_return;

    for (std::size_t i = 0; i < settings_.scenarios.size(); ++i) sort_in(i);
    together_.sort();
    const std::size_t workers = std::max<std::size_t>(1, std::min(settings_.jobs, together_.size()));
    workers_left_ = workers;
    last_canary_ = steady_clock::now();
    asio::steady_timer all_done(context_, steady_clock::time_point::max());
    for (std::size_t i = 0; i < workers; ++i)
      asio::co_spawn(context_, work(together_), [&](const std::exception_ptr& error) {
        if (error && !failure_) failure_ = error;
        if (--workers_left_ == 0) all_done.cancel();
      });
    asio::error_code ignored;
    if (workers_left_ > 0) co_await all_done.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    co_await work(alone_);
    const std::string last = "canary-last";
    (void)co_await canary(last);
    if (!untrusted_.empty()) co_return finish(RunEnd::untrusted, untrusted_);
    if (roads_.collector().dropped() > 0)
      co_return finish(RunEnd::untrusted, "more mail was delivered than can be kept");
    finish(RunEnd::complete, "");
  }

  /// Scenarios that make no sense here have their result at once; the others queue up.
  void sort_in(std::size_t index) {
    const Scenario& scenario = *settings_.scenarios[index];
    if (const auto not_played = why_not_played(scenario, settings_.target, facts_)) {
      ScenarioResult result = describe_result(scenario, *settings_.suite);
      result.outcome = not_played->outcome;
      result.reason = not_played->reason;
      result.cause = "condition";
      result.again = rounds_.again(scenario.id);
      results_[index] = std::move(result);
      plays_ += settings_.repeat;
      return;
    }
    (scenario.alone ? alone_ : together_).add(index, settings_.repeat, deliberate_wait(scenario, settings_.patience));
  }

  /// One transaction to its end: it must work, and its message must come out of the road.
  asio::awaitable<bool> first_canary() {
    const Scenario& scenario = canary_with_message();
    const PlaySettings settings = rounds_.play_settings(scenario.id, 0);
    if (roads_.seen) roads_.expect(settings.token);
    Played played = co_await play(scenario, settings);
    if (roads_.seen) co_await roads_.gather(played.transcript, awaited_deliveries(scenario, played.to_the_end));
    (void)rounds_.save(played.transcript);
    const Verdict verdict = rounds_.judged(scenario, played.transcript);
    if (verdict.cause == "delivery" && played.transcript.deliveries.empty()) {
      roads_.seen = false;
      note("the canary's message was accepted and never arrived: deliveries cannot be seen in this run");
    } else if (!played.to_the_end) {
      finish(RunEnd::untestable,
             fmt::format("the canary, an ordinary message, was not accepted: {} ({} was expected)", verdict.actual,
                         verdict.expected.empty() ? "a session" : verdict.expected));
      co_return false;
    }
    co_return true;
  }

  asio::awaitable<bool> canary(const std::string& name) {
    const Scenario& scenario = canary_without_message();
    const PlaySettings settings = rounds_.play_settings(name, 0);
    Played played = co_await play(scenario, settings);
    if (played.to_the_end) co_return true;
    played.transcript.scenario = name;
    (void)rounds_.save(played.transcript);
    const Verdict verdict = rounds_.judged(scenario, played.transcript);
    if (untrusted_.empty())
      untrusted_ = fmt::format("a canary failed, so verdicts behind it are not to be trusted: {}", verdict.actual);
    co_return false;
  }

  asio::awaitable<void> work(Queue& queue) {
    while (const auto index = queue.next()) {
      co_await play_one(*index);
      if (++plays_since_canary_ < plays_between_canaries || since(last_canary_) < between_canaries) continue;
      plays_since_canary_ = 0;
      last_canary_ = steady_clock::now();
      const std::string name = fmt::format("canary-{}", plays_);
      (void)co_await canary(name);
    }
  }

  asio::awaitable<void> play_one(std::size_t index) {
    const Scenario& scenario = *settings_.scenarios[index];
    Tally& tally = tallies_[index];
    const auto running = running_.insert(running_.end(), {scenario.id, steady_clock::now()});
    co_await rounds_.play(scenario, tally);
    running_.erase(running);
    ++plays_;
    if (tally.rounds < settings_.repeat) co_return;
    results_[index] = rounds_.summed_up(tally);
    tally = {};
  }

  std::vector<ScenarioResult> gathered() const {
    std::vector<ScenarioResult> gathered;
    for (std::size_t i = 0; i < results_.size(); ++i) {
      if (results_[i]) {
        gathered.push_back(*results_[i]);
      } else if (tallies_[i].worst) {
        gathered.push_back(rounds_.summed_up(tallies_[i]));
      } else if (run_.end != RunEnd::untestable) {
        ScenarioResult result = describe_result(*settings_.scenarios[i], *settings_.suite);
        result.outcome = Outcome::skipped;
        result.cause = "not-played";
        result.reason = "the run ended before";
        result.again = rounds_.again(result.id);
        gathered.push_back(std::move(result));
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

  Progress progress() const {
    Progress progress;
    progress.total = results_.size() * settings_.repeat;
    progress.done = plays_;
    progress.elapsed = since(start_);
    for (const auto& result : results_)
      if (result && is_finding(result->outcome, false)) ++progress.findings;
    for (const Tally& tally : tallies_)
      if (tally.worst && is_finding(tally.worst->outcome, false)) ++progress.findings;
    if (!running_.empty()) {
      progress.slowest = running_.front().id;
      progress.slowest_for = since(running_.front().began);
    }
    return progress;
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
  Roads roads_;
  Rounds rounds_;
  Facts facts_;
  steady_clock::time_point start_ = steady_clock::now();
  Queue together_;
  Queue alone_;
  std::vector<std::optional<ScenarioResult>> results_;  ///< of scenarios that are done
  std::vector<Tally> tallies_;                          ///< of scenarios that have begun
  struct Running {
    std::string id;
    steady_clock::time_point began;
  };
  std::list<Running> running_;  ///< in the order in which they began
  std::size_t workers_left_ = 0;
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
