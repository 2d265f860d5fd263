// The language on its hard cases, and the reference's own examples.
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "harness/scenario/loader.hpp"
#include "harness/scenario/octets.hpp"

using namespace smtpspec::scenario;

namespace {

const std::string source_dir = SMTPSPEC_SOURCE_DIR;

std::string errors_of(const std::vector<Diagnostic>& diagnostics) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics)
    if (diagnostic.severity == Diagnostic::Severity::error) out += render(diagnostic);
  return out;
}

std::optional<std::string> value(std::string_view name) {
  if (name == "header") return "Subject: t\r\n\r\n";
  for (const KnownValue& known : known_values())
    if (known.name == name) return "<" + std::string(name) + ">";
  return name == "challenge" ? std::optional<std::string>("") : std::nullopt;
}

const Scenario& scenario(const Suite& suite, std::string_view id) {
  for (const Scenario& one : suite.scenarios)
    if (one.id == id) return one;
  FAIL("no scenario " << id);
  return suite.scenarios.front();
}

const Send& sent(const Scenario& one, std::size_t step) { return std::get<Send>(one.steps.at(step).action); }

/// Whether all that the scenario sends has octets.
void require_octets(const Scenario& one) {
  for (const Step& step : one.steps) {
    const auto* send = std::get_if<Send>(&step.action);
    if (send == nullptr) continue;
    const auto octets = octets_of(*send, value);
    INFO(one.id << ": " << (octets ? std::string() : octets.error().message));
    REQUIRE(octets);
  }
}

/// The blocks of a Markdown file that are fenced as toml, with the line each begins on.
std::vector<std::pair<int, std::string>> toml_blocks(const std::string& path) {
  std::ifstream in(path);
  REQUIRE(in);
  std::vector<std::pair<int, std::string>> blocks;
  bool inside = false;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (!inside && line == "```toml") {
      inside = true;
      blocks.emplace_back(number + 1, "");
    } else if (inside && line == "```") {
      inside = false;
    } else if (inside) {
      blocks.back().second += line + "\n";
    }
  }
  return blocks;
}

}  // namespace

TEST_CASE("The ten hard cases load, check clean and give octets") {
  const auto loaded = load_suite({source_dir + "/harness/scenario/hard_cases.toml"});
  REQUIRE(errors_of(loaded.diagnostics) == "");
  const Suite& suite = loaded.value;
  CHECK(suite.scenarios.size() == 3 + 4 + 4 + 2 + 1 + 1 + 1 + 1 + 1 + 13 + 2 + 1);

  for (const Scenario& one : suite.scenarios) require_octets(one);
}

TEST_CASE("The hard cases say what they look like") {
  const auto loaded = load_suite({source_dir + "/harness/scenario/hard_cases.toml"});
  const Suite& suite = loaded.value;

  const Scenario& smuggling = scenario(suite, "smuggling-cut-everywhere/crlf-dot-lf-cut-3");
  CHECK(smuggling.family == "smuggling-cut-everywhere");
  CHECK(smuggling.title == "Only CRLF.CRLF ends the message (crlf-dot-lf-cut-3)");
  CHECK(smuggling.from == Ladder::data);
  CHECK(smuggling.steps[0].replies.empty());
  CHECK(sent(smuggling, 1).cut.at == std::vector<long>{3});
  CHECK(sent(smuggling, 1).cut.pause == Duration(20));
  CHECK(smuggling.steps[1].replies[0].alternatives[0].kind == Alternative::Kind::silence);
  CHECK(smuggling.steps[2].replies[0].alternatives[2].closes);
  CHECK(smuggling.delivered->at_most == 1U);
  CHECK_FALSE(smuggling.delivered->count);
  const auto second = octets_of(sent(smuggling, 1), value);
  CHECK(second->substr(0, 27) == "\r\n.\nMAIL FROM:<<smuggled>>\r");
  CHECK(segments_of(*second, sent(smuggling, 1).cut)[0] == "\r\n.");

  const Scenario& little = scenario(suite, "bdat-announces-too-little");
  CHECK(*octets_of(sent(little, 0), value) == "BDAT 5\r\nhelloNOOP\r\n");
  CHECK(little.steps[0].replies.size() == 2);
  const auto much = octets_of(sent(scenario(suite, "bdat-announces-too-much"), 0), value);
  CHECK(much->substr(0, 16) == "BDAT 4006 LAST\r\n");
  CHECK(much->size() == 16 + 4000);

  const Scenario& group = scenario(suite, "pipelined-group-with-one-rejected");
  CHECK(group.steps[0].replies.size() == 4);
  CHECK(group.steps[0].replies[2].alternatives[1].ends);
  CHECK(*octets_of(sent(group, 1), value) == "Subject: t\r\n\r\nhello\r\n.\r\n");

  const Scenario& auth = scenario(suite, "auth-plain-by-hand");
  CHECK(auth.steps[0].replies[0].alternatives[0].capture.at("challenge") == "^([A-Za-z0-9+/=]*)$");
  CHECK(*octets_of(sent(auth, 4), value) == "AUTH PLAIN ADx1c2VyPgA8cGFzc3dvcmQ+\r\n");

  const Scenario& border = scenario(suite, "dot-at-buffer-border/size-4096");
  const auto message = octets_of(sent(border, 0), value);
  CHECK(message->size() == 4096 + 1 + 3);
  CHECK(message->substr(message->size() - 12) == "\r\n..dot\r\n.\r\n");
  CHECK(border.delivered->message == std::vector<Text>{sent(border, 0).octets});

  CHECK(octets_of(sent(scenario(suite, "command-line-length/octets-513"), 0), value)->size() == 513);
  CHECK(scenario(suite, "command-line-length/octets-512").steps[0].replies[0].alternatives.size() == 2);
  CHECK(scenario(suite, "greylisted-then-taken").steps[4].session == "again");
  CHECK(scenario(suite, "greylisted-then-taken").level == Level::may);
}

TEST_CASE("Every example of the reference loads and checks clean") {
  const std::string path = source_dir + "/scenarios/README.md";
  int scenarios = 0;
  for (const auto& [line, text] : toml_blocks(path)) {
    INFO("the block at line " << line);
    if (text.find("[[scenario]]") != std::string::npos) {
      ++scenarios;
      const auto loaded = load_scenarios(text, path);
      CHECK(errors_of(loaded.diagnostics) == "");
      CHECK(errors_of(check_suite(loaded.value)) == "");
      for (const Scenario& one : loaded.value.scenarios) require_octets(one);
    } else if (text.find("address = ") != std::string::npos) {
      CHECK(errors_of(load_target(text, path).diagnostics) == "");
    } else if (text.find("[[expect]]") != std::string::npos) {
      const auto loaded = load_baseline(text, path);
      CHECK(errors_of(loaded.diagnostics) == "");
      CHECK(!loaded.value.entries.empty());
    }
  }
  CHECK(scenarios >= 8);
}
