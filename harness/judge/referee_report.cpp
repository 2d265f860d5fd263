#include "harness/judge/referee_report.hpp"

namespace smtpspec::judge {

using record::Event;
using record::Party;

bool Watcher::show(const Event& event) {
  const bool ours = event.by == Party::client;
  switch (event.kind) {
    case Event::Kind::octets:
      if (!ours)
        referee.received(event.octets);
      else if (event.omitted == 0 && !event.beneath_tls)
        referee.sent(event.octets);
      else
        referee.ambiguous();  // what a reply answers is not known any more
      return true;
    case Event::Kind::unsent:  // how much of it the server has is not known
      if (referee.owed() == 0)
        referee.ambiguous();
      else
        referee.perhaps_sent();
      return true;
    case Event::Kind::half_closed:  // a server may leave what it owes when the client goes
    case Event::Kind::tls_alert:
    case Event::Kind::tls_failed: referee.ambiguous(); return true;
    case Event::Kind::close_notify:
      if (!ours && left) return false;  // the answer to the client's own end
      if (ours || tls_ended)
        referee.ambiguous();  // the server but answers
      else
        referee.tls_ended();
      tls_ended = true;
      return true;
    case Event::Kind::tls_started: referee.tls_started(); return true;
    case Event::Kind::closed:
    case Event::Kind::reset:
      if (!ours && (event.kind == Event::Kind::reset || left)) return false;
      left = ours;
      if (!ours)
        referee.closed();
      else if (referee.owed() > 0 || !referee.at_command())
        referee.ambiguous();  // a server may leave what it owes when the client goes
      else
        return false;
      return true;
    case Event::Kind::waited: referee.overdue(); return false;
    default: return false;
  }
}

smtp::Referee watched(const record::Transcript& transcript, std::size_t session,
                      std::function<void(const smtp::Answer&)> answered) {
  Watcher watcher{smtp::Referee(transcript.terms.lmtp)};
  watcher.referee.tell(std::move(answered));
  for (const Event& event : transcript.events)
    if (event.session == session) watcher.show(event);
  return std::move(watcher.referee);
}

RefereeReport referee_report(const record::Transcript& transcript) {
  RefereeReport report;
  std::vector<std::vector<std::size_t>> events(transcript.sessions.size());  // of each session
  for (std::size_t i = 0; i < transcript.events.size(); ++i)
    if (transcript.events[i].session < events.size()) events[transcript.events[i].session].push_back(i);
  for (const std::vector<std::size_t>& of_session : events) {
    std::vector<std::size_t> calls;  // which event each of the referee's came from
    Watcher watcher{smtp::Referee(transcript.terms.lmtp)};
    for (const std::size_t i : of_session)
      if (watcher.show(transcript.events[i])) calls.push_back(i);
    const smtp::Referee& referee = watcher.referee;
    report.order_is_known = report.order_is_known && referee.order_is_known();
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
