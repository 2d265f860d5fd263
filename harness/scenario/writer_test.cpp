#include "harness/scenario/writer.hpp"

#include <string>

#include <catch2/catch_test_macros.hpp>

#include "harness/scenario/loader.hpp"

using namespace smtpspec::scenario;

namespace {

/// What the loader makes of the written scenario; the level is then stated.
Scenario again(const Scenario& scenario) {
  const std::string toml = to_toml(scenario);
  const auto loaded = load_scenarios(toml, "written.toml");
  std::string told;
  for (const Diagnostic& diagnostic : loaded.diagnostics) told += render(diagnostic);
  INFO(toml);
  REQUIRE(told == "");
  REQUIRE(loaded.value.scenarios.size() == 1);
  Scenario out = loaded.value.scenarios[0];
  out.level_stated = scenario.level_stated;
  out.levels = scenario.levels;
  return out;
}

}  // namespace

TEST_CASE("Every scenario of the suite is written as a scenario that loads to the same") {
  const auto suite = load_suite({SMTPSPEC_SOURCE_DIR "/scenarios"});
  REQUIRE(suite.ok());
  REQUIRE(suite.value.scenarios.size() > 1000);
  std::size_t other = 0;
  for (const Scenario& one : suite.value.scenarios) other += again(one) == one ? 0 : 1;
  CHECK(other == 0);
}

TEST_CASE("Equal steps are counted, and endings that say why stand on lines of their own") {
  const auto loaded = load_scenarios(R"([[scenario]]
id = "a"
title = "b"
steps = [
  { repeat = 3, send = "NOOP", expect = "250" },
  { send = "RSET", expect = ["250", { reply = "421", as = "info", because = "so" }] },
])",
                                     "a.toml");
  const std::string toml = to_toml(loaded.value.scenarios.at(0));
  INFO(toml);
  CHECK(toml.find("\n  { repeat = 3, send = 'NOOP', expect = '250' },\n") != std::string::npos);
  CHECK(toml.find("expect = [\n    '250',\n    { reply = '421', as = 'info', because = 'so' },\n  ] },\n") !=
        std::string::npos);
  CHECK(again(loaded.value.scenarios[0]) == loaded.value.scenarios[0]);
}

TEST_CASE("What no scenario of the suite has is written too") {
  Scenario one;
  one.id = one.family = "a";
  one.title = "it's \"so\" {row} \\{x\\} \t\x7f\r\n\u00e4";
  one.alone = true;
  one.timeout = Duration(61001);
  one.steps.resize(5);
  Send chunk;
  chunk.framing = Send::Framing::chunk;
  chunk.octets = *parse_text(R"(\{'"\x80{a*b\x2a*{limit}}{x..{limit}}{base64:\0{user}}\})");
  chunk.chunk_size = 18446744073709551615U;
  chunk.last_chunk = chunk.beneath_tls = true;
  chunk.cut = {{1, -2}, false, Duration(60000)};
  one.steps[1].action = chunk;
  Alternative capture;
  capture.code = "xyz";
  capture.capture = {{"limit", "'\\d"}, {"other", ""}};
  one.steps[0].replies = {{{capture}, {}}};
  one.steps[2].action = Login{"PLAIN", literal("u"), Text{}, false};
  one.steps[3].action = Open{Ladder::data};
  one.steps[3].session = "b";
  one.steps[4].action = HalfClose{};
  one.steps[4].session = "b";
  one.steps[4].within = Duration(0);
  one.steps[3].owed = true;
  Alternative silence;
  silence.kind = Alternative::Kind::silence;
  Alternative closed;
  closed.kind = Alternative::Kind::close;
  closed.as = Outcome::warn;
  one.steps[4].replies = {{{silence, closed}, {}}, {{silence, closed}, {}}, {{closed}, {}}};
  CHECK(again(one) == one);
}

TEST_CASE("A row of a rule is written too") {
  Scenario rule;
  rule.id = rule.family = "always/one-code";
  rule.rule = "one-code";
  rule.title = "T";
  rule.fence = false;
  rule.level = Level::should;
  rule.catches = {"fault"};
  CHECK(again(rule) == rule);
}
