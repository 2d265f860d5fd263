#include <algorithm>
#include <utility>

#include "harness/judge/ladder.hpp"
#include "harness/judge/machine.hpp"
#include "harness/judge/match.hpp"
#include "harness/smtp/escape.hpp"

namespace smtpspec::judge {

using record::Event;
using scenario::Step;

namespace {

std::string shown(const smtp::Reply& reply) { return smtp::escape(reply.bytes()); }

}  // namespace

/// Silence where a reply is due: does the session answer what follows? Only then was the reply left out, for one that
/// comes late comes first: so after one reply to NOOP that to QUIT has to be the last. The fence is played to its end,
/// for what is written down does not depend on what was expected.
Routine<bool> Machine::still_answers(Session& session) {
  if (!session.open) co_return false;
  const Step noop = fence_steps(stage_.terms).front();
  co_await mark(session, Event::fence);
  co_await send(std::get<scenario::Send>(noop.action), session);
  // Who answers later than that is given more patience for the reply itself.
  const milliseconds soon = std::min(stage_.terms.patience.reply, milliseconds(2000));
  const Observed reply = co_await stage_.observe(session, any_reply(), soon);
  if (reply.what != Observed::What::reply) co_return false;
  co_await mark(session, Event::fence);
  const Observed bye = co_await say_quit(session);
  co_return bye.what == Observed::What::reply&& bye.reply.code == 221 && !session.replies.next_unclaimed();
}

/// NOOP and QUIT, exactly one reply each: a lost synchronisation is seen wherever it happens. What breaks here is no
/// verdict on the scenario, unless its own replies may have been others than they seemed.
Routine<> Machine::fence(Session& session) {
  if (!session.open || session.replies.closed() || session.last_code == 354) co_return;  // in a message NOOP is text
  const bool was_greeted = session.taken > 1;
  if (session.last_code == 220 && was_greeted && !session.under_tls) co_return;  // a handshake is due
  // Of a session that says what it likes it is not known otherwise whether it is in a message, a chunk or a handshake.
  if (awaits_what_is_owed(scenario_) && !session.watcher->referee.at_command()) co_return;
  const Step step = fence_steps(stage_.terms).front();
  co_await mark(session, Event::fence);
  if (const auto extra = session.replies.next_unclaimed()) {
    if (extra->code != 421) out_of_step(shown(*extra));  // which may come at any time (RFC 5321 section 3.8)
    co_return;
  }
  if (!session.open) co_return;
  // The server said that it would close (RFC 5321 sections 3.8 and 4.1.1.10); it may not have done so yet.
  const bool said_goodbye = session.last_code == 221 || session.last_code == 421;
  if (said_goodbye && awaits_what_is_owed(scenario_)) {
    // Of many sessions a second none waits for a server that lets its client close first.
    co_await stage_.carry_out(stage_.about(Action::Kind::half_close, session));
    co_await stage_.listen(session, stage_.terms.patience.silence);
    co_return;
  }
  co_await send(std::get<scenario::Send>(step.action), session);
  const Observed noop = co_await stage_.observe(session, any_reply(), std::nullopt);
  switch (noop.what) {
    case Observed::What::unknown:
      if (!stage_.out_of_time()) stop_short();
      co_return;
    case Observed::What::closed:
      if (!said_goodbye && !Stage::ended_by_refusal(session) && limit_reached(session) == nullptr)
        break_fence(Cause::closed, "one reply to NOOP", describe(noop));
      co_return;
    case Observed::What::nothing:
      if (!said_goodbye) break_fence(Cause::hang, "one reply to NOOP", describe(noop), true);
      co_return;
    case Observed::What::reply: break;
  }
  ++judged_.fence_replies;
  if (noop.reply.klass() != 2) co_return;
  // Of many sessions a second none waits for a server that takes its time over QUIT; to lose step NOOP shows it.
  if (awaits_what_is_owed(scenario_)) co_return;
  co_await mark(session, Event::fence);
  if (session.open) co_await quit(session);
}

/// QUIT and its reply. The server closes after 221 (RFC 5321 section 4.1.1.10); until then it is listened to.
Routine<Observed> Machine::say_quit(Session& session) {
  const Step quit = fence_steps(stage_.terms).back();
  co_await send(std::get<scenario::Send>(quit.action), session);
  Observed reply = co_await stage_.observe(session, any_reply(), std::nullopt);
  if (reply.what != Observed::What::unknown) co_await stage_.listen(session, stage_.terms.patience.silence);
  co_return reply;
}

Routine<> Machine::quit(Session& session) {
  const Observed reply = co_await say_quit(session);
  if (stage_.out_of_time()) co_return;
  if (reply.what == Observed::What::unknown) {
    stop_short();
    co_return;
  }
  if (reply.what != Observed::What::reply) {
    // Who closes instead of 221 does what QUIT asks for, so it is no crash.
    const bool closed = reply.what == Observed::What::closed;
    break_fence(closed ? Cause::closed : Cause::hang, "221 to QUIT", describe(reply), !closed);
    judged_.broken_fence->outcome = Outcome::fail;
    co_return;
  }
  const auto extra = session.replies.next_unclaimed();
  if (!extra) {
    ++judged_.fence_replies;
  } else if (reply.reply.code == 221) {
    break_fence(Cause::extra_reply, "one reply to each command", shown(*extra));
  } else {
    out_of_step(shown(*extra));
  }
}

void Machine::break_fence(Cause cause, std::string expected, std::string actual, bool missing) {
  Verdict broken;
  broken.outcome = cause == Cause::closed ? Outcome::crash : Outcome::fail;
  broken.cause = cause;
  broken.expected = std::move(expected);
  broken.actual = std::move(actual);
  broken.event = stage_.last_of_server();
  broken.missing = missing;
  judged_.broken_fence = std::move(broken);
}

/// A reply too many came with those that the scenario took for its own: a pass is not known to be one.
void Machine::out_of_step(std::string extra) {
  if (rank(verdict_.outcome) < rank(Outcome::warn)) {
    decide(Outcome::blocked, Cause::out_of_step, "one reply to each command", extra);
    verdict_.reason = "a reply too many came, so which one answers what is not known";
  }
  break_fence(Cause::extra_reply, "one reply to each command", std::move(extra));
}

}  // namespace smtpspec::judge
