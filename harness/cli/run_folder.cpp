#include "harness/cli/run_folder.hpp"

#include <algorithm>
#include <ctime>
#include <system_error>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include "harness/cli/commands.hpp"
#include "harness/cli/console.hpp"
#include "harness/engine/undecided.hpp"
#include "harness/engine/verify.hpp"
#include "harness/record/transcript_file.hpp"

namespace smtpspec::cli {

namespace {

/// Takes away the files whose names are so.
std::optional<std::string> remove_all(const record::Folder& folder, bool (*is_ours)(std::string_view)) {
  std::optional<std::string> problem;
  const bool all = folder.each_name([&](std::string_view name) {
    if (is_ours(name) && !problem) problem = record::remove_file(folder, std::string(name));
    if (problem) *problem = fmt::format("{}: {}", name, *problem);
    return !problem;
  });
  return problem || all ? problem : std::optional<std::string>("its names cannot be read");
}

bool is_report(std::string_view name) {
  const auto formats = reports::formats();
  return record::is_left_over(name) || std::any_of(formats.begin(), formats.end(), [name](const reports::Format& one) {
           return one.file_name == name;
         });
}

/// A folder of runs that were not told where to go, and what points to the last of them.
const std::filesystem::path runs = "smtpspec-runs";

/// Whether what is called smtpspec-run is ours to point elsewhere: nothing at all, or a link to one of the runs.
bool points_to_a_run() {
  std::error_code error;
  const auto status = std::filesystem::symlink_status(last_run, error);
  if (status.type() == std::filesystem::file_type::not_found) return true;
  if (status.type() != std::filesystem::file_type::symlink) return false;
  return std::filesystem::read_symlink(last_run, error).parent_path() == runs;
}

/// The name of a file that is so; of what a killed run left half written nobody misses anything.
std::string first_of(const record::Folder& folder, bool (*is_ours)(std::string_view)) {
  std::string found;
  (void)folder.each_name([&](std::string_view name) {
    if (is_ours(name) && !record::is_left_over(name)) found = name;
    return found.empty();
  });
  return found;
}

bool is_transcript(std::string_view name) { return record::is_left_over(name) || name.ends_with(".jsonl"); }

}  // namespace

std::optional<engine::RunResult> stored_result(const std::filesystem::path& folder) {
  const std::string file = (folder / results_file).string();
  record::Refusal refusal;
  const auto opened = record::Folder::open(folder, refusal);
  const auto results = opened ? opened->file(results_file, refusal) : std::nullopt;
  const auto text = results ? results->whole(reports::max_results_file, refusal) : std::nullopt;
  if (!text) {
    const bool absent = refusal.kind == record::Refusal::Kind::absent;
    say(fmt::format("{}: {}{}", file, refusal.words,
                    absent ? "; give the folder that 'smtpspec run --out' wrote" : ""));
    return std::nullopt;
  }
  std::string problem;
  auto run = reports::from_json(*text, problem);
  if (!run) say(fmt::format("{}: {}", file, problem));
  return run;
}

reports::Transcripts transcripts_in(const std::filesystem::path& folder,
                                    std::function<void(const std::string& problem)> missed) {
  return [folder, missed = std::move(missed)](const std::string& path) {
    std::string problem;
    auto transcript = record::load_transcript(folder, path, problem);
    if (!transcript && missed) missed(problem);
    return transcript;
  };
}

std::filesystem::path new_run_folder() {
  if (!points_to_a_run()) return last_run;
  const std::string began = fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(std::time(nullptr)));
  std::error_code error;
  std::filesystem::create_directories(runs, error);
  std::filesystem::path folder = runs / began;
  for (int other = 2; !error && !std::filesystem::create_directory(folder, error); ++other)
    folder = runs / fmt::format("{}-{}", began, other);
  return folder;  // who clears it says why it is not there
}

void point_to_run(const std::filesystem::path& folder) {
  if (folder.parent_path() != runs) return;
  const std::filesystem::path fresh = runs / fmt::format(".{}-{}", last_run, getpid());
  std::error_code error;
  std::filesystem::create_symlink(folder, fresh, error);
  if (!error) std::filesystem::rename(fresh, last_run, error);
  if (!error) return;
  say(fmt::format("{} cannot point to {}: {}", last_run, folder.string(), error.message()));
  std::filesystem::remove(fresh, error);
}

std::optional<std::string> holds_what_is_no_runs(const std::filesystem::path& folder) {
  record::Refusal refusal;
  const auto run = record::Folder::open(folder, refusal);
  std::error_code error;
  if (!run || std::filesystem::exists(std::filesystem::symlink_status(folder / results_file, error)))
    return std::nullopt;
  std::string found = first_of(*run, is_report);
  if (const auto transcripts = run->folder("transcripts", refusal); transcripts && found.empty())
    if (found = first_of(*transcripts, is_transcript); !found.empty()) found.insert(0, "transcripts/");
  if (found.empty()) return std::nullopt;
  return fmt::format(
      "--out {}: it is the folder of no run, for it has no {}, and {} would be lost; name another folder",
      folder.string(), results_file, found);
}

std::optional<std::string> clear_run_folder(const std::filesystem::path& folder) {
  const auto told = [&](const std::string& what, const std::string& problem) {
    return fmt::format("{}: cannot be written: {}", (folder / what).string(), problem);
  };
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  record::Refusal refusal;
  const auto run = record::Folder::open(folder, refusal);
  if (!run) return told("", error ? error.message() : refusal.words);
  const auto transcripts = record::make_folder(*run, "transcripts", refusal);
  if (!transcripts) return told("transcripts", refusal.words);
  for (const auto& problem : {remove_all(*run, is_report), record::cannot_put_file(*run)})
    if (problem) return told("", *problem);
  for (const auto& problem : {remove_all(*transcripts, is_transcript), record::cannot_put_file(*transcripts)})
    if (problem) return told("transcripts", *problem);
  for (const engine::VerifyingRound& round : engine::verifying_rounds()) {
    const std::string name = fmt::format("{}/transcripts", round.folder);
    const auto verified = run->folder(name, refusal);
    const auto problem = verified ? remove_all(*verified, is_transcript) : std::nullopt;
    if (problem) return told(name, *problem);
  }
  return std::nullopt;
}

std::optional<std::string> put_in_run_folder(const std::filesystem::path& folder, std::string_view name,
                                             std::string_view content, record::Readers readers) {
  record::Refusal refusal;
  const auto run = record::Folder::open(folder, refusal);
  const auto problem = run ? record::put_file(*run, std::string(name), content, record::Lasting::yes, readers)
                           : std::optional(refusal.words);
  if (!problem) return std::nullopt;
  return fmt::format("{}: cannot be written: {}", (folder / name).string(), *problem);
}

std::filesystem::path place_of(const std::filesystem::path& folder, const WantedReport& wanted) {
  return wanted.file.empty() ? folder / wanted.format->file_name : wanted.file;
}

std::optional<std::string> write_report(const std::filesystem::path& folder, const WantedReport& wanted,
                                        std::string_view text) {
  return wanted.file.empty() ? put_in_run_folder(folder, wanted.format->file_name, text, record::Readers::all)
                             : reports::write_file(wanted.file, text);
}

PutReports put_reports(const std::filesystem::path& folder, const std::vector<WantedReport>& wanted,
                       const engine::RunResult& result, std::string& shown) {
  PutReports put;
  for (const WantedReport& one : wanted) {
    const std::string text = reports::written(*one.format, result, transcripts_in(folder));
    if (one.file == "-") {
      if (std::exchange(put.for_people, false)) shown.clear();
      shown += text;
    } else if (const auto problem = write_report(folder, one, text)) {
      say(*problem);
      put.all_written = false;
    } else {
      put.files.push_back(place_of(folder, one).string());
    }
  }
  return put;
}

int exit_code_of(const engine::RunResult& result, bool strict) {
  if (result.findings(strict) > 0) return exit_findings;
  if (!result.complete) return exit_untrusted;
  if (!result.was_played()) return exit_nothing_ran;
  const bool fixed = std::any_of(result.scenarios.begin(), result.scenarios.end(),
                                 [](const auto& row) { return row.expectation == engine::BaselineStatus::fixed; });
  return fixed || !result.baseline_notes.empty() ? exit_baseline : exit_complete;
}

void note_undecided(engine::RunResult& result, double share) {
  std::string why = engine::too_much_undecided(result, share);
  if (!result.complete || why.empty()) return;
  result.complete = false;
  result.incomplete_because = std::move(why);
}

}  // namespace smtpspec::cli
