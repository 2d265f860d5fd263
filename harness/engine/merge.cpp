#include "harness/engine/merge.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "harness/engine/rule_tally.hpp"

namespace smtpspec::engine {
namespace {

/// What the second is, where it is no shard of the same run as the first.
std::string first_difference(const Shard& first, const Shard& second) {
  const RunResult& a = first.run;
  const RunResult& b = second.run;
  if (a.suite != b.suite) return fmt::format("of another suite or selection than {}", first.name);
  if (a.version != b.version)
    return fmt::format("of another version of smtpspec than {}, {} and not {}", first.name, b.version, a.version);
  if (a.shards != b.shards) return fmt::format("one of {} shards, not of {} as {} is", b.shards, a.shards, first.name);
  if (a.seed != b.seed)
    return fmt::format("of another seed than {}, {} and not {}; give all of them one --seed", first.name, b.seed,
                       a.seed);
  if (a.target.name != b.target.name || a.target.profile != b.target.profile)  // each may have a port of its own
    return fmt::format("of another target than {}, {} ({})", first.name, b.target.name, b.target.profile);
  return {};
}

/// Empty where these are all the shards of one run, each once.
std::string problem_of(std::span<const Shard> shards) {
  if (shards.empty()) return "there is no run to merge";
  const Shard& first = shards.front();
  std::map<std::size_t, const Shard*> by_number;
  for (const Shard& one : shards) {
    const RunResult& run = one.run;
    if (run.suite.empty())
      return fmt::format("{}: it does not tell which suite it played: its smtpspec was older", one.name);
    if (run.shard < 1 || run.shard > run.shards)
      return fmt::format("{}: there is no shard {}/{}", one.name, run.shard, run.shards);
    if (const std::string what = first_difference(first, one); !what.empty())
      return fmt::format("{}: it is {}", one.name, what);
    if (run.has_baseline != first.run.has_baseline)
      return fmt::format("{}: it has a baseline where {} has not, or the reverse", one.name, first.name);
    const auto [there, is_new] = by_number.emplace(run.shard, &one);
    if (!is_new)
      return fmt::format("shard {}/{} is there twice: {} and {}", run.shard, run.shards, there->second->name, one.name);
  }
  std::size_t number = 1;
  while (by_number.count(number) > 0) ++number;
  return number > first.run.shards ? "" : fmt::format("shard {}/{} is missing", number, first.run.shards);
}

/// What is judged in each shard: the rules, over the conversations of that shard, and the survey.
bool is_of_every_shard(const std::string& id) { return id.starts_with("always/") || id.starts_with("survey/"); }

/// The one that knows more, of two alike the worse, of two findings alike the one that the baseline does not foresee.
bool outweighs(const ScenarioResult& one, const ScenarioResult& other) {
  const auto never = [](const ScenarioResult& row) { return row.cause == Cause::never_checked; };
  if (never(one) != never(other)) return never(other);
  if (one.outcome != other.outcome) return judge::rank(one.outcome) > judge::rank(other.outcome);
  return is_finding(one.outcome, true) && one.expectation != BaselineStatus::as_expected &&
         other.expectation == BaselineStatus::as_expected;
}

class Merging {
 public:
  explicit Merging(std::span<const Shard> shards) : shards_(shards) {}

  std::optional<Merged> merge(std::string& problem) {
    problem = problem_of(shards_);
    if (!problem.empty()) return std::nullopt;
    put_run();
    for (std::size_t i = 0; i < shards_.size(); ++i)
      if (problem = put_rows(i); !problem.empty()) return std::nullopt;
    sort_rows();
    return std::move(merged_);
  }

 private:
  void put_run() {
    RunResult& run = merged_.run;
    run = shards_.front().run;
    run.shard = run.shards = 1;
    run.scenarios.clear();
    run.other_endings.clear();
    run.complete = true;
    run.incomplete_because.clear();
    for (const Shard& one : shards_) {
      run.started = std::min(run.started, one.run.started);
      run.duration = std::max(run.duration, one.run.duration);
      if (!one.run.complete && run.incomplete_because.empty())
        run.incomplete_because =
            fmt::format("shard {}/{}: {}", one.run.shard, one.run.shards, one.run.incomplete_because);
      run.complete = run.complete && one.run.complete;
      for (const std::string& note : one.run.baseline_notes)
        if (std::find(run.baseline_notes.begin(), run.baseline_notes.end(), note) == run.baseline_notes.end())
          run.baseline_notes.push_back(note);
      run.other_endings.insert(run.other_endings.end(), one.run.other_endings.begin(), one.run.other_endings.end());
    }
  }

  /// Gives what is wrong with them, or nothing.
  std::string put_rows(std::size_t from) {
    std::set<std::string_view> of_this_shard;
    for (const ScenarioResult& row : shards_[from].run.scenarios) {
      const auto told = [&](const std::string& where) {
        return fmt::format("{}: the row '{}' is {}", shards_[from].name, row.id, where);
      };
      if (!of_this_shard.insert(row.id).second) return told("there twice");
      const auto [there, is_new] = by_id_.emplace(row.id, merged_.run.scenarios.size());
      if (is_new) {
        merged_.run.scenarios.push_back(row);
        merged_.from.push_back(from);
      } else if (is_of_every_shard(row.id)) {
        join(merged_.run.scenarios[there->second], merged_.from[there->second], row, from);
      } else {
        return told(fmt::format("in {} as well", shards_[merged_.from[there->second]].name));
      }
    }
    return {};
  }

  static void join(ScenarioResult& joined, std::size_t& joined_from, const ScenarioResult& row, std::size_t from) {
    const std::size_t checked = joined.checked + row.checked;
    if (outweighs(row, joined)) {
      joined = row;
      joined_from = from;
    }
    joined.checked = checked;
    if (joined.outcome == Outcome::pass && checked > 0) joined.reason = times_checked(checked);
  }

  /// As the files of a suite are read.
  void sort_rows() {
    std::vector<std::size_t> order(merged_.from.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::vector<ScenarioResult>& rows = merged_.run.scenarios;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return std::tie(rows[a].file, rows[a].line) < std::tie(rows[b].file, rows[b].line);
    });
    std::vector<ScenarioResult> sorted;
    std::vector<std::size_t> from;
    for (const std::size_t at : order) {
      sorted.push_back(std::move(rows[at]));
      from.push_back(merged_.from[at]);
    }
    rows = std::move(sorted);
    merged_.from = std::move(from);
  }

  std::span<const Shard> shards_;
  Merged merged_;
  std::map<std::string, std::size_t> by_id_;  ///< places in the rows
};

}  // namespace

std::optional<Merged> merged(std::span<const Shard> shards, std::string& problem) {
  return Merging(shards).merge(problem);
}

}  // namespace smtpspec::engine
