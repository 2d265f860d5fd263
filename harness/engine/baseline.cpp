#include "harness/engine/baseline.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fnmatch.h>

#include "harness/engine/endings.hpp"
#include "harness/engine/findings.hpp"

namespace smtpspec::engine {
namespace {

using Entry = scenario::Baseline::Entry;

bool fits(const std::string& glob, const std::string& id) {
  return !glob.empty() && (glob == id || fnmatch(glob.c_str(), id.c_str(), 0) == 0);
}

/// Both a row and a finding have these.
bool is_foreseen(const Entry& entry, const auto& seen) {
  return entry.outcome.value_or(seen.outcome) == seen.outcome &&
         (entry.cause.empty() || entry.cause == judge::name(seen.cause)) &&
         (entry.signature.empty() || entry.signature == without_names(seen.actual));
}

/// What comes and goes may come in any words, where none are given.
bool is_as_listed(const ScenarioResult& row, const Entry& entry) {
  if (!entry.unstable) return entry.rows.at(row.id) == print_of(row);
  return entry.signature.empty() || entry.signature == without_names(row.actual);
}

BaselineStatus status_of(const ScenarioResult& row, const Entry& entry, bool foreseen, bool expired) {
  const bool fails = is_finding(row.outcome, true);
  if (fails && !foreseen) return BaselineStatus::drift;
  if (fails) return expired ? BaselineStatus::expired : BaselineStatus::as_expected;
  return entry.unstable || entry.outcome == row.outcome ? BaselineStatus::as_expected : BaselineStatus::fixed;
}

/// A run beside a baseline.
class Held {
 public:
  Held(const RunResult& run, const scenario::Baseline& baseline, const scenario::Suite* suite)
      : run_(run),
        baseline_(baseline),
        suite_(suite),
        findings_(all_findings(run)),
        today_(scenario::day_in(run.started.substr(0, 10))) {
    for (const Finding& one : findings_) put_rows_of(one);
    for (const ScenarioResult& row : run.scenarios) by_id_[row.id] = &row;
    if (suite != nullptr) look_at(*suite);
    rows_.reserve(run.scenarios.size());
    for (const ScenarioResult& row : run.scenarios) rows_.push_back(of(row));
    for (const Entry& entry : baseline.entries) keep_glob(entry);
  }

  struct OfRow {
    const Entry* entry = nullptr;  ///< that is about it; nullptr: none is
    BaselineStatus status = BaselineStatus::as_expected;
  };
  /// In the order of the run.
  [[nodiscard]] const std::vector<OfRow>& rows() const { return rows_; }

  [[nodiscard]] EntryStanding of(const Entry& entry) const {
    EntryStanding standing{&entry, std::nullopt, {}};
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const ScenarioResult& row = run_.scenarios[i];
      if (rows_[i].entry != &entry || !is_decided(row.outcome)) continue;
      standing.rows.push_back(row.id);
      if (!standing.status || rank(rows_[i].status) < rank(*standing.status)) standing.status = rows_[i].status;
    }
    if (standing.status) return standing;
    if (!entry.scenario.empty() && !is_of_suite(entry)) standing.status = BaselineStatus::stale;
    if (entry.finding.empty() || is_seen(entry)) return standing;
    if (suite_ != nullptr && !can_be_found(entry.finding))
      standing.status = BaselineStatus::stale;
    else if (is_gone(entry))
      standing.status = BaselineStatus::fixed;
    return standing;
  }

 private:
  struct OfFinding {
    const Entry* entry;
    bool foreseen;
  };

  /// What was left out; of a part of the suite a rule that is kept says nothing about the rest.
  void look_at(const scenario::Suite& suite) {
    for (const scenario::Scenario& one : suite.scenarios)
      if (!by_id_.contains(one.id)) left_out_.insert(one.id);
    if (run_.shards == 1 && left_out_.empty()) return;
    for (const scenario::Scenario& one : suite.scenarios)
      if (!one.rule.empty()) kept_in_part_.insert(one.id);
  }

  /// Something was observed of it, and as far as an entry can ask.
  [[nodiscard]] bool is_judged(const ScenarioResult& row) const {
    return is_decided(row.outcome) && (is_finding(row.outcome, true) || !kept_in_part_.contains(row.id));
  }

  [[nodiscard]] OfRow of(const ScenarioResult& row) const {
    if (const Entry* const entry = entry_for(row.id)) {
      if (!is_judged(row)) return {entry};  // nothing is fixed by that
      return {entry, status_of(row, *entry, is_foreseen(*entry, row), has_expired(*entry))};
    }
    if (!is_finding(row.outcome, true)) return {};
    const Entry* const listing = entry_listing(row.id);
    if (listing != nullptr && is_as_listed(row, *listing))
      return {listing, status_of(row, *listing, true, has_expired(*listing))};
    if (const auto found = of_findings_.find(row.id); found != of_findings_.end()) {
      const auto& [entry, foreseen] = found->second;
      return {entry, status_of(row, *entry, foreseen, has_expired(*entry))};
    }
    if (listing != nullptr) return {listing, BaselineStatus::drift};
    // It may be told of with others now, of which the entry knows nothing.
    if (const Entry* const entry = entry_for_finding(finding_by(row)))
      return {entry, status_of(row, *entry, is_foreseen(*entry, row), has_expired(*entry))};
    return {nullptr, BaselineStatus::regression};
  }

  static int rank(BaselineStatus status) {
    switch (status) {
      case BaselineStatus::drift: return 0;
      case BaselineStatus::expired: return 1;
      case BaselineStatus::as_expected: return 2;
      default: return 3;
    }
  }

  [[nodiscard]] bool has_expired(const Entry& entry) const { return entry.until && today_ && *today_ > *entry.until; }

  void put_rows_of(const Finding& finding) {
    const Entry* const entry = entry_for_finding(finding.id);
    if (entry == nullptr) return;
    for (const auto* const rows : {&finding.rows, &finding.consequences})
      for (const std::string& id : *rows) of_findings_[id] = {entry, is_foreseen(*entry, finding)};
  }

  [[nodiscard]] const Entry* entry_for_finding(const std::string& id) const {
    const auto entry = std::find_if(baseline_.entries.begin(), baseline_.entries.end(),
                                    [&](const Entry& one) { return fits(one.finding, id); });
    return entry == baseline_.entries.end() ? nullptr : &*entry;
  }

  /// Its own, or by a glob.
  [[nodiscard]] const Entry* entry_for(const std::string& id) const {
    const auto& entries = baseline_.entries;
    auto found = std::find_if(entries.begin(), entries.end(), [&](const Entry& one) { return one.scenario == id; });
    if (found == entries.end())
      found = std::find_if(entries.begin(), entries.end(), [&](const Entry& one) { return is_for(one, id); });
    return found == entries.end() ? nullptr : &*found;
  }

  /// Of a finding that the row showed when it was accepted.
  [[nodiscard]] const Entry* entry_listing(const std::string& id) const {
    const auto entry = std::find_if(baseline_.entries.begin(), baseline_.entries.end(),
                                    [&](const Entry& one) { return one.rows.contains(id); });
    return entry == baseline_.entries.end() ? nullptr : &*entry;
  }

  /// As long as one of its rows fails, or may, a glob is not out of date for those that pass.
  void keep_glob(const Entry& entry) {
    if (entry.scenario.empty() || by_id_.contains(entry.scenario)) return;
    const auto is_its = [&](const OfRow& row) { return row.entry == &entry; };
    const auto is_needed = [&](const OfRow& row) { return is_its(row) && row.status != BaselineStatus::fixed; };
    const bool is_whole =
        std::none_of(left_out_.begin(), left_out_.end(), [&](const std::string& id) { return is_for(entry, id); });
    if (is_whole && std::none_of(rows_.begin(), rows_.end(), is_needed)) return;
    for (OfRow& row : rows_)
      if (is_its(row) && row.status == BaselineStatus::fixed) row.status = BaselineStatus::as_expected;
  }

  [[nodiscard]] bool is_of_suite(const Entry& entry) const {
    const auto named = [&](const auto& one) { return is_for(entry, one.id); };
    return std::any_of(run_.scenarios.begin(), run_.scenarios.end(), named) ||
           (suite_ != nullptr && std::any_of(suite_->scenarios.begin(), suite_->scenarios.end(), named));
  }

  [[nodiscard]] bool is_seen(const Entry& entry) const {
    return std::any_of(findings_.begin(), findings_.end(),
                       [&](const Finding& one) { return fits(entry.finding, one.id); });
  }

  /// Whether anything that suite or run knows can be found under this name: what is not played today may be tomorrow,
  /// but a name that was mistyped never is.
  [[nodiscard]] bool can_be_found(std::string finding) const {
    if (const auto count = finding.find_last_not_of("0123456789"); count != finding.npos && finding[count] == '~')
      finding.resize(count);
    const std::string begin = finding.substr(0, finding.find_first_of("*?[\\:"));  // no glob, so that most differ by it
    const auto is_it = [&](const std::string& about) {
      if (!about.starts_with(begin)) return false;
      if (fits(finding, about)) return true;
      return std::any_of(judge::cause_rows.begin(), judge::cause_rows.end(), [&](const judge::CauseRow& cause) {
        return fits(finding, fmt::format("{}:{}", about, cause.word));
      });
    };
    const auto is_about_it = [&](const auto& row) { return is_it(row.id); };
    const auto rests_on_it = [&](const ScenarioResult& row) {
      return is_it(row.id) || std::any_of(row.requirements.begin(), row.requirements.end(), is_about_it);
    };
    return std::any_of(run_.scenarios.begin(), run_.scenarios.end(), rests_on_it) ||
           std::any_of(suite_->scenarios.begin(), suite_->scenarios.end(), is_about_it) ||
           std::any_of(suite_->requirements.begin(), suite_->requirements.end(),
                       [&](const auto& one) { return is_it(one.first); });
  }

  /// It is not seen, though all that showed it when it was accepted was judged, or, where nobody wrote that down, all
  /// of the suite that rests on its requirement was due, and something of it judged.
  [[nodiscard]] bool is_gone(const Entry& entry) const {
    if (entry.unstable || run_.shards > 1) return false;
    if (!entry.rows.empty()) return all_judged(entry);
    const std::string requirement = entry.finding.substr(0, entry.finding.find_first_of(":~"));
    const auto rests_on_it = [&](const std::string& id, const auto& requirements, const auto& id_of) {
      return fits(requirement, id) || std::any_of(requirements.begin(), requirements.end(),
                                                  [&](const auto& one) { return fits(requirement, id_of(one)); });
    };
    const auto is_missing = [&](const scenario::Scenario& row) {
      return left_out_.contains(row.id) && rests_on_it(row.id, row.requirements, [](const auto& one) { return one; });
    };
    if (suite_ != nullptr && std::any_of(suite_->scenarios.begin(), suite_->scenarios.end(), is_missing)) return false;
    return std::any_of(run_.scenarios.begin(), run_.scenarios.end(), [&](const ScenarioResult& row) {
      return is_judged(row) && rests_on_it(row.id, row.requirements, [](const auto& one) { return one.id; });
    });
  }

  /// Its rows, but for those that the suite has no more.
  [[nodiscard]] bool all_judged(const Entry& entry) const {
    std::size_t judged = 0;
    for (const auto& [id, print] : entry.rows) {
      const auto row = by_id_.find(id);
      if (row == by_id_.end() ? left_out_.contains(id) : !is_judged(*row->second)) return false;
      judged += row != by_id_.end() ? 1 : 0;
    }
    return judged > 0;
  }

  const RunResult& run_;
  const scenario::Baseline& baseline_;
  const scenario::Suite* suite_;
  const std::vector<Finding> findings_;
  std::optional<std::chrono::year_month_day> today_;
  std::map<std::string, OfFinding, std::less<>> of_findings_;  ///< by the id of a row
  std::map<std::string, const ScenarioResult*, std::less<>> by_id_;
  std::set<std::string, std::less<>> left_out_;      ///< ids of the suite that are not of the run
  std::set<std::string, std::less<>> kept_in_part_;  ///< rules of a run that was not of all the suite
  std::vector<OfRow> rows_;
};

KnownFailure known_by(const Entry& entry) {
  return {entry.reason, entry.link, entry.owner, entry.until ? scenario::to_text(*entry.until) : ""};
}

/// On an entry that is out of date as a whole; nothing where its rows tell.
std::optional<std::string> note_on(const EntryStanding& standing) {
  if (!standing.rows.empty() || !standing.status) return std::nullopt;
  const Entry& entry = *standing.entry;
  const std::string words = *standing.status != BaselineStatus::stale
                                ? fmt::format("finding '{}' is fixed: the baseline can forget it", entry.finding)
                            : entry.finding.empty()
                                ? fmt::format("no scenario '{}' was in this run", entry.scenario)
                                : fmt::format("there can be no finding '{}' in this suite", entry.finding);
  return fmt::format("{}:{}: {}", entry.place.file, entry.place.line, words);
}

}  // namespace

std::string print_of(const ScenarioResult& row) {
  const std::string how =
      fmt::format("{} {} {}", scenario::name(row.outcome), judge::name(row.cause), without_names(row.actual));
  return fmt::format("{:08x}", stable_hash(how) >> 32U);
}

bool is_for(const Entry& entry, const std::string& id) { return fits(entry.scenario, id); }

void apply_baseline(RunResult& run, const std::optional<scenario::Baseline>& baseline, const scenario::Suite* suite) {
  run.has_baseline = baseline.has_value();
  run.baseline_notes.clear();
  run.other_endings.clear();
  if (!baseline) {
    for (ScenarioResult& row : run.scenarios)
      row.expectation = is_finding(row.outcome, true) ? BaselineStatus::unlisted : BaselineStatus::as_expected;
    return;
  }
  const Held held(run, *baseline, suite);
  for (std::size_t i = 0; i < run.scenarios.size(); ++i) {
    const auto& [entry, status] = held.rows()[i];
    run.scenarios[i].expectation = status;
    run.scenarios[i].known = entry == nullptr ? std::nullopt : std::optional(known_by(*entry));
  }
  for (const Entry& entry : baseline->entries)
    if (auto note = note_on(held.of(entry))) run.baseline_notes.push_back(std::move(*note));
  if (baseline->endings) run.other_endings = other_endings(run, *baseline->endings, suite);
}

std::vector<EntryStanding> standings(const RunResult& run, const scenario::Baseline& baseline,
                                     const scenario::Suite* suite) {
  const Held held(run, baseline, suite);
  std::vector<EntryStanding> all;
  all.reserve(baseline.entries.size());
  for (const Entry& entry : baseline.entries) all.push_back(held.of(entry));
  return all;
}

}  // namespace smtpspec::engine
