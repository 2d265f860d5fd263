// What the machine's routines stand on: the sessions as they are, the time, and the one action that is asked for.
// Internal to this room.
#pragma once

#include <coroutine>
#include <deque>
#include <optional>
#include <string>

#include "harness/judge/action.hpp"
#include "harness/judge/referee_report.hpp"
#include "harness/judge/reply_matcher.hpp"
#include "harness/judge/routine.hpp"

namespace smtpspec::judge {

using std::chrono::milliseconds;

struct Session {
  std::size_t number = 0;
  std::string name;
  ReplyMatcher replies;
  /// Knows what each reply answers: of an LMTP session, and where a limit of the target's is known.
  std::optional<Watcher> watcher;
  bool open = false;  ///< connected, and not ended by either side
  bool under_tls = false;
  bool takes_no_more = false;  ///< a write failed
  std::size_t octets_read = 0;
  std::size_t octets_sent = 0;
  int last_code = 0;       ///< of the last reply that an expectation was given; 0 before the first
  std::size_t taken = 0;   ///< such replies
  std::size_t errors = 0;  ///< of them 4yz and 5yz
  bool said_more = false;  ///< after that reply
  record::Time spoke{0};   ///< we did, last
  record::Time heard{0};   ///< the server, last
  bool was_reset = false;  ///< by the server
  std::string problem;     ///< why it could not be connected, or TLS failed, or that it ended
  /// The last reply was one of several that are due at the end of data, one an accepted recipient (RFC 2033 section
  /// 4.2), and more are to come.
  [[nodiscard]] bool awaits_more_of_the_same() const {
    return watcher && watcher->referee.more_after(replies.given() - 1) > 0;
  }
  /// As much as this limit says, so that the server may end the session, or refuse what goes beyond.
  [[nodiscard]] bool has_had(const record::Deviation& limit) const;
};

class Stage {
 public:
  explicit Stage(const record::Terms& terms);

  void take(const record::Event& event);
  void cut_off() { cut_off_ = true; }

  /// Suspends the routine until the action was carried out.
  [[nodiscard]] auto carry_out(Action asked) {
    struct Awaiter {
      Stage& stage;
      // What was delivered is known all the same.
      bool await_ready() const { return stage.cut_off_ && stage.action.kind != Action::Kind::ask_deliveries; }
      void await_suspend(std::coroutine_handle<> routine) { stage.waiting_ = routine; }
      void await_resume() const {}
    };
    action = asked;
    return Awaiter{*this};
  }
  /// Goes on with the routine that waits.
  void resume() { waiting_.resume(); }
  void begin(std::coroutine_handle<> routine) { waiting_ = routine; }

  /// Sends what `octets` are cut into; in the gaps what comes is read.
  Routine<> write(Session& session, std::string_view octets, const scenario::Send& send);
  /// Waits for one of the endings that the expectation allows, or for its time to be over.
  Routine<Observed> observe(Session& session, const scenario::Expectation& expectation,
                            std::optional<milliseconds> within);
  /// Reads whatever comes in this time, or until the session ends.
  Routine<> listen(Session& session, milliseconds time);
  /// As long, whether the session ends or not.
  Routine<> pause(Session& session, milliseconds time);

  [[nodiscard]] Action about(Action::Kind kind, const Session& session) const;
  struct Deadline {
    record::Time at{0};
    bool cut_short = false;  ///< by the scenario's own time
  };
  /// At most so long, and not beyond the scenario's time.
  [[nodiscard]] Deadline in(milliseconds wanted) const;

  /// The scenario's time cut something short: what it would have shown is not known.
  [[nodiscard]] bool out_of_time() const { return out_of_time_; }
  [[nodiscard]] bool is_cut_off() const { return cut_off_; }
  /// The server sent more than is kept of a session.
  [[nodiscard]] bool flooded(const Session& session) const;
  /// Index of the last event that was the server's, or of a wait.
  [[nodiscard]] std::size_t last_of_server() const { return last_of_server_; }
  /// Of the last 25z that was not the fence's: where mail was accepted, it was there.
  [[nodiscard]] std::size_t last_success() const { return last_success_; }
  /// The server refused something, and then closed before it can have read more (RFC 5321 sections 3.8 and 7.8); or it
  /// said that it would close, and took its time.
  [[nodiscard]] static bool ended_by_refusal(const Session& session) {
    return session.last_code == 421 || (session.last_code >= 400 && (!session.said_more || session.was_reset));
  }

  const record::Terms terms;
  std::deque<Session> sessions;  ///< in the order in which they were opened; references stay valid
  Action action;
  void limit(milliseconds all) { limit_ = now_ + all; }

 private:
  Routine<> wait(Session& session, record::Time until);
  [[nodiscard]] milliseconds time_to_close(const Session& session) const;
  [[nodiscard]] milliseconds wait_for_reply(const Session& session, std::optional<milliseconds> within) const;

  std::coroutine_handle<> waiting_;
  record::Time now_{0};
  record::Time limit_{0};
  std::size_t events_ = 0;
  std::size_t last_of_server_ = 0;
  std::size_t last_success_ = 0;
  bool out_of_time_ = false;
  bool cut_off_ = false;
};

}  // namespace smtpspec::judge
