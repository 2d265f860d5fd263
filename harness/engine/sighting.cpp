#include "harness/engine/sighting.hpp"

#include <algorithm>
#include <iterator>
#include <span>

#include <fmt/format.h>
#include <re2/re2.h>

#include "harness/engine/findings.hpp"
#include "harness/smtp/char_class.hpp"
#include "harness/smtp/server_state.hpp"

namespace smtpspec::engine {
namespace {

struct Replacement {
  re2::RE2 name;
  const char* instead;
};

std::string kind_of(const ScenarioResult& row) {
  if (!row.seen_in.empty()) return row.id;  // a rule
  switch (row.cause) {
    case Cause::early_reply:
    case Cause::ending: return "reply";
    case Cause::hang:
    case Cause::silence: return "no reply";
    default: return std::string(judge::name(row.cause));
  }
}

bool is_refusal(std::string_view reply) { return reply.starts_with('4') || reply.starts_with('5'); }

/// Of a conversation up to what decided: whether it is there from its beginning, and nothing but how the client greets
/// stands before what it said last.
bool is_said_first(std::span<const ExcerptLine> lines) {
  std::size_t said = 0;
  std::size_t greeted = 0;
  for (const ExcerptLine& line : lines) {
    if (line.side != ExcerptLine::Side::client) continue;
    ++said;
    greeted += smtp::is_hello(smtp::verb_of(std::string_view(line.text).substr(0, line.text.find(' ')))) ? 1 : 0;
  }
  return !lines.empty() && lines.front().text.starts_with("connected") && said > 0 && said - greeted <= 1;
}

/// A verb is no name, whatever it is made of.
std::string command_without_names(std::string_view said) {
  said = said.substr(0, said.find(R"(\r\n)"));
  const std::string_view verb = said.substr(0, said.find_first_of(" :"));
  return smtp::to_upper(std::string(verb) + without_names(said.substr(verb.size())));
}

/// Of MAIL and RCPT: a path that no other row need have, quoted, long, or none at all. Who refuses it may do so for its
/// own sake, in the words that he has for all of them.
bool has_own_path(std::string_view said) {
  static const re2::RE2 path("^[^<]*<([^<>]*)>");
  static const re2::RE2 plain("[A-Za-z0-9.+=_-]{1,64}(?:@[A-Za-z0-9.-]{1,64})?");
  static const re2::RE2 any_sender("(?i)MAIL FROM:<>.*");
  const re2::StringPiece text(said.data(), said.size());
  std::string found;
  if (said.find('<') == said.npos || re2::RE2::PartialMatch(text, any_sender)) return false;
  return !re2::RE2::PartialMatch(text, path, &found) || !re2::RE2::FullMatch(found, plain);
}

/// The client's last line before the one that decided, and the server's before that, which tells whether it is text of
/// a message. A row always/... shows several conversations: the first counts.
void look_at_conversation(Sighting& of) {
  const auto& lines = of.row->excerpt;
  auto at = key_line(lines);
  if (at == lines.end()) return;
  const bool by_event = of.row->cause == Cause::rule || of.row->cause == Cause::ending;
  of.closed = of.row->cause == Cause::closed ||
              (by_event && at->side == ExcerptLine::Side::event && at->text.find("closed") != std::string::npos);
  const auto last_before = [&](auto from, ExcerptLine::Side side) {
    while (from != lines.begin() && std::prev(from)->side != side) --from;
    return from;  // the line after it
  };
  of.said_first = is_said_first({lines.begin(), at});
  const auto reply = last_before(at, ExcerptLine::Side::server);
  const bool refused = reply != lines.begin() && is_refusal(std::prev(reply)->text);
  at = last_before(at, ExcerptLine::Side::client);
  if (at == lines.begin()) return;
  const std::string_view said = std::prev(at)->text;
  of.asked = command_without_names(said);
  of.has_own_path = has_own_path(said);
  at = last_before(at, ExcerptLine::Side::server);
  const std::string_view before = at == lines.begin() ? std::string_view() : std::prev(at)->text;
  of.in_message = before.starts_with("354");
  if (of.in_message) of.asked = "text of a message";
  if (before.starts_with("334")) of.asked = "answer to a challenge";
  if (of.closed && refused) of.asked = "after a refusal";  // whatever was sent then
}

/// Whether a tag of the row is the command that was asked last.
bool is_tagged_with(const ScenarioResult& row, std::string_view asked) {
  const std::string_view command = asked.substr(0, asked.find_first_of(" \\"));
  return std::any_of(row.tags.begin(), row.tags.end(),
                     [&](const std::string& tag) { return smtp::same_word(tag, command); });
}

/// Rules about which commands may be refused, and by which codes.
constexpr std::string_view rules_about_refusals[] = {"always/required-command", "always/permitted-code"};

}  // namespace

Sighting sighting_of(const ScenarioResult& row) {
  Sighting seen;
  seen.row = &row;
  seen.kind = kind_of(row);
  look_at_conversation(seen);
  seen.seen = (seen.in_message ? "in a message: " : "") + without_names(row.actual);
  seen.own = !row.decided_by.empty() ? row.decided_by : row.requirements.empty() ? row.id : row.requirements.front().id;
  seen.requirement = seen.own;
  seen.taken = !seen.of_rule() && ((row.expected.starts_with("503") && row.actual.starts_with('2')) ||
                                   (row.expected.starts_with('5') && row.actual.starts_with("354")));
  const bool about_refusals = std::find(std::begin(rules_about_refusals), std::end(rules_about_refusals), row.id) !=
                              std::end(rules_about_refusals);
  seen.is_about_it = seen.of_rule() || row.id.starts_with("survey/");
  // The same thing was refused in the same words, or not answered, or the session ended there, or did not end.
  const bool stays_open = row.actual.ends_with(judge::no_close);
  const bool has_no_end = row.cause == Cause::incomplete;
  if ((stays_open || has_no_end) && !seen.asked.empty()) {
    seen.obstacle = fmt::format("{}\n{}", stays_open ? "no close" : "no end", seen.asked);
    seen.is_about_it = seen.is_about_it || is_tagged_with(row, seen.asked);
  } else if (seen.closed && !seen.asked.empty()) {
    seen.obstacle = "closed\n" + seen.asked;
  }
  if (seen.obstacle.empty() && !seen.asked.empty()) {
    const bool is_for_itself = seen.has_own_path || row.cause == Cause::early_reply;
    if (is_refusal(row.actual) && !is_for_itself && (!seen.of_rule() || about_refusals))
      seen.obstacle = fmt::format("refused\n{}\n{}", seen.asked, without_names(row.actual));
    else if (seen.kind == "no reply")
      seen.obstacle = fmt::format("no reply\n{}", seen.asked);
  }
  return seen;
}

std::string without_names(std::string_view seen) {
  static const re2::RE2 reply(R"(^(\d{3})[ -]((?:\d\.\d{1,3}\.\d{1,3} )?)(.*))");
  static const Replacement names[] = {
      {re2::RE2(R"(<[^<>]*>)"), "<>"},
      {re2::RE2(R"('[^']*'|"[^"]*")"), "''"},
      {re2::RE2(R"([^\s=:<>]*[\d@][^\s=:<>]*|[^\s=:<>]+\.[^\s=:<>]+|\b[0-9a-f]{8,}\b|[^\s=:<>]{25,})"), "#"},
      {re2::RE2(R"(#(\s+#)+)"), "#"}};
  std::string text(seen.substr(0, seen.find(R"(\r\n)")));
  std::string code;
  std::string enhanced;
  std::string rest = text;
  if (re2::RE2::FullMatch(text, reply, &code, &enhanced, &rest)) code += ' ';
  for (const auto& [name, instead] : names) re2::RE2::GlobalReplace(&rest, name, instead);
  return code + enhanced + rest;
}

}  // namespace smtpspec::engine
