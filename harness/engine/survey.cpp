#include "harness/engine/survey.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <asio/co_spawn.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "harness/engine/survey_sources.hpp"

namespace smtpspec::engine {

using judge::Played;
using scenario::Scenario;

namespace {

/// Rows side by side; how many sessions the target takes, the pace finds out.
constexpr std::size_t side_by_side = 8;
/// A server that has spoken, and says nothing in so many sessions in a row and for so long, hangs.
constexpr std::size_t most_silent = 3;
constexpr std::chrono::seconds longest_silence{25};

/// It was let in, waited, and heard nothing.
bool was_silent(const Played& played) {
  using Kind = record::Event::Kind;
  const auto& events = played.transcript.events;
  const auto any = [&](Kind kind) {
    return std::any_of(events.begin(), events.end(), [&](const record::Event& event) {
      return event.kind == kind && event.by == record::Party::server;
    });
  };
  return any(Kind::waited) && !any(Kind::octets);
}

class Surveyor {
 public:
  Surveyor(std::vector<const Scenario*> rows, Attempts& attempts,
           std::function<void(const Scenario&, ScenarioResult)> tell)
      : waiting_(std::move(rows)), attempts_(attempts), tell_(std::move(tell)) {}

  asio::awaitable<void> go() {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer changed(executor);
    while (!waiting_.empty() || !running_.empty()) {
      while (const Scenario* row = next()) {
        running_.push_back(row);
        asio::co_spawn(executor, play(*row), [this, row, &changed](const std::exception_ptr& error) {
          if (error && !failure_) failure_ = error;
          running_.erase(std::find(running_.begin(), running_.end(), row));
          changed.cancel();
        });
      }
      asio::error_code ignored;
      changed.expires_at(asio::steady_timer::time_point::max());
      if (!running_.empty()) co_await changed.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    if (failure_) std::rethrow_exception(failure_);
    if (sent_ > 0 && arrived_ == 0) attempts_.watch().seen = false;
    Facts facts = attempts_.facts();
    if (facts.holding.count("ehlo") != 0 || facts.holding.count("helo") != 0) facts.problem.clear();
    attempts_.know(facts);
  }

 private:
  /// The first row whose facts are all asked for, taken off the list.
  const Scenario* next() {
    if (running_.size() >= side_by_side) return nullptr;
    const auto is_ready = [this](const Scenario* row) {
      const auto needed = facts_needed(*row, attempts_.target(), attempts_.facts());
      const auto establishes = [&](const Scenario* other) {
        return other->fact != row->fact && needed.count(other->fact) != 0;
      };
      return std::none_of(waiting_.begin(), waiting_.end(), establishes) &&
             std::none_of(running_.begin(), running_.end(), establishes);
    };
    auto found = std::find_if(waiting_.begin(), waiting_.end(), is_ready);
    if (found == waiting_.end() && running_.empty()) found = waiting_.begin();
    if (found == waiting_.end()) return nullptr;
    const Scenario* row = *found;
    waiting_.erase(found);
    return row;
  }

  asio::awaitable<void> play(const Scenario& row) {
    if (const auto not_played = why_not_played(row, attempts_.target(), attempts_.facts())) {
      ScenarioResult result = attempts_.described(row);
      put_not_played(result, *not_played);
      co_return tell_(row, std::move(result));
    }
    auto start = Clock::now();
    const auto begins = [&] { start = Clock::now(); };
    Played played = co_await attempts_.play(row, row.id, 0, Attempts::Patience::usual, begins);
    judge::Verdict& verdict = played.judged.verdict;
    if (row.delivered && verdict.cause != Cause::ladder && verdict.cause != Cause::connect) ++sent_;
    if (!played.transcript.deliveries.empty()) ++arrived_;
    if (verdict.cause == Cause::delivery && played.transcript.deliveries.empty()) {
      verdict.outcome = Outcome::inconclusive;
      verdict.cause = Cause::no_delivery_road;
      verdict.reason = "the message was accepted, and did not arrive where smtpspec looks for it";
    } else if (verdict.cause == Cause::time_out && !row.limit.empty()) {
      verdict.outcome = Outcome::info;
      verdict.reason = "slow: the time was over before the server was asked as often as is usual";
    }
    bool tells = true;
    if (row.fact == "untrusted" && verdict.outcome == Outcome::info) {
      const Relaying relaying = co_await whom_it_relays_for(row, played, attempts_);
      verdict.reason = relaying.words;
      tells = relaying.trusts_us;  // an open relay is for the rows about relaying to tell
    }
    ++silent_;
    if (!was_silent(played)) {
      silent_ = 0;
      heard_ = Clock::now();
    }
    const bool hangs = silent_ >= most_silent && Clock::now() - heard_ > longest_silence;
    // Where nobody is there, or nobody any more, there is nothing to be learnt.
    if ((row.fact == "greeting" && verdict.cause == Cause::connect) || hangs) waiting_.clear();
    Facts facts = attempts_.facts();
    const auto asks_for_mailbox = [&](const Scenario* one) { return one != &row && one->fact == "mailbox"; };
    facts.mailboxes_are_known = std::none_of(waiting_.begin(), waiting_.end(), asks_for_mailbox) &&
                                std::none_of(running_.begin(), running_.end(), asks_for_mailbox);
    if (tells) learn(facts, row, played, attempts_.watch().collector().start() - start);
    attempts_.know(facts);
    tell_(row, attempts_.result_of(row, played));
  }

  std::vector<const Scenario*> waiting_;
  std::vector<const Scenario*> running_;
  Attempts& attempts_;
  std::function<void(const Scenario&, ScenarioResult)> tell_;
  std::size_t silent_ = 0;  ///< sessions, one after the other
  Clock::time_point heard_ = Clock::now();
  std::size_t sent_ = 0;
  std::size_t arrived_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

std::vector<const Scenario*> survey_rows(const scenario::Suite& suite, const scenario::Target& target) {
  std::vector<const Scenario*> rows;
  for (const Scenario& row : suite.scenarios) {
    const bool lmtp = target.scheme == scenario::Scheme::lmtp;
    const bool of_the_other = std::any_of(row.needs.begin(), row.needs.end(), [&](const scenario::Condition& need) {
      return need.name == "lmtp" && need.negated == lmtp;
    });
    if (row.survey && !of_the_other) rows.push_back(&row);
  }
  return rows;
}

asio::awaitable<void> survey(std::vector<const Scenario*> rows, Attempts& attempts,
                             std::function<void(const Scenario&, ScenarioResult)> tell) {
  Surveyor surveyor(std::move(rows), attempts, std::move(tell));
  co_await surveyor.go();
}

}  // namespace smtpspec::engine
