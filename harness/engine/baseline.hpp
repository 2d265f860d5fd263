// The second axis of a verdict: what was found against what was foreseen.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/engine/result.hpp"
#include "harness/scenario/baseline.hpp"
#include "harness/scenario/model.hpp"

namespace smtpspec::engine {

/// Whether an entry of rows is about the one of this id: by name, or by a glob.
[[nodiscard]] bool is_for(const scenario::Baseline::Entry& entry, const std::string& id);
/// How a row fails, as an entry remembers it: outcome, cause and what was seen, names and numbers taken out.
[[nodiscard]] std::string print_of(const ScenarioResult& row);
/// Sets the expectation of every result, what is known of it, and the notes: on entries of rows that no scenario of the
/// suite has, of findings that it cannot have, and of findings that are gone though what they rest on was judged. Of
/// two entries for one row its own goes before a glob, and that before a finding's. Without a baseline a finding is
/// `unlisted` and everything else `as_expected`. Days are those on which the run began.
/// `suite`: where given, an entry for any of its scenarios or requirements is known, also where that was not chosen for
/// this run; without it nobody can say which findings there can be.
void apply_baseline(RunResult& run, const std::optional<scenario::Baseline>& baseline,
                    const scenario::Suite* suite = nullptr);

/// How an entry stands against a run.
struct EntryStanding {
  const scenario::Baseline::Entry* entry = nullptr;
  /// nullopt: nothing that it is about was judged. `stale`: no scenario of run or suite has its name, and no finding
  /// can have it.
  std::optional<BaselineStatus> status;
  std::vector<std::string> rows;  ///< that it is about, by the worst: drift before expired, as expected and fixed
};
/// Of each entry, in their order. `run` is one that this baseline was applied to; `baseline` must outlive what is
/// given.
[[nodiscard]] std::vector<EntryStanding> standings(const RunResult& run, const scenario::Baseline& baseline,
                                                   const scenario::Suite* suite = nullptr);

}  // namespace smtpspec::engine
