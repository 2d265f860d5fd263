#include "harness/cli/filters.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "harness/cli/console.hpp"
#include "harness/cli/suite_files.hpp"
#include "harness/engine/selection.hpp"

namespace smtpspec::cli {

namespace {

/// What is wrong with it, or nothing. That it is empty is said of every option.
std::string problem_of(const std::string& filter) {
  const std::string parts = "," + filter + ",";
  const bool all_name = parts.find(",,") == std::string::npos && parts.find(",!,") == std::string::npos;
  return filter.empty() || all_name ? "" : fmt::format("'{}' names nothing: write what fits, as in '!timing'", filter);
}

}  // namespace

CLI::Option* add_filter_option(CLI::App& command, std::vector<std::string>& filters, const std::string& help) {
  return command.add_option("--filter", filters, help)->type_name("PATTERN")->take_all()->check(problem_of);
}

void tell_idle_filters(const std::vector<std::string>& filters, const scenario::Suite& suite) {
  for (const std::string& filter : filters) {
    const bool excludes = filter.starts_with('!');
    const std::string pattern = filter.substr(excludes ? 1 : 0);
    const auto fits = [&](const scenario::Scenario& one) { return engine::matches(one, pattern); };
    if (std::any_of(suite.scenarios.begin(), suite.scenarios.end(), fits)) continue;
    say(fmt::format("--filter {} fits no scenario, and {} nothing{}", shell_word(filter),
                    excludes ? "leaves out" : "lets in", perhaps_meant(pattern, suite)));
  }
}

}  // namespace smtpspec::cli
