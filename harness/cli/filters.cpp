#include "harness/cli/filters.hpp"

#include <algorithm>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "harness/cli/console.hpp"
#include "harness/cli/suite_files.hpp"
#include "harness/engine/selection.hpp"

namespace smtpspec::cli {

namespace {

/// What is wrong with it, or nothing. That it is empty is said of every option.
std::string problem_of(const std::string& filter) {
  if (filter.empty()) return {};
  for (std::string_view rest = filter;;) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view part = rest.substr(0, comma);
    if (part.empty() || part == "!") return fmt::format("'{}' names nothing: write what fits, as in '!timing'", filter);
    if (comma == rest.size()) return {};
    rest.remove_prefix(comma + 1);
  }
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
