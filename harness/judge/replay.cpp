#include "harness/judge/replay.hpp"

#include "harness/judge/machine.hpp"
#include "harness/record/secrets.hpp"

namespace smtpspec::judge {

using record::Event;
using record::Party;
using record::Transcript;

namespace {

/// What a transcript has kept, and a word for what none keeps.
Values values_of(const Transcript& transcript) {
  Values values(transcript.values);
  if (!values.find("password")) values.capture({{"password", std::string(record::secret_mark)}});
  return values;
}

bool is_end(const Event& event) { return event.kind == Event::Kind::closed || event.kind == Event::Kind::reset; }

/// Whether an event is what carrying out such an action comes to.
bool answers(const Event& event, Action::Kind asked) {
  const bool ours = event.by == Party::client;
  switch (asked) {
    case Action::Kind::open: return event.kind == Event::Kind::connected || event.kind == Event::Kind::refused;
    case Action::Kind::write:  // nothing is written where the session ends first
      return (event.kind == Event::Kind::octets && ours) || event.kind == Event::Kind::unsent || is_end(event) ||
             event.kind == Event::Kind::close_notify || event.kind == Event::Kind::tls_failed;
    case Action::Kind::wait: return !(event.kind == Event::Kind::octets && ours);
    case Action::Kind::handshake:
      return event.kind == Event::Kind::tls_started || event.kind == Event::Kind::tls_failed;
    case Action::Kind::close: return is_end(event);
    default: return event.kind == only_event(asked) && ours;
  }
}

/// Shows a machine what happened when it asks for it.
class Replay {
 public:
  Replay(Machine& machine, const Transcript& transcript) : machine_(machine), transcript_(transcript) {}

  void run() {
    for (;;) {
      const Action& action = machine_.next();
      if (action.kind == Action::Kind::done) return;
      if (action.kind == Action::Kind::ask_deliveries)
        machine_.take(transcript_.deliveries, transcript_.deliveries_observed);
      else if (!(action.kind == Action::Kind::step ? show_to_step(action) : show_to_answer(action) || leaves(action)))
        machine_.cut_off();
    }
  }

 private:
  bool show_to(std::size_t index) {
    while (at_ <= index) machine_.take(transcript_.events[at_++]);
    return true;
  }

  bool show_to_step(const Action& action) {
    for (std::size_t i = at_; i < transcript_.events.size(); ++i) {
      const Event& event = transcript_.events[i];
      if (event.kind == Event::Kind::step && event.step == action.step && event.session == action.session)
        return show_to(i);
    }
    return action.step == Event::fence && show_to_end(action.session);
  }

  /// No fence was played: a play leaves when it has seen a failure, or the close that it waited for. A scenario that
  /// was mended since may have waited for neither.
  bool show_to_end(std::size_t session) {
    for (std::size_t i = at_; i < transcript_.events.size(); ++i)
      if (transcript_.events[i].session == session && is_end(transcript_.events[i])) return show_to(i);
    return false;
  }

  /// Within the step: what another step came to is no answer.
  bool show_to_answer(const Action& action) {
    for (std::size_t i = at_; i < transcript_.events.size(); ++i) {
      const Event& event = transcript_.events[i];
      if (event.kind == Event::Kind::step) return false;
      if (event.session == action.session && answers(event, action.kind)) return show_to(i);
    }
    return false;
  }

  /// A play that missed a reply asked on in its fence, where a scenario that was mended since has asked enough.
  bool leaves(const Action& action) {
    if (action.kind != Action::Kind::close) return false;
    for (std::size_t i = at_; i > 0; --i) {
      const Event& event = transcript_.events[i - 1];
      if (event.kind == Event::Kind::step && event.session == action.session)
        return event.step == Event::fence && show_to_end(action.session);
    }
    return false;
  }

  Machine& machine_;
  const Transcript& transcript_;
  std::size_t at_ = 0;
};

}  // namespace

Judged judge(const scenario::Scenario& scenario, const Transcript& transcript) {
  Machine machine(scenario, transcript.terms, values_of(transcript), "");
  Replay(machine, transcript).run();
  return machine.judged();
}

}  // namespace smtpspec::judge
