#include "harness/judge/machine.hpp"

#include <utility>

#include "harness/judge/ladder.hpp"
#include "harness/judge/match.hpp"
#include "harness/scenario/octets.hpp"
#include "harness/smtp/escape.hpp"

namespace smtpspec::judge {

using record::Event;
using scenario::Scenario;
using scenario::Step;
using Kind = Action::Kind;

// What checks a suite allows for and what a play is given are one rule, in two rooms that do not know each other.
static_assert(record::Patience().scenario == scenario::usual_timeout);

Machine::Machine(const Scenario& scenario, const record::Terms& terms, Values values, std::string host)
    : scenario_(scenario), stage_(terms), values_(std::move(values)), host_(std::move(host)), story_(play()) {
  if (const auto password = values_.find("password"); password && !password->empty()) secrets_.push_back(*password);
  const milliseconds time = terms.patience.time_of(scenario.timeout);
  stage_.limit(terms.lacks("quick-errors") == nullptr ? time : std::min(time, terms.patience.scenario));
  stage_.begin(story_.handle());
}

const Action& Machine::next() {
  if (!story_.done()) stage_.resume();
  if (story_.done()) stage_.action = {};
  return stage_.action;
}

/// The whole story, in order.
Routine<> Machine::play() {
  Next next = co_await open("", scenario_.from, Event::ladder);
  climbed_ = next == Next::go_on;
  for (std::size_t i = 0; next == Next::go_on && i < scenario_.steps.size(); ++i) {
    const Step& step = scenario_.steps[i];
    const int number = static_cast<int>(i);
    if (const auto* opens = std::get_if<scenario::Open>(&step.action)) {
      next = co_await open(step.session, opens->ladder, number);
      if (next == Next::go_on) next = co_await await_replies(step, stage_.sessions.back());
      continue;
    }
    Session* session = nullptr;
    for (Session& one : stage_.sessions)
      if (one.name == step.session) session = &one;
    if (session == nullptr) break;  // `check` has refused such a scenario
    co_await mark(*session, number);
    next = co_await perform(step, *session);
  }
  whole_ = next == Next::go_on;
  if (next != Next::stop && scenario_.fence) co_await fence(stage_.sessions.front());
  for (Session& session : stage_.sessions)
    if (session.open) co_await stage_.carry_out(stage_.about(Kind::close, session));
  if (stage_.is_cut_off()) stop_short();
  if (observed_ && rank(observed_->outcome) > rank(verdict_.outcome)) verdict_ = *observed_;
  if (!climbed_ || !scenario_.delivered) co_return;
  Action asked;
  asked.kind = Kind::ask_deliveries;
  asked.awaited = awaited_deliveries(scenario_, whole_);
  co_await stage_.carry_out(asked);
}

Routine<> Machine::mark(const Session& session, int number) {
  Action asked = stage_.about(Kind::step, session);
  asked.step = number;
  co_await stage_.carry_out(asked);
}

/// Connects, and climbs the ladder.
Routine<Machine::Next> Machine::open(std::string name, scenario::Ladder to, int number) {
  Session& session = stage_.sessions.emplace_back();
  session.number = stage_.sessions.size() - 1;
  session.name = std::move(name);
  const record::Terms& terms = stage_.terms;
  if (awaits_what_is_owed(scenario_) || terms.lmtp || terms.lacks("recipients") != nullptr ||
      terms.lacks("messages") != nullptr)
    session.watcher.emplace(Watcher{smtp::Referee(terms.lmtp)});
  Action asked = stage_.about(Kind::open, session);
  asked.name = session.name;
  co_await stage_.carry_out(asked);
  co_await mark(session, Event::ladder);
  if (!session.open && !stage_.is_cut_off()) co_return blocked(Cause::connect, session.problem);
  if (stage_.terms.implicit_tls) {
    co_await stage_.carry_out(stage_.about(Kind::handshake, session));
    if (!session.open && !stage_.is_cut_off()) co_return blocked(Cause::ladder, "TLS failed: " + session.problem);
  }
  on_ladder_ = true;
  for (const Step& step : setup_steps(to, stage_.terms, stage_.terms.implicit_tls)) {
    const Next next = co_await perform(step, session);
    if (next == Next::go_on) continue;
    const bool missing = verdict_.missing;
    if (!stage_.is_cut_off())
      blocked(Cause::ladder,
              "'" + std::string(scenario::name(to)) + "' was not reached: " + said_in(step) + verdict_.actual);
    verdict_.missing = missing;
    co_return Next::stop;
  }
  on_ladder_ = false;
  session.replies.discard();
  if (number >= 0) co_await mark(session, number);
  co_return stage_.is_cut_off() ? stop_short() : Next::go_on;
}

/// "RCPT TO:<alice@example.test> got ".
std::string Machine::said_in(const Step& step) {
  if (std::holds_alternative<scenario::Login>(step.action)) return "AUTH PLAIN got ";
  const auto* send = std::get_if<scenario::Send>(&step.action);
  const auto octets = send == nullptr ? std::nullopt : std::optional(scenario::expand(send->octets, values_.lookup()));
  return octets && *octets ? smtp::escape(**octets) + " got " : std::string();
}

Routine<Machine::Next> Machine::perform(const Step& step, Session& session) {
  Next next = Next::go_on;
  const scenario::Action& action = step.action;
  if (const auto* octets = std::get_if<scenario::Send>(&action)) {
    next = co_await send(*octets, session);
  } else if (const auto* pause = std::get_if<scenario::Pause>(&action)) {
    co_await stage_.pause(session, pause->duration);
  } else if (const auto* login = std::get_if<scenario::Login>(&action)) {
    const bool in_place = !awaits_what_is_owed(scenario_) || session.watcher->referee.at_command();
    if (in_place) next = co_await this->login(*login, session);
  } else if (std::holds_alternative<scenario::Handshake>(action)) {
    next = co_await handshake(step, session);
  } else if (std::holds_alternative<scenario::CloseNotify>(action)) {
    if (session.open) co_await stage_.carry_out(stage_.about(Kind::close_notify, session));
  } else if (std::holds_alternative<scenario::HalfClose>(action)) {
    if (session.open) co_await stage_.carry_out(stage_.about(Kind::half_close, session));
  } else if (std::holds_alternative<scenario::Reset>(action)) {
    if (session.open) co_await stage_.carry_out(stage_.about(Kind::reset, session));
  } else if (std::holds_alternative<scenario::Close>(action)) {
    if (session.open) co_await stage_.carry_out(stage_.about(Kind::close, session));
  }
  if (next == Next::stop) co_return next;
  if (stage_.out_of_time()) co_return stop_short();
  co_return co_await await_replies(step, session);
}

Routine<Machine::Next> Machine::send(const scenario::Send& send, Session& session) {
  const auto octets = scenario::octets_of(send, values_.lookup());
  if (!octets) {
    decide(Outcome::inconclusive, Cause::cut_short, "", octets.error().message);
    verdict_.reason = verdict_.actual;
    co_return Next::stop;
  }
  for (std::string& secret : values_.secrets_in(send.octets)) secrets_.push_back(std::move(secret));
  co_await stage_.write(session, *octets, send);
  co_return Next::go_on;
}

/// A handshake that fails may be one of the endings that the step expects.
Routine<Machine::Next> Machine::handshake(const Step& step, Session& session) {
  Action asked = stage_.about(Kind::handshake, session);
  // Who was not asked for one, or has refused it, need not take part in it.
  if (awaits_what_is_owed(scenario_) && !session.watcher->referee.awaits_tls())
    asked.until = stage_.in(stage_.terms.patience.silence).at;
  if (session.open) co_await stage_.carry_out(asked);
  if (session.problem.starts_with("the certificate is not accepted")) {  // by us, as we were told to
    decide(Outcome::blocked, Cause::tls_handshake, "a TLS handshake", session.problem);
    verdict_.reason = verdict_.actual;
    co_return Next::stop;
  }
  if (session.under_tls || handshake_may_fail(step)) co_return Next::go_on;
  if (stage_.is_cut_off()) co_return stop_short();
  decide(Outcome::inconclusive, Cause::tls_handshake, "a TLS handshake", "the handshake failed: " + session.problem);
  verdict_.reason = verdict_.actual;
  co_return Next::stop;
}

/// Something that did not come may come when it is played again; what was observed beside it must not get lost then.
void Machine::take(const std::vector<record::Delivery>& deliveries, bool observed) {
  const bool is_well = verdict_.outcome == Outcome::pass || verdict_.outcome == Outcome::info;
  if (observed) {
    auto broken = judge_deliveries(scenario_, stage_.terms, deliveries, values_, whole_);
    // Nothing that is not known is known to be well.
    const bool counts = broken && (broken->outcome == Outcome::inconclusive ? is_well : outweighs(*broken, verdict_));
    if (!counts) return;
    broken->event = stage_.last_success();
    broken->decided_by = scenario::decided_requirement(scenario_, scenario_.delivered->decides);
    verdict_ = std::move(*broken);
  } else if (is_well) {
    verdict_.outcome = Outcome::inconclusive;
    verdict_.cause = Cause::no_delivery_road;
    verdict_.reason = "what was delivered could not be seen";
  }
}

}  // namespace smtpspec::judge
