#include "harness/cli/held_baseline.hpp"

#include <fmt/format.h>

#include "harness/cli/commands.hpp"
#include "harness/cli/console.hpp"
#include "harness/cli/suite_files.hpp"
#include "harness/scenario/loader.hpp"
#include "reports/report.hpp"

namespace smtpspec::cli {

std::optional<HeldBaseline> hold(const BaselineOptions& options, bool may_begin) {
  HeldBaseline held;
  auto run = stored_result(options.run);
  if (!run) return std::nullopt;
  held.run = std::move(*run);
  std::error_code ignored;
  if (const auto text = read_file(options.file)) {
    held.text = *text;
  } else if (!may_begin || std::filesystem::exists(std::filesystem::symlink_status(options.file, ignored))) {
    say(fmt::format("{}: cannot be read as a baseline", options.file.string()));
    return std::nullopt;
  }
  auto loaded = scenario::load_baseline(held.text, options.file.string());
  if (!print(loaded)) return std::nullopt;
  held.baseline = std::move(loaded.value);
  held.suite = load_suite(options.suite);
  if (!held.suite) return std::nullopt;
  engine::apply_baseline(held.run, held.baseline, &*held.suite);
  return held;
}

int write(const BaselineOptions& options, const std::string& text, const std::string& told) {
  if (!print(scenario::load_baseline(text, options.file.string()).diagnostics)) return exit_internal;
  if (const auto problem = reports::write_file(options.file, text)) {
    say(*problem);
    return exit_not_written;
  }
  put_folded(told);
  return exit_complete;
}

int left_to_its_author(const BaselineOptions& options) {
  say(fmt::format("{}: an entry is not written as a table of its own, [[expect]]: nothing was changed",
                  options.file.string()));
  return exit_usage;
}

std::string what_of(const scenario::Baseline::Entry& entry) {
  return entry.scenario.empty() ? entry.finding : entry.scenario;
}

}  // namespace smtpspec::cli
