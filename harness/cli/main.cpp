#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <span>
#include <sstream>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "harness/cli/commands.hpp"
#include "harness/cli/console.hpp"
#include "harness/cli/suggestions.hpp"
#include "harness/cli/version.hpp"
#include "harness/cli/words.hpp"

namespace {

constexpr const char* description =
    "smtpspec plays scenarios of commands and expected replies against a mail server, byte for byte, watches what it\n"
    "answers and what it delivers, and says with evidence where it breaks the RFCs.";

constexpr const char* examples =
    "A first contact:\n"
    "  smtpspec run smtp://127.0.0.1:2525              what can be known from an address alone; --rcpt, --user\n"
    "  smtpspec show ID                                a finding of that run, or a row: the whole conversation\n"
    "  smtpspec target init smtp://127.0.0.1:2525      asks the server, writes target.toml to fill in\n"
    "  smtpspec run target.toml                        with deliveries, a login, mailboxes that are refused\n\n"
    "And then:\n"
    "  smtpspec run                                    the suite on the embedded reference server\n"
    "  smtpspec run target.toml --filter rfc5321/4.1.1.4 --filter '!timing' --report junit\n"
    "  smtpspec explain false-end-paced                what a scenario does, and why\n"
    "  smtpspec report                                 a page of that run for a browser; other formats\n"
    "  smtpspec judge                                  that run again, by the suite as it is now\n"
    "  smtpspec diff before/ after/                    what changed between two runs\n"
    "  smtpspec baseline accept --baseline FILE        what is known, so that only news turns a run red\n"
    "  smtpspec fuzz target.toml --time 5m             sessions that are changed, its rules as oracle\n"
    "  smtpspec record --to smtp://127.0.0.1:2525      a client's own sessions, judged and as scenario drafts\n\n"
    "A run begins with a survey of the server; rows of scenarios follow, and what shows one cause is one finding.\n\n";

/// Its width is that of the other texts of --help, so that a man page does not depend on who makes it.
std::string footer() {
  constexpr std::size_t width = 120;
  return examples + std::string("Exit codes of run:\n") +
         smtpspec::cli::listed(smtpspec::cli::exit_codes(), {.colour = false, .width = width}) +
         "\n'smtpspec help COMMAND' shows the options of one; 'smtpspec help causes' and 'help tags' what those words "
         "of\n"
         "reports, baselines and filters mean.";
}

/// In front of the command and after it.
void add_colour_option(CLI::App& app) {
  using smtpspec::cli::Colours;
  static const std::map<std::string, Colours> words = {
      {"auto", Colours::automatic}, {"always", Colours::always}, {"never", Colours::never}};
  app.add_option_function<std::string>(
         "--color", [](const std::string& word) { smtpspec::cli::choose_colours(words.at(word)); },
         "Show colours; auto: on a terminal, unless NO_COLOR is set or TERM is dumb")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->default_str("auto");
  for (CLI::App* command : app.get_subcommands({})) add_colour_option(*command);
}

/// What is given is something: "$UNSET" in a script is nothing, and must not stand for what is left out.
void refuse_empty_words(CLI::App& app) {
  for (CLI::Option* option : app.get_options())
    if (option->get_items_expected_max() > 0)
      option->check([](const std::string& word) { return word.empty() ? "it is empty: name something" : ""; });
  for (CLI::App* command : app.get_subcommands({})) refuse_empty_words(*command);
}

/// Says what is wrong with the command line, or what was asked for in place of a command: help, the version.
int end_of_parsing(const CLI::App& app, const CLI::ParseError& error) {
  using namespace smtpspec::cli;
  std::ostringstream out;
  std::ostringstream problem;
  const int code = app.exit(error, out, problem);
  put_folded(out.str());
  put_error(smtpspec::smtp::visible_lines(problem.str()));
  if (code == 0) return exit_complete;
  if (const std::string meant = perhaps_meant_option(app); !meant.empty()) say(meant);
  return exit_usage;
}

/// An exception that nobody can catch, such as want of memory within a library: an end of ours all the same.
void end_by_internal_error() {
  std::fputs("smtpspec: internal error: out of memory, or an exception that nothing could catch\n", stderr);
  std::_Exit(smtpspec::cli::exit_internal);
}

/// Reads the command line and does what it says.
int go(int argc, char** argv) {
  using namespace smtpspec::cli;
  CLI::App app(description, "smtpspec");
  app.footer(footer());
  app.set_version_flag("--version", version, "Show version, commit and suite");
  app.require_subcommand(1);
  Chosen chosen;
  chosen.command_line = fmt::format("smtpspec{}{}", argc > 1 ? " " : "", fmt::join(argv + 1, argv + argc, " "));
  add_run(app, chosen);
  add_survey(app, chosen);
  add_target(app, chosen);
  add_judge(app, chosen);
  add_report(app, chosen);
  add_show(app, chosen);
  add_baseline(app, chosen);
  add_diff(app, chosen);
  add_merge(app, chosen);
  add_list(app, chosen);
  add_explain(app, chosen);
  add_check(app, chosen);
  add_schema(app, chosen);
  add_prove(app, chosen);
  add_fuzz(app, chosen);
  add_serve(app, chosen);
  add_sink(app, chosen);
  add_record(app, chosen);
  add_manual(app, chosen);
  add_help(app, chosen);
  add_colour_option(app);
  refuse_empty_words(app);
  if (lacks_command(app, std::span<char* const>(argv, static_cast<std::size_t>(argc)).subspan(argc > 0 ? 1 : 0)))
    return exit_usage;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return end_of_parsing(app, error);
  }
  return chosen.run();
}

}  // namespace

int main(int argc, char** argv) {
  using namespace smtpspec::cli;
  std::set_terminate(end_by_internal_error);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is one that cannot be written
  fill_standard_streams();
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 1 << 20);  // a message of megabytes goes back to the system at once
#endif
  try {
    return unless_output_is_lost(go(argc, argv));
  } catch (const std::exception& error) {
    say(fmt::format("internal error: {}", error.what()));
  }
  return exit_internal;
}
