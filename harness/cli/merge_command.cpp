#include <algorithm>
#include <memory>
#include <set>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "harness/cli/commands.hpp"
#include "harness/cli/console.hpp"
#include "harness/cli/report_places.hpp"
#include "harness/cli/run_folder.hpp"
#include "harness/cli/run_options.hpp"
#include "harness/engine/merge.hpp"
#include "harness/engine/verify.hpp"
#include "harness/record/transcript_file.hpp"
#include "reports/report.hpp"

namespace smtpspec::cli {

namespace {

struct MergeOptions {
  std::vector<std::filesystem::path> runs;
  std::filesystem::path out;
  std::vector<std::string> reports;
  double undecided = 0.1;
  bool strict = false;
  bool verbose = false;
};

class Merge {
 public:
  Merge(const MergeOptions& options, std::string command_line)
      : options_(options), command_line_(std::move(command_line)) {}

  int go() {
    const auto wanted = reports_of(options_.reports);
    if (!wanted || !read()) return exit_usage;
    std::string problem;
    auto merged = engine::merged(shards_, problem);
    if (!merged) {
      say(problem);
      return exit_usage;
    }
    merged_ = std::move(*merged);
    merged_.run.command = command_line_;
    note_undecided(merged_.run, options_.undecided);
    if (is_one_of_the_runs() || !reports_have_places(options_.out, *wanted, read_files())) return exit_usage;
    if (!told(holds_what_is_no_runs(options_.out))) return exit_usage;
    if (!told(clear_run_folder(options_.out))) return exit_not_written;
    const bool all_copied = copy_transcripts();
    if (!write(*wanted)) return exit_not_written;
    const int code = exit_code_of(merged_.run, options_.strict);
    if (code == exit_nothing_ran) say("nothing ran: every scenario chosen is skipped or unsupported here");
    return !all_copied && (code == exit_complete || code == exit_baseline) ? exit_untrusted : code;
  }

 private:
  static bool told(const std::optional<std::string>& problem) {
    if (problem) say(*problem);
    return !problem;
  }

  bool read() {
    for (const auto& folder : options_.runs) {
      auto run = stored_result(folder);
      if (!run) return false;
      shards_.push_back({folder.string(), std::move(*run)});
    }
    return true;
  }

  [[nodiscard]] std::vector<std::filesystem::path> read_files() const {
    std::vector<std::filesystem::path> files;
    for (const auto& folder : options_.runs) files.push_back(folder / results_file);
    return files;
  }

  /// Its folder is cleared, so it must be none that is read.
  [[nodiscard]] bool is_one_of_the_runs() const {
    record::Refusal refusal;
    const auto out = record::Folder::open(options_.out, refusal);
    for (const auto& folder : options_.runs) {
      const auto run = record::Folder::open(folder, refusal);
      if (!out || !run || !(run->identity() == out->identity())) continue;
      say(fmt::format("--out {}: it is one of the runs; name another folder", options_.out.string()));
      return true;
    }
    return false;
  }

  /// The folder of the round of verification whose evidence a row has; empty where it has the run's own.
  static std::filesystem::path round_of(const engine::ScenarioResult& row) {
    for (const engine::VerifyingRound& round : engine::verifying_rounds())
      if (row.transcript.starts_with(std::string(round.folder) + "/")) return round.folder;
    return {};
  }

  /// The conversations of each row, and those that a rule was broken in. Says how many could not be had.
  bool copy_transcripts() {
    std::size_t missing = 0;
    std::string first;
    std::set<std::string> copied;
    for (std::size_t i = 0; i < merged_.from.size(); ++i) {
      const engine::ScenarioResult& row = merged_.run.scenarios[i];
      if (row.transcript.empty()) continue;
      std::set<std::string> names(row.seen_in.begin(), row.seen_in.end());
      names.insert(row.id);
      for (const std::string& name : names) {
        const std::string path = (round_of(row) / record::transcript_path(name)).string();
        if (name == row.id && path != row.transcript) continue;  // of a rule: it is in others
        if (!copied.insert(path).second) continue;
        const std::string problem = copy(path, options_.runs[merged_.from[i]]);
        if (problem.empty()) continue;
        if (missing++ == 0) first = problem;
      }
    }
    if (missing > 0)
      say(fmt::format("{} transcript{} could not be copied: {}", missing, missing == 1 ? "" : "s", first));
    return missing == 0;
  }

  [[nodiscard]] std::string copy(const std::string& path, const std::filesystem::path& run) const {
    record::Refusal refusal;
    const auto from = record::Folder::open(run, refusal);
    const auto file = from ? from->file(path, refusal) : std::nullopt;
    const auto text = file ? file->whole(record::max_transcript_file, refusal) : std::nullopt;
    if (!text) return fmt::format("{}: {}", (run / path).string(), refusal.words);
    const std::filesystem::path place(path);
    auto below = record::Folder::open(options_.out, refusal);
    for (const auto& folder : place.parent_path())
      if (below) below = record::make_folder(*below, folder.string(), refusal);
    if (!below) return fmt::format("{}: {}", (options_.out / path).string(), refusal.words);
    return record::put_file(*below, place.filename().string(), *text, record::Lasting::no).value_or("");
  }

  bool write(const std::vector<WantedReport>& wanted) {
    const bool written =
        told(put_in_run_folder(options_.out, results_file, reports::to_json(merged_.run), record::Readers::all));
    std::string shown = reports::to_terminal(merged_.run, stdout_style(options_.verbose, options_.strict));
    const PutReports came = put_reports(options_.out, wanted, merged_.run, shown);
    put(shown);
    if (came.for_people) tell("Merged {} shards: {}\n", shards_.size(), (options_.out / results_file).string());
    return flush_output() && written && came.all_written;
  }

  const MergeOptions& options_;
  std::string command_line_;
  std::vector<engine::Shard> shards_;
  engine::Merged merged_;
};

}  // namespace

void add_merge(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("merge", "Join the shards of a run (--shard i/n) to one run");
  auto options = std::make_shared<MergeOptions>();
  command->add_option("runs", options->runs, "The folders that run --out wrote, one of each shard, in any order")
      ->required();
  command->add_option("--out", options->out, "Folder for the joined results.json, transcripts and reports")
      ->type_name("DIR")
      ->required();
  add_report_option(*command, options->reports,
                    "Write a report beside results.json; =- writes it to standard output. The formats:");
  add_undecided_option(*command, options->undecided);
  command->add_flag("--strict", options->strict, "Warnings are findings too");
  command->add_flag("--verbose", options->verbose, "Show every scenario, not only the findings");
  command->footer(
      "Exit codes: those of run; 2 where a shard is missing, there twice, or of another suite, selection, seed, "
      "target\n"
      "or version. Give all shards one --seed.");
  command->callback(
      [options, &chosen] { chosen.run = [options, &chosen] { return Merge(*options, chosen.command_line).go(); }; });
}

}  // namespace smtpspec::cli
