#include <algorithm>

#include <fmt/format.h>
#include <re2/re2.h>

#include "harness/judge/machine.hpp"
#include "harness/record/trace.hpp"
#include "harness/smtp/char_class.hpp"
#include "harness/smtp/escape.hpp"

namespace smtpspec::judge {

using record::Delivery;
using scenario::Delivered;
using scenario::Text;

namespace {

/// Mailboxes are compared with the domain in any case (RFC 5321 section 2.4); a subaddress was put there by us.
bool same_mailbox(const std::string& a, const std::string& b) {
  const std::size_t local_part = std::min(a.rfind('@'), a.size());
  return local_part == std::min(b.rfind('@'), b.size()) && a.substr(0, local_part) == b.substr(0, local_part) &&
         smtp::same_word(a.substr(local_part), b.substr(local_part));
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

/// A hop may encode a text that the next one would not take as it is (RFC 3030 section 3, RFC 6152 section 3).
bool is_encoded(const record::Parted& message) {
  static const RE2 encoded(R"((?im)^Content-Transfer-Encoding:[ \t]*(?:quoted-printable|base64))");
  const re2::StringPiece header(message.message.data(), message.message.size() - message.body.size());
  return RE2::PartialMatch(header, encoded);
}

/// Rules about what is in a message: so there must be one.
bool looks_inside(const Delivered& rules) {
  const bool may_come = !rules.count && (!rules.at_most || *rules.at_most > 0);
  return may_come && (rules.from || !rules.body.empty() || !rules.message.empty() || !rules.contains.empty() ||
                      !rules.matches.empty() || !rules.to.empty() || !rules.parameters.empty());
}

class Deliveries {
 public:
  Deliveries(const scenario::Scenario& scenario, const record::Terms& terms, const std::vector<Delivery>& deliveries,
             Values& values)
      : rules_(*scenario.delivered),
        terms_(terms),
        level_(scenario::level_of(scenario, scenario::decided_requirement(scenario, scenario.delivered->decides))),
        as_sent_(terms.login ? std::max(level_, Level::should) : level_),
        deliveries_(deliveries),
        values_(values) {}

  std::optional<Verdict> whatever_happened() {
    if (rules_.at_most && deliveries_.size() > *rules_.at_most)
      return broken(fmt::format("at most {} delivered", messages(*rules_.at_most)), count_seen());
    for (const Text& text : rules_.none_from)
      if (const auto* delivery = any([&](const Delivery& d) { return is_from(d, filled(text)); }))
        return broken("no message from <" + filled(text) + ">", "delivered: " + envelope(*delivery));
    for (const Text& text : rules_.none_to)
      if (const auto* delivery = any([&](const Delivery& d) { return is_for(d, filled(text)); }))
        return broken("no message to <" + filled(text) + ">", "delivered: " + envelope(*delivery));
    for (const Text& text : rules_.lacks) {
      const std::string octets = filled(text);
      if (any([&](const Delivery& d) { return d.message.find(octets) != std::string::npos; }) != nullptr)
        return broken("no message holds " + shown(octets), "a delivered message holds it");
      if (any([&](const Delivery& d) { return holds(d, octets); }) != nullptr) not_told_ = "CRLF from LF";
    }
    if (!rules_.lacks.empty()) ask_for_all_octets();
    for (const Text& text : rules_.no_parameters)
      if (const auto* delivery = any([&](const Delivery& d) { return times_carried(d, filled(text)) > 0; }))
        return broken("not handed on: " + shown(filled(text)), "handed on: " + commands(*delivery));
    if (!rules_.no_parameters.empty()) ask_for_parameters();
    if (!rules_.none_from.empty()) ask_for_reverse_paths();
    if (!rules_.none_to.empty()) ask_for_recipients();
    return std::nullopt;
  }

  std::optional<Verdict> at_the_end() {
    if (rules_.count && deliveries_.size() != *rules_.count)
      return broken(messages(*rules_.count) + " delivered", count_seen(), deliveries_.size() < *rules_.count);
    if (deliveries_.empty() && looks_inside(rules_)) return broken("a message delivered", count_seen(), true);
    for (const Delivery& delivery : deliveries_)
      if (auto verdict = one(delivery)) return verdict;
    for (const Text& text : rules_.to)
      if (!deliveries_.empty() && !unknown_recipients() &&
          any([&](const Delivery& d) { return is_for(d, filled(text)); }) == nullptr) {
        Verdict verdict = changed("a copy for <" + filled(text) + ">", "delivered: " + envelope(deliveries_.front()));
        verdict.missing = deliveries_.size() < rules_.to.size();  // copies may come half a minute one after the other
        return verdict;
      }
    for (const Text& text : rules_.contains)
      if (any([&](const Delivery& d) { return holds(d, filled(text)); }) == nullptr && !ask_for_all_octets())
        return changed("a message that holds " + shown(filled(text)), "no delivered message holds it");
    if (!rules_.matches.empty() &&
        any([&](const Delivery& d) { return RE2::PartialMatch(d.message, rules_.matches); }) == nullptr &&
        !ask_for_all_octets())
      return broken("a message that fits '" + rules_.matches + "'", "no delivered message fits");
    for (const Text& text : rules_.parameters)
      if (auto verdict = handed_on(filled(text))) return verdict;
    if (!rules_.parameters.empty()) ask_for_parameters();
    if (rules_.from) ask_for_reverse_paths();
    if (!rules_.to.empty()) ask_for_recipients();
    return std::nullopt;
  }

  /// What could not be judged because the road does not tell it: no pass, and no accusation.
  std::optional<Verdict> undecided() const {
    if (not_told_.empty()) return std::nullopt;
    Verdict verdict;
    verdict.outcome = Outcome::inconclusive;
    verdict.cause = Cause::no_delivery_road;
    verdict.reason = "the delivery road does not tell " + not_told_;
    return verdict;
  }

 private:
  std::optional<Verdict> one(const Delivery& delivery) {
    if (rules_.from && delivery.reverse_path && !same_mailbox(*delivery.reverse_path, filled(*rules_.from)))
      return changed("reverse-path <" + filled(*rules_.from) + ">", "delivered: " + envelope(delivery));
    const auto parted = record::part(delivery.message);
    auto verdict = one_of(rules_.body, "the body", parted.body, delivery);
    if (verdict) {
      verdict = unless_standing(std::move(*verdict), {"body-as-sent"});
    } else if (verdict = one_of(rules_.message, "the message", parted.message, delivery); verdict) {
      verdict = unless_standing(std::move(*verdict), {"header-as-sent", "body-as-sent"});
    }
    if (!verdict || !is_encoded(parted)) return verdict;
    not_told_ = "the text as it was sent: it came in another encoding";
    return std::nullopt;
  }

  /// What the target does to every message is found once, by the survey.
  Verdict unless_standing(Verdict verdict, std::initializer_list<std::string_view> facts) const {
    for (const std::string_view fact : facts) {
      const record::Deviation* deviation = terms_.lacks(fact);
      if (deviation == nullptr) continue;
      verdict.outcome = Outcome::blocked;
      verdict.reason = "blocked by " + deviation->because;
    }
    return verdict;
  }

  std::optional<Verdict> one_of(const std::vector<Text>& allowed, const char* what, std::string_view seen,
                                const Delivery& delivery) {
    if (allowed.empty()) return std::nullopt;
    if (delivery.omitted > 0 && seen.ends_with('\r')) seen.remove_suffix(1);  // its LF is not kept
    std::string first;
    for (const Text& text : allowed) {
      const std::string wanted = filled(text);
      if (delivery.exact ? is_it(wanted, seen, delivery)
                         : is_it(record::with_local_line_ends(wanted), record::with_local_line_ends(seen), delivery))
        return std::nullopt;
      if (first.empty()) first = wanted;
    }
    return changed(fmt::format("{} as sent: {}", what, shown(first)), what + (" delivered " + difference(first, seen)));
  }

  /// What is kept may be but the begin of a message: then nobody can tell where that is the begin of what was sent.
  bool is_it(std::string_view wanted, std::string_view seen, const Delivery& delivery) {
    if (delivery.omitted == 0) return wanted == seen;
    return wanted.size() > seen.size() && wanted.starts_with(seen) && ask_for_all_octets();
  }

  static bool holds(const Delivery& delivery, const std::string& octets) {
    return delivery.message.find(octets) != std::string::npos ||
           (!delivery.exact && delivery.message.find(record::with_local_line_ends(octets)) != std::string::npos);
  }

  static bool is_from(const Delivery& delivery, const std::string& mailbox) {
    return delivery.reverse_path && same_mailbox(*delivery.reverse_path, mailbox);
  }

  /// By its name or by that of its alias.
  [[nodiscard]] bool names(const Delivery::Recipient& command, const std::string& mailbox) const {
    return same_mailbox(command.forward_path, mailbox) || same_mailbox(command.forward_path, values_.shown_as(mailbox));
  }

  [[nodiscard]] bool is_for(const Delivery& delivery, const std::string& mailbox) const {
    const auto same = [&](const auto& one) { return names(one, mailbox); };
    return delivery.recipients && std::any_of(delivery.recipients->begin(), delivery.recipients->end(), same);
  }

  /// MAIL and RCPT by which the message came, as far as the road tells.
  static std::vector<Delivery::Recipient> commands_of(const Delivery& delivery) {
    auto all = delivery.recipients.value_or(std::vector<Delivery::Recipient>{});
    if (delivery.reverse_path) all.insert(all.begin(), {*delivery.reverse_path, delivery.mail_parameters});
    return all;
  }

  /// "mailbox KEYWORD=value", the keyword in any case, and without a value any: how often it stands with MAIL or RCPT
  /// for the mailbox; nothing where there is no such command, or mailboxes are aliases.
  [[nodiscard]] std::optional<std::ptrdiff_t> times_carried(const Delivery& delivery, const std::string& wanted) const {
    if (values_.has_aliases()) return std::nullopt;
    const std::size_t space = std::min(wanted.rfind(' '), wanted.size());
    const std::string mailbox = wanted.substr(0, space);
    const std::string parameter = wanted.substr(std::min(space + 1, wanted.size()));
    const std::size_t equals = parameter.find('=');
    const auto is_it = [&](const smtp::Parameter& one) {
      return smtp::same_word(one.keyword, parameter.substr(0, equals)) &&
             (equals == std::string::npos || one.value == parameter.substr(equals + 1));
    };
    std::optional<std::ptrdiff_t> times;
    for (const Delivery::Recipient& command : commands_of(delivery))
      if (command.parameters && names(command, mailbox))
        times = times.value_or(0) + std::count_if(command.parameters->begin(), command.parameters->end(), is_it);
    return times;
  }

  /// Once, with one of the messages. Where no message names the mailbox, it was rewritten, and nothing is known.
  std::optional<Verdict> handed_on(const std::string& wanted) {
    bool named = false;
    for (const Delivery& delivery : deliveries_) {
      const auto times = times_carried(delivery, wanted);
      if (times == 1) return std::nullopt;
      named = named || times;
    }
    if (named) return broken("handed on: " + shown(wanted), "handed on: " + commands(deliveries_.front()));
    not_told_ = "what became of <" + wanted.substr(0, wanted.rfind(' ')) + ">";
    return std::nullopt;
  }

  static std::string commands(const Delivery& delivery) {
    std::string text;
    for (const Delivery::Recipient& command : commands_of(delivery)) {
      text += (text.empty() ? "<" : ", <") + command.forward_path + ">";
      for (const smtp::Parameter& one : command.parameters.value_or(std::vector<smtp::Parameter>{}))
        text += " " + one.keyword + (one.value ? "=" + *one.value : "");
    }
    return shown(text);
  }

  /// Whether a message is known in part alone: then what was not found in it may be in the rest.
  bool ask_for_all_octets() {
    const bool cut = any([](const Delivery& d) { return d.omitted > 0; }) != nullptr;
    if (cut) not_told_ = "all of a message: it is larger than what is kept of it";
    return cut;
  }

  [[nodiscard]] bool unknown_parameters() const {
    return any([](const Delivery& d) { return !d.mail_parameters; }) != nullptr;
  }
  /// What of them goes on from an alias is the server's to choose (RFC 3461 sections 5.2.7.2 and 5.2.7.3).
  void ask_for_parameters() {
    if (values_.has_aliases()) not_told_ = "what is handed on of a mailbox: it is an alias";
    if (unknown_parameters()) not_told_ = "the parameters of MAIL and RCPT";
  }

  [[nodiscard]] bool unknown_recipients() const {
    return any([](const Delivery& d) { return !d.recipients; }) != nullptr;
  }
  void ask_for_recipients() {
    if (unknown_recipients()) not_told_ = "for whom a message is";
  }
  void ask_for_reverse_paths() {
    if (any([](const Delivery& d) { return !d.reverse_path; }) != nullptr) not_told_ = "the reverse-path of a message";
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
    return fmt::format("{}, {} octets", describe_envelope(delivery), delivery.message.size() + delivery.omitted);
  }

  /// What came is not what was sent: its text, or its envelope.
  Verdict changed(std::string expected, std::string actual) const {
    Verdict verdict = broken(std::move(expected), std::move(actual));
    verdict.outcome = unmet(as_sent_);
    return verdict;
  }

  Verdict broken(std::string expected, std::string actual, bool missing = false) const {
    Verdict verdict;
    verdict.outcome = unmet(level_);
    verdict.cause = Cause::delivery;
    verdict.expected = std::move(expected);
    verdict.actual = std::move(actual);
    verdict.missing = missing;
    return verdict;
  }

  const Delivered& rules_;
  const record::Terms& terms_;
  Level level_;
  Level as_sent_;  ///< of a message that came as it was sent: "Sites MAY modify submissions" (RFC 6409 section 8)
  const std::vector<Delivery>& deliveries_;
  Values& values_;
  std::string not_told_;
};

}  // namespace

std::string describe_envelope(const record::Delivery& delivery) {
  constexpr std::size_t most_recipients = 8;
  constexpr std::size_t longest_path = 256;  // RFC 5321 section 4.5.3.1.3
  const auto path = [](const std::string& mailbox) {
    return "<" + (mailbox.size() > longest_path ? mailbox.substr(0, longest_path) + "..." : mailbox) + ">";
  };
  std::string to = "somebody";
  if (delivery.recipients) {
    const auto& recipients = *delivery.recipients;
    std::vector<std::string> paths;
    for (std::size_t i = 0; i < recipients.size() && i < most_recipients; ++i)
      paths.push_back(path(recipients[i].forward_path));
    if (recipients.size() > most_recipients)
      paths.push_back(fmt::format("and {} more", recipients.size() - most_recipients));
    to = fmt::format("{}", fmt::join(paths, ", "));
  }
  return smtp::escape("from " + (delivery.reverse_path ? path(*delivery.reverse_path) : "somebody") + " to " + to);
}

std::optional<Verdict> judge_deliveries(const scenario::Scenario& scenario, const record::Terms& terms,
                                        const std::vector<record::Delivery>& delivered, Values& values,
                                        bool to_the_end) {
  Deliveries deliveries(scenario, terms, delivered, values);
  auto verdict = deliveries.whatever_happened();
  if (!verdict && to_the_end) verdict = deliveries.at_the_end();
  return verdict ? verdict : deliveries.undecided();
}

std::size_t awaited_deliveries(const scenario::Scenario& scenario, bool to_the_end) {
  if (!scenario.delivered || !to_the_end) return 0;
  const Delivered& rules = *scenario.delivered;
  if (rules.count) return *rules.count;
  return looks_inside(rules) ? 1 : 0;
}

}  // namespace smtpspec::judge
