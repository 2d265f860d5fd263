// What is said once and used by name: endings, rows, columns, counts, repetitions.
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "harness/scenario/loader.hpp"

using namespace smtpspec::scenario;

namespace {

std::vector<Scenario> load(const std::string& toml) {
  const auto loaded = load_scenarios("[[scenario]]\nid = \"a\"\ntitle = \"A\"\n" + toml, "a.toml");
  std::string told;
  for (const Diagnostic& diagnostic : loaded.diagnostics) told += render(diagnostic);
  REQUIRE(told == "");
  return loaded.value.scenarios;
}

std::string sent(const Scenario& scenario, std::size_t step) {
  return to_source(std::get<Send>(scenario.steps.at(step).action).octets);
}

}  // namespace

TEST_CASE("The name of an ending stands for its alternatives") {
  const auto one = load(R"(steps = [
  { send = 'X', expect = "refused" },
  { bytes = 'X', replies = ["250", ["354", "refused"], { repeat = 2, expect = "refused" }] },
]
[ending]
refused = ["gone", { reply = "5yz", contains = '{sender}', then = "end" }]
gone = "421 close"
)")
                       .at(0);
  const auto& refused = one.steps[0].replies.at(0).alternatives;
  REQUIRE(refused.size() == 2);
  CHECK(refused[0].closes);
  CHECK(refused[1].ends);
  REQUIRE(one.steps[1].replies.size() == 4);
  CHECK(one.steps[1].replies[1].alternatives.size() == 3);
  CHECK(one.steps[1].replies[3].alternatives == refused);
}

TEST_CASE("A table of rows is used by its name, whole or row by row, and columns are laid over it") {
  const auto rows = load(
      R"(each = ["ends/lf", "cuts", { like = "ends/lf", other = "" }, { like = "ends/crlf", row = "own", end = '\n' }, { like = "ends/lf-lf" }]
defaults = { wait = "1s", end = 'none', other = "" }
steps = [{ send = '{end}{other}', expect = "250", wait = "{wait}" }]
[rows]
ends = [{ row = "lf", end = '\n', wait = "2s" }, { row = "crlf", end = '\r\n', wait = "3s" }, { row = "lf-lf", end = '{lf}{lf}', lf = '\n' }]
cuts = [{ row = "cut-{n}", n = { range = [1, 3], by = 2 } }]
)");
  REQUIRE(rows.size() == 5);
  std::string ids;
  for (const Scenario& row : rows) ids += row.id + " ";
  CHECK(ids == "a/lf a/cut-1 a/cut-3 a/own a/lf-lf ");
  CHECK(sent(rows[0], 0) == "\\n");
  CHECK(rows[0].steps[0].within == Duration(2000));
  CHECK(sent(rows[1], 0) == "none");
  CHECK(rows[1].steps[0].within == Duration(1000));
  CHECK(sent(rows[3], 0) == "\\n");
  CHECK(rows[3].steps[0].within == Duration(3000));
  CHECK(sent(rows[4], 0) == "\\n\\n");
}

TEST_CASE("A row may have requirements, faults and a state of its own") {
  const auto rows = load(R"(requirements = ["rfc5321/3.3/all"]
catches = ["fault"]
each = [{ row = "one" }, { row = "two", requirements = ["rfc5321/3.3/two"], catches = [], state = "mail", level = "may", needs = "SIZE" }]
steps = [{ send = 'X', expect = "250" }]
)");
  CHECK(rows[0].requirements == std::vector<std::string>{"rfc5321/3.3/all"});
  CHECK(rows[1].requirements == std::vector<std::string>{"rfc5321/3.3/two"});
  CHECK(rows[0].catches.size() == 1);
  CHECK(rows[1].catches.empty());
  CHECK(rows[1].from == Ladder::mail);
  CHECK(rows[1].level == Level::may);
  CHECK(rows[1].needs.size() == 1);
}

TEST_CASE("What a step, an ending and a delivery decide") {
  const auto one = load(R"(requirements = ["x/1/one", "x/1/two"]
state = "data"
steps = [{ message = 'X', expect = ["250", { reply = "5yz", as = "warn", decides = "x/1/two" }], decides = "x/1/one" }]
delivered = { count = 1, decides = "x/1/two" }
)")
                       .at(0);
  CHECK(one.steps[0].decides == "x/1/one");
  CHECK(one.steps[0].replies[0].alternatives[1].decides == "x/1/two");
  CHECK(one.delivered->decides == "x/1/two");
}

TEST_CASE("Steps and groups are repeated, and the turn counts") {
  const auto one = load(R"(steps = [
  { repeat = 2, send = 'RCPT TO:<u{turn}@{domain}>', expect = "250" },
  { repeat = 2, steps = [{ send = 'outer {turn}' }, { repeat = 2, send = '{x*{turn}}' }] },
]
)")
                       .at(0);
  std::string all;
  for (std::size_t i = 0; i < one.steps.size(); ++i) all += sent(one, i) + "|";
  CHECK(all == "RCPT TO:<u1@{domain}>|RCPT TO:<u2@{domain}>|outer 1|{x*1}|{x*2}|outer 2|{x*1}|{x*2}|");
}

TEST_CASE("A count is known when the scenario is played, at the latest") {
  const auto one = load(R"(steps = [
  { send = 'EHLO x', expect = { reply = "250", capture = { limit = '([0-9]+)' } } },
  { send = 'NOOP {x..{limit}}', expect = "250" },
]
)")
                       .at(0);
  const auto& text = std::get<Send>(one.steps[1].action).octets;
  const auto lookup = [](std::string value) {
    return [value = std::move(value)](std::string_view name) {
      return name == "limit" ? std::optional(value) : std::nullopt;
    };
  };
  CHECK(*expand(text, lookup("9"), 2) == "NOOP xx");
  CHECK(expand(text, lookup("many")).error().message == "'limit' is to be a count, and is 'many'");
  CHECK_FALSE(expand(text, lookup("99999999999999999999")));
  CHECK_FALSE(expand(text, lookup("99999999999")));
  CHECK(parse_text("{a{n}*3}").error().at == 2);
}
