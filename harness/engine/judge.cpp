#include "harness/engine/judge.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "harness/engine/cursor.hpp"
#include "harness/engine/ladder.hpp"
#include "harness/engine/login.hpp"
#include "harness/engine/match.hpp"
#include "harness/engine/values.hpp"
#include "harness/smtp/bytes.hpp"

namespace smtpspec::engine {

using scenario::Alternative;
using scenario::Scenario;
using scenario::Step;
using wire::Event;
using wire::Transcript;

namespace {

Outcome unmet(Level level) {
  switch (level) {
    case Level::must: return Outcome::fail;
    case Level::should: return Outcome::warn;
    case Level::may: return Outcome::info;
  }
  return Outcome::error;
}

/// fail and crash over warn over info over pass: what several endings of one scenario come to.
int weight(Outcome outcome) {
  switch (outcome) {
    case Outcome::fail:
    case Outcome::crash: return 4;
    case Outcome::warn: return 3;
    case Outcome::info: return 2;
    case Outcome::pass: return 0;
    default: return 1;
  }
}

/// "silence", perhaps with ways to end the session beside it; but "221 close" alone is a reply that is due.
bool expects_no_reply(const scenario::Expectation& expectation) {
  bool without_reply = false;
  for (const Alternative& alternative : expectation.alternatives) {
    if (alternative.kind == Alternative::Kind::reply && !alternative.closes) return false;
    without_reply = without_reply || alternative.kind != Alternative::Kind::reply;
  }
  return without_reply;
}

/// Walks a scenario along its transcript as `play` went, by the same observers.
class Walk {
 public:
  Walk(const Scenario& scenario, const Transcript& transcript)
      : scenario_(scenario), transcript_(transcript), values_(transcript.values), cursor_(transcript) {
    verdict_.outcome = Outcome::pass;
  }

  Verdict run() {
    if (climb()) {
      for (std::size_t i = 0; i < scenario_.steps.size(); ++i) {
        if (!step(scenario_.steps[i], static_cast<int>(i))) return verdict_;
        if (ended_) break;
      }
      to_the_end_ = !ended_;
      if (scenario_.fence) fence();
      was_it_whole();
    }
    return verdict_;
  }

  [[nodiscard]] bool to_the_end() const { return to_the_end_; }
  [[nodiscard]] bool climbed() const { return climbed_; }

 private:
  void decide(Outcome outcome, std::string cause, std::string expected, std::string actual) {
    verdict_.outcome = outcome;
    verdict_.cause = std::move(cause);
    verdict_.expected = std::move(expected);
    verdict_.actual = std::move(actual);
    verdict_.event = cursor_.last_of_server();
  }

  /// Whether the play stopped on the ladder that begins at an event or behind it; then that is the verdict.
  bool stopped_on_ladder(std::size_t from) {
    for (std::size_t i = from; i < transcript_.events.size(); ++i) {
      const Event& event = transcript_.events[i];
      if (event.kind == Event::Kind::step && event.step != Event::ladder) return false;
      if (event.kind != Event::Kind::stopped || event.step != Event::ladder) continue;
      cursor_.move_to(i);
      const bool refused = i > 0 && transcript_.events[i - 1].kind == Event::Kind::refused;
      decide(Outcome::blocked, refused ? "connect" : "ladder", "",
             refused ? transcript_.events[i - 1].text : event.text);
      verdict_.reason = verdict_.actual;
      return true;
    }
    return false;
  }

  bool climb() {
    if (stopped_on_ladder(0)) return false;
    climbed_ = std::any_of(transcript_.events.begin(), transcript_.events.end(), [](const Event& event) {
      return event.kind == Event::Kind::step && event.step != Event::ladder;
    });
    if (climbed_) return true;
    decide(Outcome::inconclusive, "cut-short", "", "the transcript ends on the ladder");
    return false;
  }

  /// False when the walk is over.
  bool step(const Step& step, int number) {
    if (!cursor_.advance(number)) {
      // A further session that does not climb its ladder blocks the scenario as the first one does.
      if (step.action == Step::Action::open && stopped_on_ladder(cursor_.at())) return false;
      cut_short("", "the transcript ends before step " + std::to_string(number + 1));
      return false;
    }
    if (step.action == Step::Action::handshake && !handshake_may_fail(step) && !handshake_done(number)) return false;
    const std::size_t session = transcript_.events[cursor_.at() - 1].session;
    if (step.action == Step::Action::login) pass_over_challenges(session, number);
    for (const scenario::Expectation& expectation : step.replies) {
      if (ended_) {
        if (cursor_.observe(any_reply(), session, number).what != Observed::What::reply) break;
        continue;
      }
      if (!meet(expectation, cursor_.observe(expectation, session, number))) return false;
    }
    return true;
  }

  bool handshake_done(int number) {
    for (std::size_t i = cursor_.at(); i < transcript_.events.size(); ++i) {
      const Event& event = transcript_.events[i];
      if (event.kind == Event::Kind::step && event.step != number) break;
      if (event.kind == Event::Kind::tls_started) return true;
    }
    decide(Outcome::inconclusive, "tls-handshake", "a TLS handshake", "the handshake failed");
    verdict_.reason = verdict_.actual;
    return false;
  }

  void pass_over_challenges(std::size_t session, int number) {
    for (int i = 0; i < max_challenges; ++i) {
      const Observed observed = cursor_.observe(challenge(), session, number);
      if (observed.what == Observed::What::reply && observed.reply.code == 334) continue;
      cursor_.observer(session).give_back(observed);
      return;
    }
  }

  bool meet(const scenario::Expectation& expectation, const Observed& observed) {
    Captures captures;
    const auto chosen = choose(expectation, observed, values_.lookup(), captures);
    if (!chosen) {
      unmet_by(expectation, observed);
      return false;
    }
    values_.capture(captures);
    const Alternative& alternative = expectation.alternatives[*chosen];
    ended_ = ended_ || alternative.ends;
    const Outcome outcome = alternative.as.value_or(Outcome::pass);
    if (outcome != Outcome::pass && (verdict_.cause.empty() || weight(outcome) > weight(verdict_.outcome))) {
      decide(outcome, "ending", describe(expectation), describe(observed));
      verdict_.reason = alternative.because;
    }
    return true;
  }

  void unmet_by(const scenario::Expectation& expectation, const Observed& observed) {
    const std::string expected = describe(expectation);
    const std::string actual = describe(observed);
    const bool early = expects_no_reply(expectation);
    if (observed.what == Observed::What::reply) verdict_.octets = observed.reply.lines.front().bytes;
    switch (observed.what) {
      case Observed::What::reply:
        // 4yz is the server's right at any time (load, greylisting, rate limits: RFC 5321 section 4.2.1), but not as an
        // answer to something that must have none.
        if (observed.reply.klass() == 4 && !early) {
          decide(Outcome::blocked, "interference", expected, actual);
          verdict_.reason = "the target answered " + actual;
        } else {
          decide(unmet(scenario_.level), early ? "early-reply" : "reply", expected, actual);
        }
        return;
      case Observed::What::closed:
        decide(Outcome::crash, observed.incomplete ? "incomplete" : "closed", expected, actual);
        return;
      case Observed::What::quiet: decide(unmet(scenario_.level), "incomplete", expected, actual); return;
      case Observed::What::deadline:
        decide(unmet(scenario_.level),
               observed.incomplete ? "incomplete"
               : session_answers() ? "silence"
                                   : "hang",
               expected, actual);
        verdict_.missing = true;
        return;
      case Observed::What::missing: cut_short(expected, actual); return;
    }
  }

  /// The play did not come so far, so nothing is known: neither a pass nor an accusation.
  void cut_short(std::string expected, std::string actual) {
    const auto stopped = std::find_if(transcript_.events.begin(), transcript_.events.end(),
                                      [](const Event& event) { return event.kind == Event::Kind::stopped; });
    if (stopped != transcript_.events.end()) actual = stopped->text;
    const bool late = actual == out_of_time;
    decide(Outcome::inconclusive, late ? "time-out" : "cut-short", std::move(expected), std::move(actual));
    verdict_.reason = verdict_.actual;
    verdict_.missing = late;
  }

  /// A transcript that the play left early, or that lost its end, shows no pass.
  void was_it_whole() {
    if (weight(verdict_.outcome) >= weight(Outcome::warn)) return;
    while (cursor_.feed()) continue;
    const bool stopped = std::any_of(transcript_.events.begin(), transcript_.events.end(),
                                     [](const Event& event) { return event.kind == Event::Kind::stopped; });
    if (stopped || !cursor_.observer(0).closed()) cut_short("", "the transcript ends before the session does");
  }

  /// After a missing reply `play` sent NOOP: did anything come back?
  bool session_answers() {
    for (std::size_t i = cursor_.at(); i < transcript_.events.size(); ++i)
      if (transcript_.events[i].kind == Event::Kind::received) return true;
    return false;
  }

  void break_fence(std::string cause, std::string expected, std::string actual) {
    decide(Outcome::fail, std::move(cause), std::move(expected), std::move(actual));
    verdict_.violation =
        smtp::Violation{"rfc5321/4.2/one-reply", "RFC 5321 section 4.2", true, verdict_.expected, verdict_.actual, 0};
  }

  void fence() {
    if (!cursor_.advance(Event::fence)) return;
    Observer& observer = cursor_.observer(0);
    if (const auto extra = observer.next_unclaimed())
      return break_fence("extra-reply", "one reply to each command", smtp::escape(extra->bytes().substr(0, 400)));
    const auto steps = engine::fence();
    // The server said that it would close (RFC 5321 sections 3.8 and 4.1.1.10); it may not have done so yet.
    const bool said_goodbye = cursor_.last_code(0) == 221 || cursor_.last_code(0) == 421;
    const Observed noop = cursor_.observe(steps[0].replies[0], 0, Event::fence);
    if (said_goodbye && noop.what != Observed::What::reply) return;
    if (noop.what == Observed::What::deadline) {
      break_fence("hang", "one reply to NOOP", describe(noop));
      verdict_.missing = true;
      return;
    }
    if (noop.what == Observed::What::closed) {
      decide(Outcome::crash, "closed", "one reply to NOOP", describe(noop));
      return;
    }
    if (noop.what != Observed::What::reply || noop.reply.klass() == 4) return;
    if (noop.reply.klass() != 2) return break_fence("fence", "250 to NOOP", describe(noop));
    cursor_.advance(Event::fence);
    const Observed quit = cursor_.observe(steps[1].replies[0], 0, Event::fence);
    if (quit.what == Observed::What::reply && quit.reply.klass() == 2 && quit.reply.code != 221)
      return break_fence("fence", "221 to QUIT", describe(quit));
    while (cursor_.feed()) continue;
    if (const auto extra = observer.next_unclaimed())
      break_fence("extra-reply", "one reply to each command", smtp::escape(extra->bytes().substr(0, 400)));
  }

  const Scenario& scenario_;
  const Transcript& transcript_;
  Values values_;
  Cursor cursor_;
  Verdict verdict_;
  bool climbed_ = false;
  bool ended_ = false;
  bool to_the_end_ = false;
};

bool is_violation(const Verdict& verdict) {
  return verdict.outcome == Outcome::fail || verdict.outcome == Outcome::crash;
}

}  // namespace

Verdict judge(const Scenario& scenario, const Transcript& transcript, const JudgeFacts& facts) {
  Walk walk(scenario, transcript);
  Verdict verdict = walk.run();
  // Something that did not come may come when it is played again; what was observed beside it must not get lost then.
  const auto settled = [&] { return is_violation(verdict) && !verdict.missing; };
  const auto outweighs = [&](const Verdict& other) {
    return weight(other.outcome) > weight(verdict.outcome) ||
           (verdict.missing && !other.missing && weight(other.outcome) == weight(verdict.outcome));
  };
  if (!settled() && scenario.delivered && walk.climbed()) {
    if (transcript.deliveries_observed) {
      const auto broken = judge_deliveries(scenario, transcript, walk.to_the_end());
      if (broken && outweighs(*broken)) verdict = *broken;
    } else if (verdict.outcome == Outcome::pass || verdict.outcome == Outcome::info) {
      verdict.outcome = Outcome::inconclusive;
      verdict.cause = "no-delivery-road";
      verdict.reason = "what was delivered could not be seen";
    }
  }
  if (settled()) return verdict;
  const auto broken = ask_referee(transcript, facts);
  return broken && outweighs(*broken) ? *broken : verdict;
}

}  // namespace smtpspec::engine
