// The second axis of a verdict: what was found against what was foreseen.
#pragma once

#include <optional>

#include "harness/engine/result.hpp"
#include "harness/scenario/target.hpp"

namespace smtpspec::engine {

/// Whether an entry is about the row of this id: by name, or by a glob.
[[nodiscard]] bool is_for(const scenario::Baseline::Entry& entry, const std::string& id);
/// Sets the expectation of every result and the notes on entries that no scenario of the suite has. Without a
/// baseline a finding is `unlisted` and everything else `as_expected`.
/// `suite`: where given, an entry for any of its scenarios is known, also where that was not chosen for this run.
void apply_baseline(RunResult& run, const std::optional<scenario::Baseline>& baseline,
                    const scenario::Suite* suite = nullptr);

}  // namespace smtpspec::engine
