#include "harness/delivery/collector.hpp"

#include <algorithm>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

namespace smtpspec::delivery {
namespace {

using Clock = std::chrono::steady_clock;

std::size_t octets_of(const wire::Delivery& delivery) {
  std::size_t octets = delivery.message.size() + delivery.reverse_path.size();
  for (const std::string& path : delivery.forward_paths) octets += path.size();
  return octets;
}

}  // namespace

struct Collector::Impl {
  using Messages = std::list<wire::Delivery>;
  struct Of {
    std::vector<Messages::iterator> messages;  ///< in order of arrival
    std::optional<Clock::time_point> last;     ///< when the last of them came
  };

  explicit Impl(asio::any_io_executor the_executor) : executor(std::move(the_executor)) {}

  [[nodiscard]] std::size_t count(const std::string& token) const {
    const auto found = by_token.find(token);
    return found == by_token.end() ? 0 : found->second.messages.size();
  }

  asio::any_io_executor executor;
  std::function<void(const wire::Delivery&)> watcher;
  Clock::time_point start = Clock::now();
  Messages messages;
  std::map<std::string, Of> by_token;     ///< of the tokens that are expected
  std::set<asio::steady_timer*> waiting;  ///< woken whenever a message comes
  std::size_t octets = 0;
  std::size_t dropped = 0;
  std::size_t received = 0;
};

Collector::Collector(asio::any_io_executor executor) : impl_(std::make_unique<Impl>(std::move(executor))) {}
Collector::~Collector() = default;

void Collector::add(wire::Delivery delivery) {
  Impl& all = *impl_;
  ++all.received;
  if (all.watcher) return all.watcher(delivery);
  std::vector<std::string> tokens = tokens_in(delivery);
  const auto unexpected = [&](const std::string& token) { return !all.by_token.contains(token); };
  tokens.erase(std::remove_if(tokens.begin(), tokens.end(), unexpected), tokens.end());
  if (tokens.empty()) return;
  const std::size_t octets = octets_of(delivery);
  if (all.messages.size() >= max_messages || octets > max_octets - all.octets) {
    ++all.dropped;
    return;
  }
  all.octets += octets;
  delivery.at = Clock::now() - all.start;
  const auto place = all.messages.insert(all.messages.end(), std::move(delivery));
  for (const std::string& token : tokens) {
    Impl::Of& of = all.by_token.at(token);
    of.messages.push_back(place);
    of.last = Clock::now();
  }
  for (asio::steady_timer* const timer : all.waiting) timer->cancel();
}

void Collector::watch(std::function<void(const wire::Delivery&)> watcher) { impl_->watcher = std::move(watcher); }

void Collector::expect(const std::string& token) { impl_->by_token.try_emplace(token); }

std::vector<wire::Delivery> Collector::of(const std::string& token) const {
  std::vector<wire::Delivery> messages;
  const auto found = impl_->by_token.find(token);
  if (found == impl_->by_token.end()) return messages;
  for (const auto& place : found->second.messages) messages.push_back(*place);
  return messages;
}

asio::awaitable<void> Collector::settled(std::string token, std::size_t wanted, std::chrono::milliseconds wait,
                                         std::chrono::milliseconds settle) {
  Impl& all = *impl_;
  asio::steady_timer timer(all.executor);
  const auto begun = Clock::now();
  for (;;) {
    const bool enough = all.count(token) >= wanted;
    const auto found = all.by_token.find(token);
    // Quiet is counted from the last message, or from the call on where none has come since.
    const auto last = found == all.by_token.end() ? begun : std::max(begun, found->second.last.value_or(begun));
    const auto quiet = std::min(last + settle, begun + wait + 10 * settle);
    const auto until = enough ? quiet : std::max(quiet, begun + wait);
    if (Clock::now() >= until) break;
    timer.expires_at(until);
    all.waiting.insert(&timer);
    asio::error_code woken;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    all.waiting.erase(&timer);
  }
}

void Collector::forget(const std::string& token) {
  Impl& all = *impl_;
  const auto found = all.by_token.find(token);
  if (found == all.by_token.end()) return;
  const std::vector<Impl::Messages::iterator> places = found->second.messages;
  all.by_token.erase(found);
  for (const auto& place : places) {
    for (const std::string& other : tokens_in(*place)) {
      const auto shared = all.by_token.find(other);
      if (shared == all.by_token.end()) continue;
      auto& messages = shared->second.messages;
      messages.erase(std::remove(messages.begin(), messages.end(), place), messages.end());
    }
    all.octets -= octets_of(*place);
    all.messages.erase(place);
  }
}

std::size_t Collector::dropped() const { return impl_->dropped; }
std::size_t Collector::received() const { return impl_->received; }

}  // namespace smtpspec::delivery
