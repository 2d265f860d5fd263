#include "harness/delivery/collector.hpp"

#include <algorithm>
#include <utility>

#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

namespace smtpspec::delivery {
namespace {

/// What a message takes in memory, about.
std::size_t octets_of(const record::Delivery& delivery, const Texts& tokens) {
  constexpr std::size_t beside_octets = 128;
  return record::octets_held(delivery) + beside_octets + tokens.size() * beside_octets;
}

void keep_begin(record::Delivery& delivery, std::size_t most) {
  if (delivery.message.size() <= most) return;
  delivery.omitted += delivery.message.size() - most;
  delivery.message.resize(most);
  delivery.message.shrink_to_fit();
}

void search_envelope(const record::Delivery& delivery, const std::function<void(std::string_view)>& search) {
  if (delivery.reverse_path) search(*delivery.reverse_path);
  if (delivery.recipients)
    for (const auto& recipient : *delivery.recipients) search(recipient.forward_path);
}

}  // namespace

Collector::Collector(asio::any_io_executor executor) : executor_(std::move(executor)), start_(Clock::now()) {}

void Collector::expect(const std::string& token) {
  by_token_.try_emplace(token);
  living_->add(token);
}

void Collector::add(record::Delivery delivery) {
  const std::string message = std::exchange(delivery.message, {});
  add(std::move(delivery), message);
}

void Collector::add(record::Delivery delivery, std::string_view message) {
  if (watcher_) {
    delivery.message = message;
    return watcher_(delivery);
  }
  MessageReader reader(living_);
  search_envelope(delivery, [&](std::string_view octets) { reader.search(octets); });
  reader.take(message);
  Incoming incoming = reader.finish();
  delivery.message = std::move(incoming.delivery.message);
  delivery.omitted = incoming.delivery.omitted;
  incoming.delivery = std::move(delivery);
  add(std::move(incoming));
}

void Collector::add(Incoming incoming) {
  if (watcher_) return watcher_(incoming.delivery);
  // One that is too large to be searched, and of none that are known, may be anybody's.
  if (!incoming.searched && incoming.tokens.empty()) miss_all();
  Held held{std::move(incoming.delivery), std::move(incoming.tokens)};
  take_late(held);
  std::erase_if(held.tokens, [&](const std::string& token) { return !by_token_.contains(token); });
  if (held.tokens.empty()) return;
  if (!make_room_for(held)) {
    ++dropped_;
    for (const std::string& token : held.tokens) miss(token);
    return;
  }
  held.delivery.at = Clock::now() - start_;
  const auto place = messages_.insert(messages_.end(), std::move(held));
  for (const std::string& token : place->tokens) {
    Of& of = by_token_.at(token);
    of.messages.push_back(place);
    of.octets += place->octets;
    of.last = Clock::now();
    for (asio::steady_timer* const timer : of.waiting) timer->cancel();
  }
}

void Collector::take_late(const Held& held) {
  for (const std::string& token : held.tokens) {
    const auto retired = retired_.find(token);
    if (retired == retired_.end()) continue;
    if (late_.size() >= max_late) {
      ++dropped_;
      continue;
    }
    Late& late = late_.emplace_back(Late{token, held.delivery, Clock::now() - retired->second});
    const auto has_no_room = [&] { return octets_of(late.delivery, {}) > MailLimits::late - late_octets_; };
    if (has_no_room()) keep_begin(late.delivery, MailLimits::begin);
    if (has_no_room()) {
      late.delivery.recipients.reset();
      late.delivery.mail_parameters.reset();
    }
    late_octets_ = std::min(MailLimits::late, late_octets_ + octets_of(late.delivery, {}));
  }
}

bool Collector::make_room_for(Held& held) {
  held.delivery.message.shrink_to_fit();
  held.octets = octets_of(held.delivery, held.tokens);
  // Who sends one message again and again takes no room from the others.
  const bool too_many = std::any_of(held.tokens.begin(), held.tokens.end(), [&](const std::string& token) {
    return by_token_.at(token).octets + held.octets > MailLimits::of_a_token;
  });
  if (too_many || octets_ + held.octets > MailLimits::whole) {
    keep_begin(held.delivery, MailLimits::begin);
    held.octets = octets_of(held.delivery, held.tokens);
  }
  if (octets_ + held.octets > MailLimits::held) return false;
  octets_ += held.octets;
  return true;
}

void Collector::miss(const std::string& token) {
  if (const auto found = by_token_.find(token); found != by_token_.end()) miss(found->second);
}

void Collector::miss_all() {
  for (auto& [token, of] : by_token_) miss(of);
}

void Collector::miss(Of& of) {
  of.missed = true;
  for (asio::steady_timer* const timer : of.waiting) timer->cancel();
}

bool Collector::missed(const std::string& token) const {
  const auto found = by_token_.find(token);
  return found != by_token_.end() && found->second.missed;
}

std::vector<record::Delivery> Collector::of(const std::string& token) const {
  std::vector<record::Delivery> messages;
  const auto found = by_token_.find(token);
  if (found == by_token_.end()) return messages;
  for (const auto& place : found->second.messages) messages.push_back(place->delivery);
  return messages;
}

std::size_t Collector::count(const std::string& token) const {
  const auto found = by_token_.find(token);
  return found == by_token_.end() ? 0 : found->second.messages.size();
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
    if (Clock::now() >= until || (of != nullptr && of->missed)) co_return last - begun;
    timer.expires_at(until);
    if (of != nullptr) of->waiting.insert(&timer);
    asio::error_code woken;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    if (const auto still = by_token_.find(token); still != by_token_.end()) still->second.waiting.erase(&timer);
  }
}

void Collector::retire(const std::string& token) {
  forget(token);
  if (retired_.size() >= max_messages) return;
  retired_.emplace(token, Clock::now());
  living_->add(token);
}

void Collector::forget(const std::string& token) {
  const auto found = by_token_.find(token);
  if (found == by_token_.end()) return;
  const std::vector<Messages::iterator> places = std::move(found->second.messages);
  by_token_.erase(found);
  if (!retired_.contains(token)) living_->remove(token);
  for (const auto& place : places) {
    for (const std::string& other : place->tokens) {
      const auto shared = by_token_.find(other);
      if (shared == by_token_.end()) continue;
      auto& messages = shared->second.messages;
      messages.erase(std::remove(messages.begin(), messages.end(), place), messages.end());
    }
    octets_ -= place->octets;
    messages_.erase(place);
  }
}

}  // namespace smtpspec::delivery
