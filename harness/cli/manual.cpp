#include "harness/cli/manual.hpp"

#include <memory>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "harness/cli/commands.hpp"
#include "harness/cli/console.hpp"
#include "harness/cli/words.hpp"

namespace smtpspec::cli {

namespace {

using Commands = std::vector<const CLI::App*>;

/// Text of man(7): nothing in it is a request or an escape.
std::string roff(std::string_view text) {
  std::string out;
  bool begins = true;
  for (const char c : text) {
    if (begins && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
    begins = c == '\n';
  }
  return out;
}

/// What a value of it may be: "TEXT:{a,b}" of CLI11 has them in braces.
std::vector<std::string> choices_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::size_t open = type.find('{');
  const std::size_t end = type.find('}', open);
  if (open == std::string::npos || end == std::string::npos) return {};
  return CLI::detail::split(type.substr(open + 1, end - open - 1), ',');
}

bool is_flag(const CLI::Option& option) { return option.get_items_expected_max() == 0; }

/// "--filter", and "-h" of what has a short name too.
std::vector<std::string> words_of(const CLI::Option& option) {
  std::vector<std::string> words;
  for (const std::string& name : option.get_snames()) words.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) words.push_back("--" + name);
  return words;
}

/// All that a command line may go on with after this command.
std::vector<std::string> words_of(const CLI::App& command) {
  std::vector<std::string> words;
  for (const CLI::App* one : command.get_subcommands({})) words.push_back(one->get_name());
  for (const CLI::Option* option : command.get_options()) {
    const auto more = words_of(*option);
    words.insert(words.end(), more.begin(), more.end());
    if (!option->get_positional()) continue;
    const auto choices = choices_of(*option);
    words.insert(words.end(), choices.begin(), choices.end());
  }
  return words;
}

std::string value_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  return type.empty() || is_flag(option) ? "" : type.substr(0, type.find(':'));
}

std::string option_in_man(const CLI::Option& option) {
  const auto words = words_of(option);
  const std::string name = words.empty() ? option.get_name(true) : fmt::format("{}", fmt::join(words, ", "));
  const auto choices = choices_of(option);
  const std::string value = value_of(option);
  return fmt::format(".TP\n\\fB{}\\fR{}\n{}{}\n", roff(name), value.empty() ? "" : " \\fI" + roff(value) + "\\fR",
                     roff(option.get_description()),
                     choices.empty() ? "" : roff(fmt::format(" [{}]", fmt::join(choices, ", "))));
}

/// A command and its own commands: "target init". Without the `general` options.
std::string command_in_man(const CLI::App& command, const std::string& before, const std::string& general) {
  const std::string name = before + command.get_name();
  std::string text = fmt::format(".SS {}\n{}\n", roff(name), roff(command.get_description()));
  for (const CLI::Option* option : command.get_options())
    if (const std::string told = option_in_man(*option); general.find(told) == std::string::npos) text += told;
  // A command has the footer of the one that it is of, where it was given none: that is told once.
  if (const std::string own = command.get_footer(); own != command.get_parent()->get_footer())
    text += fmt::format(".PP\n{}\n", roff(own));
  for (const CLI::App* one : command.get_subcommands({})) text += command_in_man(*one, name + " ", general);
  return text;
}

std::string words_in_man(std::string_view section, std::string_view about, const std::vector<Word>& words) {
  std::string text = fmt::format(".SH {}\n{}\n", section, roff(about));
  for (const Word& one : words) text += fmt::format(".TP\n\\fB{}\\fR\n{}\n", roff(one.word), roff(one.meaning));
  return text;
}

/// Lines of bash's `case`: what may follow an option that takes a value.
std::string values_in_bash(const CLI::App& command) {
  std::string text;
  std::vector<std::string> any;  // of these, the shell knows file names
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional() || is_flag(*option)) continue;
    const auto words = words_of(*option);
    const auto choices = choices_of(*option);
    if (choices.empty())
      any.insert(any.end(), words.begin(), words.end());
    else
      text += fmt::format("        {}) words='{}' ;;\n", fmt::join(words, "|"), fmt::join(choices, " "));
  }
  return any.empty() ? text : text + fmt::format("        {}) words='' ;;\n", fmt::join(any, "|"));
}

std::string command_in_bash(const CLI::App& command, const std::string& pattern) {
  return fmt::format("    {})\n      words='{}'\n      case \"$before\" in\n{}        *) ;;\n      esac ;;\n", pattern,
                     fmt::join(words_of(command), " "), values_in_bash(command));
}

/// A word of fish in single quotes.
std::string fish_word(std::string_view text) {
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') word += '\\';
    word += c;
  }
  return word + "'";
}

std::string option_in_fish(const CLI::Option& option, const std::string& condition) {
  std::string text = "complete -c smtpspec " + condition;
  const auto choices = choices_of(option);
  for (const std::string& name : option.get_snames()) text += " -s " + name;
  for (const std::string& name : option.get_lnames()) text += " -l " + name;
  if (!choices.empty())
    text += fmt::format(" {} -a {}", option.get_positional() ? "-f" : "-x",
                        fish_word(fmt::format("{}", fmt::join(choices, " "))));
  else if (!is_flag(option))
    text += " -r";
  return text + " -d " + fish_word(option.get_description()) + "\n";
}

}  // namespace

std::string man_page(const CLI::App& app, const std::string& name) {
  std::string text = fmt::format(
      ".TH SMTPSPEC 1 \"\" \"{}\" \"User commands\"\n.SH NAME\nsmtpspec \\- SMTP conformance and fuzz testing of mail "
      "servers\n.SH SYNOPSIS\n.B smtpspec\n\\fICOMMAND\\fR [\\fIOPTION\\fR...] [\\fIARGUMENT\\fR...]\n.SH "
      "DESCRIPTION\n{}\n.SH OPTIONS\n",
      roff(name), roff(app.get_description()));
  std::string general;
  for (const CLI::Option* option : app.get_options()) general += option_in_man(*option);
  text += general + ".SH COMMANDS\n";
  for (const CLI::App* command : app.get_subcommands({})) text += command_in_man(*command, "", general);
  text += fmt::format(
      ".SH ENVIRONMENT\n.TP\n\\fBNO_COLOR\\fR\nSet to anything but nothing: no colours, as --color "
      "never.\n.TP\n\\fBCOLUMNS\\fR\nHow wide what is shown is, where nothing is a terminal.\n.SH EXAMPLES AND EXIT "
      "CODES\n.nf\n{}\n.fi\n",
      roff(app.get_footer()));
  return text +
         words_in_man("CAUSES", "Of verdicts: a finding's id ends in one, a baseline may ask for one.", causes()) +
         words_in_man("TAGS", "Of the shipped suite, for --filter.", tags());
}

std::string bash_completion(const CLI::App& app) {
  std::string cases;
  for (const CLI::App* command : app.get_subcommands({})) {
    for (const CLI::App* one : command->get_subcommands({}))
      cases += command_in_bash(*one, fmt::format("'{} {}'*", command->get_name(), one->get_name()));
    cases += command_in_bash(*command, command->get_name() + "*");
  }
  return fmt::format(
      "# bash completion of smtpspec\n_smtpspec() {{\n  local word=${{COMP_WORDS[COMP_CWORD]}} "
      "before=${{COMP_WORDS[COMP_CWORD-1]}} words\n  case \"${{COMP_WORDS[*]:1:COMP_CWORD-1}}\" in\n{}"
      "    *) words='{}' ;;\n  esac\n  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n}}\n"
      "complete -o default -F _smtpspec smtpspec\n",
      cases, fmt::join(words_of(app), " "));
}

std::string fish_completion(const CLI::App& app) {
  std::string text = "# fish completion of smtpspec\n";
  for (const CLI::App* command : app.get_subcommands({})) {
    const std::string seen = fmt::format("-n '__fish_seen_subcommand_from {}'", command->get_name());
    text += fmt::format("complete -c smtpspec -n __fish_use_subcommand -f -a {} -d {}\n", command->get_name(),
                        fish_word(command->get_description()));
    for (const CLI::App* one : command->get_subcommands({}))
      text += fmt::format("complete -c smtpspec {} -f -a {} -d {}\n", seen, one->get_name(),
                          fish_word(one->get_description()));
    for (const CLI::Option* option : command->get_options())
      if (!option->get_positional() || !choices_of(*option).empty()) text += option_in_fish(*option, seen);
  }
  return text;
}

void add_manual(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("manual", "Print the man page, or what a shell completes words by");
  auto kind = std::make_shared<std::string>("man");
  command->add_option("kind", *kind, "man, bash or fish (default: man)")->check(CLI::IsMember({"man", "bash", "fish"}));
  command->callback([kind, &app, &chosen] {
    chosen.run = [kind, &app] {
      put(*kind == "man"    ? man_page(app, "smtpspec " SMTPSPEC_VERSION)
          : *kind == "bash" ? bash_completion(app)
                            : fish_completion(app));
      return int{exit_complete};
    };
  });
}

}  // namespace smtpspec::cli
