#include "harness/engine/sighting.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <re2/re2.h>

#include "harness/engine/findings.hpp"
#include "harness/smtp/char_class.hpp"

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

/// The client's lines before the one that decided, up to the server's before them, which tells whether they are text of
/// a message. A row always/... shows several conversations: the first counts.
void look_at_conversation(Sighting& of) {
  const auto& lines = of.row->excerpt;
  auto at = std::find_if(lines.begin(), lines.end(), [](const ExcerptLine& line) { return line.key; });
  if (at == lines.end()) return;
  of.closed = of.row->cause == Cause::closed || (of.of_rule() && at->side == ExcerptLine::Side::event);
  while (at != lines.begin() && std::prev(at)->side != ExcerptLine::Side::client) --at;
  for (; at != lines.begin() && std::prev(at)->side != ExcerptLine::Side::server; --at)
    if (std::prev(at)->side == ExcerptLine::Side::client)
      of.asked = smtp::to_upper(without_names(std::prev(at)->text)) + "\n" + of.asked;
  if (at == lines.begin()) return;
  of.in_message = std::prev(at)->text.starts_with("354");
  if (of.in_message) of.asked = "text of a message";
  if (of.closed && is_refusal(std::prev(at)->text)) of.asked = "after a refusal";  // whatever was sent then
}

}  // namespace

Sighting sighting_of(const ScenarioResult& row) {
  Sighting seen;
  seen.row = &row;
  seen.kind = kind_of(row);
  look_at_conversation(seen);
  seen.seen = (seen.in_message ? "in a message: " : "") + without_names(row.actual);
  seen.own = !row.decided_by.empty() ? row.decided_by : row.requirements.empty() ? row.id : row.requirements.front().id;
  seen.requirement = seen.own;
  // The same thing was refused in the same words, or not answered, or the session ended there.
  if (seen.closed && !seen.asked.empty())
    seen.obstacle = "closed\n" + seen.asked;
  else if (!seen.asked.empty() && !seen.of_rule() && (is_refusal(row.actual) || seen.kind == "no reply"))
    seen.obstacle = fmt::format("{}\n{}{}", seen.kind, seen.asked, seen.seen);
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
