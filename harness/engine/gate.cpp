#include "harness/engine/gate.hpp"

#include <algorithm>

#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

namespace smtpspec::engine {

asio::awaitable<void> Gate::enter(Share share) {
  asio::steady_timer timer(executor_);
  const auto place = waiting_.insert(waiting_.end(), &timer);
  for (;;) {
    const auto now = Clock::now();
    const bool room = octets_ == 0 || share.octets <= most_octets - std::min(most_octets, octets_);
    const auto begin = room && place == waiting_.begin() ? pace_.next(share.sessions, now) : std::nullopt;
    if (begin && *begin <= now) break;
    timer.expires_at(begin.value_or(Clock::time_point::max()));
    asio::error_code woken;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
  waiting_.erase(place);
  octets_ += share.octets;
  pace_.began(share.sessions, Clock::now());
  wake();
}

void Gate::leave(Share share) {
  octets_ -= share.octets;
  pace_.ended(share.sessions);
  wake();
}

void Gate::hear(const FirstWord& word) {
  pace_.hear(word, Clock::now());
  wake();
}

void Gate::wake() {
  if (!waiting_.empty()) waiting_.front()->cancel();
}

namespace {

std::size_t octets_of(const std::vector<scenario::Piece>& pieces) {
  std::size_t octets = 0;
  for (const scenario::Piece& piece : pieces) {
    using Kind = scenario::Piece::Kind;
    switch (piece.kind) {
      case Kind::literal: octets += piece.octets.size(); break;
      case Kind::value:
      case Kind::sum: break;  // small, or not known
      case Kind::repeat: octets += piece.octets.size() * piece.count; break;
      case Kind::fill: octets = std::max(octets, piece.count); break;
      case Kind::base64: octets += octets_of(piece.inner) / 3 * 4; break;
    }
  }
  return std::min(octets, scenario::max_text);
}

}  // namespace

std::size_t octets_of(const scenario::Scenario& scenario) {
  std::size_t most = 0;
  for (const scenario::Step& step : scenario.steps)
    if (const auto* send = std::get_if<scenario::Send>(&step.action))
      most = std::max(most, octets_of(send->octets.pieces));
  return most;
}

std::size_t sessions_of(const scenario::Scenario& scenario) {
  return 1 + static_cast<std::size_t>(std::count_if(scenario.steps.begin(), scenario.steps.end(), [](const auto& step) {
           return std::holds_alternative<scenario::Open>(step.action);
         }));
}

}  // namespace smtpspec::engine
