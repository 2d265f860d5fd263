#include "harness/engine/gate.hpp"

#include <algorithm>

#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

namespace smtpspec::engine {

asio::awaitable<void> Gate::enter(std::size_t sessions) {
  asio::steady_timer timer(executor_);
  const auto place = waiting_.insert(waiting_.end(), &timer);
  for (;;) {
    const auto now = Clock::now();
    const auto begin = place == waiting_.begin() ? pace_.next(sessions, now) : std::nullopt;
    if (begin && *begin <= now) break;
    timer.expires_at(begin.value_or(Clock::time_point::max()));
    asio::error_code woken;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
  waiting_.erase(place);
  pace_.began(sessions, Clock::now());
  wake();
}

void Gate::leave(std::size_t sessions) {
  pace_.ended(sessions);
  wake();
}

void Gate::hear(const FirstWord& word) {
  const auto now = Clock::now();
  switch (word.kind) {
    case FirstWord::Kind::greeting: pace_.greeted(word.after, now); break;
    case FirstWord::Kind::none: pace_.not_greeted(now); break;
    case FirstWord::Kind::refusal: pace_.refused(Pace::Refusal::reply, word.after, now); break;
    case FirstWord::Kind::closed: pace_.refused(Pace::Refusal::closed, word.after, now); break;
    case FirstWord::Kind::shortage: pace_.refused(Pace::Refusal::shortage, word.after, now); break;
    case FirstWord::Kind::no_connection: pace_.refused(Pace::Refusal::no_connection, word.after, now); break;
  }
  wake();
}

void Gate::wake() {
  if (!waiting_.empty()) waiting_.front()->cancel();
}

std::size_t sessions_of(const scenario::Scenario& scenario) {
  return 1 + static_cast<std::size_t>(std::count_if(scenario.steps.begin(), scenario.steps.end(), [](const auto& step) {
           return std::holds_alternative<scenario::Open>(step.action);
         }));
}

}  // namespace smtpspec::engine
