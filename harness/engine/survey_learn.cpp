#include <algorithm>

#include <fmt/format.h>

#include "harness/engine/survey.hpp"
#include "harness/engine/survey_limits.hpp"
#include "harness/record/secrets.hpp"
#include "harness/smtp/escape.hpp"
#include "harness/smtp/reply.hpp"

namespace smtpspec::engine {

using judge::Played;
using record::Deviation;
using record::Event;
using record::Party;
using scenario::Scenario;
using std::chrono::milliseconds;

namespace {

bool is_said(const Event& event, Party party) { return event.kind == Event::Kind::octets && event.by == party; }

/// The first line of what the client said last before an event, "" where it had said nothing.
std::string said_before(const record::Transcript& transcript, std::size_t event) {
  std::string said;
  for (std::size_t i = 0; i < transcript.events.size() && i <= event; ++i)
    if (const Event& one = transcript.events[i]; is_said(one, Party::client))
      said = one.octets.substr(0, one.octets.find('\r'));
  return said;
}

/// The mailbox of the last RCPT.
std::string recipient_of(const record::Transcript& transcript) {
  constexpr std::string_view verb = "RCPT TO:<";
  std::string mailbox;
  for (const Event& event : transcript.events)
    if (is_said(event, Party::client) && event.octets.starts_with(verb))
      mailbox = event.octets.substr(verb.size(), event.octets.find('>') - verb.size());
  return mailbox;
}

/// "survey/noop: NOOP got 502 ...".
std::string because(const Scenario& row, const Played& played) {
  const judge::Verdict& verdict = played.judged.verdict;
  const std::string said = smtp::escape(said_before(played.transcript, verdict.event));
  std::string text = verdict.actual;
  if (row.fact == "untrusted")
    text = verdict.reason;
  else if (verdict.cause == Cause::ladder)
    text = text.substr(text.find(": ") + 2);
  else if (verdict.cause != Cause::delivery && verdict.cause != Cause::tls_handshake)
    text = fmt::format("{} got {}", said.empty() ? "the connection" : said, verdict.actual);
  if (text.ends_with("\\r\\n")) text.resize(text.size() - 4);
  return record::Redactor(played.transcript.secrets).without_secrets(row.id + ": " + text);
}

void drop(Facts& facts, const std::string& fact) {
  std::erase_if(facts.deviations, [&](const Deviation& one) { return one.fact == fact; });
}

/// The row passes, or shows a deviation, or says nothing of its fact.
void learn_fact(Facts& facts, const Scenario& row, const Played& played) {
  const judge::Verdict& verdict = played.judged.verdict;
  if (verdict.outcome == Outcome::inconclusive || verdict.cause == Cause::connect ||
      verdict.cause == Cause::interference)
    return;
  // A login is a step of the ladder; that it was refused is all that its row may say of it.
  const bool no_login = verdict.cause == Cause::ladder && verdict.actual.find(": AUTH ") != std::string::npos;
  if (row.fact == "login" ? verdict.outcome != Outcome::pass && !no_login : verdict.cause == Cause::ladder) return;
  if (row.fact == "mailbox" && verdict.outcome != Outcome::pass) {
    const std::string mailbox = recipient_of(played.transcript);
    if (mailbox.empty()) return;  // it was not asked for
    facts.refused[mailbox] = because(row, played).substr(row.id.size() + 2);
  }
  const bool first = facts.holding.count(row.fact) == 0;
  if (verdict.outcome != Outcome::pass) {
    if (first && facts.lacks(row.fact) == nullptr) facts.deviations.push_back({row.fact, because(row, played), 0});
    // A login or TLS may be wanted first: 530 says nothing then, whether MAIL is taken after that or not.
    if (row.fact == "mail" && row.from == scenario::Ladder::greeted)
      facts.deviations.push_back({"mail-at-once", because(row, played), 0});
    return;
  }
  if (row.fact == "mail" && (first || row.from < *facts.before_mail)) facts.before_mail = row.from;
  if (row.fact == "mailbox") {
    const std::string mailbox = recipient_of(played.transcript);
    auto& known = facts.mailboxes;
    if (std::find(known.begin(), known.end(), mailbox) == known.end()) known.push_back(mailbox);
  }
  facts.holding.insert(row.fact);
  drop(facts, row.fact);
}

/// The slowest reply; one that did not come took as long as it was waited for.
void learn_pace(Facts& facts, const record::Transcript& transcript) {
  record::Time asked{0};
  for (const Event& event : transcript.events) {
    if (is_said(event, Party::client)) asked = event.at;
    if (!is_said(event, Party::server) && event.kind != Event::Kind::waited) continue;
    const auto took = std::chrono::duration_cast<milliseconds>(event.at - asked);
    facts.reply_takes = std::max(took, facts.reply_takes.value_or(took));
  }
}

/// As whom its recipient shows, and when it came.
void learn_delivery(Facts& facts, const Played& played, record::Time later) {
  const record::Delivery& delivery = played.transcript.deliveries.front();
  const std::string asked = recipient_of(played.transcript);
  if (!delivery.recipients) {
    facts.notes.push_back({"for whom a message is", "the delivery road does not tell"});
  } else if (delivery.recipients->size() == 1 && !asked.empty()) {
    const std::string& seen = delivery.recipients->front().forward_path;
    if (seen != asked) facts.shows_as[asked] = seen;
  }
  if (!delivery.reverse_path) facts.notes.push_back({"from whom a message is", "the delivery road does not tell"});
  bool ended = false;
  for (const Event& event : played.transcript.events) {
    if (ended && is_said(event, Party::server)) {
      const auto took = std::chrono::duration_cast<milliseconds>(delivery.at + later - event.at);
      facts.delivery_takes = std::max(took, facts.delivery_takes.value_or(took));
      return;
    }
    ended = ended || (is_said(event, Party::client) && event.octets.ends_with("\r\n.\r\n"));
  }
}

}  // namespace

void learn(Facts& facts, const Scenario& row, const Played& played, record::Time later) {
  if (row.fact == "greeting" || row.fact == "ehlo") {
    const bool ehlo = row.fact == "ehlo" && played.judged.verdict.outcome == Outcome::pass;
    const Facts seen = facts_of(played.transcript, ehlo);
    facts.answers = facts.answers || seen.answers;
    facts.greeting = seen.greeting;
    facts.plain = seen.plain;
    facts.starttls = seen.starttls;
    facts.problem = seen.problem;
    learn_announced_size(facts);
  }
  if (row.from == scenario::Ladder::tls) facts.under_tls = ehlo_under_tls(played.transcript);
  if (!row.fact.empty()) learn_fact(facts, row, played);
  if (!row.limit.empty()) learn_limit(facts, row, played);
  learn_pace(facts, played.transcript);
  if (played.transcript.deliveries.size() == 1) learn_delivery(facts, played, later);
}

std::vector<Learnt> learnt(const Facts& facts) {
  std::vector<Learnt> all;
  for (const Deviation& one : facts.deviations)
    if (one.fact != "mail-at-once" || facts.lacks("mail") == nullptr)
      all.push_back({one.fact, one.after == 0 ? "no: " + one.because : fmt::format("{} ({})", one.after, one.because)});
  const auto add = [&](std::string name, std::string value) { all.push_back({std::move(name), std::move(value)}); };
  if (facts.before_mail == scenario::Ladder::tls) add("before MAIL", "TLS is wanted");
  if (facts.before_mail == scenario::Ladder::authenticated) add("before MAIL", "a login is wanted");
  std::vector<std::string> mailboxes = facts.mailboxes;
  std::sort(mailboxes.begin(), mailboxes.end());
  if (!mailboxes.empty()) add("takes mail", smtp::escape(fmt::format("{}", fmt::join(mailboxes, ", "))));
  for (const auto& [mailbox, other] : facts.shows_as)
    add("alias", smtp::escape(fmt::format("{} -> {}", mailbox, other)));
  if (facts.delivery_takes && facts.delivery_takes->count() < 0)
    add("a delivery takes", "no time: it is done before the reply");
  else if (facts.delivery_takes)
    add("a delivery takes", fmt::format("{} ms", facts.delivery_takes->count()));
  if (const std::string taken = taken_of(facts); !taken.empty()) add("a session takes at least", taken);
  if (facts.error_takes) add("a reply to an error takes", fmt::format("{} ms", facts.error_takes->count()));
  for (const Learnt& note : facts.notes)
    if (std::find(all.begin(), all.end(), note) == all.end()) all.push_back(note);
  if (!facts.holding.empty()) add("seen to work", fmt::format("{}", fmt::join(facts.holding, ", ")));
  return all;
}

}  // namespace smtpspec::engine
