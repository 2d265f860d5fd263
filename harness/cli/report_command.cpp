#include <memory>
#include <set>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "harness/cli/commands.hpp"
#include "harness/cli/console.hpp"
#include "harness/cli/run_folder.hpp"
#include "harness/cli/run_options.hpp"
#include "harness/cli/stored_campaign.hpp"

namespace smtpspec::cli {

namespace {

struct ReportOptions {
  std::filesystem::path run = "smtpspec-run";
  std::vector<std::string> reports;
};

/// Reports of a run that is stored, made of its folder alone. It may have come from anybody.
class ReportCommand {
 public:
  explicit ReportCommand(const ReportOptions& options) : options_(options) {}

  int go() {
    const std::vector<std::string> page = {"html"};
    const auto wanted = reports_of(options_.reports.empty() ? page : options_.reports);
    if (!wanted || !may_be_written(*wanted)) return exit_usage;
    if (is_campaign(options_.run)) return of_campaign(*wanted);
    const auto run = stored_result(options_.run);
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
    for (const WantedReport& one : wanted)
      if (one.format->name != "html") {
        say(fmt::format("--report {}: {} is the folder of a campaign, of which there is html alone", one.format->name,
                        options_.run.string()));
        return exit_usage;
      }
    const auto campaign = stored_campaign(options_.run);
    if (!campaign) return exit_usage;
    const std::string page = reports::to_html(*campaign);
    bool written = true;
    for (const WantedReport& one : wanted) written = put_report(one, page) && written;
    return flush_output() && written ? exit_complete : exit_not_written;
  }

  /// What a report is made of is not written over.
  [[nodiscard]] bool may_be_written(const std::vector<WantedReport>& wanted) const {
    for (const WantedReport& one : wanted) {
      std::error_code ignored;
      const std::filesystem::path place = place_of(one);
      if (place == "-" || !std::filesystem::equivalent(place, options_.run / results_file, ignored)) continue;
      say(fmt::format("--report {}: reports are made of {}; name another file", one.format->name, place.string()));
      return false;
    }
    return true;
  }

  [[nodiscard]] std::filesystem::path place_of(const WantedReport& wanted) const {
    return wanted.file.empty() ? options_.run / wanted.format->file_name : wanted.file;
  }

  bool write(const WantedReport& wanted, const engine::RunResult& run) {
    const auto miss = [this](const std::string& problem) { missed_.insert(problem); };
    return put_report(wanted, reports::written(*wanted.format, run, transcripts_in(options_.run, miss)));
  }

  bool put_report(const WantedReport& wanted, const std::string& text) const {
    if (wanted.file == "-") {
      put(text);
      return true;
    }
    const auto problem = wanted.file.empty()
                             ? put_in_run_folder(options_.run, wanted.format->file_name, text, record::Readers::all)
                             : reports::write_file(wanted.file, text);
    if (problem)
      say(*problem);
    else
      tell("Report: {}\n", place_of(wanted).string());
    return !problem;
  }

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
    "  smtpspec report smtpspec-fuzz                of a campaign: findings, sessions and edges over time\n\n"
    "It says where each report is. Exit codes: 0 written, 2 no such run or one that cannot be read, 74 not written.";

}  // namespace

void add_report(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("report", "Write reports of a stored run: a page for a browser, and others");
  auto options = std::make_shared<ReportOptions>();
  command->add_option("run", options->run, "The folder that run --out wrote, or fuzz --out")->capture_default_str();
  add_report_option(*command, options->reports,
                    "A report in place of the page; repeatable; =- writes it to standard output. The formats:");
  command->footer(more);
  command->callback([options, &chosen] { chosen.run = [options] { return ReportCommand(*options).go(); }; });
}

}  // namespace smtpspec::cli
