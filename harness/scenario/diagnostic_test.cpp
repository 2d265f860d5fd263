#include "harness/scenario/diagnostic.hpp"

#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

using namespace smtpspec::scenario;

namespace {

Diagnostic sample() {
  Diagnostic diagnostic;
  diagnostic.place = {"scenarios/a.toml", 12, 28};
  diagnostic.message = "unknown key 'expct'";
  diagnostic.help = "did you mean 'expect'?";
  diagnostic.line = R"(steps = [ { send = "DATA", expct = "503" } ])";
  diagnostic.width = 5;
  return diagnostic;
}

}  // namespace

TEST_CASE("A diagnostic shows place, line and caret") {
  CHECK(render(sample()) ==
        "scenarios/a.toml:12:28: error: unknown key 'expct'\n"
        "  12 | steps = [ { send = \"DATA\", expct = \"503\" } ]\n"
        "     |                            ^^^^^ did you mean 'expect'?\n");
  Diagnostic warning = sample();
  warning.severity = Diagnostic::Severity::warning;
  warning.help.clear();
  warning.line.clear();
  CHECK(render(warning) == "scenarios/a.toml:12:28: warning: unknown key 'expct'\n");
  warning.help = "did you mean 'expect'?";
  warning.place = {"a.toml", 0, 0};
  CHECK(render(warning) == "a.toml: warning: unknown key 'expct'\n  did you mean 'expect'?\n");
}

TEST_CASE("Colour is put on where it is wanted") {
  CHECK(render(sample(), true).find("\x1b[1;31m^^^^^\x1b[0m") != std::string::npos);
  CHECK(render(sample()).find('\x1b') == std::string::npos);
}

TEST_CASE("What a file holds never reaches the terminal raw") {
  Diagnostic hostile = sample();
  hostile.line = "a\tb\x1b[31m\x7f\xff\xc3\xa4\xc0\x80\xe2\x80\xae\xed\xa0\x80\xc2\x85";
  hostile.message = "\x1b]0;title\x07";
  hostile.place.file = "a\n.toml";
  hostile.place.column = 1;
  hostile.width = 1;
  CHECK(render(hostile) ==
        "a?.toml:12:1: error: ?]0;title?\n"
        "  12 | a b?[31m??\xc3\xa4???????\n"
        "     | ^ did you mean 'expect'?\n");
}

TEST_CASE("A long line is shown around the caret") {
  Diagnostic diagnostic = sample();
  diagnostic.line = std::string(100000, 'a') + "!" + std::string(100000, 'b');
  diagnostic.place.column = 100001;
  diagnostic.width = 1;
  const std::string shown = render(diagnostic);
  CHECK(shown.size() < 600);
  const auto line = shown.substr(shown.find('\n') + 1);
  CHECK(line.find('!') == line.find('^', line.find('\n')) - line.find('\n') - 1);
  diagnostic.place.column = 2000000;
  diagnostic.width = 1000000;
  CHECK(render(diagnostic).size() < 600);
}

TEST_CASE("The closest word") {
  const std::vector<std::string> words = {"expect", "replies", "send", "on"};
  CHECK(closest("expct", words) == "expect");
  CHECK(closest("exepct", words) == "expect");
  CHECK(closest("sned", words) == "send");
  CHECK(closest("wholly-other", words).empty());
  CHECK(did_you_mean("sned", words) == "did you mean 'send'?");
  CHECK(did_you_mean("wholly-other", words).empty());
  CHECK(did_you_mean("wholly-other", words, "one of them") == "one of them");
  CHECK(closest("", words).empty());
  CHECK(closest("xy", words).empty());
  CHECK(closest(std::string(100000, 'x'), {std::string(100000, 'y')}).empty());
}
