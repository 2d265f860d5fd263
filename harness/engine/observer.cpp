#include <algorithm>
#include <utility>

#include "harness/engine/match.hpp"

namespace smtpspec::engine {

using wire::Event;

void Observer::take(const Event& event) {
  switch (event.kind) {
    case Event::Kind::received: feed(event.octets); break;
    case Event::Kind::closed:
    case Event::Kind::reset:
    case Event::Kind::refused:
    case Event::Kind::tls_failed: closed_ = true; break;
    case Event::Kind::hung_up:
    case Event::Kind::stopped: left_ = true; break;
    case Event::Kind::quiet:
    case Event::Kind::deadline: waited_ = event.kind; break;
    default: break;
  }
}

void Observer::feed(std::string_view octets) {
  parser_.feed(octets, [this](smtp::Reply&& reply) {
    if (replies_.size() < max_unclaimed)
      replies_.push_back(std::move(reply));
    else
      lost_replies_ = true;
  });
}

namespace {

bool wants_close(const scenario::Expectation& expectation, const smtp::Reply& reply) {
  for (const auto& alternative : expectation.alternatives)
    if (alternative.kind == scenario::Alternative::Kind::reply && alternative.closes &&
        code_fits(alternative.code, reply.code))
      return true;
  return false;
}

}  // namespace

std::optional<Observed> Observer::observe(const scenario::Expectation& expectation) {
  Observed observed;
  if (!held_ && !replies_.empty()) {
    held_ = std::move(replies_.front());
    replies_.pop_front();
  }
  if (held_) {
    // Whether the server closes behind the reply is only asked where an ending depends on it.
    bool closed_behind = false;
    if (wants_close(expectation, *held_)) {
      if (left_ && !closed_ && !waited_ && replies_.empty()) return Observed{};
      if (!closed_ && !waited_ && replies_.empty()) return std::nullopt;
      closed_behind = closed_ && replies_.empty() && parser_.pending().empty();
      waited_.reset();
    }
    observed.what = Observed::What::reply;
    observed.reply = std::move(*held_);
    observed.closed = closed_behind;
    held_.reset();
    return observed;
  }
  if (left_ && !closed_) return observed;
  if (closed_) {
    if (!finished_) {
      finished_ = true;
      last_words_ = parser_.pending();
    }
    observed.what = Observed::What::closed;
    observed.octets = last_words_;
    observed.incomplete = !observed.octets.empty();
    return observed;
  }
  if (waited_) {
    observed.what = *waited_ == Event::Kind::quiet ? Observed::What::quiet : Observed::What::deadline;
    observed.octets = parser_.pending();
    observed.incomplete = !observed.octets.empty();
    waited_.reset();
    return observed;
  }
  return std::nullopt;
}

void Observer::give_back(Observed observed) {
  if (observed.what == Observed::What::reply) replies_.push_front(std::move(observed.reply));
  if (observed.what == Observed::What::deadline) waited_ = wire::Event::Kind::deadline;
}

void Observer::discard() {
  replies_.clear();
  held_.reset();
  waited_.reset();
}

std::optional<smtp::Reply> Observer::next_unclaimed() {
  if (held_) return std::exchange(held_, std::nullopt);
  if (replies_.empty()) return std::nullopt;
  smtp::Reply reply = std::move(replies_.front());
  replies_.pop_front();
  return reply;
}

}  // namespace smtpspec::engine
