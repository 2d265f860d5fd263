// The options of `run` and what they come to.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/engine/run.hpp"
#include "harness/scenario/baseline.hpp"
#include "harness/scenario/target.hpp"
#include "reports/report.hpp"

namespace CLI {  // NOLINT: its own name
class App;
}

namespace smtpspec::cli {

/// Which server, and what the command line says of it; that goes before what a target file says.
struct TargetOptions {
  std::string target;  ///< a file, a URL, or empty for the embedded server
  std::vector<std::string> mailboxes;
  std::string user;
  std::string password_file;  ///< "-": standard input
  /// As they were given, without the target: " --rcpt alice@example.test".
  [[nodiscard]] std::string words() const;
};
/// All of them but `target`.
void add_options(CLI::App& command, TargetOptions& options);

struct RunOptions {
  TargetOptions target;
  std::vector<std::string> filters;
  bool last_failed = false;  ///< play what the run before showed to fail, and nothing else
  std::vector<std::filesystem::path> suite;
  std::filesystem::path out;  ///< empty: one of its own
  std::size_t jobs = engine::RunSettings().jobs;
  double rate = 0;  ///< 0: as many as the target takes
  std::string timeout = "10s";
  std::string patience = "60s";
  std::string time;  ///< of the run as a whole; empty: as long as it takes
  std::size_t repeat = 1;
  bool verify = false;  ///< what is new or changed is played again, to tell whether it is firm
  std::string shard = "1/1";
  std::uint64_t seed = 0;  ///< 0: taken from the clock
  double undecided = 0.1;  ///< the share of the scenarios due that may decide nothing
  bool strict = false;
  bool verbose = false;
  bool allow_remote = false;
  std::vector<std::string> reports;  ///< FORMAT or FORMAT=FILE
  std::string annotate;              ///< "github", or empty
  std::filesystem::path baseline;
};

void add_options(CLI::App& command, RunOptions& options);
/// --report, as each command has it that writes reports; after the help stands what the formats are.
void add_report_option(CLI::App& command, std::vector<std::string>& reports, const std::string& help);
/// --undecided, as each command has it that ends a run.
void add_undecided_option(CLI::App& command, double& share);

/// A report to be written, and where.
struct WantedReport {
  const reports::Format* format = nullptr;
  /// Empty: in the run's folder. "-": standard output, in place of what is written there otherwise.
  std::filesystem::path file;
};

/// Each says on standard error what is wrong, and returns nothing, where the options do not fit.
[[nodiscard]] std::optional<scenario::Target> target_of(const TargetOptions& options);
[[nodiscard]] std::optional<engine::Selection> selection_of(const RunOptions& options);
[[nodiscard]] std::optional<std::vector<WantedReport>> reports_of(const std::vector<std::string>& given);
/// 0: taken from the clock.
[[nodiscard]] std::uint64_t seed_of(std::uint64_t given);
/// `given` is set to the baseline where one was asked for.
[[nodiscard]] bool baseline_of(const std::filesystem::path& file, std::optional<scenario::Baseline>& given);

}  // namespace smtpspec::cli
