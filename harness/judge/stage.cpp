#include "harness/judge/stage.hpp"

#include <algorithm>

#include "harness/judge/match.hpp"
#include "harness/scenario/octets.hpp"

namespace smtpspec::judge {

using record::Event;
using record::Party;
using record::Time;

Stage::Stage(const record::Terms& the_terms) : terms(the_terms) {}

void Stage::take(const Event& event) {
  now_ = std::max(now_, event.at);
  const bool octets = event.kind == Event::Kind::octets;
  const bool ours = event.kind == Event::Kind::step || (octets && event.by == Party::client);
  if (!ours) last_of_server_ = events_;
  const std::size_t index = events_++;
  if (event.session >= sessions.size()) return;
  Session& session = sessions[event.session];
  const auto end = [&session] {
    session.open = false;
    if (session.problem.empty()) session.problem = "the connection ended";
  };
  switch (event.kind) {
    case Event::Kind::connected: session.open = true; break;
    case Event::Kind::octets:
      (event.by == Party::client ? session.spoke : session.heard) = now_;
      if (event.by == Party::server) {
        session.octets_read += event.octets.size();
      } else {
        session.octets_sent += event.octets.size() + event.omitted;
        session.said_more = true;
      }
      break;
    case Event::Kind::unsent: session.takes_no_more = true; break;
    case Event::Kind::tls_started: session.under_tls = true; break;
    case Event::Kind::close_notify:
      // The server's own end of TLS is its close, whenever FIN comes (RFC 8446 section 6.1).
      if (event.by == Party::server && session.under_tls) end();
      if (event.by == Party::client) session.under_tls = false;
      break;
    case Event::Kind::refused:
    case Event::Kind::tls_failed:
      session.open = false;
      session.problem = event.text;
      break;
    case Event::Kind::reset: session.was_reset = event.by == Party::server; [[fallthrough]];
    case Event::Kind::closed: end(); break;
    default: break;
  }
  if (session.watcher) session.watcher->show(event);
  session.replies.take(event);
  if (event.step != Event::fence && session.replies.took_success()) last_success_ = index;
}

bool Session::has_had(const record::Deviation& limit) const {
  const smtp::Demand demand = watcher ? watcher->referee.demand() : smtp::Demand();
  if (limit.fact == "errors") return errors >= limit.after;
  if (limit.fact == "commands") return taken >= limit.after;
  if (limit.fact == "recipients") return demand.recipients > limit.after;
  if (limit.fact == "messages") return demand.mails > limit.after || demand.messages >= limit.after;
  return limit.fact == "octets" && octets_sent > limit.after;
}

Action Stage::about(Action::Kind kind, const Session& session) const {
  Action asked;
  asked.kind = kind;
  asked.session = session.number;
  asked.until = in(terms.patience.reply).at;
  return asked;
}

Stage::Deadline Stage::in(milliseconds wanted) const {
  const Time last = std::max<Time>(limit_, now_ + milliseconds(1));
  return {std::min<Time>(now_ + wanted, last), last < now_ + wanted};
}

bool Stage::flooded(const Session& session) const {
  return session.octets_read > record::max_octets_received || session.replies.lost_replies();
}

Routine<> Stage::wait(Session& session, Time until) {
  Action asked = about(Action::Kind::wait, session);
  asked.until = until;
  co_await carry_out(asked);
  if (session.open && flooded(session)) co_await carry_out(about(Action::Kind::close, session));
}

Routine<> Stage::listen(Session& session, milliseconds time) {
  const Deadline end = in(time);
  while (session.open && now_ < end.at && !cut_off_) co_await wait(session, end.at);
  out_of_time_ = out_of_time_ || (end.cut_short && session.open);
}

Routine<> Stage::pause(Session& session, milliseconds time) {
  const Deadline end = in(time);
  while (now_ < end.at && !cut_off_) co_await wait(session, end.at);
  out_of_time_ = out_of_time_ || end.cut_short;
}

Routine<> Stage::write(Session& session, std::string_view octets, const scenario::Send& send) {
  const auto segments = scenario::segments_of(octets, send.cut);
  for (std::size_t i = 0; i < segments.size(); ++i) {
    // A write that fails is not the end: the server's last words may still be there to be read.
    if (!session.open || session.takes_no_more || out_of_time_ || cut_off_) co_return;
    Action asked = about(Action::Kind::write, session);
    asked.octets = segments[i];
    asked.beneath_tls = send.beneath_tls;
    if (i == 0) asked.listen = time_to_close(session);
    co_await carry_out(asked);
    if (send.cut.pause.count() > 0 && i + 1 < segments.size()) co_await listen(session, send.cut.pause);
  }
}

/// A server may end a session by what it refuses, and its close is on its way then. It is looked for before more is
/// said, so that nothing is taken for a command without a reply that was never read. Who answers late may close late.
milliseconds Stage::time_to_close(const Session& session) const {
  if (session.last_code < 400 || session.said_more) return milliseconds(0);
  return std::clamp(std::chrono::ceil<milliseconds>(session.heard - session.spoke), terms.patience.close,
                    20 * terms.patience.close);
}

/// A scenario that waits longer than is usual does so for something large; where another patience is asked for, it
/// waits longer than that in the same measure. What could not be sent whole is worth no such wait.
milliseconds Stage::wait_for_reply(const Session& session, std::optional<milliseconds> within) const {
  constexpr milliseconds usual = record::Patience().reply;
  const milliseconds patience = terms.patience.reply;
  if (!within || (session.takes_no_more && *within > patience)) return patience;
  if (*within <= usual) return *within;
  return milliseconds(within->count() * patience.count() / usual.count());
}

namespace {

bool may_stay_open(const scenario::Expectation& expectation) {
  return std::any_of(expectation.alternatives.begin(), expectation.alternatives.end(), [](const auto& alternative) {
    return alternative.kind == scenario::Alternative::Kind::reply && !alternative.closes;
  });
}

}  // namespace

Routine<Observed> Stage::observe(Session& session, const scenario::Expectation& expectation,
                                 std::optional<milliseconds> within) {
  const bool silence = allows(expectation, scenario::Alternative::Kind::silence);
  Deadline end = in(silence ? within.value_or(terms.patience.silence) : wait_for_reply(session, within));
  bool waits_for_close = false;
  for (;;) {
    if (auto observed = session.replies.observe(expectation)) {
      if (observed->what == Observed::What::reply) {
        session.last_code = observed->reply.code;
        session.said_more = false;
        ++session.taken;
        if (observed->reply.code >= 400) ++session.errors;
      }
      co_return std::move(*observed);
    }
    if (cut_off_) co_return Observed{};
    if (!waits_for_close && session.replies.awaits_close()) {
      waits_for_close = true;
      // Where an ending without a close would do as well, a close that does not come at once is none.
      end = in(may_stay_open(expectation) ? terms.patience.silence : terms.patience.reply);
    }
    if (now_ < end.at && session.open) {
      co_await wait(session, end.at);
      continue;
    }
    if (end.cut_short && session.open) {
      out_of_time_ = true;
      co_return Observed{};
    }
    session.replies.time_is_over();
  }
}

}  // namespace smtpspec::judge
