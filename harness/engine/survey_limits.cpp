#include "harness/engine/survey_limits.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "harness/smtp/char_class.hpp"
#include "harness/smtp/reply.hpp"

namespace smtpspec::engine {

using judge::Played;
using record::Deviation;
using record::Event;
using record::Party;
using scenario::Scenario;
using std::chrono::milliseconds;

namespace {

/// Of a reply to an error, so that a row with some of them takes longer than anybody wants to wait.
constexpr milliseconds slow{5000};
constexpr std::string_view end_of_data = "\r\n.\r\n";
/// RFC 5321 section 4.5.3.1.7.
constexpr std::size_t smallest_limit = 65536;

/// What was answered, and how.
struct Answer {
  std::string said;  ///< by the client, since the reply before; empty where it said nothing more
  int code = 0;
  milliseconds took{0};
};

/// The replies up to QUIT, without 421.
struct Answers {
  std::vector<Answer> all;
  bool ended = false;     ///< the server ended the session by then
  std::string last_said;  ///< by the client
  std::size_t rcpts = 0;
};

bool is_rcpt(std::string_view said) { return smtp::to_upper(said).starts_with("RCPT"); }

Answers answers_in(const record::Transcript& transcript) {
  Answers answers;
  smtp::ReplyParser parser;
  std::string& said = answers.last_said;
  record::Time asked{0};
  bool answered = false;
  for (const Event& event : transcript.events) {
    const bool by_server = event.by == Party::server;
    answers.ended =
        answers.ended || (by_server && (event.kind == Event::Kind::closed || event.kind == Event::Kind::reset));
    if (event.kind != Event::Kind::octets) continue;
    if (!by_server) {
      if (std::exchange(answered, false)) said.clear();
      said += event.octets;
      asked = event.at;
      if (is_rcpt(event.octets)) ++answers.rcpts;
      if (smtp::to_upper(event.octets).starts_with("QUIT")) break;
      continue;
    }
    parser.feed(event.octets);
    while (const auto reply = parser.next()) {
      const bool first = !std::exchange(answered, true);
      answers.ended = answers.ended || reply->code == 421;
      if (reply->code != 421)
        answers.all.push_back(
            {first ? said : std::string(), reply->code, std::chrono::duration_cast<milliseconds>(event.at - asked)});
    }
  }
  return answers;
}

/// Whether it shows that the session took one more of what the limit is about.
bool counts(const std::string& limit, const Answer& answer) {
  if (limit == "errors") return answer.code >= 400;
  if (limit == "commands") return true;
  if (answer.code / 100 != 2) return false;
  if (limit == "recipients") return is_rcpt(answer.said);
  return answer.said.ends_with(end_of_data);
}

/// How much of what the limit is about was taken: of octets, in one message.
std::size_t taken_in(const std::vector<Answer>& answers, const std::string& limit) {
  std::size_t number = 0;
  std::size_t octets = 0;
  for (const Answer& one : answers) {
    if (!counts(limit, one)) continue;
    ++number;
    octets = std::max(octets, one.said.size() - std::min(one.said.size(), end_of_data.size() - 2));
  }
  return limit == "octets" ? octets : number;
}

/// A session that was ended at a recipient was ended for their number, where that is known, and for no error.
bool is_of_recipients(const Facts& facts, const Limit& seen) {
  return seen.deviation.fact == "errors" &&
         std::any_of(facts.limits.begin(), facts.limits.end(), [&](const Limit& one) {
           return one.deviation.fact == "recipients" && one.deviation.after < seen.recipients;
         });
}

/// Of what was seen of a limit the least holds.
void put(Facts& facts, Limit seen) {
  facts.limits.push_back(std::move(seen));
  std::vector<Deviation>& all = facts.deviations;
  for (const Limit& one : facts.limits)
    std::erase_if(all, [&](const auto& known) { return known.fact == one.deviation.fact; });
  for (const Limit& one : facts.limits) {
    if (is_of_recipients(facts, one)) continue;
    const auto known =
        std::find_if(all.begin(), all.end(), [&](const auto& other) { return other.fact == one.deviation.fact; });
    if (known == all.end())
      all.push_back(one.deviation);
    else if (one.deviation.after < known->after)
      *known = one.deviation;
  }
}

void learn_how_quick(Facts& facts, const Scenario& row, const std::vector<Answer>& answers) {
  for (const Answer& one : answers)
    if (one.code >= 400) facts.error_takes = std::max(one.took, facts.error_takes.value_or(one.took));
  if (!facts.error_takes || *facts.error_takes < slow) return;
  const auto seconds = facts.error_takes->count() / 1000;
  if (facts.lacks("quick-errors") == nullptr)
    facts.deviations.push_back(
        {"quick-errors", fmt::format("{}: an error is answered after {} s", row.id, seconds), 0});
}

}  // namespace

void learn_limit(Facts& facts, const Scenario& row, const Played& played) {
  const Answers answers = answers_in(played.transcript);
  learn_how_quick(facts, row, answers.all);
  const judge::Verdict& verdict = played.judged.verdict;
  const std::size_t taken = taken_in(answers.all, row.limit);
  if (verdict.outcome == Outcome::pass) facts.takes[row.limit] = std::max(taken, facts.takes[row.limit]);
  // The last reply may say that it was too much, in a code of the server's own.
  const int last = answers.all.empty() ? 0 : answers.all.back().code;
  const bool said_so = !answers.ended && last >= 400 && last != 500 && last != 502 && verdict.cause == Cause::ending &&
                       (verdict.outcome == Outcome::info || verdict.outcome == Outcome::fail);
  if (!answers.ended && !said_so) return;
  const bool of_transactions = row.limit != "errors" && row.limit != "commands";
  const std::size_t after = taken - (said_so && counts(row.limit, answers.all.back()) ? 1 : 0);
  // The first was one too many, or what ended it was no message: that is no matter of their number, or size.
  if (after == 0) return;
  if (row.limit == "octets" && !answers.last_said.ends_with(end_of_data)) return;
  const char* did = said_so && of_transactions ? "refused more than" : "ended a session after";
  const char* of = row.limit == "commands" ? "replies"
                   : row.limit == "octets" ? "octets in a message"
                                           : row.limit.c_str();
  Limit seen{{row.limit, fmt::format("{}: the server {} {} {}", row.id, did, after, of), after}, 0};
  if (is_rcpt(answers.last_said)) seen.recipients = answers.rcpts;
  put(facts, std::move(seen));
}

void learn_announced_size(Facts& facts) {
  const smtp::Keyword* keyword = facts.plain.find("SIZE");
  if (keyword == nullptr || keyword->parameters.empty()) return;
  const std::string& text = keyword->parameters.front();
  std::size_t size = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), size);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || size == 0 || size >= smallest_limit) return;
  put(facts, {{"octets", fmt::format("survey/ehlo: SIZE {} is announced", size), size}, 0});
}

std::string taken_of(const Facts& facts) {
  std::string all;
  for (const auto& [limit, number] : facts.takes)
    if (facts.lacks(limit) == nullptr) all += fmt::format("{}{} {}", all.empty() ? "" : ", ", number, limit);
  return all;
}

}  // namespace smtpspec::engine
