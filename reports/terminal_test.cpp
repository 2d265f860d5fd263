#include <sstream>

#include <catch2/catch_test_macros.hpp>

#include "harness/smtp/visible.hpp"
#include "reports/layout.hpp"
#include "reports/report.hpp"
#include "reports/sample_run_test.hpp"
#include "reports/terminal_style.hpp"

using namespace smtpspec;
using engine::Outcome;

namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

engine::RunResult run_of(std::initializer_list<Outcome> outcomes) {
  engine::RunResult run;
  run.complete = true;
  for (const Outcome outcome : outcomes) {
    engine::ScenarioResult result;
    result.id = "scenario-" + std::to_string(run.scenarios.size());
    result.outcome = outcome;
    run.scenarios.push_back(result);
  }
  return run;
}

}  // namespace

TEST_CASE("the verdict claims no more than was seen") {
  struct Row {
    std::initializer_list<Outcome> outcomes;
    const char* said;
  };
  const Row rows[] = {
      {{}, "Nothing was played."},
      {{Outcome::pass}, "No MUST is broken."},
      {{Outcome::pass, Outcome::skipped, Outcome::unsupported, Outcome::info}, "No MUST is broken."},
      {{Outcome::pass, Outcome::blocked}, "No MUST was seen to be broken; 1 scenario decided nothing."},
      {{Outcome::pass, Outcome::error, Outcome::inconclusive},
       "No MUST was seen to be broken; 2 scenarios decided nothing."},
      {{Outcome::blocked, Outcome::skipped}, "Nothing was decided, which says nothing of the target."},
      {{Outcome::pass, Outcome::warn}, "No MUST is broken; 1 SHOULD is not met."},
      {{Outcome::fail}, "1 MUST is broken."},
      {{Outcome::fail, Outcome::fail, Outcome::warn, Outcome::warn}, "2 MUSTs are broken; 2 SHOULDs are not met."},
      {{Outcome::crash}, "The target crashed, or hung up without a reply, in 1 scenario."},
      {{Outcome::fail, Outcome::crash},
       "The target crashed, or hung up without a reply, in 1 scenario; 1 MUST is broken."},
  };
  for (const Row& row : rows) CHECK(reports::verdict(run_of(row.outcomes), {}) == row.said);

  engine::RunResult run = run_of({Outcome::pass});
  run.complete = false;
  CHECK(reports::verdict(run, {}) ==
        "The run is incomplete: it has not come to its end; no MUST was seen to be broken.");
  run.incomplete_because = "interrupted by SIGINT";
  CHECK(has(reports::verdict(run, {}), "The run is incomplete: interrupted by SIGINT; "));

  run = run_of({Outcome::fail, Outcome::fail, Outcome::fail});
  for (engine::ScenarioResult& result : run.scenarios) result.requirements = {{"one", "", "", engine::Level::must, ""}};
  CHECK(reports::verdict(run, {}) == "1 MUST is broken, as 3 scenarios show.");
  run.has_baseline = true;
  CHECK(reports::verdict(run, {}) == "3 known failures, as the baseline says; nothing else was seen to be broken.");
  run = run_of({Outcome::warn});
  CHECK(has(reports::verdict(run, {.strict = true}), "1 SHOULD is not met, which is a finding in a strict run."));
}

TEST_CASE("findings are failures and crashes that no baseline foresaw, and warnings if strict") {
  engine::RunResult run = reports::sample_run();
  CHECK(run.findings(false) == 3);
  CHECK(run.findings(true) == 4);
  run.has_baseline = false;
  CHECK(run.findings(false) == 4);
  CHECK(run.count(Outcome::fail) == 3);
  CHECK(run.count(Outcome::unsupported) == 2);
}

TEST_CASE("without colour there is no escape sequence, with colour each ends where it began") {
  const engine::RunResult run = reports::sample_run();
  for (const bool verbose : {false, true}) {
    const std::string plain = reports::to_terminal(run, {.colour = false, .verbose = verbose});
    CHECK_FALSE(has(plain, "\x1b"));
    const std::string coloured = reports::to_terminal(run, {.colour = true, .verbose = verbose});
    std::string stripped;
    int open = 0;
    for (std::size_t i = 0; i < coloured.size(); ++i) {
      if (coloured[i] == '\n') CHECK(open == 0);
      if (coloured[i] != '\x1b') {
        stripped += coloured[i];
        continue;
      }
      const std::size_t end = coloured.find('m', i);
      open += coloured.substr(i, end - i) == "\x1b[0" ? -1 : 1;
      i = end;
    }
    CHECK(stripped == plain);
  }
  CHECK(has(reports::to_terminal(run, {.colour = true}), "\x1b[1;31mFAIL"));
  CHECK(has(reports::to_terminal(run, {.colour = true}), "\x1b[1;33mWARN"));
}

TEST_CASE("a warning has its sentence, its conversation and its command as a failure has") {
  const engine::ScenarioResult warning = reports::sample_run().scenarios[4];
  REQUIRE(warning.outcome == Outcome::warn);
  CHECK(has(reports::row_report(warning, {}), "\"If a parameter string"));
  CHECK(has(reports::row_report(warning, {}), "again     smtpspec run"));
}

TEST_CASE("what no RFC says is no quotation") {
  engine::ScenarioResult row = reports::sample_run().scenarios[4];
  row.requirements[0].section = "house/rules";
  CHECK(has(reports::row_report(row, {}), " If a parameter string"));
}

TEST_CASE("findings come first, the most serious at the top, with the evidence of the worst") {
  const std::string report = reports::to_terminal(reports::sample_run(), {});
  const auto at = [&](std::string_view text) { return report.find(text); };
  CHECK(at("4 findings: 2 security, 1 must, 1 should") == 0);
  CHECK(at("rfc5321/4.1.1.4/lf-is-no-line-end:early-reply") < at("always/text-octets"));
  CHECK(at("always/text-octets") < at("> C: first\\n.\\r\\n"));
  CHECK(at("again     smtpspec run") < at("smtpspec show ID"));
  CHECK(at("smtpspec show ID") < at("What smtpspec learnt"));
  CHECK(at("sessions at a time") < at("outcomes"));
  CHECK(reports::to_terminal(run_of({Outcome::pass}), {}).find("finding") == std::string::npos);
}

TEST_CASE("a run on any server fits the page, at any width") {
  const engine::RunResult endless = reports::endless_run();
  for (const std::size_t width : {20U, 40U, 60U, 80U, 132U, 300U}) {
    for (const bool colour : {false, true}) {
      const std::string report = reports::to_terminal(endless, {.colour = colour, .width = width});
      INFO(width);
      CHECK(reports::screen_lines(report, width) <= reports::most_lines - 2);  // the command adds its files
      CHECK(smtp::well_formed(report) == report);
    }
  }
  const std::string report = reports::to_terminal(endless, {});
  CHECK(has(report, "more: "));
  std::size_t shown = 0;
  for (std::size_t at = 0; (at = report.find("    again ", at)) != std::string::npos; ++at) ++shown;
  CHECK(shown == 10);
}

TEST_CASE("verbose names every scenario") {
  const engine::RunResult run = reports::sample_run();
  const std::string report = reports::to_terminal(run, {.verbose = true});
  for (const engine::ScenarioResult& result : run.scenarios) CHECK(has(report, " " + result.id));
  CHECK_FALSE(has(reports::to_terminal(run, {}), "data-before-recipient"));
}

TEST_CASE("nothing that a target sends moves the cursor or commands a CI system") {
  for (const char* text : {"\x1b[31m", "::error::x", "  ::error::x", "a ##[error]b", "##vso[task]",
                           "\r::error::", "\n::set-output::", "\xff\x9b", "\u202e\u0085", "word ::error::word"}) {
    for (const bool verbose : {false, true}) {
      const std::string report = reports::to_terminal(reports::hostile_run(text), {.verbose = verbose});
      CHECK(smtp::well_formed(report) == report);
      CHECK_FALSE(has(report, "##"));
      std::istringstream lines(report);
      for (std::string line; std::getline(lines, line);) {
        CHECK(smtp::visible(line) == line);
        const std::size_t begin = line.find_first_not_of(' ');
        if (begin != std::string::npos) CHECK(line.substr(begin, 2) != "::");
      }
    }
  }
}

TEST_CASE("texts are wrapped between words and escapes are kept whole") {
  using Lines = std::vector<std::string>;
  CHECK(reports::wrap("", 10) == Lines{""});
  CHECK(reports::wrap("one two  three", 7) == Lines{"one two", "three"});
  CHECK(reports::wrap(R"(334  \r\n and)", 13) == Lines{R"(334  \r\n and)"});
  CHECK(reports::wrap("abcdefghij kl", 4) == Lines{"abcd", "efgh", "ij", "kl"});
  CHECK(reports::wrap("x abcdef", 4) == Lines{"x", "abcd", "ef"});
  CHECK(reports::wrap(R"(ab\xff\r\n)", 5) == Lines{"ab", R"(\xff)", R"(\r\n)"});
  CHECK(reports::wrap("\u00e9\u00e9\u00e9", 2) == Lines{"\u00e9\u00e9", "\u00e9"});
}

TEST_CASE("a long line loses its middle, and says how many octets") {
  CHECK(reports::cut_middle(std::string(120, 'a'), 120) == std::string(120, 'a'));
  CHECK(reports::columns(reports::cut_middle(std::string(1000, 'a'), 30)) <= 30);
  const std::string cut = reports::cut_middle(std::string(1000, 'a') + "\\r\\n", 120);
  CHECK(cut == std::string(60, 'a') + " ...914 octets left out... " + std::string(26, 'a') + "\\r\\n");
  std::string escapes;
  for (int i = 0; i < 100; ++i) escapes += "\\xff";
  CHECK(has(reports::cut_middle(escapes, 120), "\\xff ...78 octets left out... \\xff"));
}

TEST_CASE("a text that is too long for its lines ends between words, or loses the middle of one") {
  using Lines = std::vector<std::string>;
  CHECK(reports::fitted("one two three four", 9, 1) == Lines{"one ..."});
  CHECK(reports::fitted("one two three four", 9, 2) == Lines{"one two", "three ..."});
  CHECK(reports::fitted("one two three four", 9, 3) == Lines{"one two", "three", "four"});
  CHECK(reports::fitted("one " + std::string(50, 'x'), 20, 2) == Lines{"one xxxxxxxxxx ...", "xxxxx"});
}

TEST_CASE("long lines are folded between words, and what goes on is indented") {
  CHECK(reports::folded("one two three\n\nfour", 9) == "one two\n  three\n\nfour");
  CHECK(reports::folded("label  one two three", 16) == "label  one two\n       three");
  CHECK(reports::folded("    one two three", 12) == "    one two\n      three");
  CHECK(reports::folded("a abcdefghijkl b", 9) == "a\n  abcdefghijkl\n  b");
  CHECK(reports::folded("  label   abcdefgh", 12) == "  label\n    abcdefgh");
  CHECK(reports::folded("it is  'one  two'", 40) == "it is  'one  two'");
  CHECK(reports::folded(R"(ab\xff\r\n c)", 12) == R"(ab\xff\r\n c)");
  CHECK(reports::folded("\x1b[1;31mone two\x1b[0m three", 8) == "\x1b[1;31mone two\x1b[0m\n  three");
  CHECK(reports::folded("\x1b[1;31mone two\x1b[0m", 6) == "\x1b[1;31mone\x1b[0m\n  \x1b[1;31mtwo\x1b[0m");
}

TEST_CASE("a text stands below its label where a word needs the room") {
  const auto field = [](std::string_view text, std::size_t width) {
    std::string out;
    reports::put_field(out, {2, 10}, "label", text, {.width = width});
    return out;
  };
  CHECK(field("one two", 30) == "  label     one two\n");
  CHECK(field("one two three four five", 30) == "  label\n    one two three four five\n");
  CHECK(field("one abcdefghijklmnopqrst", 30) == "  label\n    one abcdefghijklmnopqrst\n");
  CHECK(field("one abcdefghijklmnopqrstuvwxyzabcdefghij", 30) ==
        "  label\n    one\n    abcdefghijklmnopqrstuvwxyz\n    abcdefghij\n");
}

TEST_CASE("a command is broken so that a shell reads one") {
  using Lines = std::vector<std::string>;
  CHECK(reports::command_lines("smtpspec run t.toml --filter one", 80) == Lines{"smtpspec run t.toml --filter one"});
  CHECK(reports::command_lines("smtpspec run 'my target.toml' --filter one", 24) ==
        Lines{"smtpspec run \\", "'my target.toml' \\", "--filter one"});
}

TEST_CASE("lines of a screen are counted as it shows them") {
  CHECK(reports::screen_lines("", 10) == 0);
  CHECK(reports::screen_lines("a\n\nb", 10) == 3);
  CHECK(reports::screen_lines("\x1b[1;31m0123456789\x1b[0m\n", 10) == 1);
  CHECK(reports::screen_lines("01234567890\n", 10) == 2);
}

TEST_CASE("lines keep to the page, but for what is copied") {
  for (const std::size_t width : {40U, 80U, 100U}) {
    std::istringstream lines(reports::to_terminal(reports::sample_run(), {.width = width}));
    for (std::string line; std::getline(lines, line);) {
      if (has(line, " at  ") || has(line, "again") || has(line, "--filter") || has(line, "rfc5321/") ||
          line.ends_with(" \\"))
        continue;
      INFO(line);
      CHECK(reports::columns(line) <= width);
    }
  }
}
