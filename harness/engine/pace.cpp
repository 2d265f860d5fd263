#include "harness/engine/pace.hpp"

#include <algorithm>

namespace smtpspec::engine {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr std::size_t gentle = 4;
/// A greeting that takes three times as long as the quickest, and this beside it, says that the target is busy.
constexpr milliseconds slow{500};
constexpr seconds between_halvings{1};
/// How long a refusal puts off all other sessions; it doubles for as long as nobody is greeted.
constexpr milliseconds shortest_hold{50};
constexpr milliseconds longest_hold{5000};
/// After so long without a refusal it is tried whether the target takes more.
constexpr seconds between_trials{5};
constexpr seconds longest_between_trials{80};
/// Who refuses in words may have a limit for each minute; who says nothing may be starting again.
constexpr seconds until_hopeless_in_words{65};
constexpr seconds until_hopeless{20};

}  // namespace

Pace::Pace(Bounds bounds)
    : bounds_(bounds),
      limit_(std::min(gentle, bounds.sessions)),
      ceiling_(bounds.sessions + 1),
      rate_(bounds.rate),
      until_trial_(between_trials) {}

std::optional<Clock::time_point> Pace::next(std::size_t sessions, Clock::time_point now) const {
  std::size_t most = limit_;
  // After a play of several sessions all others wait; and where sessions last, the limit does not grow while none
  // begins. So it may go beyond one that was never met.
  if (ceiling_ > bounds_.sessions && sessions <= limit_) most = std::min(bounds_.sessions, limit_ + sessions - 1);
  if (open_ > 0 && open_ + sessions > most) return std::nullopt;
  return hopeless(now) ? now : next_;
}

void Pace::began(std::size_t sessions, Clock::time_point now) {
  open_ += sessions;
  if (rate_ <= 0) return;
  const auto each = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / rate_));
  next_ = std::max(next_, now) + each * static_cast<long>(sessions);
}

void Pace::hear(const FirstWord& word, Clock::time_point now) {
  switch (word.kind) {
    case FirstWord::Kind::greeting: return greeted(word.after, now);
    case FirstWord::Kind::none: return not_greeted(now);
    default: return refused(word, now);
  }
}

void Pace::greeted(Clock::duration latency, Clock::time_point now) {
  hold_ = {};
  first_refusal_.reset();
  greetings_.push_back(now);
  while (now - greetings_.front() > seconds(1)) greetings_.pop_front();
  most_greeted_ = std::max(most_greeted_, ++greeted_);
  quickest_ = std::min(quickest_, latency);
  const bool trial = now - last_change_ > between_trials;
  if (latency > 3 * quickest_ + slow) {
    if (most() <= usual_number || latency > 4 * slow) return not_greeted(now);
    next_ = std::max(next_, now + slow);  // those that wait are no burden: it is how fast others come
  }
  if (rate_is_learnt_ && now - last_change_ > until_trial_) {
    rate_ = bounds_.rate > 0 ? std::min(bounds_.rate, rate_ * 1.1) : rate_ * 1.1;
    last_change_ = now;
  }
  if (open_ < limit_ || limit_ >= most()) return;
  if (limit_ + 1 < ceiling_) {
    ++limit_;
  } else if (trial) {
    limit_ = std::min(most(), limit_ + 1 + limit_ / 8);
    ceiling_ = std::max(ceiling_, limit_ + 1);
    last_change_ = now;
  }
}

/// Connections may be lost in a queue that was full: what was let in then is too much, and half of it is tried.
void Pace::not_greeted(Clock::time_point now) {
  if (now - last_slow_ < between_halvings) return;
  ceiling_ = std::max<std::size_t>(2, limit_);
  limit_ = std::max<std::size_t>(1, limit_ / 2);
  last_slow_ = last_change_ = now;
}

void Pace::refused(const FirstWord& word, Clock::time_point now) {
  using Kind = FirstWord::Kind;
  if (!first_refusal_) first_refusal_ = now;
  until_hopeless_ = word.kind == Kind::refusal ? until_hopeless_in_words : until_hopeless;
  const bool answered = word.kind != Kind::no_connection;
  while (!greetings_.empty() && now - greetings_.front() > seconds(1)) greetings_.pop_front();
  last_change_ = now;
  // Those that were under way together count once.
  if (now - word.after < held_until_) return;
  // So many were taken before: one that has ended may not be gone yet, unless nobody is taken any more.
  const bool not_gone_yet = open_ <= most_greeted_ && hold_ == Clock::duration(0);
  if (answered && open_ > 1 && !not_gone_yet)
    too_many(word.kind != Kind::shortage);
  else if (answered && word.kind != Kind::shortage && open_ <= 1 &&
           (rate_is_learnt_ ? hold_ == Clock::duration(0) : !greetings_.empty()))
    too_fast();
  hold_ = std::clamp<Clock::duration>(2 * hold_, shortest_hold, longest_hold);
  held_until_ = now + hold_;
  next_ = std::max(next_, held_until_);
}

void Pace::too_many(bool for_the_target) {
  if (for_the_target) sessions_are_learnt_ = true;
  ceiling_ = std::max<std::size_t>(2, std::min(ceiling_, open_));
  limit_ = std::max<std::size_t>(1, std::min(limit_, ceiling_) - 1);
}

/// Refused although it was the only one: it is how fast they follow one another.
void Pace::too_fast() {
  if (rate_is_learnt_) {
    rate_ *= 0.9;
    until_trial_ = std::min<Clock::duration>(2 * until_trial_, longest_between_trials);
    return;
  }
  rate_is_learnt_ = true;
  rate_ = static_cast<double>(std::max<std::size_t>(1, greetings_.size()));
  if (bounds_.rate > 0) rate_ = std::min(rate_, bounds_.rate);
  // How many at a time was never the question.
  sessions_are_learnt_ = false;
  ceiling_ = bounds_.sessions + 1;
  limit_ = std::min(gentle, bounds_.sessions);
}

bool Pace::hopeless(Clock::time_point now) const {
  return first_refusal_ && (most_greeted_ == 0 || now - *first_refusal_ > until_hopeless_);
}

std::optional<std::size_t> Pace::sessions_learnt() const {
  if (!sessions_are_learnt_) return std::nullopt;
  return std::max<std::size_t>(1, most_greeted_);
}

std::optional<double> Pace::rate_learnt() const { return rate_is_learnt_ ? std::optional(rate_) : std::nullopt; }

}  // namespace smtpspec::engine
