#include "harness/engine/findings.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <tuple>

#include <fmt/format.h>
#include <re2/re2.h>

#include "harness/engine/rule_tally.hpp"
#include "harness/engine/sighting.hpp"

namespace smtpspec::engine {
namespace {

/// What stands before the first slash of an id: the scenario, of which the rest names a row.
std::string_view family(std::string_view id) { return id.substr(0, id.find('/')); }
std::string_view row_name(std::string_view id) {
  const auto slash = id.find('/');
  return slash == id.npos ? std::string_view() : id.substr(slash + 1);
}

/// Rows that met one obstacle are told of as what most of them are about; of two alike, as what breaks more often. A
/// rule, or a row of the survey, is about just that.
void find_what_it_is_about(std::vector<Sighting>& all) {
  using Weight = std::tuple<std::size_t, std::size_t, std::size_t>;  // about it, met it, in the whole run
  std::map<std::string, std::map<std::string, Weight>> by_obstacle;
  std::map<std::string, std::size_t> broken;
  for (const Sighting& one : all) ++broken[one.own];
  for (const Sighting& one : all) {
    auto& [about_it, met, in_all] = by_obstacle[one.obstacle][one.own];
    about_it += one.is_about_it ? 1 : 0;
    ++met;
    in_all = broken[one.own];
  }
  for (Sighting& one : all) {
    const auto& about = by_obstacle[one.obstacle];
    if (one.obstacle.empty()) continue;
    one.requirement = std::max_element(about.begin(), about.end(), [](const auto& a, const auto& b) {
                        return a.second < b.second;
                      })->first;
  }
}

/// Who takes a command though nothing was said before it takes it always: rows in which a transaction may have been
/// left over tell no more than that.
void find_what_is_always_taken(std::vector<Sighting>& all) {
  std::set<std::string> always;
  for (const Sighting& one : all)
    if (one.taken && one.said_first) always.insert(one.asked);
  for (Sighting& one : all) {
    if (!one.taken || !always.contains(one.asked)) continue;
    one.obstacle = "taken\n" + one.asked;
    one.is_about_it = one.said_first;
  }
}

/// Behind a reply without an end nothing is what it seems: what a rule saw in that conversation alone is owed to it.
void find_lost_ends(std::vector<Sighting>& all) {
  for (Sighting& lost : all) {
    if (lost.row->cause != Cause::incomplete) continue;
    for (Sighting& rule : all) {
      if (rule.row->seen_in.size() != 1 || rule.row->seen_in.front() != lost.row->id) continue;
      lost.is_about_it = lost.is_about_it || lost.obstacle.empty();
      if (lost.obstacle.empty()) lost.obstacle = "no end\n" + lost.row->id;
      rule.obstacle = lost.obstacle;
      rule.is_about_it = false;
    }
  }
}

/// Sightings that have one of these in common show one cause.
std::vector<std::string> marks_of(const Sighting& one) {
  const ScenarioResult& row = *one.row;
  const bool early = row.cause == Cause::early_reply;
  std::vector<std::string> marks = {fmt::format("{} {}", one.requirement, one.seen)};
  if (!one.obstacle.empty()) marks.push_back("met " + one.obstacle);
  // A conversation that a rule was broken in, too: by the line that failed the row, or against the same requirement.
  for (const std::string& id : one.of_rule() ? row.seen_in : std::vector{row.id}) {
    marks.push_back(fmt::format("in {} {}", id, one.own));
    std::size_t conversations = 0;  // each has a line that decided
    for (const ExcerptLine& line : row.excerpt)
      if (line.key && line.side == ExcerptLine::Side::server && ++conversations <= RuleTally::most_seen)
        marks.push_back(fmt::format("in {} {}", id, line.text));
  }
  if (one.strayed() || one.of_rule()) return marks;
  // Rows of one table, all taken or all refused; any reply is one too many where none is due.
  const char first = row.actual.empty() ? ' ' : row.actual.front();
  const std::string_view how = early                          ? ""
                               : first == '2' || first == '3' ? "taken"
                               : first == '4' || first == '5' ? "refused"
                                                              : "";
  marks.push_back(fmt::format("{} {} {} {}", one.own, one.kind, family(row.id), how));
  // Whatever looked like the end of the message, and for one input both the reply and what was delivered.
  if (early && one.in_message) marks.push_back("end of " + one.seen);
  if ((one.in_message || row.cause == Cause::delivery) && !row_name(row.id).empty())
    marks.push_back(fmt::format("{} message {}", one.own, row_name(row.id)));
  return marks;
}

/// The sightings in groups of one cause each.
std::vector<std::vector<const Sighting*>> grouped(const std::vector<Sighting>& all) {
  // Each points to one of its group, and the last of them to itself.
  std::vector<std::size_t> leads_to(all.size());
  std::iota(leads_to.begin(), leads_to.end(), std::size_t{0});
  const auto first_of = [&](std::size_t one) {
    while (leads_to[one] != one) one = leads_to[one] = leads_to[leads_to[one]];
    return one;
  };
  std::map<std::string, std::size_t> by_mark;
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::string& mark : marks_of(all[i]))
      leads_to[first_of(i)] = first_of(by_mark.emplace(std::move(mark), i).first->second);
  std::map<std::size_t, std::vector<const Sighting*>> groups;
  for (std::size_t i = 0; i < all.size(); ++i) groups[first_of(i)].push_back(&all[i]);
  std::vector<std::vector<const Sighting*>> list;
  list.reserve(groups.size());
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

std::string id_of(const Sighting& evidence) {
  if (evidence.of_rule()) return evidence.row->id;
  return fmt::format("{}:{}", evidence.own, judge::name(evidence.row->cause));
}

Finding finding_of(const std::vector<const Sighting*>& group) {
  const std::string requirement = requirement_of(group);
  const Sighting& best = **std::min_element(group.begin(), group.end(), [&](const Sighting* a, const Sighting* b) {
    return length(*a, requirement) < length(*b, requirement);
  });
  Finding finding;
  finding.requirement = cited(best);
  finding.cause = best.row->cause;
  finding.id = id_of(best);
  finding.outcome = best.row->outcome;
  finding.what = best.row->title;
  finding.expected = best.row->expected;
  finding.actual = best.row->actual;
  finding.evidence = best.row->id;
  finding.severity = Severity::should;
  for (const Sighting* one : group) {
    if (judge::rank(one->row->outcome) > judge::rank(finding.outcome)) finding.outcome = one->row->outcome;
    if (!one->strayed() || one->row->outcome == Outcome::crash)
      finding.severity = std::min(finding.severity, severity_of(*one->row, cited(*one)));
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

/// Of the rows that `is_wanted`.
std::vector<Finding> findings_among(const RunResult& run, const auto& is_wanted) {
  std::vector<Sighting> seen;
  for (const ScenarioResult& row : run.scenarios)
    if (is_finding(row.outcome, true) && is_wanted(row)) seen.push_back(sighting_of(row));
  std::sort(seen.begin(), seen.end(), [](const Sighting& a, const Sighting& b) { return a.row->id < b.row->id; });
  find_lost_ends(seen);
  find_what_is_always_taken(seen);
  find_what_it_is_about(seen);
  std::vector<Finding> all;
  for (const auto& group : grouped(seen)) all.push_back(finding_of(group));
  put_blocked(all, run);
  tell_apart(all);
  const auto most_serious = [](const Finding& a, const Finding& b) {
    const auto key = [](const Finding& one) {
      return std::tuple(one.severity, -judge::rank(one.outcome), -std::ssize(one.rows) - std::ssize(one.consequences));
    };
    return key(a) < key(b);
  };
  std::stable_sort(all.begin(), all.end(), most_serious);
  return all;
}

}  // namespace

std::string finding_by(const ScenarioResult& row) { return id_of(sighting_of(row)); }

std::vector<Finding> findings(const RunResult& run) {
  return findings_among(run, [&](const ScenarioResult& row) { return !run.foreseen(row); });
}

/// Where some rows of a cause are known and others are not there are two of one name, and that of the news is its own.
std::vector<Finding> known_findings(const RunResult& run) {
  auto known = findings_among(run, [&](const ScenarioResult& row) { return run.foreseen(row); });
  std::set<std::string> news;
  if (!known.empty())
    for (Finding& one : findings(run)) news.insert(std::move(one.id));
  for (Finding& one : known)
    if (news.contains(one.id)) one.id += "~known";
  return known;
}

std::vector<Finding> all_findings(const RunResult& run) {
  return findings_among(run, [](const ScenarioResult&) { return true; });
}

std::uint64_t stable_hash(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

}  // namespace smtpspec::engine
