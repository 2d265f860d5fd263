// The folder of `run --out`: as a run begins it and writes it, and as later commands read it.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/cli/run_options.hpp"
#include "harness/engine/result.hpp"
#include "harness/record/new_file.hpp"
#include "reports/report.hpp"

namespace smtpspec::cli {

inline constexpr std::string_view results_file = "results.json";
/// The run that is meant where none is named: a link to the last, or a folder that runs were told to go to.
inline constexpr const char* last_run = "smtpspec-run";

/// Of results.json in a folder that may have come from anybody; where it cannot be read, that is said on standard
/// error.
[[nodiscard]] std::optional<engine::RunResult> stored_result(const std::filesystem::path& folder);

/// The transcripts in such a folder. `missed` is told of each that cannot be read, where it is there to be.
[[nodiscard]] reports::Transcripts transcripts_in(const std::filesystem::path& folder,
                                                  std::function<void(const std::string& problem)> missed = {});

/// Of a run that was not told where to go: one of its own below smtpspec-runs, made, so that evidence is never written
/// over. Where smtpspec-run is there and no link to such a folder, somebody wants runs to go there: it is given.
[[nodiscard]] std::filesystem::path new_run_folder();
/// Has smtpspec-run point to it, where it is one of those; where that cannot be it is said, and no harm.
void point_to_run(const std::filesystem::path& folder);
/// What a run would take away there that no run has left: files that are called as its reports or transcripts are, in a
/// folder without results.json, such as that of `record`. Gives why it is not to be used, or nothing.
[[nodiscard]] std::optional<std::string> holds_what_is_no_runs(const std::filesystem::path& folder);
/// Makes the folder, takes away what an earlier run left there, so that none of it passes for this run's, and sees
/// whether this one's files can be written. Gives what went wrong, or nothing.
[[nodiscard]] std::optional<std::string> clear_run_folder(const std::filesystem::path& folder);
/// Writes a file of that name into it. Gives what went wrong, or nothing.
[[nodiscard]] std::optional<std::string> put_in_run_folder(const std::filesystem::path& folder, std::string_view name,
                                                           std::string_view content, record::Readers readers);
/// Where a report that is wanted of the folder goes: beside the results, or where it was asked for.
[[nodiscard]] std::filesystem::path place_of(const std::filesystem::path& folder, const WantedReport& wanted);
/// Writes it there; not for standard output. Gives what went wrong, or nothing.
[[nodiscard]] std::optional<std::string> write_report(const std::filesystem::path& folder, const WantedReport& wanted,
                                                      std::string_view text);
/// What came of reports.
struct PutReports {
  bool for_people = true;  ///< none went to standard output
  bool all_written = true;
  std::vector<std::string> files;
};
/// Writes those that are wanted; what went wrong is said. `shown`, which is for standard output, becomes those that are
/// to stand there in its place.
[[nodiscard]] PutReports put_reports(const std::filesystem::path& folder, const std::vector<WantedReport>& wanted,
                                     const engine::RunResult& result, std::string& shown);

/// The exit code of a run whose result this is, as it is told at the end of `run`.
[[nodiscard]] int exit_code_of(const engine::RunResult& result, bool strict);
/// A run that seemed complete is not where more than this share of it is undecided.
void note_undecided(engine::RunResult& result, double share);

}  // namespace smtpspec::cli
