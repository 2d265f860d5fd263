#include "harness/engine/facts.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "harness/judge/match.hpp"
#include "harness/smtp/escape.hpp"
#include "harness/smtp/reply.hpp"

namespace smtpspec::engine {

using record::Event;
using record::Party;
using record::Transcript;
using scenario::Condition;
using scenario::Ladder;
using scenario::Scenario;
using scenario::Target;

namespace {

/// Complete replies, those before TLS and those under it.
struct Replies {
  std::vector<smtp::Reply> plain;
  std::vector<smtp::Reply> under_tls;
};

Replies replies_of(const Transcript& transcript) {
  Replies replies;
  smtp::ReplyParser parser;
  bool tls = false;
  bool first_octets = true;
  for (const Event& event : transcript.events) {
    if (event.kind == Event::Kind::tls_started && !first_octets) tls = true;
    if (event.kind != Event::Kind::octets || event.by != Party::server) continue;
    first_octets = false;
    parser.feed(event.octets);
    while (auto reply = parser.next()) (tls ? replies.under_tls : replies.plain).push_back(std::move(*reply));
  }
  return replies;
}

std::string problem_of(const Transcript& transcript) {
  std::string problem;
  for (const Event& event : transcript.events) {
    if (event.kind == Event::Kind::refused) return event.text;
    const bool theirs = event.by == Party::server;
    if (event.kind == Event::Kind::octets && theirs)
      problem = "the server said " + smtp::escape(event.octets.substr(0, 200));
    if (event.kind == Event::Kind::waited) problem = "the server did not answer in time";
    if (theirs && (event.kind == Event::Kind::closed || event.kind == Event::Kind::reset))
      problem += (problem.empty() ? "the server closed the connection" : ", then closed the connection");
    if (event.kind == Event::Kind::tls_failed) problem = "TLS failed: " + event.text;
  }
  return problem.empty() ? "the server said nothing" : problem;
}

struct Fact {
  std::string_view name;
  bool (*holds)(const Target& target, const Facts& facts);
  std::string_view missing;
  std::string_view there;
};
constexpr Fact fact_table[] = {
    {"auth", [](const Target& t, const Facts&) { return t.auth.has_value(); }, "the target file has no [auth]",
     "the target file has an [auth]"},
    {"tls", [](const Target& t, const Facts& f) { return f.starttls || t.scheme == scenario::Scheme::smtps; },
     "the target offers no TLS", "the target offers TLS"},
    {"delivery", [](const Target& t, const Facts&) { return t.delivery.has_value(); },
     "the target file has no [delivery]", "the target file has a [delivery]"},
    {"rejects", [](const Target& t, const Facts&) { return !t.mail.rejects.empty(); },
     "the target file names no mailbox under mail.rejects", "the target file names mailboxes under mail.rejects"},
    {"foreign", [](const Target& t, const Facts&) { return !t.mail.foreign.empty(); },
     "the target file names no mailbox under mail.foreign", "the target file names mailboxes under mail.foreign"},
    {"lmtp", [](const Target& t, const Facts&) { return t.scheme == scenario::Scheme::lmtp; }, "the target speaks SMTP",
     "the target speaks LMTP"},
    {"login-first", [](const Target& t, const Facts&) { return t.profile == "submission"; },
     "the target takes mail without a login", "the target wants a login first"},
    {"two-recipients", [](const Target& t, const Facts&) { return t.mail.accepts.size() > 1; },
     "the target file names only one mailbox under mail.accepts", "the target file names several mailboxes"},
};

std::optional<NotPlayed> unmet(const Condition& condition, const Target& target, const Facts& facts,
                               const smtp::Ehlo& ehlo) {
  if (condition.kind == Condition::Kind::keyword) {
    // Under TLS no server may offer it (RFC 3207 section 4.2), so it is what was offered before that counts.
    const smtp::Ehlo& asked = condition.name == "STARTTLS" ? facts.plain : ehlo;
    const std::string wanted = condition.name + (condition.parameter.empty() ? "" : " " + condition.parameter);
    if (judge::has_keyword(asked, wanted) != condition.negated) return std::nullopt;
    return NotPlayed{Outcome::unsupported, wanted + (condition.negated ? " is advertised" : " is not advertised")};
  }
  for (const Fact& fact : fact_table) {
    if (fact.name != condition.name) continue;
    if (fact.holds(target, facts) != condition.negated) return std::nullopt;
    return NotPlayed{Outcome::skipped, std::string(condition.negated ? fact.there : fact.missing)};
  }
  return NotPlayed{Outcome::skipped, "unknown fact '" + condition.name + "'"};
}

/// Whether the ladder to a state logs in on its way, as `setup_steps` has it.
bool logs_in(Ladder to, const Target& target) {
  return to == Ladder::authenticated || (to > Ladder::authenticated && target.profile == "submission");
}

/// What the scenario's own words ask of the target without saying so.
std::vector<Condition> implied(const Scenario& scenario, const Target& target) {
  std::vector<Condition> conditions;
  const auto fact = [&](const char* name) { conditions.push_back({Condition::Kind::fact, false, name, ""}); };
  const auto uses = [&](const scenario::Text& text) {
    for (const std::string& name : scenario::names_in(text)) {
      if (name == "rejected") fact("rejects");
      if (name == "foreign") fact("foreign");
      if (name == "user" || name == "password") fact("auth");
    }
  };
  for (const scenario::Step& step : scenario.steps) {
    if (const auto* send = std::get_if<scenario::Send>(&step.action)) uses(send->octets);
    const auto* login = std::get_if<scenario::Login>(&step.action);
    if (login == nullptr) continue;
    if (login->user) uses(*login->user);
    if (login->password) uses(*login->password);
    if (!login->user || !login->password) fact("auth");
  }
  if (logs_in(scenario.from, target)) fact("auth");
  if (scenario.from == Ladder::tls) fact("tls");
  return conditions;
}

}  // namespace

Scenario only_the_ladder(Ladder to) {
  Scenario scenario;
  scenario.id = "probe-" + std::string(scenario::name(to));
  scenario.from = to;
  return scenario;
}

Facts facts_of(const Transcript& plain, bool greeted, const Transcript* under_tls) {
  Facts facts;
  const Replies replies = replies_of(plain);
  if (!replies.plain.empty()) facts.greeting = replies.plain[0].bytes();
  if (!greeted || replies.plain.size() < 2) {
    facts.problem = problem_of(plain);
    return facts;
  }
  facts.plain = smtp::parse_ehlo(replies.plain[1]);
  facts.starttls = facts.plain.find("STARTTLS") != nullptr;
  if (under_tls == nullptr) return facts;
  const Replies tls_replies = replies_of(*under_tls);
  if (!tls_replies.under_tls.empty()) facts.under_tls = smtp::parse_ehlo(tls_replies.under_tls[0]);
  return facts;
}

std::optional<NotPlayed> why_not_played(const Scenario& scenario, const Target& target, const Facts& facts) {
  const bool ladder_takes_tls = scenario.from == Ladder::tls || (logs_in(scenario.from, target) && facts.starttls);
  const smtp::Ehlo& ehlo = ladder_takes_tls && target.scheme != scenario::Scheme::smtps ? facts.under_tls : facts.plain;
  for (const Condition& condition : implied(scenario, target))
    if (auto not_played = unmet(condition, target, facts, ehlo)) return not_played;
  for (const Condition& condition : scenario.needs)
    if (auto not_played = unmet(condition, target, facts, ehlo)) return not_played;
  return std::nullopt;
}

std::vector<std::string> keyword_lines(const smtp::Ehlo& ehlo) {
  std::vector<std::string> lines;
  for (const smtp::Keyword& keyword : ehlo.keywords) {
    std::string line = keyword.name;
    for (const std::string& parameter : keyword.parameters) line += " " + parameter;
    lines.push_back(smtp::escape(line));
  }
  return lines;
}

}  // namespace smtpspec::engine
