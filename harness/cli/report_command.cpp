#include <memory>
#include <set>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "harness/cli/commands.hpp"
#include "harness/cli/console.hpp"
#include "harness/cli/run_folder.hpp"
#include "harness/cli/run_options.hpp"
#include "harness/cli/stored_campaign.hpp"
#include "reports/matrix.hpp"

namespace smtpspec::cli {

namespace {

struct ReportOptions {
  std::vector<std::filesystem::path> runs = {last_run};
  std::vector<std::string> reports;
};

constexpr const char* matrix_file = "smtpspec-matrix.html";

std::optional<std::vector<WantedReport>> wanted_of(const ReportOptions& options) {
  const std::vector<std::string> page = {"html"};
  return reports_of(options.reports.empty() ? page : options.reports);
}

/// Whether a report would be written over what it is made of; then that is said.
bool is_results_of(const std::filesystem::path& run, const WantedReport& wanted, const std::filesystem::path& place) {
  std::error_code ignored;
  if (place == "-" || !std::filesystem::equivalent(place, run / results_file, ignored)) return false;
  say(fmt::format("--report {}: reports are made of {}; name another file", wanted.format->name, place.string()));
  return true;
}

/// There is nothing but a page of these; where more is wanted, that is said.
bool html_alone(const std::vector<WantedReport>& wanted, std::string_view of_these) {
  for (const WantedReport& one : wanted) {
    if (one.format->name == "html") continue;
    say(fmt::format("--report {}: {} there is html alone", one.format->name, of_these));
    return false;
  }
  return true;
}

/// Puts it where it is wanted, and tells where that is unless it is standard output. False where it could not be.
bool put_report(const std::filesystem::path& run, const WantedReport& wanted, const std::string& text) {
  if (wanted.file == "-") {
    put(text);
    return true;
  }
  const auto problem = write_report(run, wanted, text);
  if (problem)
    say(*problem);
  else
    tell("Report: {}\n", place_of(run, wanted).string());
  return !problem;
}

/// The same page wherever one is wanted; gives the exit code.
int put_page(const std::filesystem::path& run, const std::vector<WantedReport>& wanted, const std::string& page) {
  bool written = true;
  for (const WantedReport& one : wanted) written = put_report(run, one, page) && written;
  return flush_output() && written ? exit_complete : exit_not_written;
}

/// The page of several runs, each of which may have come from anybody.
class MatrixCommand {
 public:
  explicit MatrixCommand(const ReportOptions& options) : options_(options) {}

  int go() {
    auto wanted = wanted_of(options_);
    if (!wanted) return exit_usage;
    for (WantedReport& one : *wanted)
      if (one.file.empty()) one.file = matrix_file;
    if (!may_be_written(*wanted)) return exit_usage;
    reports::Matrix matrix;
    for (const auto& folder : options_.runs) {
      if (is_campaign(folder)) {
        say(fmt::format("{} is the folder of a campaign; runs alone can stand side by side", folder.string()));
        return exit_usage;
      }
      const auto run = stored_result(folder);
      if (!run) return exit_usage;
      const auto name = folder.has_filename() ? folder.filename() : folder.parent_path().filename();
      matrix.add(*run, name.string());
    }
    return put_page({}, *wanted, reports::to_html(matrix));
  }

 private:
  [[nodiscard]] bool may_be_written(const std::vector<WantedReport>& wanted) const {
    if (options_.runs.size() > reports::Matrix::most_runs) {
      say(fmt::format("{} runs: {} can stand side by side, at most", options_.runs.size(), reports::Matrix::most_runs));
      return false;
    }
    if (!html_alone(wanted, "of several runs")) return false;
    for (const WantedReport& one : wanted)
      for (const auto& run : options_.runs)
        if (is_results_of(run, one, one.file)) return false;
    return true;
  }

  const ReportOptions& options_;
};

/// Reports of a run that is stored, made of its folder alone. It may have come from anybody.
class ReportCommand {
 public:
  ReportCommand(std::filesystem::path run, const ReportOptions& options) : run_(std::move(run)), options_(options) {}

  int go() {
    const auto wanted = wanted_of(options_);
    if (!wanted || !may_be_written(*wanted)) return exit_usage;
    if (is_campaign(run_)) return of_campaign(*wanted);
    const auto run = stored_result(run_);
    if (!run) return exit_usage;
    bool written = true;
    for (const WantedReport& one : *wanted) written = write(one, *run) && written;
    if (!missed_.empty())
      say(fmt::format("{} transcript{} cannot be read, of which the report has excerpts alone: {}", missed_.size(),
                      missed_.size() == 1 ? "" : "s", *missed_.begin()));
    return flush_output() && written ? exit_complete : exit_not_written;
  }

 private:
  /// A page is all that there is of one.
  int of_campaign(const std::vector<WantedReport>& wanted) {
    if (!html_alone(wanted, run_.string() + " is the folder of a campaign, of which")) return exit_usage;
    const auto campaign = stored_campaign(run_);
    return campaign ? put_page(run_, wanted, reports::to_html(*campaign)) : exit_usage;
  }

  /// What a report is made of is not written over.
  [[nodiscard]] bool may_be_written(const std::vector<WantedReport>& wanted) const {
    for (const WantedReport& one : wanted)
      if (is_results_of(run_, one, place_of(run_, one))) return false;
    return true;
  }

  bool write(const WantedReport& wanted, const engine::RunResult& run) {
    const auto miss = [this](const std::string& problem) { missed_.insert(problem); };
    return put_report(run_, wanted, reports::written(*wanted.format, run, transcripts_in(run_, miss)));
  }

  std::filesystem::path run_;
  const ReportOptions& options_;
  std::set<std::string> missed_;  ///< transcripts: what is wrong
};

constexpr const char* more =
    "Without --report it is the page, RUN/report.html: one file that a browser shows without a network, with the\n"
    "findings and the octets that prove them, what the RFCs ask, every row, and the conversations of those that "
    "matter\n"
    "(of all, where they go into 5 MB). It is made of the folder alone, which may have come from anybody, also of a "
    "run\n"
    "that is not complete, and of one whose transcripts are gone: then it has excerpts.\n\n"
    "  smtpspec report                              of the last run: smtpspec-run/report.html\n"
    "  smtpspec report RUN --report html=page.html  in another place; =- is standard output\n"
    "  smtpspec report RUN --report junit           what run --report would have written\n"
    "  smtpspec report smtpspec-fuzz                of a campaign: findings, sessions and edges over time\n"
    "  smtpspec report RUN RUN... --report html=matrix.html\n"
    "                                               of several runs, servers or versions of one: findings,\n"
    "                                               requirements and rows side by side, where they differ first;\n"
    "                                               without --report into ./smtpspec-matrix.html\n\n"
    "It says where each report is. Exit codes: 0 written, 2 no such run or one that cannot be read, 74 not written.";

}  // namespace

void add_report(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("report", "Write reports of a stored run: a page for a browser, and others");
  auto options = std::make_shared<ReportOptions>();
  command
      ->add_option("run", options->runs, "The folder that run --out wrote, or fuzz --out; of several, one page of all")
      ->type_name("RUN")
      ->default_str(last_run);
  add_report_option(*command, options->reports,
                    "A report in place of the page; repeatable; =- writes it to standard output. The formats:");
  command->footer(more);
  command->callback([options, &chosen] {
    chosen.run = [options] {
      return options->runs.size() > 1 ? MatrixCommand(*options).go()
                                      : ReportCommand(options->runs.front(), *options).go();
    };
  });
}

}  // namespace smtpspec::cli
