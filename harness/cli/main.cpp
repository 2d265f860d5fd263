#include <csignal>
#include <cstdio>
#include <exception>
#include <system_error>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "harness/cli/commands.hpp"
#include "harness/cli/console.hpp"

namespace {

constexpr const char* description =
    "smtpspec plays scenarios of commands and expected replies against a mail server, byte for byte, watches what it\n"
    "answers and what it delivers, and says with evidence where it breaks the RFCs.";

constexpr const char* footer =
    "Exit codes of run: 0 as expected, 1 findings, 2 usage or a bad file, 3 target cannot be tested, 4 nothing ran,\n"
    "5 incomplete, 6 only the baseline is out of date, 70 internal error, 74 report not written, 128+n signal n.\n\n"
    "Examples:\n"
    "  smtpspec run                                    the suite on the embedded reference server\n"
    "  smtpspec run smtp://127.0.0.1:2525              on a server, with what can be known without a target file\n"
    "  smtpspec run target.toml --report junit         on a server, with a JUnit report beside results.json\n"
    "  smtpspec run target.toml --filter rfc5321/4.1.1.4 --filter '!timing'\n"
    "  smtpspec explain false-end-of-data              what a scenario does, and why\n"
    "  smtpspec show false-end-of-data/lf-dot-lf       what came of it in the last run, every octet";

}  // namespace

int main(int argc, char** argv) {
  using namespace smtpspec::cli;
  std::signal(SIGPIPE, SIG_IGN);
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 1 << 20);  // a message of megabytes goes back to the system at once
#endif
  CLI::App app(description, "smtpspec");
  app.footer(footer);
  app.set_version_flag("--version", "smtpspec " SMTPSPEC_VERSION);
  app.require_subcommand(1);
  Chosen chosen;
  chosen.command_line = fmt::format("smtpspec{}{}", argc > 1 ? " " : "", fmt::join(argv + 1, argv + argc, " "));
  add_run(app, chosen);
  add_survey(app, chosen);
  add_judge(app, chosen);
  add_show(app, chosen);
  add_list(app, chosen);
  add_explain(app, chosen);
  add_check(app, chosen);
  add_schema(app, chosen);
  add_prove(app, chosen);
  add_serve(app, chosen);
  add_sink(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_complete : exit_usage;
  }
  try {
    return chosen.run();
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::broken_pipe) return exit_not_written;  // whoever read it has read enough
    say(fmt::format("internal error: {}", error.what()));
    return exit_internal;
  } catch (const std::exception& error) {
    say(fmt::format("internal error: {}", error.what()));
    return exit_internal;
  }
}
