#include "harness/cli/suggestions.hpp"

#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "harness/cli/commands.hpp"
#include "harness/cli/console.hpp"
#include "harness/scenario/diagnostic.hpp"

namespace smtpspec::cli {

namespace {

std::vector<std::string> commands_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

/// "target" of `target init`'s parent; empty for the program itself.
std::string in_front_of(const CLI::App& app) { return app.get_parent() == nullptr ? "" : app.get_name() + " "; }

}  // namespace

const CLI::App* command_of(const CLI::App& app, const std::string& word) {
  for (const CLI::App* command : app.get_subcommands({}))
    if (command->get_name() == word) return command;
  return nullptr;
}

std::string help_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* app = &command; app != nullptr; app = app->get_parent())
    names.insert(names.begin(), app->get_name());
  // CLI::App::help() is that of the command which was parsed below it: of `help`, where that is what was asked for.
  return command.get_formatter()->make_help(&command, fmt::format("{}", fmt::join(names, " ")),
                                            CLI::AppFormatMode::Normal);
}

int no_such_command(const CLI::App& app, const std::string& word, const std::vector<std::string>& more) {
  std::vector<std::string> names = commands_of(app);
  names.insert(names.end(), more.begin(), more.end());
  const std::string before = in_front_of(app);
  const std::string near = scenario::closest(word, names);
  if (names.empty())
    say(fmt::format("'{}' has no command '{}'", app.get_name(), word));
  else
    say(fmt::format("there is no command '{}{}'{}; there are {}", before, word,
                    near.empty() ? "" : fmt::format(" (did you mean '{}{}'?)", before, near), fmt::join(names, ", ")));
  return exit_usage;
}

bool lacks_command(const CLI::App& app, std::span<char* const> words) {
  const CLI::App* at = &app;
  bool is_value = false;  // of --color, which may stand in front
  for (const std::string_view word : words) {
    if (at->get_subcommands({}).empty()) return false;
    if (word.starts_with('-') && !word.starts_with("--color")) return false;
    const bool passed = is_value || word.starts_with('-');
    is_value = word == "--color";
    if (passed) continue;
    const CLI::App* const command = command_of(*at, std::string(word));
    if (command == nullptr) {
      no_such_command(*at, std::string(word));
      return true;
    }
    at = command;
  }
  if (at->get_subcommands({}).empty()) return false;
  put_error(help_of(*at));
  return true;
}

std::string perhaps_meant_option(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  for (const std::string& word : app.remaining(true)) {
    if (!word.starts_with("--")) continue;
    std::string near = scenario::did_you_mean(word.substr(0, word.find('=')), options_of(*at));
    if (!near.empty()) return near;
  }
  return {};
}

}  // namespace smtpspec::cli
