// The scenario machine: the one interpreter of a scenario. It does no I/O and knows no clock: it says what is to be
// done next, is told what happened, and has the verdict at the end. `play` drives it with sockets, `judge` with a
// stored transcript, tests and fuzzers in memory:
//
//   while (const Action& action = machine.next(); action.kind != Action::Kind::done)
//     carry the action out; call take() for each thing that happened, at the time when it did
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "harness/judge/stage.hpp"
#include "harness/judge/values.hpp"
#include "harness/judge/verdict.hpp"
#include "harness/record/transcript.hpp"
#include "harness/scenario/model.hpp"

namespace smtpspec::judge {

class Machine {
 public:
  /// The scenario must outlive the machine. `host`: the target's, for SASL mechanisms that ask for it.
  Machine(const scenario::Scenario& scenario, const record::Terms& terms, Values values, std::string host);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// Throws nothing on account of what the server did.
  [[nodiscard]] const Action& next();
  /// Everything that happened, in order, also what nobody waited for.
  void take(const record::Event& event) { stage_.take(event); }
  /// The answer to `ask_deliveries`. `observed`: a delivery road was there and was watched to the end.
  void take(const std::vector<record::Delivery>& deliveries, bool observed);
  /// What happened is not known from here on: the next action could not be carried out. Deliveries are asked for still.
  void cut_off() { stage_.cut_off(); }

  /// Final once next() said `done`.
  [[nodiscard]] const Judged& judged() const { return judged_; }
  /// Every step was played and none ended the scenario early.
  [[nodiscard]] bool to_the_end() const { return whole_; }
  [[nodiscard]] const Values& values() const { return values_; }
  /// What was sent and must not be written down: the password, and what a SASL mechanism made of it.
  [[nodiscard]] const std::vector<std::string>& secrets() const { return secrets_; }

 private:
  /// How a step ended: whether the next one makes sense.
  enum class Next {
    go_on,
    end,   ///< by an ending of the scenario; the fence follows
    stop,  ///< the verdict is there
  };

  // machine.cpp tells the story, machine_verdict.cpp judges its steps, machine_login.cpp logs in, machine_fence.cpp
  // ends it.
  Routine<> play();
  Routine<Next> open(std::string name, scenario::Ladder to, int number);
  Routine<Next> perform(const scenario::Step& step, Session& session);
  Routine<Next> send(const scenario::Send& send, Session& session);
  Routine<Next> login(const scenario::Login& login, Session& session);
  Routine<Next> handshake(const scenario::Step& step, Session& session);
  Routine<Next> await_replies(const scenario::Step& step, Session& session);
  Routine<Next> await_owed(const scenario::Step& step, Session& session);
  Routine<Next> await_reply(const scenario::Step& step, const scenario::Expectation& expectation, Session& session);
  Routine<Next> unmet_by(const scenario::Step& step, const scenario::Expectation& expectation, const Observed& observed,
                         Session& session);
  Routine<> excuse(const scenario::Step& step, const Observed& observed, bool early, Session& session);
  Routine<bool> still_answers(Session& session);
  Routine<> fence(Session& session);
  Routine<> quit(Session& session);
  Routine<Observed> say_quit(Session& session);

  Routine<> mark(const Session& session, int number);
  [[nodiscard]] std::string said_in(const scenario::Step& step);
  void interfered(std::string reason);
  void decide(Outcome outcome, Cause cause, std::string expected, std::string actual);
  Next stop_short();
  Next blocked(Cause cause, std::string actual);
  void break_fence(Cause cause, std::string expected, std::string actual, bool missing = false);
  void out_of_step(std::string extra);
  /// The deviation by which a command that the step sends is unknown to the target, or never answered, so that what
  /// came of it says nothing more; null where it is none of that. `early`: no answer was due.
  [[nodiscard]] const record::Deviation* unknown_to_target(const scenario::Step& step, const Observed& observed,
                                                           bool early) const;
  void blocked_by(const record::Deviation& deviation);
  void remember(const scenario::Alternative& alternative);
  /// The limit of the target's that the session has reached, as far as the survey knows it; else null. Of several one
  /// that may show in a refusal alone.
  [[nodiscard]] const record::Deviation* limit_reached(const Session& session) const;

  const scenario::Scenario& scenario_;
  Stage stage_;
  Values values_;
  std::string host_;
  std::vector<std::string> secrets_;
  Judged judged_;
  Verdict& verdict_ = judged_.verdict;
  std::optional<Verdict> observed_;  ///< the worst ending so far: what stops the play later does not undo it
  bool on_ladder_ = false;
  bool climbed_ = false;
  bool whole_ = false;  ///< every step was played
  Routine<> story_;     ///< the last member: what it refers to is there when it is destroyed
};

/// The rules that `delivered` states. nullopt: all met. `to_the_end`: the scenario was played to its end, so that
/// counts and contents hold too. A submission server may modify messages.
[[nodiscard]] std::optional<Verdict> judge_deliveries(const scenario::Scenario& scenario, const record::Terms& terms,
                                                      const std::vector<record::Delivery>& deliveries, Values& values,
                                                      bool to_the_end);

/// "from <a@b> to <c@d>, <e@f>", escaped and of bounded length; "somebody" where the road does not tell.
[[nodiscard]] std::string describe_envelope(const record::Delivery& delivery);

/// How many messages must arrive before the deliveries of a play are complete; 0 where none is awaited.
[[nodiscard]] std::size_t awaited_deliveries(const scenario::Scenario& scenario, bool to_the_end);

}  // namespace smtpspec::judge
