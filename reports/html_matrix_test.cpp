#include <algorithm>
#include <string>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "reports/matrix.hpp"
#include "reports/sample_run_test.hpp"

using namespace smtpspec;

namespace {

using Json = nlohmann::ordered_json;

Json matrix_of(const std::vector<engine::RunResult>& runs) {
  reports::Matrix matrix;
  for (const engine::RunResult& run : runs) matrix.add(run, "folder");
  return matrix.data();
}

engine::RunResult named(std::string name) {
  engine::RunResult run = reports::sample_run();
  run.target.name = std::move(name);
  return run;
}

std::size_t times(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("a matrix has a line for each row of any run, and a cell where the run has it") {
  engine::RunResult one = named("one");
  engine::RunResult other = named("other");
  other.scenarios.erase(other.scenarios.begin());
  other.scenarios.push_back(one.scenarios.front());
  other.scenarios.back().id = "only/here";
  const Json data = matrix_of({one, other});
  const Json& matrix = data["matrix"];
  CHECK(matrix["rows"].size() == one.scenarios.size() + 1);
  REQUIRE(matrix["runs"].size() == 2);
  CHECK(matrix["runs"][0]["cells"].size() == one.scenarios.size());
  CHECK(matrix["runs"][1]["cells"].size() == other.scenarios.size());
  const auto text = [&](const Json& number) { return data["texts"].at(number.get<std::size_t>()); };
  for (std::size_t i = 0; i < other.scenarios.size(); ++i) {
    const Json& cell = matrix["runs"][1]["cells"][i];
    CHECK(text(matrix["rows"][cell[0].get<std::size_t>()][0]) == other.scenarios[i].id);
    CHECK(cell[1] == std::string(name(other.scenarios[i].outcome)));
  }
}

TEST_CASE("a finding of several runs is one line, with its evidence in each, known or not") {
  engine::RunResult known = named("known");
  known.has_baseline = true;
  for (auto& row : known.scenarios) row.expectation = engine::BaselineStatus::as_expected;
  const Json data = matrix_of({named("one"), known});
  const Json& findings = data["matrix"]["findings"];
  const auto found = std::find_if(findings.begin(), findings.end(), [&](const Json& one) {
    return data["texts"][one["id"].get<std::size_t>()] == "rfc5321/4.1.1.4/lf-is-no-line-end:early-reply";
  });
  REQUIRE(found != findings.end());
  REQUIRE((*found)["in"].size() == 2);
  CHECK((*found)["in"][0][0] == 0);
  CHECK((*found)["in"][0][1] == "security");
  CHECK((*found)["in"][0][4] == false);
  CHECK((*found)["in"][1][4] == true);
  const Json& evidence = data["matrix"]["rows"][(*found)["in"][0][3].get<std::size_t>()];
  CHECK(data["texts"][evidence[0].get<std::size_t>()] == "false-end-of-data/lf-dot-crlf");
}

TEST_CASE("a cell has what the baseline of its run says of it, and a link that leads to the web alone") {
  engine::RunResult run = named("one");
  run.has_baseline = true;
  const auto known_by = [&](const std::string& link) {
    run.scenarios.front().known = engine::KnownFailure{"Old clients", link, "us", ""};
    const Json data = matrix_of({run});
    const Json& cell = data["matrix"]["runs"][0]["cells"][0];
    const auto said = [&](std::size_t at) {
      return cell.size() > at && cell[at] != -1 ? data["texts"][cell[at].get<std::size_t>()].get<std::string>() : "";
    };
    return std::pair(said(8), said(9));
  };
  CHECK(known_by("https://tracker.example/7?a=b#c") ==
        std::pair<std::string, std::string>("Old clients (https://tracker.example/7?a=b#c, of us)",
                                            "https://tracker.example/7?a=b#c"));
  for (const char* link : {"", "javascript:alert(1)", "ticket 7", "https://a b", "https://a\"b", "data:text/html,x",
                           "//x", "https://\xc3\xa9.example", " https://x"})
    CHECK(known_by(link).second.empty());
}

TEST_CASE("runs of one name are told apart") {
  reports::Matrix matrix;
  matrix.add(named("postfix"), "before");
  matrix.add(named("postfix"), "after");
  matrix.add(named("exim"), "before");
  matrix.add(named("sendmail"), "same");
  matrix.add(named("sendmail"), "same");
  const Json data = matrix.data();
  std::vector<std::string> names;
  for (const Json& run : data["matrix"]["runs"]) names.push_back(run["name"]);
  CHECK(names == std::vector<std::string>{"postfix (before)", "postfix (after)", "exim", "sendmail (same) #4",
                                          "sendmail (same) #5"});
}

TEST_CASE("of two rows of one id in a run the first counts, and a sentence is taken from the run that has it") {
  engine::RunResult run = named("one");
  const std::size_t rows = run.scenarios.size();
  run.scenarios.push_back(run.scenarios.front());
  engine::RunResult silent = named("silent");
  for (auto& row : silent.scenarios)
    for (auto& cited : row.requirements) cited.says.clear();
  const Json data = matrix_of({silent, run});
  CHECK(data["matrix"]["runs"][1]["cells"].size() == rows);
  CHECK(std::any_of(data["requirements"].begin(), data["requirements"].end(),
                    [](const Json& one) { return !one["says"].get<std::string>().empty(); }));
}

TEST_CASE("nothing that a server or a folder says is markup in a matrix") {
  for (const char* text : {"</script><script>alert(1)</script>", "<!--<script>", "{{script}}", "\u202e\u2028",
                           "<img src=x onerror=alert(1)>", "\x1b[31m\xff\x00"}) {
    reports::Matrix matrix;
    matrix.add(reports::hostile_run(text), text);
    matrix.add(reports::hostile_run(text), text);
    const std::string page = reports::to_html(matrix);
    CHECK(times(page, "<script") == 2);
    CHECK(times(page, "</script") == 2);
    CHECK(times(page, "<img") == 0);
    CHECK(std::all_of(page.begin(), page.end(), [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
  }
}

TEST_CASE("a matrix is bounded, whatever its runs are") {
  engine::RunResult run = reports::endless_run();
  run.scenarios.resize(1000);
  reports::Matrix matrix;
  for (int i = 0; i < 12; ++i) {
    for (auto& row : run.scenarios) row.actual = std::to_string(i) + row.actual;
    matrix.add(run, "endless");
  }
  CHECK(reports::to_html(matrix).size() < 40'000'000);
}
