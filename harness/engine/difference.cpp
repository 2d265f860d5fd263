#include "harness/engine/difference.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include <re2/re2.h>

namespace smtpspec::engine {
namespace {

/// How badly the requirement is broken: 0 kept, then a SHOULD, a MUST, a crash. nullopt where nothing was decided.
/// Not judge::rank, in which a pass comes last and an outcome that decides nothing has its place too: here info is as
/// good as pass, and what nobody knows is neither worse nor better.
std::optional<int> breach_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::pass:
    case Outcome::info: return 0;
    case Outcome::warn: return 1;
    case Outcome::fail: return 2;
    case Outcome::crash: return 3;
    default: return std::nullopt;
  }
}

/// Nobody chose that nothing is known.
bool is_lost(Outcome outcome) {
  return outcome == Outcome::blocked || outcome == Outcome::inconclusive || outcome == Outcome::error;
}

/// nullopt where they are alike.
std::optional<Change> change_of(const ScenarioResult& before, const ScenarioResult& after) {
  const auto was = breach_of(before.outcome);
  const auto is = breach_of(after.outcome);
  if (was && is && *was != *is) return *is > *was ? Change::worse : Change::better;
  const bool alike = before.cause == after.cause && without_names(before.actual) == without_names(after.actual);
  if (was && is && *was > 0) return alike ? std::nullopt : std::optional(Change::another);
  const bool alike_ending = alike && without_names(before.reason) == without_names(after.reason);
  if (was && is)
    return before.outcome == after.outcome && (before.outcome == Outcome::pass || alike_ending)
               ? std::nullopt
               : std::optional(Change::otherwise);
  if (is) return *is > 0 ? Change::worse : Change::better;
  if (was && *was == 0 && is_lost(after.outcome)) return Change::worse;
  return before.outcome == after.outcome ? std::nullopt : std::optional(Change::otherwise);
}

/// A row of one run alone. A violation that it shows was there perhaps before, but nobody had seen it.
Change change_of_new(const ScenarioResult& row) {
  return breach_of(row.outcome).value_or(0) > 0 ? Change::worse : Change::otherwise;
}

std::map<std::string_view, const ScenarioResult*> rows_by_id(const RunResult& run) {
  std::map<std::string_view, const ScenarioResult*> by_id;
  for (const ScenarioResult& row : run.scenarios) by_id.emplace(row.id, &row);
  return by_id;
}

/// Those of `some` whose ids `others` have not.
std::vector<Finding> only_in(const std::vector<Finding>& some, const std::vector<Finding>& others) {
  std::set<std::string_view> known;
  for (const Finding& one : others) known.insert(one.id);
  std::vector<Finding> rest;
  std::copy_if(some.begin(), some.end(), std::back_inserter(rest),
               [&](const Finding& one) { return known.count(one.id) == 0; });
  return rest;
}

/// Where a row was left out, by choice or not, what it showed may be there still. A feature that is not there any more
/// breaks nothing.
bool is_unknown(const ScenarioResult* row) {
  return row == nullptr || row->outcome == Outcome::skipped || is_lost(row->outcome);
}

/// Moves those out of `gone` that nothing was seen of.
std::vector<Finding> take_not_played(std::vector<Finding>& gone,
                                     const std::map<std::string_view, const ScenarioResult*>& is) {
  const auto unknown = [&](const std::string& id) {
    const auto found = is.find(id);
    return is_unknown(found == is.end() ? nullptr : found->second);
  };
  const auto first = std::stable_partition(gone.begin(), gone.end(), [&](const Finding& one) {
    return !std::all_of(one.rows.begin(), one.rows.end(), unknown);
  });
  std::vector<Finding> taken(std::make_move_iterator(first), std::make_move_iterator(gone.end()));
  gone.erase(first, gone.end());
  return taken;
}

std::map<std::string, std::string> facts_of(const TargetFacts& target) {
  std::map<std::string, std::string> facts = {{"greeting", target.greeting}, {"profile", target.profile}};
  // The first line of the reply to EHLO is a greeting.
  for (std::size_t i = 1; i < target.keywords.size(); ++i) {
    const std::string& line = target.keywords[i];
    facts["keyword " + line.substr(0, line.find(' '))] = line;
  }
  for (const Learnt& one : target.learnt) facts[one.name] = one.value;
  return facts;
}

/// The same fact, for people: what a run measured is never twice the same to the millisecond.
bool is_same_fact(const std::string& name, std::string before, std::string after) {
  if (name == "greeting") return without_names(before) == without_names(after);
  static const re2::RE2 duration(R"(\b\d+(\.\d+)? (ms|s)\b)");
  re2::RE2::GlobalReplace(&before, duration, "#");
  re2::RE2::GlobalReplace(&after, duration, "#");
  return before == after;
}

std::vector<FactChange> fact_changes(const TargetFacts& before, const TargetFacts& after) {
  const auto was = facts_of(before);
  auto is = facts_of(after);
  std::vector<FactChange> changes;
  for (const auto& [name, value] : was) {
    const std::string now = is[name];
    if (!is_same_fact(name, value, now)) changes.push_back({name, value, now});
  }
  for (const auto& [name, value] : is)
    if (was.count(name) == 0) changes.push_back({name, "", value});
  return changes;
}

}  // namespace

std::size_t Difference::count(Change change) const {
  return static_cast<std::size_t>(
      std::count_if(rows.begin(), rows.end(), [change](const RowChange& row) { return row.change == change; }));
}

bool Difference::is_worse() const { return count(Change::worse) > 0; }

bool Difference::is_nothing() const { return rows.empty() && appeared.empty() && gone.empty() && facts.empty(); }

Difference difference(const RunResult& before, const RunResult& after) {
  Difference result;
  const auto was = rows_by_id(before);
  const auto is = rows_by_id(after);
  for (const auto& [id, row] : is) {
    const auto earlier = was.find(id);
    if (earlier == was.end()) {
      result.rows.push_back({change_of_new(*row), nullptr, row});
      continue;
    }
    ++result.compared;
    if (const auto change = change_of(*earlier->second, *row)) result.rows.push_back({*change, earlier->second, row});
  }
  for (const auto& [id, row] : was)
    if (is.count(id) == 0) result.rows.push_back({Change::otherwise, row, nullptr});
  std::stable_sort(result.rows.begin(), result.rows.end(),
                   [](const RowChange& a, const RowChange& b) { return a.change < b.change; });
  const auto findings_before = all_findings(before);
  const auto findings_after = all_findings(after);
  result.appeared = only_in(findings_after, findings_before);
  result.gone = only_in(findings_before, findings_after);
  result.not_played = take_not_played(result.gone, is);
  result.of_other_suite = !before.suite.empty() && !after.suite.empty() && before.suite != after.suite;
  result.facts = fact_changes(before.target, after.target);
  return result;
}

}  // namespace smtpspec::engine
