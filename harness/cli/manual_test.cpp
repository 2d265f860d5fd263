#include "harness/cli/manual.hpp"

#include <CLI/CLI.hpp>
#include <catch2/catch_test_macros.hpp>

using namespace smtpspec::cli;

namespace {

/// A command line with one of each.
struct Line {
  Line() {
    app.footer("Exit codes: 0 well");
    CLI::App* run = app.add_subcommand("run", "Plays the suite.\n.not a request");
    run->add_option("--report", report, "It's \\ for people")->check(CLI::IsMember({"json", "junit"}));
    run->add_flag("--strict", strict, "A should counts");
    CLI::App* target = app.add_subcommand("target", "Target files");
    target->footer("Exit codes: 2 no target");
    target->add_subcommand("init", "Asks the server");
    app.add_subcommand("schema", "Prints one")
        ->add_option("kind", kind, "Of file")
        ->check(CLI::IsMember({"scenario", "target"}));
  }
  CLI::App app{"Plays scenarios.", "smtpspec"};
  std::string report, kind;
  bool strict = false;
};

bool has(const std::string& text, const std::string& part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) UNSCOPED_INFO(text);
  return found;
}

}  // namespace

TEST_CASE("The man page has every command, option and value, and the exit codes") {
  const std::string page = man_page(Line().app, "smtpspec 9");
  CHECK(has(page, ".SS run\n"));
  CHECK(has(page, ".SS target init\nAsks the server\n"));
  CHECK(has(page, "\\fB\\-\\-report\\fR"));
  CHECK(has(page, "[json, junit]"));
  CHECK(has(page, "Exit codes: 0 well"));
  CHECK(has(page, ".PP\nExit codes: 2 no target\n"));
  CHECK(page.find("Exit codes: 2 no target") == page.rfind("Exit codes: 2 no target"));
}

TEST_CASE("The man page says what causes and tags mean") {
  const std::string page = man_page(Line().app, "smtpspec 9");
  CHECK(has(page, ".TP\n\\fBearly\\-reply\\fR\na reply came"));
  CHECK(has(page, ".TP\n\\fBsmuggling\\fR\noctets of one message"));
}

TEST_CASE("What every command takes is told once in the man page") {
  Line line;
  std::string when;
  line.app.add_option("--color", when, "Show colours");
  line.app.get_subcommand("run")->add_option("--color", when, "Show colours");
  const std::string page = man_page(line.app, "smtpspec 9");
  const std::size_t first = page.find("\\-\\-color");
  REQUIRE(first != std::string::npos);
  CHECK(first < page.find(".SH COMMANDS"));
  CHECK(page.find("\\-\\-color", first + 1) == std::string::npos);
}

TEST_CASE("No text of ours is taken for a request or an escape of roff") {
  const std::string page = man_page(Line().app, "smtpspec 9");
  CHECK(has(page, "\n\\&.not a request"));
  CHECK(has(page, "It's \\e for people"));
}

TEST_CASE("Shells are told what may follow") {
  const Line line;
  const std::string bash = bash_completion(line.app);
  CHECK(has(bash, "--report) words='json junit' ;;"));
  CHECK(has(bash, "'target init'*)"));
  CHECK(has(bash, "scenario target"));
  const std::string fish = fish_completion(line.app);
  CHECK(has(fish, "-l report -x -a 'json junit' -d 'It\\'s \\\\ for people'"));
  CHECK(has(fish, "__fish_seen_subcommand_from target' -f -a init"));
}
