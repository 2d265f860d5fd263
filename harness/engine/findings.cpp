#include "harness/engine/findings.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

#include <fmt/format.h>
#include <re2/re2.h>

#include "harness/smtp/char_class.hpp"

namespace smtpspec::engine {
namespace {

/// What a result tells of its cause.
struct Sighting {
  const ScenarioResult* row = nullptr;
  std::string kind;         ///< causes that are one kind of thing have one word
  std::string seen;         ///< what was seen, names taken out
  std::string asked;        ///< what the client had sent before that, names taken out
  bool in_message = false;  ///< it had sent text of a message
  std::string own;          ///< the requirement that decided; where none did, what the row is about
  std::string requirement;  ///< that the finding is about: its own, or that of the cause which it met on its way
  [[nodiscard]] bool strayed() const { return requirement != own; }
  [[nodiscard]] bool of_rule() const { return !row->seen_in.empty(); }
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

/// What stands before the first slash of an id: the scenario, of which the rest names a row.
std::string_view family(std::string_view id) { return id.substr(0, id.find('/')); }
std::string_view row_name(std::string_view id) {
  const auto slash = id.find('/');
  return slash == id.npos ? std::string_view() : id.substr(slash + 1);
}

/// The client's lines before the one that decided, up to the server's before them, which tells whether they are text of
/// a message. A row always/... shows several conversations: the first counts.
void look_at_conversation(Sighting& of) {
  const auto& lines = of.row->excerpt;
  auto at = std::find_if(lines.begin(), lines.end(), [](const ExcerptLine& line) { return line.key; });
  if (at == lines.end()) return;
  while (at != lines.begin() && std::prev(at)->side != ExcerptLine::Side::client) --at;
  for (; at != lines.begin() && std::prev(at)->side != ExcerptLine::Side::server; --at)
    if (std::prev(at)->side == ExcerptLine::Side::client)
      of.asked = smtp::to_upper(without_names(std::prev(at)->text)) + "\n" + of.asked;
  if (at == lines.begin()) return;
  const std::string& before = std::prev(at)->text;
  of.in_message = before.starts_with("354");
  const bool refused = before.starts_with('4') || before.starts_with('5');
  if (of.row->cause == Cause::closed && refused) of.asked = "after a refusal";  // whatever was sent then
  if (of.in_message) of.asked = "text of a message";
}

Sighting sighting_of(const ScenarioResult& row) {
  Sighting seen;
  seen.row = &row;
  seen.kind = kind_of(row);
  look_at_conversation(seen);
  seen.seen = (seen.in_message ? "in a message: " : "") + without_names(row.actual);
  seen.own = !row.decided_by.empty() ? row.decided_by : row.requirements.empty() ? row.id : row.requirements.front().id;
  seen.requirement = seen.own;
  return seen;
}

/// What stops rows of whatever requirement in the same way: the same thing was refused in the same words, or the
/// session ended there. Empty where it was no obstacle.
std::string obstacle(const Sighting& seen) {
  const bool refused = seen.row->actual.starts_with('4') || seen.row->actual.starts_with('5');
  const bool stops = seen.kind == "no reply" || seen.kind == judge::name(Cause::closed);
  if (seen.asked.empty() || seen.of_rule()) return {};
  return refused || stops ? seen.kind + "\n" + seen.asked + seen.seen : std::string();
}

/// Rows that met one obstacle are told of as what most of them are about; of two alike, as what breaks more often.
void find_what_it_is_about(std::vector<Sighting>& all) {
  std::map<std::string, std::vector<Sighting*>> by_obstacle;
  std::map<std::string, std::size_t> broken;
  for (Sighting& one : all) {
    ++broken[one.own];
    if (const std::string met = obstacle(one); !met.empty()) by_obstacle[met].push_back(&one);
  }
  for (const auto& [met, rows] : by_obstacle) {
    std::map<std::string, std::size_t> counts;
    for (const Sighting* one : rows) ++counts[one->own];
    const auto most = std::max_element(counts.begin(), counts.end(), [&](const auto& a, const auto& b) {
      return std::pair(a.second, broken[a.first]) < std::pair(b.second, broken[b.first]);
    });
    for (Sighting* one : rows) one->requirement = most->first;
  }
}

/// Sightings that have one of these in common show one cause.
std::vector<std::string> marks_of(const Sighting& one) {
  const ScenarioResult& row = *one.row;
  const bool early = row.cause == Cause::early_reply;
  std::vector<std::string> marks = {fmt::format("{} {}", one.requirement, one.seen)};
  // A conversation that a rule was broken in, too: by the line that failed the row, or against the same requirement.
  for (const std::string& id : one.of_rule() ? row.seen_in : std::vector{row.id}) {
    marks.push_back(fmt::format("in {} {}", id, one.own));
    for (const ExcerptLine& line : row.excerpt)
      if (line.key && line.side == ExcerptLine::Side::server) marks.push_back(fmt::format("in {} {}", id, line.text));
  }
  if (one.strayed() || one.of_rule()) return marks;
  // Rows of one table, answered by replies of one class; any reply is one too many where none is due.
  marks.push_back(fmt::format("{} {} {} {}", one.own, one.kind, family(row.id), early ? "" : row.actual.substr(0, 1)));
  // Whatever looked like the end of the message, and for one input both the reply and what was delivered.
  if (early && one.in_message) marks.push_back("end of " + one.seen);
  if ((one.in_message || row.cause == Cause::delivery) && !row_name(row.id).empty())
    marks.push_back(fmt::format("{} message {}", one.own, row_name(row.id)));
  return marks;
}

/// The sightings in groups of one cause each.
std::vector<std::vector<const Sighting*>> grouped(const std::vector<Sighting>& all) {
  std::vector<std::size_t> group(all.size());
  std::iota(group.begin(), group.end(), std::size_t{0});
  const auto join = [&](std::size_t a, std::size_t b) {
    if (group[a] != group[b]) std::replace(group.begin(), group.end(), std::size_t{group[a]}, std::size_t{group[b]});
  };
  std::map<std::string, std::size_t> by_mark;
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::string& mark : marks_of(all[i])) join(i, by_mark.emplace(std::move(mark), i).first->second);
  std::map<std::size_t, std::vector<const Sighting*>> groups;
  for (std::size_t i = 0; i < all.size(); ++i) groups[group[i]].push_back(&all[i]);
  std::vector<std::vector<const Sighting*>> list;
  for (auto& [number, rows] : groups) list.push_back(std::move(rows));
  return list;
}

Severity severity_of(const ScenarioResult& row, const CitedRequirement& requirement) {
  if (row.outcome == Outcome::crash) return Severity::security;
  if (row.outcome == Outcome::warn) return Severity::should;
  return std::min(requirement.severity, Severity::must);
}

CitedRequirement cited(const Sighting& seen) {
  for (const CitedRequirement& one : seen.row->requirements)
    if (one.id == seen.own) return one;
  CitedRequirement none;
  none.severity = ledger::severity_of(seen.row->level);
  return none;
}

/// The one that most of them are about.
std::string requirement_of(const std::vector<const Sighting*>& group) {
  std::map<std::string, std::size_t> counts;
  for (const Sighting* one : group) counts[one->requirement] += one->strayed() ? 0 : 1;
  return std::max_element(counts.begin(), counts.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

/// The least is the best evidence. A rule gives way to a row, which can be played again alone.
auto length(const Sighting& seen, const std::string& requirement) {
  std::size_t octets = 0;
  for (const ExcerptLine& line : seen.row->excerpt) octets += line.text.size();
  return std::tuple(seen.own != requirement, -judge::rank(seen.row->outcome), seen.of_rule(), seen.row->excerpt.size(),
                    octets, std::string_view(seen.row->id));
}

Finding finding_of(const std::vector<const Sighting*>& group) {
  const std::string requirement = requirement_of(group);
  const Sighting& best = **std::min_element(group.begin(), group.end(), [&](const Sighting* a, const Sighting* b) {
    return length(*a, requirement) < length(*b, requirement);
  });
  Finding finding;
  finding.requirement = cited(best);
  finding.cause = best.row->cause;
  finding.id = best.of_rule() ? best.row->id : fmt::format("{}:{}", best.own, judge::name(best.row->cause));
  finding.outcome = best.row->outcome;
  finding.what = best.row->title;
  finding.expected = best.row->expected;
  finding.actual = best.row->actual;
  finding.evidence = best.row->id;
  finding.severity = Severity::should;
  for (const Sighting* one : group) {
    if (judge::rank(one->row->outcome) > judge::rank(finding.outcome)) finding.outcome = one->row->outcome;
    if (!one->strayed()) finding.severity = std::min(finding.severity, severity_of(*one->row, cited(*one)));
    (one->strayed() ? finding.consequences : finding.rows).push_back(one->row->id);
  }
  return finding;
}

/// The rows that say why they decided nothing by the id of a row which is a finding.
void put_blocked(std::vector<Finding>& all, const RunResult& run) {
  std::map<std::string_view, Finding*> by_row;
  for (Finding& one : all)
    for (const std::string& id : one.rows) by_row[id] = &one;
  static const re2::RE2 named(R"(([a-z0-9][a-z0-9./_-]*[a-z0-9]))");
  for (const ScenarioResult& row : run.scenarios) {
    if (row.outcome != Outcome::blocked && row.outcome != Outcome::inconclusive) continue;
    re2::StringPiece rest(row.reason);
    for (std::string word; re2::RE2::FindAndConsume(&rest, named, &word);) {
      const auto found = by_row.find(word);
      if (found == by_row.end()) continue;
      found->second->blocked.push_back(row.id);
      break;
    }
  }
}

/// Of several of one name the second is called ~2, by the ids of their rows.
void tell_apart(std::vector<Finding>& all) {
  std::sort(all.begin(), all.end(),
            [](const Finding& a, const Finding& b) { return std::tie(a.id, a.evidence) < std::tie(b.id, b.evidence); });
  std::map<std::string, int> times;
  for (Finding& one : all)
    if (const int time = ++times[one.id]; time > 1) one.id += fmt::format("~{}", time);
}

struct Replacement {
  re2::RE2 name;
  const char* instead;
};

}  // namespace

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

std::vector<Finding> findings(const RunResult& run) {
  std::vector<Sighting> seen;
  for (const ScenarioResult& row : run.scenarios)
    if (is_finding(row.outcome, true) && !run.foreseen(row)) seen.push_back(sighting_of(row));
  std::sort(seen.begin(), seen.end(), [](const Sighting& a, const Sighting& b) { return a.row->id < b.row->id; });
  find_what_it_is_about(seen);
  std::vector<Finding> all;
  for (const auto& group : grouped(seen)) all.push_back(finding_of(group));
  put_blocked(all, run);
  tell_apart(all);
  const auto most_serious = [](const Finding& a, const Finding& b) {
    return a.severity != b.severity ? a.severity < b.severity
                                    : a.rows.size() + a.consequences.size() > b.rows.size() + b.consequences.size();
  };
  std::stable_sort(all.begin(), all.end(), most_serious);
  return all;
}

}  // namespace smtpspec::engine
