#include "harness/judge/referee_report.hpp"

namespace smtpspec::judge {

using record::Event;
using record::Party;

namespace {

/// Shows a referee the events of one session; `calls` keeps which event each of its calls came from.
void watch(smtp::Referee& referee, const record::Transcript& transcript, std::size_t session,
           std::vector<std::size_t>& calls) {
  bool tls_ended = false;  // by either side
  for (std::size_t i = 0; i < transcript.events.size(); ++i) {
    const Event& event = transcript.events[i];
    if (event.session != session) continue;
    const bool ours = event.by == Party::client;
    switch (event.kind) {
      case Event::Kind::octets:
        if (!ours)
          referee.received(event.octets);
        else if (event.omitted == 0 && !event.beneath_tls)
          referee.sent(event.octets);
        else
          referee.ambiguous();  // what a reply answers is not known any more
        break;
      case Event::Kind::close_notify:
        if (ours || tls_ended)
          referee.ambiguous();  // the server but answers
        else
          referee.tls_ended();
        tls_ended = true;
        break;
      case Event::Kind::half_closed:  // a server may leave what it owes when the client goes
      case Event::Kind::tls_alert:
      case Event::Kind::tls_failed: referee.ambiguous(); break;
      case Event::Kind::tls_started: referee.tls_started(); break;
      case Event::Kind::closed:
      case Event::Kind::reset:
        if (ours)
          referee.ambiguous();
        else if (event.kind == Event::Kind::closed)
          referee.closed();
        else
          continue;
        break;
      default: continue;
    }
    calls.push_back(i);
  }
}

}  // namespace

RefereeReport referee_report(const record::Transcript& transcript) {
  RefereeReport report;
  for (std::size_t session = 0; session < transcript.sessions.size(); ++session) {
    std::vector<std::size_t> calls;
    smtp::Referee referee(transcript.terms.lmtp);
    watch(referee, transcript, session, calls);
    for (std::size_t i = 0; i < report.counts.size(); ++i) {
      report.counts[i].checked += referee.counts()[i].checked;
      report.counts[i].broken += referee.counts()[i].broken;
    }
    for (smtp::Violation violation : referee.violations()) {
      violation.event = violation.event < calls.size() ? calls[violation.event] : 0;
      report.violations.push_back(std::move(violation));
    }
  }
  return report;
}

}  // namespace smtpspec::judge
