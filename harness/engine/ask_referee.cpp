#include <vector>

#include "harness/engine/judge.hpp"

namespace smtpspec::engine {

using wire::Event;

namespace {

/// Shows a referee the events of one session; `calls` keeps which event each of its calls came from.
smtp::Referee watch(const wire::Transcript& transcript, std::size_t session, bool lmtp,
                    std::vector<std::size_t>& calls) {
  smtp::Referee referee(lmtp);
  std::size_t octets = 0;
  for (std::size_t i = 0; i < transcript.events.size(); ++i) {
    const Event& event = transcript.events[i];
    if (event.session != session) continue;
    octets += event.octets.size();
    switch (event.kind) {
      case Event::Kind::sent:
        // Beyond its bound a transcript has holes, and what a reply answers is not known any more.
        if (event.beneath_tls || octets >= wire::max_octets_kept)
          referee.ambiguous();
        else
          referee.sent(event.octets);
        break;
      case Event::Kind::received: referee.received(event.octets); break;
      case Event::Kind::tls_started: referee.tls_started(); break;
      case Event::Kind::half_closed:  // a server may leave what it owes when the client goes
      case Event::Kind::hung_up:
      case Event::Kind::tls_closed:
      case Event::Kind::close_notify:
      case Event::Kind::tls_failed: referee.ambiguous(); break;
      case Event::Kind::closed: referee.closed(); break;
      default: continue;
    }
    calls.push_back(i);
  }
  return referee;
}

}  // namespace

std::optional<Verdict> ask_referee(const wire::Transcript& transcript, const JudgeFacts& facts) {
  std::optional<Verdict> first;
  for (std::size_t session = 0; session < transcript.sessions.size(); ++session) {
    std::vector<std::size_t> calls;
    const smtp::Referee referee = watch(transcript, session, facts.lmtp, calls);
    for (const smtp::Violation& violation : referee.violations()) {
      if (first && (first->outcome == Outcome::fail || !violation.must)) continue;
      Verdict verdict;
      verdict.outcome = violation.must ? Outcome::fail : Outcome::warn;
      verdict.cause = "referee";
      verdict.expected = violation.expected;
      verdict.actual = violation.actual;
      verdict.violation = violation;
      verdict.event = violation.event < calls.size() ? calls[violation.event] : 0;
      first = std::move(verdict);
    }
  }
  return first;
}

}  // namespace smtpspec::engine
