// Replies read off one session's events and given to expectations in order.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "harness/record/transcript.hpp"
#include "harness/scenario/model.hpp"
#include "harness/smtp/reply.hpp"

namespace smtpspec::judge {

/// What one expectation got.
struct Observed {
  enum class What {
    reply,    ///< `reply`, and `closed` when the server closed after it
    closed,   ///< the server closed (FIN, close_notify, reset or broken TLS) without a reply
    nothing,  ///< nothing came in the time
    unknown,  ///< what was seen ends before that, or the client itself left the session
  };
  What what = What::unknown;
  smtp::Reply reply;
  bool closed = false;
  bool incomplete = false;  ///< octets that are no complete reply had come
  std::string octets;       ///< of an incomplete reply
};

class ReplyMatcher {
 public:
  /// Replies that are kept unclaimed; of a server that sends more the rest is lost.
  static constexpr std::size_t max_unclaimed = 4096;

  void take(const record::Event& event);
  /// A reply 25z ended in the last event.
  [[nodiscard]] bool took_success() const { return took_success_; }
  /// The wait for what the expectation asks is over.
  void time_is_over() { time_is_over_ = true; }
  /// What the expectation got, or nullopt while more events are needed.
  [[nodiscard]] std::optional<Observed> observe(const scenario::Expectation& expectation);
  /// True while `observe` has a reply in hand and only waits to see whether the server closes after it.
  [[nodiscard]] bool awaits_close() const { return held_.has_value(); }
  /// A reply is there that no expectation has claimed.
  [[nodiscard]] bool has_unclaimed() const { return held_.has_value() || !replies_.empty(); }
  /// It.
  [[nodiscard]] std::optional<smtp::Reply> next_unclaimed();
  /// Puts a reply back, for the next expectation.
  void give_back(smtp::Reply reply) {
    replies_.push_front(std::move(reply));
    --given_;
  }
  /// Throws away what came so far: after the ladder, whose replies the scenario does not judge (the referee does).
  void discard();
  /// More came than is kept.
  [[nodiscard]] bool lost_replies() const { return lost_replies_; }
  /// How many replies were given to expectations, or thrown away.
  [[nodiscard]] std::size_t given() const { return given_; }
  /// Either side ended the connection.
  [[nodiscard]] bool closed() const { return peer_closed_ || local_closed_; }
  [[nodiscard]] bool peer_closed() const { return peer_closed_; }

 private:
  void feed(std::string_view octets);
  smtp::ReplyParser parser_;
  std::deque<smtp::Reply> replies_;
  std::size_t given_ = 0;
  std::optional<smtp::Reply> held_;
  bool peer_closed_ = false;
  bool ended_tls_ = false;     ///< we did, so that the server's close_notify is but the answer
  bool local_closed_ = false;  ///< what does not come any more says nothing about the server
  bool finished_ = false;
  bool lost_replies_ = false;
  bool time_is_over_ = false;
  bool took_success_ = false;
  std::string last_words_;  ///< of a reply that the close cut short
};

}  // namespace smtpspec::judge
