#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "harness/cli/commands.hpp"
#include "harness/cli/console.hpp"
#include "harness/cli/exit_code.hpp"
#include "harness/cli/suite_files.hpp"
#include "harness/engine/match.hpp"
#include "harness/engine/selection.hpp"

namespace smtpspec::cli {

namespace {

struct ListOptions {
  std::vector<std::filesystem::path> suite;
  std::vector<std::string> filters;
  std::string id;
};

std::optional<scenario::Suite> suite_of(const ListOptions& options) {
  return load_suite(options.suite.empty() ? std::vector{default_suite()} : options.suite);
}

int list(const ListOptions& options) {
  const auto suite = suite_of(options);
  if (!suite) return exit_usage;
  engine::Selection selection;
  selection.filters = options.filters;
  const auto chosen = engine::select(*suite, selection);
  std::size_t width = 0;
  for (const auto* scenario : chosen) width = std::max(width, scenario->id.size());
  for (const auto* scenario : chosen)
    fmt::print("{:<{}}  {:<6}  {}\n", scenario->id, width, scenario::name(scenario->level), scenario->title);
  if (chosen.empty()) say("no scenario matches");
  return chosen.empty() ? exit_nothing_ran : exit_complete;
}

constexpr std::size_t most_shown = 300;

/// Octets as the scenario file has them, cut where they would fill the screen.
std::string shown(const scenario::Text& text) {
  const std::string source = scenario::to_source(text);
  if (source.size() <= most_shown) return source;
  return fmt::format("{} ... ({} characters)", source.substr(0, most_shown), source.size());
}

/// What a step does, in the words of the scenario language.
std::string describe(const scenario::Step& step) {
  using Action = scenario::Step::Action;
  const char* words[] = {"wait",         "send",       "pause", "open a session", "TLS handshake",
                         "close_notify", "half-close", "reset", "close",          "log in"};
  std::string text = words[static_cast<std::size_t>(step.action)];
  if (step.action == Action::send && step.framing == scenario::Step::Framing::data) text = "send a message";
  if (step.action == Action::send && step.framing == scenario::Step::Framing::chunk) text = "send a chunk";
  if (!step.session.empty()) text += " (session " + step.session + ")";
  if (step.cut.each_octet) text += " (an octet a segment)";
  if (!step.cut.at.empty()) text += fmt::format(" (cut at {})", fmt::join(step.cut.at, ", "));
  if (step.action == Action::pause) text += fmt::format(" {} ms", step.duration.count());
  if (step.action == Action::login) text += " by " + step.login.mechanism;
  if (step.action == Action::send) text += "\n       " + shown(step.octets) + (step.line ? "\\r\\n" : "");
  return text;
}

void explain(const scenario::Scenario& scenario, const scenario::Suite& suite) {
  fmt::print("{}\n  {}\n", scenario.id, scenario.title);
  if (!scenario.rationale.empty()) fmt::print("\n{}\n", scenario.rationale);
  fmt::print("\n");
  for (const std::string& id : scenario.requirements) {
    const auto found = suite.requirements.find(id);
    fmt::print("  {} ({})\n    {}", id, scenario::name(scenario.level), scenario::section_of(id));
    if (found != suite.requirements.end())
      fmt::print("{}{}\n    \"{}\"", found->second.lines.empty() ? "" : ", lines ", found->second.lines,
                 found->second.says);
    fmt::print("\n");
  }
  fmt::print("  begins in state '{}'\n", scenario::name(scenario.from));
  std::size_t number = 0;
  for (const scenario::Step& step : scenario.steps) {
    fmt::print("  {}. {}\n", ++number, describe(step));
    for (const auto& expectation : step.replies) fmt::print("       expects {}\n", engine::describe(expectation));
  }
  if (scenario.delivered) fmt::print("  then looks at what was delivered\n");
  if (!scenario.catches.empty()) fmt::print("  catches {}\n", fmt::join(scenario.catches, ", "));
  fmt::print("  {}:{}\n  smtpspec run TARGET --filter {}\n\n", scenario.place.file, scenario.place.line, scenario.id);
}

int explain_all(const ListOptions& options) {
  const auto suite = suite_of(options);
  if (!suite) return exit_usage;
  std::size_t shown = 0;
  std::vector<std::string> ids;
  for (const auto& scenario : suite->scenarios) {
    ids.push_back(scenario.id);
    if (!engine::matches(scenario, options.id)) continue;
    explain(scenario, *suite);
    ++shown;
  }
  if (shown > 0) return exit_complete;
  const std::string near = scenario::closest(options.id, ids);
  say(fmt::format("no scenario '{}'{}", options.id, near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
  return exit_usage;
}

int check(const std::vector<std::filesystem::path>& paths) {
  const auto suite = load_suite(paths.empty() ? std::vector{default_suite()} : paths, true);
  if (!suite) return exit_usage;
  fmt::print("{} scenarios and {} requirements: nothing is wrong with them\n", suite->scenarios.size(),
             suite->requirements.size());
  return exit_complete;
}

}  // namespace

void add_list(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("list", "List scenarios");
  auto options = std::make_shared<ListOptions>();
  command->add_option("--filter", options->filters, "As for run")->take_all();
  command->add_option("--suite", options->suite, "Folder or file of scenarios (default: the shipped suite)");
  command->callback([options, &chosen] { chosen.run = [options] { return list(*options); }; });
}

void add_explain(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("explain", "Say what a scenario does, why, and by which RFC");
  auto options = std::make_shared<ListOptions>();
  command->add_option("id", options->id, "An id, or anything that --filter takes")->required();
  command->add_option("--suite", options->suite, "Folder or file of scenarios (default: the shipped suite)");
  command->callback([options, &chosen] { chosen.run = [options] { return explain_all(*options); }; });
}

void add_check(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("check", "Check scenario files; touches no network");
  auto paths = std::make_shared<std::vector<std::filesystem::path>>();
  command->add_option("file", *paths, "Files or folders (default: the shipped suite)");
  command->callback([paths, &chosen] { chosen.run = [paths] { return check(*paths); }; });
}

}  // namespace smtpspec::cli
