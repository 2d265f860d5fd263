#include <set>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "reports/parts.hpp"
#include "reports/report.hpp"
#include "reports/sample_run_test.hpp"

using namespace smtpspec;
using Json = nlohmann::json;

namespace {

Json run_of(const engine::RunResult& run) { return Json::parse(reports::to_sarif(run))["runs"][0]; }

std::string uri_of(const Json& result) {
  return result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].get<std::string>();
}

}  // namespace

TEST_CASE("a finding is a result of its requirement's rule, at its scenario") {
  const Json run = run_of(reports::sample_run());
  REQUIRE(run["results"].size() == 5);
  CHECK(run["results"][0]["ruleId"] == "rfc5321/4.5.3.1.4/command-line");  // of a crash
  const Json& first = run["results"][1];
  CHECK(first["ruleId"] == "rfc5321/4.1.1.4/lf-is-no-line-end");
  const Json& rule = run["tool"]["driver"]["rules"][first["ruleIndex"].get<std::size_t>()];
  CHECK(rule["id"] == first["ruleId"]);
  CHECK(rule["helpUri"] == "https://www.rfc-editor.org/rfc/rfc5321.html#section-4.1.1.4");
  CHECK(rule["properties"]["tags"][0] == "security");
  CHECK(first["level"] == "error");
  CHECK(uri_of(first) == "scenarios/rfc5321/4.1.1.4-end-of-data.toml");
  CHECK(first["locations"][0]["physicalLocation"]["region"]["startLine"] == 31);
  CHECK(first["partialFingerprints"]["smtpspecFinding/v1"] == "rfc5321/4.1.1.4/lf-is-no-line-end:early-reply");
  CHECK_FALSE(first.contains("suppressions"));
  CHECK(run["results"][3]["level"] == "warning");
  CHECK(run["results"][4]["suppressions"][0]["status"] == "accepted");
  for (const Json& result : run["results"]) {
    const std::size_t index = result["ruleIndex"].get<std::size_t>();
    CHECK(run["tool"]["driver"]["rules"][index]["id"] == result["ruleId"]);
  }
}

TEST_CASE("fingerprints are no matter of order, seed or of what else was found") {
  engine::RunResult other = reports::sample_run();
  other.seed = 1;
  std::reverse(other.scenarios.begin(), other.scenarios.end());
  std::erase_if(other.scenarios, [](const auto& row) { return row.outcome == engine::Outcome::crash; });
  std::set<std::string> before;
  const Json first = run_of(reports::sample_run());
  for (const Json& result : first["results"])
    before.insert(result["partialFingerprints"]["primaryLocationLineHash"].get<std::string>());
  CHECK(before.size() == 5);
  const Json second = run_of(other);
  CHECK(second["results"].size() == 4);
  for (const Json& result : second["results"])
    CHECK(before.count(result["partialFingerprints"]["primaryLocationLineHash"].get<std::string>()) == 1);
}

TEST_CASE("a suite elsewhere is named by its folder, and paths stay relative") {
  engine::RunResult run = reports::sample_run();
  for (engine::ScenarioResult& row : run.scenarios) row.file = "/usr/share/smtpspec/" + row.file;
  run.scenarios[1].file = "/home/somebody/a%b c/[x].toml";
  const Json log = run_of(run);
  CHECK(log["originalUriBaseIds"]["SUITE"]["uri"] == "file:///usr/share/smtpspec/");
  CHECK(uri_of(log["results"][0]) == "scenarios/security/limits.toml");
  CHECK(uri_of(log["results"][1]) == "file:///home/somebody/a%25b%20c/%5Bx%5D.toml");
}

TEST_CASE("a server's text is neither a placeholder nor a link") {
  engine::RunResult run = reports::sample_run();
  run.scenarios[1].actual = "see [here](https://evil.example/) {0}\r\n\x1b[1m\u202e\xff";
  const std::string text = run_of(run)["results"][1]["message"]["text"].get<std::string>();
  CHECK(text.find(R"([here]\x28https://evil.example/) {{0}}\r\n\x1b[1m\xe2\x80\xae\xff)") != std::string::npos);
}

TEST_CASE("what a run could not do is told") {
  engine::RunResult run = reports::sample_run();
  CHECK(run_of(run)["invocations"][0]["executionSuccessful"] == true);
  run.complete = false;
  run.incomplete_because = "interrupted";
  run.started = "yesterday";
  const Json invocation = run_of(run)["invocations"][0];
  CHECK(invocation["executionSuccessful"] == false);
  CHECK(invocation["toolExecutionNotifications"][0]["message"]["text"] == "The run is incomplete: interrupted");
  CHECK_FALSE(invocation.contains("startTimeUtc"));
}

TEST_CASE("a log stays within what GitHub takes") {
  engine::RunResult run = reports::endless_run();
  for (int i = 0; i < 40; ++i) run.scenarios.back().tags.push_back("tag-" + std::to_string(i));
  for (engine::ScenarioResult& row : run.scenarios) row.tags = run.scenarios.back().tags;
  const std::string text = reports::to_sarif(run);
  CHECK(text.size() < (std::size_t{40} << 20));
  const Json log = Json::parse(text)["runs"][0];
  CHECK(log["results"].size() <= 20'000);
  for (const Json& rule : log["tool"]["driver"]["rules"]) {
    CHECK(rule["properties"]["tags"].size() <= 20);
    CHECK(rule["fullDescription"]["text"].get<std::string>().size() < 4096);
  }
  for (const Json& result : log["results"]) CHECK(result["locations"].size() == 1);
  CHECK(Json::parse(reports::to_sarif(engine::RunResult()))["runs"][0]["results"].empty());
}

TEST_CASE("a section has a link where it is one of an RFC's") {
  const auto link = [](const std::string& section) {
    engine::CitedRequirement cited;
    cited.section = section;
    return reports::link_to(cited);
  };
  CHECK(link("RFC 3207 section 4.2") == "https://www.rfc-editor.org/rfc/rfc3207.html#section-4.2");
  for (const char* none : {"", "policy/relay", "RFC ", "RFC 5321", "RFC 5321 section ", "RFC x section 4",
                           "RFC 5321 section 4.2\"><script>"})
    CHECK(link(none).empty());
}
