#include <utility>

#include "harness/judge/machine.hpp"
#include "harness/judge/match.hpp"
#include "harness/smtp/char_class.hpp"

namespace smtpspec::judge {

using scenario::Alternative;
using scenario::Expectation;
using scenario::Step;

namespace {

/// More than usual: then a reply for which a row waits less is waited for as long as any other.
bool is_patient(const record::Patience& patience) { return patience.reply > record::Patience().reply; }

/// "silence", perhaps with ways to end the session beside it; but "221 close" alone is a reply that is due.
bool expects_no_reply(const Expectation& expectation) {
  bool without_reply = false;
  for (const Alternative& alternative : expectation.alternatives) {
    if (alternative.kind == Alternative::Kind::reply && !alternative.closes) return false;
    without_reply = without_reply || alternative.kind != Alternative::Kind::reply;
  }
  return without_reply;
}

/// 530 (RFC 4954 section 6, RFC 3207 section 4) says nothing of what was asked; an expectation of any refusal does not
/// mean it.
bool only_wants_login(const Alternative& alternative, const Observed& observed) {
  return observed.reply.code == 530 && (alternative.code == "5yz" || alternative.code == "53z");
}

/// A limit beyond which a session may go on, and refuse what is too much.
bool may_refuse(const record::Deviation& limit) { return limit.fact == "recipients" || limit.fact == "octets"; }

/// A reply that a limit which was reached accounts for.
bool is_by(const record::Deviation& limit, const Observed& observed) {
  return observed.reply.code >= 400 && (may_refuse(limit) || observed.reply.code == 421 || observed.closed);
}

}  // namespace

Routine<Machine::Next> Machine::await_replies(const Step& step, Session& session) {
  Next next = Next::go_on;
  if (step.owed) co_return co_await await_owed(step, session);
  for (const Expectation& expectation : step.replies) {
    do {
      // After an ending the rest of a pipelined group is still owed its replies: whatever they are, they are taken.
      if (next == Next::end) {
        const Observed rest = co_await stage_.observe(session, any_reply(), step.within);
        if (rest.what != Observed::What::reply) co_return next;
      } else {
        next = co_await await_reply(step, expectation, session);
      }
      if (next == Next::stop) co_return next;
    } while (session.awaits_more_of_the_same());
  }
  co_return next;
}

/// All of them; where it is not known what is owed, what comes in the time.
Routine<Machine::Next> Machine::await_owed(const Step& step, Session& session) {
  while (session.watcher && (session.watcher->referee.owed() > 0 || session.replies.has_unclaimed())) {
    const Observed observed = co_await stage_.observe(session, any_reply(), step.within);
    const bool said_goodbye = session.last_code == 221 || session.last_code == 421;
    if (observed.what == Observed::What::closed && said_goodbye) co_return Next::end;
    if (observed.what != Observed::What::reply) co_return co_await unmet_by(step, any_reply(), observed, session);
  }
  if (session.watcher && session.watcher->referee.order_is_known()) co_return Next::go_on;
  do {
    (void)co_await stage_.observe(session, any_reply_or_none(), std::nullopt);
  } while (session.replies.has_unclaimed());
  co_return Next::go_on;
}

Routine<Machine::Next> Machine::await_reply(const Step& step, const Expectation& expectation, Session& session) {
  const bool is_brief = step.within && *step.within < stage_.terms.patience.reply;
  const bool waits_on =
      is_brief && is_patient(stage_.terms.patience) && !allows(expectation, Alternative::Kind::silence);
  const Observed observed =
      co_await stage_.observe(session, expectation, waits_on ? std::optional<milliseconds>() : step.within);
  Captures captures;
  const auto chosen = choose(expectation, observed, values_.lookup(), captures);
  if (!chosen) co_return co_await unmet_by(step, expectation, observed, session);
  values_.capture(captures);
  const Alternative& alternative = expectation.alternatives[*chosen];
  const Outcome outcome = alternative.as.value_or(Outcome::pass);
  if (outcome == Outcome::pass && only_wants_login(alternative, observed)) {
    decide(Outcome::blocked, Cause::interference, describe(expectation), describe(observed));
    verdict_.reason = "the target wants a login, or TLS, first";
    if (const record::Deviation* deviation = stage_.terms.lacks("mail-at-once")) blocked_by(*deviation);
    co_return Next::stop;
  }
  if (outcome == Outcome::pass && *chosen > 0 && !on_ladder_) remember(alternative);
  if (outcome != Outcome::pass && rank(outcome) > rank(verdict_.outcome)) {
    decide(outcome, Cause::ending, describe(expectation), describe(observed));
    verdict_.reason = alternative.because;
    if (const record::Deviation* deviation = unknown_to_target(step, observed, false)) blocked_by(*deviation);
    const bool may_be_a_limit = outcome == Outcome::fail || outcome == Outcome::blocked;
    const record::Deviation* limit = may_be_a_limit ? limit_reached(session) : nullptr;
    if (limit != nullptr && is_by(*limit, observed)) blocked_by(*limit);
    verdict_.decided_by =
        alternative.decides.empty() ? scenario::decided_requirement(scenario_, step.decides) : alternative.decides;
    if (rank(verdict_.outcome) >= rank(Outcome::warn)) observed_ = verdict_;
  }
  co_return alternative.ends ? Next::end : Next::go_on;
}

/// Which of several permitted endings a pass took, where it was not the first: "252".
void Machine::remember(const Alternative& alternative) {
  constexpr std::size_t most = 200;  // a step may be repeated thousands of times
  std::string& taken = verdict_.actual;
  const std::string one = describe(alternative);
  if (verdict_.outcome != Outcome::pass || taken.size() > most || taken.find(one) != std::string::npos) return;
  taken += (taken.empty() ? "" : ", ") + one;
}

Routine<Machine::Next> Machine::unmet_by(const Step& step, const Expectation& expectation, const Observed& observed,
                                         Session& session) {
  const std::string expected = describe(expectation);
  const std::string actual = describe(observed) + std::string(lacks_close(expectation, observed) ? no_close : "");
  const bool early = expects_no_reply(expectation);
  const Outcome by_level = unmet(scenario::level_of(scenario_, scenario::decided_requirement(scenario_, step.decides)));
  switch (observed.what) {
    case Observed::What::unknown: co_return stop_short();
    case Observed::What::reply: {
      decide(by_level, early ? Cause::early_reply : Cause::reply, expected, actual);
      verdict_.octets = observed.reply.lines.front().bytes;
      co_await excuse(step, observed, early, session);
      break;
    }
    case Observed::What::closed:
      decide(Outcome::crash, observed.incomplete ? Cause::incomplete : Cause::closed, expected, actual);
      if (!observed.incomplete && Stage::ended_by_refusal(session))
        interfered("the target ended the session by " + std::to_string(session.last_code));
      if (const record::Deviation* limit = limit_reached(session)) blocked_by(*limit);
      break;
    case Observed::What::nothing: {
      decide(by_level, observed.incomplete ? Cause::incomplete : Cause::hang, expected, actual);
      const bool may_stay_unanswered = session.watcher && session.watcher->referee.may_stay_unanswered();
      const bool answers = !on_ladder_ && co_await still_answers(session);
      if (answers && may_stay_unanswered) {
        interfered("an LMTP server need not answer BDAT LAST where no recipient was accepted (RFC 2033 section 4.3)");
        break;
      }
      if (allows(expectation, Alternative::Kind::silence)) break;  // half a reply came
      if (answers && !observed.incomplete) verdict_.cause = Cause::silence;
      if (const record::Deviation* deviation = unknown_to_target(step, observed, early)) {
        blocked_by(*deviation);
        break;
      }
      if (answers) break;
      verdict_.missing = true;
      if (stage_.terms.patience.last) break;
      // No RFC gives a server a deadline; RFC 5321 section 4.5.3.2 has clients wait for minutes.
      verdict_.outcome = Outcome::inconclusive;
      verdict_.reason = "a reply may still come";
      break;
    }
  }
  verdict_.decided_by = scenario::decided_requirement(scenario_, step.decides);
  co_return Next::stop;
}

/// A reply that the expectation does not allow, where the server has a right to it or it is known of the server.
Routine<> Machine::excuse(const Step& step, const Observed& observed, bool early, Session& session) {
  const record::Deviation* limit = limit_reached(session);
  const bool refused = limit != nullptr && may_refuse(*limit);
  if (observed.reply.klass() != 4) {
    if (const record::Deviation* deviation = unknown_to_target(step, observed, early)) blocked_by(*deviation);
    if (limit == nullptr || observed.reply.code < 500) co_return;
    if (!refused) co_await stage_.listen(session, stage_.terms.patience.silence);
    if (refused || !session.open) blocked_by(*limit);
    co_return;
  }
  // 4yz is the server's right at any time (load, greylisting, rate limits: RFC 5321 section 4.2.1). As an answer to
  // something that must have none it is so where the server shuts down (section 3.8).
  bool shuts_down = observed.reply.code == 421;
  if (early && !shuts_down) {
    co_await stage_.listen(session, stage_.terms.patience.silence);
    shuts_down = session.replies.peer_closed();
  }
  if (early && !shuts_down) co_return;
  interfered("the target answered " + verdict_.actual);
  if (refused || (limit != nullptr && shuts_down)) blocked_by(*limit);
}

/// What was seen is the server's right, and says nothing of what was asked.
void Machine::interfered(std::string reason) {
  verdict_.outcome = Outcome::blocked;
  verdict_.cause = Cause::interference;
  verdict_.reason = std::move(reason);
}

void Machine::decide(Outcome outcome, Cause cause, std::string expected, std::string actual) {
  verdict_ = {};
  verdict_.outcome = outcome;
  verdict_.cause = cause;
  verdict_.expected = std::move(expected);
  verdict_.actual = std::move(actual);
  verdict_.event = stage_.last_of_server();
}

Machine::Next Machine::blocked(Cause cause, std::string actual) {
  decide(Outcome::blocked, cause, verdict_.expected, std::move(actual));
  verdict_.reason = verdict_.actual;
  return Next::stop;
}

/// The play did not come so far, so nothing is known: neither a pass nor an accusation.
Machine::Next Machine::stop_short() {
  if (rank(verdict_.outcome) >= rank(Outcome::warn)) return Next::stop;
  if (stage_.out_of_time()) {
    decide(Outcome::inconclusive, Cause::time_out, "", "the time of the scenario was over");
    if (const record::Deviation* slow = stage_.terms.lacks("quick-errors")) {
      blocked_by(*slow);
      return Next::stop;
    }
    verdict_.missing = true;
  } else {
    decide(Outcome::inconclusive, Cause::cut_short, "", "what was seen ends before that");
  }
  for (const Session& session : stage_.sessions)
    if (stage_.flooded(session)) verdict_.actual = "the server sent more than is kept of a session";
  verdict_.reason = verdict_.actual;
  return Next::stop;
}

void Machine::blocked_by(const record::Deviation& deviation) {
  verdict_.outcome = Outcome::blocked;
  verdict_.reason = "blocked by " + deviation.because;
}

const record::Deviation* Machine::unknown_to_target(const Step& step, const Observed& observed, bool early) const {
  const auto* send = std::get_if<scenario::Send>(&step.action);
  const int code = observed.what == Observed::What::reply ? observed.reply.code : 0;
  if (code == 530) return stage_.terms.lacks("mail-at-once");
  if (send == nullptr) return nullptr;
  const std::string source = smtp::to_upper(scenario::to_source(send->octets));
  // Of several commands, another one's reply may stand in the place; where no answer is due, none is excused.
  const std::size_t end = source.find("\\N");
  const bool may_be_another = !early && end != std::string::npos && end + 2 < source.size();
  if (code != 0 && code != 500 && code != 502 && !may_be_another) return nullptr;
  for (const auto& [fact, verb] : {std::pair{"noop", "NOOP"}, std::pair{"rset", "RSET"}})
    if (source.find(verb) != std::string::npos)
      if (const record::Deviation* deviation = stage_.terms.lacks(fact)) return deviation;
  return nullptr;
}

const record::Deviation* Machine::limit_reached(const Session& session) const {
  const record::Deviation* reached = nullptr;
  for (const record::Deviation& one : stage_.terms.deviations)
    if (session.has_had(one) && (reached == nullptr || may_refuse(one))) reached = &one;
  return reached;
}

}  // namespace smtpspec::judge
