#include "harness/engine/facts.hpp"

#include <algorithm>

#include "harness/judge/match.hpp"
#include "harness/smtp/char_class.hpp"
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

constexpr std::string_view no_road = "deliveries cannot be seen (no [delivery])";

bool wants_login(const Target& target, const Facts& facts) {
  return target.profile == "submission" || facts.before_mail == Ladder::authenticated;
}

struct Fact {
  std::string_view name;
  bool (*holds)(const Target& target, const Facts& facts);
  std::string_view missing;
  std::string_view there;
  std::string_view adds = {};  ///< what a target file would give that names it
};
constexpr Fact fact_table[] = {
    {"auth", [](const Target& t, const Facts&) { return t.auth.has_value(); },
     "nobody to log in is known ([auth], --user)", "somebody to log in is known", "a login"},
    {"tls", [](const Target& t, const Facts& f) { return f.starttls || t.scheme == scenario::Scheme::smtps; },
     "the target offers no TLS", "the target offers TLS"},
    {"delivery", [](const Target& t, const Facts&) { return t.delivery.has_value(); }, no_road,
     "deliveries can be seen", "to see deliveries"},
    {"relays",
     [](const Target& t, const Facts&) { return t.delivery && !t.delivery->sink.empty() && !t.delivery->sink_lmtp; },
     "the target does not hand mail on by SMTP, as far as is known ([delivery] sink)",
     "the target hands mail on by SMTP"},
    {"rejects", [](const Target& t, const Facts&) { return !t.mail.rejects.empty(); },
     "no mailbox that is refused is known ([mail] rejects)", "a mailbox that is refused is known",
     "a mailbox that is refused"},
    {"foreign", [](const Target& t, const Facts&) { return !t.mail.foreign.empty(); },
     "no mailbox elsewhere is known ([mail] foreign)", "a mailbox elsewhere is known", "a mailbox elsewhere"},
    {"lmtp", [](const Target& t, const Facts&) { return t.scheme == scenario::Scheme::lmtp; }, "the target speaks SMTP",
     "the target speaks LMTP"},
    {"login-first", wants_login, "the target takes mail without a login", "the target wants a login first"},
    {"two-recipients", [](const Target& t, const Facts&) { return t.mail.accepts.size() > 1; },
     "only one mailbox is known ([mail] accepts, --rcpt)", "several mailboxes are known", "a second mailbox"},
    {"accepted", [](const Target& t, const Facts&) { return !t.mail.accepts.empty(); },
     "no mailbox is known ([mail] accepts, --rcpt)", "a mailbox is known"},
    {"domain", [](const Target& t, const Facts&) { return !t.mail.domain.empty(); },
     "the mail domain is not known ([mail] domain, --rcpt)", "the mail domain is known", "the mail domain"},
};

std::optional<NotPlayed> unmet(const Condition& condition, const Target& target, const Facts& facts,
                               const smtp::Ehlo& ehlo) {
  if (condition.kind == Condition::Kind::keyword) {
    if (const auto* broken = facts.lacks("ehlo")) return NotPlayed{Outcome::blocked, "blocked by " + broken->because};
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
  // What the survey could not find out is no reason to leave a row out.
  const record::Deviation* deviation = facts.lacks(condition.name);
  if (condition.negated && deviation == nullptr)
    return NotPlayed{Outcome::skipped, "not for targets with " + condition.name};
  if (condition.negated || deviation == nullptr) return std::nullopt;
  return NotPlayed{Outcome::blocked, "blocked by " + deviation->because};
}

/// Whether the ladder to a state logs in on its way, as `setup_steps` has it.
bool logs_in(Ladder to, const Target& target, const Facts& facts) {
  return to == Ladder::authenticated || (to > Ladder::authenticated && wants_login(target, facts));
}

/// Whether it begins TLS, as far as that does not hang on what comes before mail.
bool begins_tls(Ladder to, const Target& target, const Facts& facts) {
  const bool at_login = to == Ladder::before_login || logs_in(to, target, facts);
  return to == Ladder::tls || (at_login && facts.starttls);
}

/// What the scenario's own words ask of the target without saying so.
std::vector<Condition> implied(const Scenario& scenario, const Target& target, const Facts& facts) {
  std::vector<Condition> conditions;
  const auto fact = [&](const char* name) { conditions.push_back({Condition::Kind::fact, false, name, ""}); };
  const auto climbs = [&](Ladder to) {
    if (to >= Ladder::greeted) fact("greeting");
    if (to >= Ladder::greeted) fact(facts.lacks("ehlo") == nullptr ? "ehlo" : "helo");
    if (begins_tls(to, target, facts)) fact("handshake");
    if (to >= Ladder::mail) fact("mail");
    if (to >= Ladder::rcpt) fact("mailbox");
  };
  bool said_hello = scenario.from >= Ladder::greeted;
  const auto uses = [&](const scenario::Text& text) {
    const std::string source = smtp::to_upper(scenario::to_source(text));
    const bool hello = source.starts_with("{HELLO}") || source.starts_with("EHLO") || source.starts_with("LHLO");
    if (!scenario.survey && (hello || source.find("\\N{HELLO}") != std::string::npos)) {
      fact("ehlo");
      if (said_hello) fact("lhlo-again");
      said_hello = true;
    }
    if (!scenario.survey && source.starts_with("HELP")) fact("one-reply-to-help");
    // Where MAIL is refused, the message after it would be read as commands.
    const bool pipelined = source.find("MAIL FROM") != std::string::npos && source.find("\\NDATA") != std::string::npos;
    if (pipelined && !scenario.survey && scenario.from < Ladder::authenticated) fact("mail-at-once");
    for (const std::string& name : scenario::names_in(text)) {
      if (name == "rejected") fact("rejects");
      if (name.starts_with("accepted") && !scenario.survey) fact("mailbox");
      if (name.starts_with("accepted")) fact("accepted");
      if (name == "accepted2") fact("two-recipients");
      if (name == "sender" && scenario.from >= Ladder::ready) fact("mail");
      if (name == "domain") fact("domain");
      if (name == "foreign") fact("foreign");
      if (name == "foreign" && !scenario.survey) fact("untrusted");
      if (name == "user" || name == "password") fact("auth");
      if (name == "password") fact("login");
    }
  };
  for (const scenario::Step& step : scenario.steps) {
    if (const auto* send = std::get_if<scenario::Send>(&step.action)) uses(send->octets);
    if (std::holds_alternative<scenario::Handshake>(step.action) && !scenario.survey) fact("handshake");
    if (const auto* open = std::get_if<scenario::Open>(&step.action)) climbs(open->ladder);
    const auto* login = std::get_if<scenario::Login>(&step.action);
    if (login == nullptr) continue;
    if (login->user) uses(*login->user);
    if (login->password) uses(*login->password);
    if (!login->user || !login->password) fact("auth");
    if (!login->password) fact("login");
  }
  if (logs_in(scenario.from, target, facts)) fact("auth");
  if (logs_in(scenario.from, target, facts) && scenario.fact != "login") fact("login");
  if (scenario.from == Ladder::tls) fact("tls");
  climbs(scenario.from);
  return conditions;
}

bool is_literal(std::string_view domain) { return domain.starts_with('['); }

/// A name tells the target's domain. What holds of its address may hold of that alone.
const std::string& best_of(const std::vector<std::string>& mailboxes) {
  const auto worth = [](const std::string& mailbox) {
    const std::string domain = scenario::domain_of(mailbox);
    return is_literal(domain) ? 0 : domain.empty() ? 1 : domain == "localhost" ? 2 : 3;
  };
  return *std::max_element(mailboxes.begin(), mailboxes.end(), [&](const auto& a, const auto& b) {
    return std::pair(worth(a), b) < std::pair(worth(b), a);
  });
}

}  // namespace

std::set<std::string> facts_needed(const Scenario& scenario, const Target& target, const Facts& facts) {
  std::set<std::string> names;
  for (const auto& conditions : {implied(scenario, target, facts), scenario.needs})
    for (const Condition& condition : conditions)
      if (condition.kind == Condition::Kind::fact) names.insert(condition.name);
  return names;
}

Scenario only_the_ladder(Ladder to) {
  Scenario scenario;
  scenario.id = "probe-" + std::string(scenario::name(to));
  scenario.from = to;
  return scenario;
}

Facts facts_of(const Transcript& plain, bool greeted) {
  Facts facts;
  const Replies replies = replies_of(plain);
  facts.answers = std::any_of(plain.events.begin(), plain.events.end(), [](const Event& event) {
    return event.kind == Event::Kind::octets && event.by == Party::server;
  });
  if (!replies.plain.empty()) facts.greeting = replies.plain[0].bytes();
  if (!greeted || replies.plain.size() < 2) {
    facts.problem = problem_of(plain);
    return facts;
  }
  facts.plain = smtp::parse_ehlo(replies.plain[1]);
  facts.starttls = facts.plain.find("STARTTLS") != nullptr;
  return facts;
}

smtp::Ehlo ehlo_under_tls(const Transcript& transcript) {
  const Replies replies = replies_of(transcript);
  return replies.under_tls.empty() ? smtp::Ehlo() : smtp::parse_ehlo(replies.under_tls[0]);
}

const record::Deviation* Facts::lacks(std::string_view fact) const {
  const auto found =
      std::find_if(deviations.begin(), deviations.end(), [&](const auto& one) { return one.fact == fact; });
  return found == deviations.end() ? nullptr : &*found;
}

record::Terms terms_of(const Target& target, const Facts& facts) {
  record::Terms terms;
  terms.lmtp = target.scheme == scenario::Scheme::lmtp;
  terms.implicit_tls = target.scheme == scenario::Scheme::smtps;
  terms.deviations = facts.deviations;
  terms.starttls = facts.starttls && facts.lacks("handshake") == nullptr;
  terms.tls_first = facts.before_mail == Ladder::tls;
  terms.login = wants_login(target, facts);
  return terms;
}

Target as_learnt(Target target, const Facts& facts) {
  if (!facts.mailboxes_are_known || facts.mailboxes.empty()) return target;
  std::vector<std::string>& accepts = target.mail.accepts;
  const auto refused = [&](const std::string& mailbox) { return facts.refused.count(mailbox) != 0; };
  // Only the first two are asked for.
  accepts.resize(std::min<std::size_t>(accepts.size(), 2));
  std::erase_if(accepts, refused);
  if (accepts.empty()) accepts.push_back(best_of(facts.mailboxes));
  const std::string domain = scenario::domain_of(accepts.front());
  if (target.mail.domain.empty() && !is_literal(domain)) target.mail.domain = domain;
  return target;
}

ScenarioResult without_road(ScenarioResult result) {
  if (result.outcome != Outcome::inconclusive || result.cause != judge::Cause::no_delivery_road) return result;
  result.outcome = Outcome::skipped;
  result.reason = no_road;
  return result;
}

std::vector<Added> added_by_target_file(const RunResult& run) {
  std::vector<Added> all;
  for (const Fact& fact : fact_table) {
    const auto lacks = [&](const ScenarioResult& one) {
      return one.outcome == Outcome::skipped && !fact.adds.empty() && one.reason == fact.missing &&
             !one.id.starts_with("survey/");
    };
    const auto rows = std::count_if(run.scenarios.begin(), run.scenarios.end(), lacks);
    if (rows > 0) all.push_back({fact.adds, static_cast<std::size_t>(rows)});
  }
  std::stable_sort(all.begin(), all.end(), [](const Added& a, const Added& b) { return a.rows > b.rows; });
  return all;
}

std::optional<NotPlayed> why_not_played(const Scenario& scenario, const Target& target, const Facts& facts) {
  const bool ladder_takes_tls =
      begins_tls(scenario.from, target, facts) || (facts.before_mail == Ladder::tls && scenario.from >= Ladder::ready);
  const smtp::Ehlo& ehlo = ladder_takes_tls && target.scheme != scenario::Scheme::smtps ? facts.under_tls : facts.plain;
  // What is not for such a target is not blocked by what is wrong with it.
  std::optional<NotPlayed> blocked;
  for (const auto& conditions : {implied(scenario, target, facts), scenario.needs}) {
    for (const Condition& condition : conditions) {
      auto not_played = unmet(condition, target, facts, ehlo);
      if (not_played && not_played->outcome != Outcome::blocked) return not_played;
      if (not_played && !blocked) blocked = std::move(not_played);
    }
  }
  return blocked;
}

void put_not_played(ScenarioResult& result, const NotPlayed& why) {
  result.outcome = why.outcome;
  result.cause = judge::Cause::condition;
  result.reason = why.reason;
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
