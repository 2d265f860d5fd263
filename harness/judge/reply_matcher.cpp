#include "harness/judge/reply_matcher.hpp"

#include <utility>

#include "harness/judge/match.hpp"

namespace smtpspec::judge {

using record::Event;
using record::Party;

void ReplyMatcher::take(const Event& event) {
  took_success_ = false;
  switch (event.kind) {
    case Event::Kind::octets:
      if (event.by == Party::server) feed(event.octets);
      break;
    case Event::Kind::closed:
    case Event::Kind::reset: (event.by == Party::server ? peer_closed_ : local_closed_) = true; break;
    case Event::Kind::close_notify:
      if (event.by == Party::client)
        ended_tls_ = true;
      else if (!ended_tls_)
        peer_closed_ = true;
      break;
    case Event::Kind::refused:
    case Event::Kind::tls_failed: peer_closed_ = true; break;
    default: break;
  }
}

void ReplyMatcher::feed(std::string_view octets) {
  parser_.feed(octets, [this](smtp::Reply& reply) {
    took_success_ = took_success_ || reply.code / 10 == 25;
    if (replies_.size() < max_unclaimed)
      replies_.push_back(std::move(reply));
    else
      lost_replies_ = true;
  });
}

std::optional<Observed> ReplyMatcher::observe(const scenario::Expectation& expectation) {
  Observed observed;
  if (!held_ && !replies_.empty()) {
    held_ = std::move(replies_.front());
    replies_.pop_front();
  }
  if (held_) {
    // Whether the server closes after the reply is only asked where an ending depends on it.
    if (wants_close(expectation, *held_)) {
      if (local_closed_ && !peer_closed_ && !time_is_over_ && replies_.empty()) return Observed{};
      if (!peer_closed_ && !time_is_over_ && replies_.empty()) return std::nullopt;
      observed.closed = peer_closed_ && replies_.empty() && parser_.pending().empty();
      time_is_over_ = false;
    }
    observed.what = Observed::What::reply;
    observed.reply = std::move(*held_);
    held_.reset();
    ++given_;
    return observed;
  }
  if (local_closed_ && !peer_closed_) return observed;
  if (peer_closed_) {
    if (!std::exchange(finished_, true)) last_words_ = parser_.pending();
    observed.what = Observed::What::closed;
    observed.octets = last_words_;
  } else if (std::exchange(time_is_over_, false)) {
    observed.what = Observed::What::nothing;
    observed.octets = parser_.pending();
  } else {
    return std::nullopt;
  }
  observed.incomplete = !observed.octets.empty();
  return observed;
}

void ReplyMatcher::discard() {
  given_ += replies_.size() + (held_ ? 1 : 0);
  replies_.clear();
  held_.reset();
  time_is_over_ = false;
}

std::optional<smtp::Reply> ReplyMatcher::next_unclaimed() {
  if (!held_ && replies_.empty()) return std::nullopt;
  ++given_;
  if (held_) return std::exchange(held_, std::nullopt);
  smtp::Reply reply = std::move(replies_.front());
  replies_.pop_front();
  return reply;
}

}  // namespace smtpspec::judge
