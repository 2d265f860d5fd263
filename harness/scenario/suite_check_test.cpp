#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "harness/scenario/loader.hpp"

using namespace smtpspec::scenario;

namespace {

/// The messages of `check_suite` over scenarios whose last keys are given.
std::vector<std::string> found(const std::string& rest, Diagnostic::Severity severity = Diagnostic::Severity::error) {
  const std::string toml =
      "[[requirement]]\nid = \"x/known\"\nsays = \"s\"\n[[scenario]]\nid = \"a\"\ntitle = \"A\"\n" + rest;
  const auto loaded = load_scenarios(toml, "a.toml");
  for (const Diagnostic& diagnostic : loaded.diagnostics) INFO(render(diagnostic));
  REQUIRE(loaded.ok());
  std::vector<std::string> out;
  for (const Diagnostic& diagnostic : check_suite(loaded.value)) {
    if (diagnostic.severity != severity) continue;
    out.push_back(diagnostic.message);
    CHECK(diagnostic.place.file == "a.toml");
    CHECK(diagnostic.place.line >= 4);
  }
  return out;
}

using Messages = std::vector<std::string>;

}  // namespace

TEST_CASE("A scenario that cannot fail is an error") {
  struct Case {
    std::string keys;
    bool can_fail;
  };
  const std::vector<Case> cases = {
      {"steps = []", false},
      {"steps = [{ send = 'NOOP' }]", false},
      {"steps = [{ send = 'NOOP', expect = 'xyz' }]", false},
      {"steps = [{ send = 'NOOP', expect = ['250', 'xyz', 'close'] }]", false},
      {"steps = [{ send = 'NOOP', expect = ['2yz', '3yz', '4yz', '5yz'] }]", false},
      {"steps = [{ send = 'NOOP', expect = ['250', { reply = 'xyz', as = 'info' }] }]", false},
      {"steps = [{ pause = '1s' }, { disconnect = 'full' }]", false},
      {"steps = [{ send = 'NOOP', expect = '250' }]", true},
      {"steps = [{ send = 'NOOP', expect = ['250', { reply = 'xyz', as = 'fail' }] }]", true},
      {"steps = [{ send = 'NOOP', expect = { reply = 'xyz', line-count = 1 } }]", true},
      {"steps = [{ send = 'NOOP', expect = { reply = 'xyz', capture = { a = '^b$' } } }]", true},
      {"steps = [{ send = 'NOOP', expect = 'silence' }]", true},
      {"steps = [{ send = 'NOOP', expect = 'close' }]", true},
      {"steps = [{ send = 'NOOP', expect = 'xyz' }, { send = 'NOOP', expect = '250' }]", true},
      {"steps = []\ndelivered = { count = 0 }", true},
  };
  for (const Case& one : cases) {
    INFO(one.keys);
    CHECK(found(one.keys + "\n") == (one.can_fail ? Messages{} : Messages{"scenario 'a' cannot fail"}));
  }
}

TEST_CASE("A scenario that makes no sense is an error") {
  const std::string undecided = "silence and a reply, and with both the session goes on";
  const std::string nothing_sent = "a message is asked for, and none is sent";
  const std::string expect = "steps = [{ send = 'NOOP', expect = ";
  CHECK(found(expect + "['silence', '250'] }]\n") == Messages{undecided});
  CHECK(found(expect + "['silence', { reply = '250', as = 'info' }, '5yz close'] }]\n").empty());
  CHECK(found(expect + "'250' }]\ndelivered = { count = 1 }\n") == Messages{nothing_sent});
  CHECK(found(expect + "'250' }]\ndelivered = { contains = 'x' }\n") == Messages{nothing_sent});
  CHECK(found(expect + "'250' }]\ndelivered = { count = 0 }\n").empty());
  CHECK(found("state = 'data'\n" + expect + "'250' }]\ndelivered = { count = 1 }\n").empty());
  CHECK(found("steps = [{ bytes = 'data\\r\\n', expect = '354' }]\ndelivered = { count = 1 }\n").empty());
  const std::string pauses = "steps = [{ repeat = 10, pause = '3s' }, { send = 'NOOP', expect = '250' }]\n";
  CHECK(found(pauses).empty());
  CHECK(found(pauses + "timeout = '30s'\n") ==
        Messages{"the pauses of scenario 'a' alone last 30000 ms, and it ends after 30000 ms"});
  CHECK(found("steps = [{ expect = 'silence', wait = '60s' }]\n").size() == 1);
  const auto by_octets = [](const std::string& line, const std::string& gap) {
    return "timeout = '5s'\nsteps = [{ send = '" + line + "', cut = 'each', gap = '" + gap + "', expect = '250' }]\n";
  };
  CHECK(found(by_octets("NOOP", "1s")) ==
        Messages{"the pauses of scenario 'a' alone last 5000 ms, and it ends after 5000 ms"});
  CHECK(found(by_octets("NOOP", "900ms")).empty());
  CHECK(found(by_octets("NOOP {x*100}", "50ms")).size() == 1);
  CHECK(found(by_octets("NOOP {sender}", "600ms")).empty());  // nobody knows how long that is
}

TEST_CASE("A requirement needs a row of the ledger") {
  const std::string steps = "steps = [{ expect = '250' }]\n";
  CHECK(found("requirements = ['x/known']\n" + steps).empty());
  CHECK(found("requirements = ['x/knwon']\n" + steps) == Messages{"requirement 'x/knwon' is in no ledger row"});
}

TEST_CASE("Ids are unique, and a table of rows is one scenario") {
  const std::string steps = "steps = [{ expect = '250' }]\n";
  CHECK(found(steps + "[[scenario]]\nid = 'a'\ntitle = 'A'\n" + steps) == Messages{"a second scenario has the id 'a'"});
  CHECK(found(steps + "[[scenario]]\nid = 'b'\ntitle = 'A'\n" + steps).empty());
  CHECK(found("each = [{ row = 'one' }, { row = 'two' }]\n" + steps).empty());
  CHECK(found("each = [{ row = 'one' }, { row = 'two' }]\n" + steps + "[[scenario]]\nid = 'a'\ntitle = 'A'\n" +
              steps) == Messages{"a second scenario has the id 'a'"});
}

TEST_CASE("What is merely unwise is a warning") {
  const auto warnings = [](const std::string& rest) { return found(rest, Diagnostic::Severity::warning); };
  const std::string steps = "steps = [{ expect = '250' }]\n";
  CHECK(warnings("requirements = ['x/known']\ncatches = ['f']\n" + steps).empty());
  CHECK(warnings(steps) == Messages{"scenario 'a' names no requirement", "scenario 'a' catches no named fault"});
}

TEST_CASE("An empty suite is an error") {
  const auto diagnostics = check_suite({});
  REQUIRE(diagnostics.size() == 1);
  CHECK(diagnostics[0].message == "the suite holds no scenario");
}

TEST_CASE("Faults must have a name that the reference server knows") {
  const auto loaded = load_scenarios(
      "[[scenario]]\nid = 'a'\ntitle = 'A'\ncatches = ['lf-ends-dta', 'known']\nsteps = [{ expect = '250' }]\n",
      "a.toml");
  const auto diagnostics = check_faults(loaded.value, {"known", "lf-ends-data"});
  REQUIRE(diagnostics.size() == 1);
  CHECK(diagnostics[0].message == "scenario 'a' catches 'lf-ends-dta', which is no named fault");
  CHECK(diagnostics[0].help == "did you mean 'lf-ends-data'?");
}
