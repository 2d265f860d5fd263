#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "harness/cli/commands.hpp"
#include "harness/cli/console.hpp"
#include "harness/cli/suite_files.hpp"
#include "harness/engine/rule_tally.hpp"
#include "harness/engine/selection.hpp"
#include "harness/scenario/schema.hpp"
#include "harness/scenario/writer.hpp"

namespace smtpspec::cli {

namespace {

struct ListOptions {
  std::vector<std::filesystem::path> suite;
  std::vector<std::string> filters;
  std::string id;
};

int list(const ListOptions& options) {
  const auto suite = load_suite(options.suite);
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

void explain(const scenario::Scenario& scenario, const scenario::Suite& suite, const std::string& again) {
  fmt::print("{}\n  {}\n", scenario.id, scenario.title);
  if (!scenario.rationale.empty()) fmt::print("\n{}\n", scenario.rationale);
  fmt::print("\n");
  for (const std::string& id : scenario.requirements) {
    fmt::print("  {}\n    {}", id, ledger::section_of(id));
    if (const auto found = suite.requirements.find(id); found != suite.requirements.end())
      fmt::print(", lines {} ({})\n    \"{}\"", ledger::text_of(found->second.lines), ledger::name(found->second.level),
                 found->second.says);
    fmt::print("\n");
  }
  scenario::Scenario shown = scenario;  // what was said above is not said twice
  shown.rationale.clear();
  fmt::print("\n{}\n", scenario::to_toml(shown));
  fmt::print("  {}:{}\n  {} --filter {}\n\n", scenario.place.file, scenario.place.line, again, scenario.id);
}

int explain_all(const ListOptions& options) {
  const auto suite = load_suite(options.suite);
  if (!suite) return exit_usage;
  std::string again = "smtpspec run TARGET";
  for (const auto& folder : options.suite) again += " --suite " + shell_word(folder.string());
  std::size_t shown = 0;
  std::vector<std::string> ids;  // and whatever else has a name
  for (const auto& scenario : suite->scenarios) {
    ids.push_back(scenario.id);
    ids.push_back(scenario.id.substr(0, scenario.id.find('/')));
    ids.insert(ids.end(), scenario.tags.begin(), scenario.tags.end());
    if (!engine::matches(scenario, options.id)) continue;
    explain(scenario, *suite, again);
    ++shown;
  }
  if (shown > 0) return exit_complete;
  const std::string near = scenario::closest(options.id, ids);
  say(fmt::format("no scenario '{}'{}", options.id, near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
  return exit_usage;
}

struct CheckOptions {
  std::vector<std::filesystem::path> paths;
  std::filesystem::path rfc_dir;
};

/// The shipped suite is to be whole; one of somebody's own need not have a row for each rule.
int check(const CheckOptions& options) {
  const bool shipped = options.paths.empty();
  const auto suite = load_suite(options.paths, true);
  if (!suite) return exit_usage;
  bool good = !shipped || print(scenario::check_ledger(*suite, engine::rule_names()));
  if (!options.rfc_dir.empty()) good = print(scenario::check_sentences(*suite, options.rfc_dir)) && good;
  if (!good) return exit_usage;
  // The survey is ours where the suite has none.
  const auto count =
      std::count_if(suite->scenarios.begin(), suite->scenarios.end(), [](const auto& one) { return !one.survey; });
  fmt::print("{} scenarios and {} requirements: nothing is wrong with them\n", count, suite->requirements.size());
  return exit_complete;
}

}  // namespace

void add_schema(CLI::App& app, Chosen& chosen) {
  CLI::App* command =
      app.add_subcommand("schema", "Print the JSON Schema of a kind of file, for editors and validators");
  auto kind = std::make_shared<std::string>();
  command->add_option("kind", *kind, "scenario, target or baseline")
      ->required()
      ->check(CLI::IsMember({"scenario", "target", "baseline"}));
  command->callback([kind, &chosen] {
    chosen.run = [kind] {
      fmt::print("{}", *kind == "scenario" ? scenario::scenario_schema()
                       : *kind == "target" ? scenario::target_schema()
                                           : scenario::baseline_schema());
      return int{exit_complete};
    };
  });
}

void add_list(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("list", "List scenarios");
  auto options = std::make_shared<ListOptions>();
  command->add_option("--filter", options->filters, "As for run")->take_all();
  add_suite_option(*command, options->suite);
  command->callback([options, &chosen] { chosen.run = [options] { return list(*options); }; });
}

void add_explain(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("explain", "Say what a scenario does, why, and by which RFC");
  auto options = std::make_shared<ListOptions>();
  command->add_option("id", options->id, "An id, or anything that --filter takes")->required();
  add_suite_option(*command, options->suite);
  command->callback([options, &chosen] { chosen.run = [options] { return explain_all(*options); }; });
}

void add_check(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("check", "Check scenario files; touches no network");
  auto options = std::make_shared<CheckOptions>();
  command->add_option("file", options->paths, "Files or folders (default: the shipped suite)");
  command->add_option("--rfc-dir", options->rfc_dir,
                      "Folder of rfcNNNN.txt: hold each sentence against the RFC's text");
  command->callback([options, &chosen] { chosen.run = [options] { return check(*options); }; });
}

}  // namespace smtpspec::cli
