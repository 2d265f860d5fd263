#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "harness/cli/commands.hpp"
#include "harness/cli/console.hpp"
#include "harness/cli/run_folder.hpp"
#include "reports/difference.hpp"

namespace smtpspec::cli {

namespace {

struct DiffOptions {
  std::filesystem::path before;
  std::filesystem::path after;
  std::string format = "text";
  bool verbose = false;
};

/// By the precedence of `run`: what got worse did so, whatever else could not be seen.
int exit_code(const engine::Difference& difference, const engine::RunResult& before, const engine::RunResult& after) {
  if (difference.compared == 0) {
    say("nothing was compared: the runs have no row in common");
    return exit_nothing_ran;
  }
  if (difference.is_worse()) return exit_findings;
  for (const engine::RunResult* run : {&before, &after})
    if (!run->complete) {
      say(fmt::format("the run {} is incomplete: {}", run == &before ? "before" : "after", run->incomplete_because));
      return exit_untrusted;
    }
  return difference.is_nothing() ? exit_complete : exit_baseline;
}

int diff(const DiffOptions& options) {
  const auto before = stored_result(options.before);
  const auto after = stored_result(options.after);
  if (!before || !after) return exit_usage;
  const engine::Difference difference = engine::difference(*before, *after);
  put(options.format == "json"
          ? reports::to_json(difference, *before, *after)
          : reports::to_terminal(difference, *before, *after, stdout_style(options.verbose, false)));
  return exit_code(difference, *before, *after);
}

}  // namespace

void add_diff(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("diff", "Tell what changed between two stored runs");
  auto options = std::make_shared<DiffOptions>();
  command->add_option("before", options->before, "The folder that run --out wrote")->required();
  command->add_option("after", options->after, "That of the later run, or of the other server")->required();
  command->add_option("--format", options->format, "text for people, or json (smtpspec-diff/1)")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->add_flag("--verbose", options->verbose, "Show every row that changed, with what was seen");
  command->footer(
      "Exit codes: 0 the same, 1 something got worse, 2 usage or a run that cannot be read, 4 the runs have no row in\n"
      "common, 5 a run is incomplete and nothing got worse, 6 it changed, and nothing got worse.");
  command->callback([options, &chosen] { chosen.run = [options] { return diff(*options); }; });
}

}  // namespace smtpspec::cli
