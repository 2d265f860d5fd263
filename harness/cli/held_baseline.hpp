// A stored run held against a file of known failures, for the commands of `baseline`.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/cli/run_folder.hpp"
#include "harness/engine/baseline.hpp"
#include "harness/engine/result.hpp"
#include "harness/scenario/baseline.hpp"
#include "harness/scenario/model.hpp"

namespace smtpspec::cli {

struct BaselineOptions {
  std::filesystem::path run = last_run;
  std::filesystem::path file = "expected.toml";
  std::vector<std::filesystem::path> suite;
  std::vector<std::string> only;
  scenario::Baseline::Entry about;  ///< what `accept` says of each
  std::string until;
  bool endings = false;  ///< `accept` writes down which permitted endings rows took
};

/// A run, and the baseline that it is held against now, whatever it was played with.
struct HeldBaseline {
  engine::RunResult run;
  std::string text;  ///< of the file
  scenario::Baseline baseline;
  std::optional<scenario::Suite> suite;

  [[nodiscard]] std::vector<engine::EntryStanding> standings() const {
    return engine::standings(run, baseline, suite ? &*suite : nullptr);
  }
};

// These say on standard error what is wrong.
/// `may_begin`: there need not be a file yet.
[[nodiscard]] std::optional<HeldBaseline> hold(const BaselineOptions& options, bool may_begin);
/// Writes the file where that still says what it is to say, and tells; the exit code.
[[nodiscard]] int write(const BaselineOptions& options, const std::string& text, const std::string& told);
/// An entry cannot be changed as it is written; the exit code.
[[nodiscard]] int left_to_its_author(const BaselineOptions& options);

/// The row, or finding, that an entry is about.
[[nodiscard]] std::string what_of(const scenario::Baseline::Entry& entry);

/// `baseline accept`: writes down what a run found, finding by finding; the exit code.
[[nodiscard]] int accept_findings(BaselineOptions options);

}  // namespace smtpspec::cli
