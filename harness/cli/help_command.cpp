#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>

#include "harness/cli/commands.hpp"
#include "harness/cli/console.hpp"
#include "harness/cli/suggestions.hpp"
#include "harness/cli/words.hpp"

namespace smtpspec::cli {

namespace {

struct Topic {
  std::string_view name;
  std::string_view about;
  const std::vector<Word>& (*words)();
};
constexpr Topic topics[] = {
    {"exit-codes", "Exit codes of run; a command that has others says so in its own help.", exit_codes},
    {"causes", "Causes of verdicts: the last part of a finding's id, and what a baseline's 'cause' asks for.", causes},
    {"tags", "Tags of the shipped suite, for --filter; 'smtpspec list --tags' counts them.", tags}};

int tell_topic(const Topic& topic) {
  tell("{}\n\n", topic.about);
  put(listed(topic.words(), stdout_style(false, false)));
  return exit_complete;
}

int help(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* about = &app;
  for (const std::string& word : words) {
    const auto* const topic =
        std::find_if(std::begin(topics), std::end(topics), [&](const Topic& one) { return one.name == word; });
    if (topic != std::end(topics) && about == &app) return tell_topic(*topic);
    const CLI::App* const command = command_of(*about, word);
    if (command == nullptr) {
      std::vector<std::string> more;
      if (about == &app)
        for (const Topic& one : topics) more.emplace_back(one.name);
      return no_such_command(*about, word, more);
    }
    about = command;
  }
  put_folded(help_of(*about));
  return exit_complete;
}

}  // namespace

void add_help(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("help", "Say how a command is used, or what words mean");
  auto words = std::make_shared<std::vector<std::string>>();
  command->add_option("about", *words, "A command (target init); exit-codes, causes or tags; left out: all in short");
  command->callback([words, &app, &chosen] { chosen.run = [words, &app] { return help(app, *words); }; });
}

}  // namespace smtpspec::cli
