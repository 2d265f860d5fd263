#include "harness/delivery/collector.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <re2/re2.h>

namespace smtpspec::delivery {
namespace {

void add_tokens(std::string_view text, std::vector<std::string>& tokens) {
  static const RE2 token("(t[0-9a-f]{16})", RE2::Latin1);
  re2::StringPiece rest(text);
  std::string found;
  while (RE2::FindAndConsume(&rest, token, &found))
    if (std::find(tokens.begin(), tokens.end(), found) == tokens.end()) tokens.push_back(found);
}

std::size_t octets_of(const record::Delivery& delivery) {
  std::size_t octets = delivery.message.size() + delivery.reverse_path.value_or("").size();
  if (delivery.recipients)
    for (const auto& recipient : *delivery.recipients) octets += recipient.forward_path.size();
  return octets;
}

}  // namespace

std::vector<std::string> tokens_in(const record::Delivery& delivery) {
  std::vector<std::string> tokens;
  if (delivery.reverse_path) add_tokens(*delivery.reverse_path, tokens);
  if (delivery.recipients)
    for (const auto& recipient : *delivery.recipients) add_tokens(recipient.forward_path, tokens);
  add_tokens(delivery.message, tokens);
  return tokens;
}

Collector::Collector(asio::any_io_executor executor) : executor_(std::move(executor)), start_(Clock::now()) {}

void Collector::add(record::Delivery delivery) {
  ++received_;
  if (watcher_) return watcher_(delivery);
  std::vector<std::string> tokens = tokens_in(delivery);
  for (const std::string& token : tokens)
    if (const auto retired = retired_.find(token); retired != retired_.end() && late_.size() < max_late)
      late_.push_back({token, delivery, Clock::now() - retired->second});
  const auto unexpected = [&](const std::string& token) { return !by_token_.contains(token); };
  tokens.erase(std::remove_if(tokens.begin(), tokens.end(), unexpected), tokens.end());
  if (tokens.empty()) return;
  const std::size_t octets = octets_of(delivery);
  if (messages_.size() >= max_messages || octets > max_octets - octets_) {
    ++dropped_;
    return;
  }
  octets_ += octets;
  delivery.at = Clock::now() - start_;
  const auto place = messages_.insert(messages_.end(), std::move(delivery));
  for (const std::string& token : tokens) {
    Of& of = by_token_.at(token);
    of.messages.push_back(place);
    of.last = Clock::now();
    for (asio::steady_timer* const timer : of.waiting) timer->cancel();
  }
}

std::vector<record::Delivery> Collector::of(const std::string& token) const {
  std::vector<record::Delivery> messages;
  const auto found = by_token_.find(token);
  if (found == by_token_.end()) return messages;
  for (const auto& place : found->second.messages) messages.push_back(*place);
  return messages;
}

asio::awaitable<std::chrono::nanoseconds> Collector::settled(std::string token, std::size_t wanted,
                                                             std::chrono::milliseconds wait,
                                                             std::chrono::milliseconds settle) {
  asio::steady_timer timer(executor_);
  const auto begun = Clock::now();
  for (;;) {
    const auto found = by_token_.find(token);
    Of* const of = found == by_token_.end() ? nullptr : &found->second;
    const bool enough = (of == nullptr ? 0 : of->messages.size()) >= wanted;
    // Quiet is counted from the last message, or from the call on where none has come since.
    const auto last = of == nullptr ? begun : std::max(begun, of->last.value_or(begun));
    const auto quiet = std::min(last + settle, begun + wait + 10 * settle);
    const auto until = enough ? quiet : std::max(quiet, begun + wait);
    if (Clock::now() >= until) co_return last - begun;
    timer.expires_at(until);
    if (of != nullptr) of->waiting.insert(&timer);
    asio::error_code woken;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    if (const auto still = by_token_.find(token); still != by_token_.end()) still->second.waiting.erase(&timer);
  }
}

void Collector::retire(const std::string& token) {
  forget(token);
  if (retired_.size() < max_messages) retired_.emplace(token, Clock::now());
}

void Collector::forget(const std::string& token) {
  const auto found = by_token_.find(token);
  if (found == by_token_.end()) return;
  const std::vector<Messages::iterator> places = found->second.messages;
  by_token_.erase(found);
  for (const auto& place : places) {
    for (const std::string& other : tokens_in(*place)) {
      const auto shared = by_token_.find(other);
      if (shared == by_token_.end()) continue;
      auto& messages = shared->second.messages;
      messages.erase(std::remove(messages.begin(), messages.end(), place), messages.end());
    }
    octets_ -= octets_of(*place);
    messages_.erase(place);
  }
}

}  // namespace smtpspec::delivery
