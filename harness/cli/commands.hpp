// The commands of smtpspec. Each adds itself to the command line; `main` wires them and returns what the chosen one
// did.
#pragma once

#include <functional>
#include <string>

namespace CLI {  // NOLINT: its own name
class App;
}

namespace smtpspec::cli {

/// Of `run`, a contract with whoever scripts it; the other commands use them where they fit.
enum ExitCode {
  exit_complete = 0,
  exit_findings = 1,
  exit_usage = 2,       ///< usage, target file or scenario invalid; nothing was sent
  exit_untestable = 3,  ///< not reachable, or the canary failed
  exit_nothing_ran = 4,
  exit_untrusted = 5,  ///< incomplete, or not to be trusted
  exit_baseline = 6,   ///< only the baseline is out of date
  exit_internal = 70,
  exit_not_written = 74,  ///< a report could not be written
  exit_signal = 128,      ///< plus the signal's number
};

/// What the chosen command will do once the command line was read; the result is the exit code.
struct Chosen {
  std::function<int()> run;
  std::string command_line;  ///< as given, for the record
};

void add_run(CLI::App& app, Chosen& chosen);
void add_survey(CLI::App& app, Chosen& chosen);
void add_target(CLI::App& app, Chosen& chosen);
void add_judge(CLI::App& app, Chosen& chosen);
void add_baseline(CLI::App& app, Chosen& chosen);
void add_diff(CLI::App& app, Chosen& chosen);
void add_merge(CLI::App& app, Chosen& chosen);
void add_report(CLI::App& app, Chosen& chosen);
void add_show(CLI::App& app, Chosen& chosen);
void add_list(CLI::App& app, Chosen& chosen);
void add_explain(CLI::App& app, Chosen& chosen);
void add_check(CLI::App& app, Chosen& chosen);
void add_schema(CLI::App& app, Chosen& chosen);
void add_serve(CLI::App& app, Chosen& chosen);
void add_record(CLI::App& app, Chosen& chosen);
void add_sink(CLI::App& app, Chosen& chosen);
void add_fuzz(CLI::App& app, Chosen& chosen);
void add_prove(CLI::App& app, Chosen& chosen);
void add_manual(CLI::App& app, Chosen& chosen);
void add_help(CLI::App& app, Chosen& chosen);

}  // namespace smtpspec::cli
