// What a run found new, or otherwise than its baseline says, is played again, to tell what is firm from what comes and
// goes. What was observed once stays observed, whatever comes of it later.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "harness/engine/run.hpp"

namespace smtpspec::engine {

/// One of the runs that verify another. They have tokens of their own, so that mail of one is never another's.
struct VerifyingRound {
  std::size_t repeat = 10;
  std::size_t jobs = 0;         ///< sessions at a time, at most; 0: as many as the run had
  bool has_seed_of_run = true;  ///< false: the next one
  const char* folder = "";      ///< of its transcripts, in the folder of the run
};
[[nodiscard]] const std::vector<VerifyingRound>& verifying_rounds();

/// What is to be played again, in suite order: what shows a finding that no baseline foresaw, and what it expects to
/// fail and did not; of a rule the first conversations in which it was broken. With `strict` warnings are findings too.
[[nodiscard]] std::vector<const scenario::Scenario*> to_be_verified(
    const RunResult& run, const std::vector<const scenario::Scenario*>& played, bool strict);
/// Counts to each row what the same of `again` came to; the worst of all becomes its outcome.
/// `folder`: that of `again`, relative to that of `run`.
void add_plays(RunResult& run, const RunResult& again, const std::filesystem::path& folder);

/// Plays it, and adds what it comes to. `settings` and `events` are those of the run; nothing is played where all is as
/// expected, where the run did not end well, or when its time is over. The result is incomplete while this goes on, and
/// stays so where it is broken off.
void verify(Run& run, const RunSettings& settings, const RunEvents& events, bool strict);

}  // namespace smtpspec::engine
