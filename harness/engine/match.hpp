// Whether what came back is one of the endings that an expectation allows. Pure; play asks in order to go on, judge
// asks again in order to decide, so both always agree.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "harness/scenario/model.hpp"
#include "harness/smtp/reply.hpp"
#include "harness/wire/transcript.hpp"

namespace smtpspec::engine {

/// The text of the event `stopped` where a scenario's time was over.
inline constexpr std::string_view out_of_time = "the scenario's time was over";

/// What one expectation got.
struct Observed {
  enum class What {
    reply,     ///< `reply`, and `closed` when the server closed behind it
    closed,    ///< the server closed (FIN, reset or broken TLS) without a reply
    quiet,     ///< nothing came, and silence was waited for
    deadline,  ///< nothing came in time
    missing,   ///< the transcript ends before that, or the engine itself left the session
  };
  What what = What::missing;
  smtp::Reply reply;
  bool closed = false;
  bool incomplete = false;  ///< octets that are no complete reply had come (a deadline, silence or close in mid-reply)
  std::string octets;       ///< of an incomplete reply
};

/// Replies read off one session's events and given to expectations in order. Sans-IO: `play` feeds it what it reads
/// just now, `judge` what was written down.
class Observer {
 public:
  /// Replies that are kept unclaimed; of a server that sends more the rest is lost.
  static constexpr std::size_t max_unclaimed = 4096;

  void take(const wire::Event& event);
  /// What the expectation got, or nullopt while more events are needed.
  [[nodiscard]] std::optional<Observed> observe(const scenario::Expectation& expectation);
  /// True while `observe` has a reply in hand and only waits to see whether the server closes behind it.
  [[nodiscard]] bool awaits_close() const { return held_.has_value(); }
  /// A reply that no expectation has claimed.
  [[nodiscard]] std::optional<smtp::Reply> next_unclaimed();
  /// Puts back what `observe` gave, for the next expectation.
  void give_back(Observed observed);
  /// Throws away what came so far: behind the ladder, whose replies the scenario does not judge (the referee does).
  void discard();
  /// More came than is kept.
  [[nodiscard]] bool lost_replies() const { return lost_replies_; }
  /// Either side ended the connection.
  [[nodiscard]] bool closed() const { return closed_ || left_; }

 private:
  void feed(std::string_view octets);
  smtp::ReplyParser parser_;
  std::deque<smtp::Reply> replies_;
  std::optional<smtp::Reply> held_;
  bool closed_ = false;  ///< by the server
  bool left_ = false;    ///< by the engine: what does not come any more says nothing about the server
  bool finished_ = false;
  bool lost_replies_ = false;
  std::string last_words_;                   ///< of a reply that the close cut short
  std::optional<wire::Event::Kind> waited_;  ///< a wait ended: quiet or deadline
};

/// Fits each reply. What the rest of a pipelined group is asked behind an ending.
[[nodiscard]] const scenario::Expectation& any_reply();

/// Whether an ending of this kind is one of those allowed.
[[nodiscard]] bool allows(const scenario::Expectation& expectation, scenario::Alternative::Kind kind);
/// Whether a handshake that fails is one of the step's allowed endings: "close" is.
[[nodiscard]] bool handshake_may_fail(const scenario::Step& step);

/// Captured values by name.
using Captures = std::map<std::string, std::string>;

/// The first alternative that fits, or nullopt. Its captures are added to `captures`.
[[nodiscard]] std::optional<std::size_t> choose(const scenario::Expectation& expectation, const Observed& observed,
                                                const scenario::Lookup& lookup, Captures& captures);

/// Whether a code fits a pattern such as "250", "25z", "5yz".
[[nodiscard]] bool code_fits(std::string_view pattern, int code);
/// "503 or 554", "no reply", "421 and close": for people.
[[nodiscard]] std::string describe(const scenario::Expectation& expectation);
[[nodiscard]] std::string describe(const scenario::Alternative& alternative);
/// "250 2.0.0 Ok", "no reply within the time", "the connection closed without a reply": for people, octets escaped.
[[nodiscard]] std::string describe(const Observed& observed);

}  // namespace smtpspec::engine
