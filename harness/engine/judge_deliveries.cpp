#include <algorithm>

#include <fmt/format.h>

#include "harness/delivery/trace.hpp"
#include "harness/engine/judge.hpp"
#include "harness/engine/values.hpp"
#include "harness/smtp/bytes.hpp"

namespace smtpspec::engine {

using scenario::Delivered;
using scenario::Text;
using wire::Delivery;

namespace {

/// Mailboxes are compared with the domain in any case (RFC 5321 section 2.4); a subaddress was put there by us.
bool same_mailbox(const std::string& a, const std::string& b) {
  const auto at_a = a.rfind('@');
  const auto at_b = b.rfind('@');
  if (a.substr(0, at_a) != b.substr(0, at_b)) return false;
  const auto lower = [](std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c);
    });
    return text;
  };
  return lower(a.substr(at_a == std::string::npos ? a.size() : at_a)) ==
         lower(b.substr(at_b == std::string::npos ? b.size() : at_b));
}

std::string shown(std::string_view octets) {
  constexpr std::size_t most = 160;
  if (octets.size() <= most) return "'" + smtp::escape(octets) + "'";
  return fmt::format("'{}' and {} octets more", smtp::escape(octets.substr(0, most)), octets.size() - most);
}

/// Says where two octet strings part, so that a border case of 64 KiB can be read.
std::string difference(std::string_view wanted, std::string_view seen) {
  std::size_t at = 0;
  while (at < wanted.size() && at < seen.size() && wanted[at] == seen[at]) ++at;
  const std::size_t from = at > 24 ? at - 24 : 0;
  return fmt::format("differs at octet {} of {} (expected {}): {}", at, seen.size(), wanted.size(),
                     shown(seen.substr(from)));
}

/// Rules about what is in a message: so there must be one.
bool looks_inside(const Delivered& rules) {
  const bool may_come = !rules.count && (!rules.at_most || *rules.at_most > 0);
  return may_come &&
         (rules.from || !rules.body.empty() || !rules.message.empty() || !rules.contains.empty() || !rules.to.empty());
}

class Deliveries {
 public:
  Deliveries(const scenario::Scenario& scenario, const wire::Transcript& transcript)
      : rules_(*scenario.delivered),
        level_(scenario.level),
        deliveries_(transcript.deliveries),
        values_(transcript.values) {
    last_event_ = transcript.events.empty() ? 0 : transcript.events.size() - 1;
  }

  std::optional<Verdict> whatever_happened() {
    if (rules_.at_most && deliveries_.size() > *rules_.at_most)
      return broken(fmt::format("at most {} delivered", messages(*rules_.at_most)), count_seen());
    for (const Text& text : rules_.none_from)
      if (const auto* delivery = any([&](const Delivery& d) { return same_mailbox(d.reverse_path, filled(text)); }))
        return broken("no message from <" + filled(text) + ">", "delivered: " + envelope(*delivery));
    for (const Text& text : rules_.none_to)
      if (const auto* delivery = any([&](const Delivery& d) { return is_for(d, filled(text)); }))
        return broken("no message to <" + filled(text) + ">", "delivered: " + envelope(*delivery));
    for (const Text& text : rules_.lacks)
      if (any([&](const Delivery& d) { return d.message.find(filled(text)) != std::string::npos; }) != nullptr)
        return broken("no message holds " + shown(filled(text)), "a delivered message holds it");
    return std::nullopt;
  }

  std::optional<Verdict> at_the_end() {
    if (rules_.count && deliveries_.size() != *rules_.count) {
      auto verdict = broken(messages(*rules_.count) + " delivered", count_seen());
      verdict.missing = deliveries_.size() < *rules_.count;
      return verdict;
    }
    if (deliveries_.empty() && looks_inside(rules_)) {
      auto verdict = broken("a message delivered", count_seen());
      verdict.missing = true;
      return verdict;
    }
    for (const Delivery& delivery : deliveries_)
      if (auto verdict = one(delivery)) return verdict;
    for (const Text& text : rules_.to)
      if (any([&](const Delivery& d) { return is_for(d, filled(text)); }) == nullptr)
        return broken("a copy for <" + filled(text) + ">", "delivered: " + envelope(deliveries_.front()));
    for (const Text& text : rules_.contains)
      if (any([&](const Delivery& d) { return holds(d, filled(text)); }) == nullptr)
        return broken("a message that holds " + shown(filled(text)), "no delivered message holds it");
    return std::nullopt;
  }

 private:
  std::optional<Verdict> one(const Delivery& delivery) {
    if (rules_.from && !same_mailbox(delivery.reverse_path, filled(*rules_.from)))
      return broken("reverse-path <" + filled(*rules_.from) + ">", "delivered: " + envelope(delivery));
    const auto parted = delivery::part(delivery.message);
    if (auto verdict = one_of(rules_.body, "the body", parted.body, delivery.exact)) return verdict;
    return one_of(rules_.message, "the message", parted.message, delivery.exact);
  }

  std::optional<Verdict> one_of(const std::vector<Text>& allowed, const char* what, std::string_view seen, bool exact) {
    if (allowed.empty()) return std::nullopt;
    std::string first;
    for (const Text& text : allowed) {
      const std::string wanted = filled(text);
      if (exact ? wanted == seen : delivery::with_local_line_ends(wanted) == delivery::with_local_line_ends(seen))
        return std::nullopt;
      if (first.empty()) first = wanted;
    }
    return broken(fmt::format("{} as sent: {}", what, shown(first)), what + (" delivered " + difference(first, seen)));
  }

  static bool holds(const Delivery& delivery, const std::string& octets) {
    return delivery.message.find(octets) != std::string::npos ||
           (!delivery.exact && delivery.message.find(delivery::with_local_line_ends(octets)) != std::string::npos);
  }

  static bool is_for(const Delivery& delivery, const std::string& mailbox) {
    return std::any_of(delivery.forward_paths.begin(), delivery.forward_paths.end(),
                       [&](const std::string& path) { return same_mailbox(path, mailbox); });
  }

  template <class Predicate>
  const Delivery* any(Predicate predicate) const {
    const auto found = std::find_if(deliveries_.begin(), deliveries_.end(), predicate);
    return found == deliveries_.end() ? nullptr : &*found;
  }

  std::string filled(const Text& text) {
    const auto octets = scenario::expand(text, values_.lookup());
    return octets ? *octets : std::string();
  }

  static std::string messages(std::size_t count) { return fmt::format("{} message{}", count, count == 1 ? "" : "s"); }

  std::string count_seen() const {
    std::string text = messages(deliveries_.size()) + " delivered";
    for (std::size_t i = 0; i < deliveries_.size() && i < 3; ++i) text += "; " + envelope(deliveries_[i]);
    return text;
  }

  static std::string envelope(const Delivery& delivery) {
    return smtp::escape(fmt::format("from <{}> to <{}>, {} octets", delivery.reverse_path,
                                    fmt::join(delivery.forward_paths, ">, <"), delivery.message.size()));
  }

  Verdict broken(std::string expected, std::string actual) const {
    Verdict verdict;
    verdict.outcome = level_ == Level::must ? Outcome::fail : level_ == Level::should ? Outcome::warn : Outcome::info;
    verdict.cause = "delivery";
    verdict.expected = std::move(expected);
    verdict.actual = std::move(actual);
    verdict.event = last_event_;
    return verdict;
  }

  const Delivered& rules_;
  Level level_;
  const std::vector<Delivery>& deliveries_;
  Values values_;
  std::size_t last_event_;
};

}  // namespace

std::optional<Verdict> judge_deliveries(const scenario::Scenario& scenario, const wire::Transcript& transcript,
                                        bool to_the_end) {
  Deliveries deliveries(scenario, transcript);
  auto verdict = deliveries.whatever_happened();
  if (!verdict && to_the_end) verdict = deliveries.at_the_end();
  return verdict;
}

std::size_t awaited_deliveries(const scenario::Scenario& scenario, bool to_the_end) {
  if (!scenario.delivered || !to_the_end) return 0;
  const Delivered& rules = *scenario.delivered;
  if (rules.count) return *rules.count;
  return looks_inside(rules) ? 1 : 0;
}

}  // namespace smtpspec::engine
