#include <algorithm>
#include <map>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "harness/cli/commands.hpp"
#include "harness/cli/console.hpp"
#include "harness/cli/filters.hpp"
#include "harness/cli/list_json.hpp"
#include "harness/cli/suite_files.hpp"
#include "harness/cli/words.hpp"
#include "harness/engine/rule_tally.hpp"
#include "harness/engine/selection.hpp"
#include "harness/scenario/schema.hpp"
#include "harness/scenario/writer.hpp"
#include "reports/layout.hpp"

namespace smtpspec::cli {

namespace {

struct ListOptions {
  std::vector<std::filesystem::path> suite;
  std::vector<std::string> filters;
  bool tags = false;
  std::string format = "text";
  std::string id;
};

using Rows = std::vector<const scenario::Scenario*>;

/// A line a row; where lines have an end, the title has what is left of it, or a line of its own.
void list_rows(const Rows& rows) {
  constexpr std::size_t level = 10;
  constexpr std::size_t least = 24;
  std::size_t width = 0;
  for (const auto* row : rows) width = std::max(width, row->id.size());
  const std::size_t all = width_of_lines().value_or(reports::no_limit);
  const bool beside = all >= width + level + least;
  const std::size_t room = all - level - (beside ? width : 0);
  for (const auto* row : rows) {
    const std::string title = reports::fitted(row->title, room, 1).front();
    tell("{:<{}}{}{:<6}  {}\n", row->id, beside ? width : 0, beside ? "  " : "\n  ", scenario::name(row->level), title);
  }
}

std::map<std::string, std::size_t> tags_of(const Rows& rows) {
  std::map<std::string, std::size_t> counts;
  for (const auto* row : rows)
    for (const std::string& tag : row->tags) ++counts[tag];
  return counts;
}

/// A line a tag; where lines have an end, what it means goes on below itself, or stands below the tag.
void list_tags(const std::map<std::string, std::size_t>& counts) {
  constexpr std::size_t count_width = 8;
  constexpr std::size_t least = 24;
  std::size_t width = 0;
  for (const auto& [tag, count] : counts) width = std::max(width, tag.size() + 2);
  const std::size_t all = width_of_lines().value_or(reports::no_limit);
  const bool beside = all >= count_width + width + least;
  const std::size_t indent = count_width + (beside ? width : 2);
  for (const auto& [tag, count] : counts) {
    const auto lines = reports::wrap(meaning_of_tag(tag), all - indent);
    const bool has_meaning = !lines.front().empty();
    tell("{:>6}  {:{}}{}\n", count, tag, beside && has_meaning ? width : 0, beside ? lines.front() : "");
    for (std::size_t i = beside ? 1 : 0; has_meaning && i < lines.size(); ++i) tell("{:{}}{}\n", "", indent, lines[i]);
  }
}

int list(const ListOptions& options) {
  const auto suite = load_suite(options.suite);
  if (!suite) return exit_usage;
  engine::Selection selection;
  selection.filters = options.filters;
  const auto chosen = engine::select(*suite, selection);
  if (options.format == "json")
    put(options.tags ? to_json(tags_of(chosen)) : to_json(chosen, *suite));
  else
    options.tags ? list_tags(tags_of(chosen)) : list_rows(chosen);
  if (chosen.empty())
    say("no scenario matches" + (options.filters.empty() ? "" : perhaps_meant(options.filters.front(), *suite)));
  return chosen.empty() ? exit_nothing_ran : exit_complete;
}

/// Lines of a text as wide as the terminal has them, whatever lines it was written in.
std::string paragraph(std::string text, std::size_t indent) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::string lines;
  for (const std::string& line : reports::wrap(text, stdout_style(false, false).width - indent))
    lines += std::string(indent, ' ') + line + "\n";
  return lines;
}

void explain(const scenario::Scenario& scenario, const scenario::Suite& suite, const std::string& again) {
  tell("{}\n{}", scenario.id, paragraph(scenario.title, 2));
  if (!scenario.rationale.empty()) tell("\n{}", paragraph(scenario.rationale, 0));
  tell("\n");
  for (const std::string& id : scenario.requirements) {
    std::string where = ledger::section_of(id);
    std::string says;
    if (const auto found = suite.requirements.find(id); found != suite.requirements.end()) {
      const ledger::Requirement& row = found->second;
      where += fmt::format(", line{} {} ({})", row.lines.first == row.lines.last ? "" : "s", ledger::text_of(row.lines),
                           ledger::name(row.level));
      says = paragraph("\"" + row.says + "\"", 4);
    }
    tell("  {}\n{}{}", id, paragraph(where, 4), says);
  }
  scenario::Scenario shown = scenario;  // what was said above is not said twice
  shown.rationale.clear();
  tell("\n{}\n", scenario::to_toml(shown));
  tell("  {}:{}\n", scenario.place.file, scenario.place.line);
  const std::size_t width = width_of_lines().value_or(reports::no_limit);
  for (const std::string& line :
       reports::command_lines(fmt::format("{} --filter {}", again, shell_word(scenario.id)), width - 2))
    tell("  {}\n", line);
  tell("\n");
}

int explain_all(const ListOptions& options) {
  const auto suite = load_suite(options.suite);
  if (!suite) return exit_usage;
  std::string again = "smtpspec run TARGET";
  for (const auto& folder : options.suite) again += " --suite " + shell_word(folder.string());
  std::size_t shown = 0;
  for (const auto& scenario : suite->scenarios) {
    if (!engine::matches(scenario, options.id)) continue;
    explain(scenario, *suite, again);
    ++shown;
  }
  if (shown > 0) return exit_complete;
  say(fmt::format("no scenario '{}'{}", options.id, perhaps_meant(options.id, *suite)));
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
  tell("{} scenarios and {} requirements: nothing is wrong with them\n", count, suite->requirements.size());
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
      put(*kind == "scenario" ? scenario::scenario_schema()
          : *kind == "target" ? scenario::target_schema()
                              : scenario::baseline_schema());
      return int{exit_complete};
    };
  });
}

void add_list(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("list", "List scenarios");
  auto options = std::make_shared<ListOptions>();
  add_filter_option(*command, options->filters, "As for run");
  command->add_flag("--tags", options->tags,
                    "Only the tags that can be filtered by, how many scenarios have each, and what it means");
  command
      ->add_option("--format", options->format,
                   "text for people, or json (smtpspec-list/1; with --tags smtpspec-tags/1)")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
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
