#include "fuzz/oracles/oracles.hpp"

#include <algorithm>
#include <optional>

#include "harness/judge/referee_report.hpp"
#include "harness/smtp/char_class.hpp"
#include "harness/smtp/command.hpp"
#include "harness/smtp/escape.hpp"
#include "harness/smtp/keywords.hpp"
#include "harness/smtp/referee_rules.hpp"

namespace smtpspec::fuzz {

using judge::Cause;
using record::Event;
using record::Party;

namespace {

/// What a challenge is answered by is no command, whatever word it is.
bool answers_challenge(const record::Transcript& transcript, std::size_t said) {
  for (std::size_t i = said; i > 0; --i) {
    const Event& event = transcript.events[i - 1];
    if (event.kind == Event::Kind::octets && event.by == Party::server) return event.octets.starts_with("334");
  }
  return false;
}

/// The last thing that was said to the server before an event, as the verb of a command, or "octets".
std::string said_before(const record::Transcript& transcript, std::size_t end) {
  for (std::size_t i = std::min(end, transcript.events.size()); i > 0; --i) {
    const Event& event = transcript.events[i - 1];
    if (event.kind != Event::Kind::octets || event.by != Party::client) continue;
    if (answers_challenge(transcript, i - 1)) return "auth-response";
    const std::size_t length = std::min<std::size_t>(event.octets.find_first_of(" \r\n"), 9);
    const std::string word = smtp::to_upper(event.octets.substr(0, length));
    return smtp::verb_of(word) == smtp::Verb::unknown ? "octets" : word;
  }
  return "connection";
}

/// What this event of the server's answers, as the verb of a command, or "octets": it may have been sent piece by
/// piece.
std::string answered_by(const record::Transcript& transcript, std::size_t event) {
  judge::Watcher watcher{smtp::Referee(transcript.terms.lmtp)};
  std::string last = "connection";
  watcher.referee.tell([&](const smtp::Answer& answer) {
    if (answer.input == smtp::Input::connect) return;
    last = answer.input == smtp::Input::command && answer.verb != smtp::Verb::unknown ? std::string(name(answer.verb))
                                                                                      : "octets";
  });
  const std::size_t end = std::min(event + 1, transcript.events.size());
  for (std::size_t i = 0; i < end; ++i)
    if (transcript.events[i].session == transcript.events[end - 1].session) watcher.show(transcript.events[i]);
  return last;
}

std::string rule_of(const judge::Verdict& verdict) {
  if (verdict.outcome == scenario::Outcome::crash) return "crash";
  return verdict.cause == Cause::hang || verdict.cause == Cause::incomplete ? "hang"
                                                                            : std::string(scenario::fence_rule);
}

bool is_breach(const judge::Verdict& verdict) {
  return verdict.outcome == scenario::Outcome::crash || verdict.outcome == scenario::Outcome::fail;
}

/// Leaves the last line of all, in however many pieces it comes.
void add_to_line(std::string& line, std::string_view octets) {
  line += octets;
  const std::size_t end = line.size() < 2 ? std::string::npos : line.rfind('\n', line.size() - 2);
  if (end != std::string::npos) line.erase(0, end + 1);
}

/// The server hung up on something that it has not answered, where the referee does not know what was owed: so the
/// session itself says nothing of it. Not where the client left first, or where a handshake was due.
std::optional<std::string> hung_up_on(const record::Transcript& transcript) {
  bool said_more = false;
  std::string last;
  for (const Event& event : transcript.events) {
    if (event.session != 0) return std::nullopt;
    if (event.by == Party::server && (event.kind == Event::Kind::closed || event.kind == Event::Kind::reset)) {
      const bool goes_on = last.starts_with('2') || last.starts_with('3');
      return said_more && goes_on && !last.starts_with("22") ? std::optional(last) : std::nullopt;
    }
    if (event.kind == Event::Kind::octets && !event.beneath_tls) {
      said_more = event.by == Party::client;
      if (!said_more) add_to_line(last, event.octets);
    } else if (event.kind != Event::Kind::waited && event.kind != Event::Kind::step &&
               event.kind != Event::Kind::connected && event.kind != Event::Kind::tls_started) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

/// The client sent more before it was answered, to a server that does not offer PIPELINING: RFC 5321 section 4.3.1 has
/// it wait, and nothing says how such a server is to answer.
bool spoke_out_of_turn(const record::Transcript& transcript) {
  for (std::size_t session = 0; session < transcript.sessions.size(); ++session) {
    judge::Watcher watcher{smtp::Referee(transcript.terms.lmtp)};
    bool offered = false;
    watcher.referee.tell([&](const smtp::Answer& answer) {
      if (answer.verb == smtp::Verb::ehlo || answer.verb == smtp::Verb::lhlo)
        offered = smtp::parse_ehlo(answer.reply).find("PIPELINING") != nullptr;
    });
    for (const Event& event : transcript.events) {
      if (event.session != session) continue;
      watcher.show(event);
      if (event.kind != Event::Kind::octets) continue;
      const std::size_t owed = watcher.referee.owed();
      const bool goes_on = owed > 0 && !watcher.referee.at_command();
      if (!offered && event.by == Party::client && (owed > 1 || goes_on)) return true;
    }
  }
  return false;
}

/// How a command was answered, or that the connection was closed after it was.
bool is_about_answers(smtp::Rule rule) {
  return rule == smtp::Rule::required_command || rule == smtp::Rule::permitted_code ||
         rule == smtp::Rule::listed_code || rule == smtp::Rule::silent_close || rule == smtp::Rule::advertised_command;
}

/// The last thing that the server said was 220, and not its greeting: it waits for a handshake, and may do as it likes
/// with whatever comes in its place.
bool awaits_handshake(const record::Transcript& transcript) {
  bool awaits = false;
  bool greeted = false;
  std::string last;
  for (const Event& event : transcript.events) {
    if (event.kind == Event::Kind::tls_started) awaits = false;
    if (event.kind != Event::Kind::octets || event.by != Party::server) continue;
    add_to_line(last, event.octets);
    awaits = last.starts_with("220") && greeted;
    greeted = true;
  }
  return awaits;
}

/// The last thing that the server said was a refusal.
bool ends_by_refusal(const record::Transcript& transcript) {
  std::string last;
  for (const Event& event : transcript.events)
    if (event.kind == Event::Kind::octets && event.by == Party::server) add_to_line(last, event.octets);
  return last.starts_with('4') || last.starts_with('5');
}

}  // namespace

std::vector<Breach> breaches_in(const judge::Played& played) {
  std::vector<Breach> all;
  // A rule of replies' form that is broken is one cause, whatever was sent; of how something is answered, and of what
  // ends a session, there are as many as there are commands.
  const auto add = [&](std::string rule, const std::string& after, std::string expected, std::string actual) {
    std::string cause = after.empty() ? rule : rule + "/" + after;
    all.push_back({std::move(rule), std::move(cause), std::move(expected), std::move(actual)});
  };
  const record::Transcript& transcript = played.transcript;
  const auto add_verdict = [&](const judge::Verdict& one) {
    const std::string rule = rule_of(one);
    add(rule, rule == scenario::fence_rule ? "" : said_before(transcript, one.event), one.expected, one.actual);
  };
  // Where it is not known what was owed, a reply too many is none.
  const judge::RefereeReport report = judge::referee_report(transcript);
  const bool known = report.order_is_known;
  const scenario::Outcome outcome = played.judged.verdict.outcome;
  const bool out_of_turn =
      (outcome == scenario::Outcome::crash || !report.violations.empty()) && spoke_out_of_turn(transcript);
  const bool may_close = (outcome == scenario::Outcome::crash && ends_by_refusal(transcript) && out_of_turn) ||
                         awaits_handshake(transcript);
  if (is_breach(played.judged.verdict) && !may_close) add_verdict(played.judged.verdict);
  if (const auto last = known || is_breach(played.judged.verdict) ? std::nullopt : hung_up_on(transcript))
    add("crash", "octets", "a reply, or 421", "closed after " + smtp::escape(last->substr(0, 200)));
  const auto& fence = played.judged.broken_fence;
  if (fence && is_breach(*fence) && (known || fence->outcome == scenario::Outcome::crash)) add_verdict(*fence);
  const bool crashed = !all.empty() && all.front().rule == "crash";
  for (const smtp::Violation& one : report.violations) {
    // A close instead of a reply is a crash, whether it is the session or the referee that says so.
    const bool is_crash = one.rule == smtp::Rule::silent_close && one.actual.starts_with("closed without a reply");
    if (is_crash && crashed) continue;
    if (is_about_answers(one.rule) && (!is_crash || ends_by_refusal(transcript)) && out_of_turn) continue;
    add(std::string(smtp::name(one.rule)), is_about_answers(one.rule) ? answered_by(transcript, one.event) : "",
        one.expected, one.actual);
    if (is_crash) all.back().cause = "crash/" + said_before(transcript, one.event);
  }
  return all;
}

Breach without_secrets(Breach breach, const record::Redactor& redactor) {
  breach.expected = redactor.without_secrets(breach.expected);
  breach.actual = redactor.without_secrets(breach.actual);
  return breach;
}

bool is_of_referee(const Breach& breach) { return smtp::rule_named(breach.rule).has_value(); }

bool says_nothing(const judge::Played& played) {
  const Cause cause = played.judged.verdict.cause;
  return cause == Cause::connect || cause == Cause::ladder;
}

}  // namespace smtpspec::fuzz
