// TAP, CSV, the badge and the annotations: formats of lines and few words.
#include <algorithm>
#include <sstream>

#include <catch2/catch_test_macros.hpp>
#include <pugixml.hpp>

#include "reports/parts.hpp"
#include "reports/report.hpp"
#include "reports/sample_run_test.hpp"

using namespace smtpspec;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::size_t count_of(const std::vector<std::string>& lines, const std::string& beginning) {
  return static_cast<std::size_t>(std::count_if(
      lines.begin(), lines.end(), [&](const std::string& line) { return line.rfind(beginning, 0) == 0; }));
}

const std::string nasty = "=1+1 # TODO `x` |::error::no\r\n  ...\nok 1 - forged\n\"</title>%0A,\x1b[1m\u202e\xff";

/// RFC 4180 read strictly: records of cells.
std::vector<std::vector<std::string>> records_of(const std::string& csv) {
  std::vector<std::vector<std::string>> records(1);
  std::size_t at = 0;
  while (at < csv.size()) {
    std::string cell;
    if (csv[at] == '"') {
      for (++at; csv.at(at) != '"' || (at + 1 < csv.size() && csv[at + 1] == '"'); ++at) {
        at += csv[at] == '"' ? 1 : 0;
        cell += csv[at];
      }
      ++at;
    } else {
      const std::size_t end = csv.find_first_of(",\r", at);
      cell = csv.substr(at, end - at);
      at = end;
    }
    records.back().push_back(cell);
    if (csv.at(at) == ',') {
      ++at;
      continue;
    }
    REQUIRE(csv.substr(at, 2) == "\r\n");
    at += 2;
    if (at < csv.size()) records.emplace_back();
  }
  return records;
}

}  // namespace

TEST_CASE("TAP has a test point a row, with what a harness has to know of it") {
  const auto lines = lines_of(reports::to_tap(reports::sample_run()));
  CHECK(lines[0] == "TAP version 14");
  CHECK(lines[1] == "1..14");
  CHECK(count_of(lines, "ok ") + count_of(lines, "not ok ") == 14);
  for (const char* line :
       {"ok 1 - data-before-recipient", "not ok 2 - false-end-of-data/lf-dot-crlf",
        "ok 6 - rset-clears # TODO fixed: the baseline can forget it",
        "not ok 7 - vrfy-disabled # TODO known failure, as the baseline says",
        "ok 10 - bdat-zero # SKIP unsupported: CHUNKING is not advertised", "not ok 14 - tls-renegotiation",
        "    > first\\n.\\r\\nMAIL FROM:<smuggled-7f3a@client.example>\\r\\n"}) {
    INFO(line);
    const bool of_the_conversation = line[0] == ' ';
    CHECK(std::find(lines.begin(), lines.end(),
                    of_the_conversation ? "    > C: " + std::string(line).substr(6) : line) != lines.end());
  }
  CHECK(count_of(lines, "Bail out!") == 0);
}

TEST_CASE("a run that broke off bails out, and one of nothing is skipped") {
  engine::RunResult run = reports::sample_run();
  run.complete = false;
  run.incomplete_because = "interrupted\nok 15";
  CHECK(lines_of(reports::to_tap(run)).back() == "Bail out! The run is incomplete: interrupted\\nok 15");
  run = {};
  run.complete = true;
  CHECK(lines_of(reports::to_tap(run))[1] == "1..0 # SKIP nothing was played");
}

TEST_CASE("no text forges a test point, a directive or the end of a block") {
  const auto lines = lines_of(reports::to_tap(reports::hostile_run(nasty)));
  CHECK(count_of(lines, "ok ") + count_of(lines, "not ok ") == scenario::outcome_count);
  CHECK(count_of(lines, "  ...") == count_of(lines, "  ---"));
  for (const std::string& line : lines) {
    if (line.rfind("ok ", 0) != 0 && line.rfind("not ok ", 0) != 0) continue;
    for (auto at = line.find('#'); at != std::string::npos; at = line.find('#', at + 1))
      CHECK((line[at - 1] == '\\' || line.substr(at, 7) == "# SKIP "));
  }
}

TEST_CASE("CSV has a record a row, whatever its texts hold") {
  const auto records = records_of(reports::to_csv(reports::sample_run()));
  REQUIRE(records.size() == 15);
  for (const auto& record : records) CHECK(record.size() == records[0].size());
  CHECK(records[2][0] == "false-end-of-data/lf-dot-crlf");
  CHECK(records[2][10] == "rfc5321/4.1.1.4/lf-is-no-line-end:early-reply");
  CHECK(records[7][10] == "vrfy-disabled:reply");  // known
  for (const std::string& text : {nasty, std::string("a,b\"c\"\n")}) {
    const auto hostile = records_of(reports::to_csv(reports::hostile_run(text)));
    CHECK(hostile.size() == scenario::outcome_count + 1);
    for (const auto& record : hostile) CHECK(record.size() == records[0].size());
  }
}

TEST_CASE("the area of a row is where its file is in the suite") {
  struct Row {
    const char* file;
    const char* area;
  };
  const Row rows[] = {{"scenarios/rfc5321/4.1.1-syntax.toml", "rfc5321"},
                      {"scenarios/always.toml", "general"},
                      {"/scenarios/x/scenarios/own/mail/x.toml", "own/mail"},
                      {"/home/us/our-suite/x.toml", "our-suite"},
                      {"/x.toml", "general"},
                      {"", "general"}};
  for (const Row& row : rows) {
    INFO(row.file);
    engine::ScenarioResult result;
    result.file = row.file;
    CHECK(reports::area(result) == row.area);
  }
}

TEST_CASE("no text is a formula in a spreadsheet") {
  for (const std::string text :
       {"=1+1", "+1", "-1", "@SUM(A1)", "|cmd", "%x", "  =1+1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff20x"}) {
    const auto records = records_of(reports::to_csv(reports::hostile_run(text)));
    CHECK(records[1][12] == std::string("'") + text);
  }
  CHECK(records_of(reports::to_csv(reports::hostile_run("250 =ok")))[1][12] == "250 =ok");
}

TEST_CASE("a badge tells the worst, and is read aloud as a whole") {
  const auto title = [](const engine::RunResult& run) {
    pugi::xml_document document;
    const std::string svg = reports::to_badge(run);
    REQUIRE(document.load_buffer(svg.data(), svg.size()));
    CHECK(document.child("svg").attribute("width").as_int() > 80);
    return std::string(document.child("svg").child("title").text().get());
  };
  engine::RunResult run = reports::sample_run();
  CHECK(title(run) == "SMTP postfix-3.7: 2 security, 1 must, 1 should");
  std::erase_if(run.scenarios,
                [&](const auto& row) { return engine::is_finding(row.outcome, true) && !run.foreseen(row); });
  CHECK(title(run) == "SMTP postfix-3.7: 1 known failure");
  std::erase_if(run.scenarios, [&](const auto& row) { return run.foreseen(row); });
  CHECK(title(run) == "SMTP postfix-3.7: no findings");
  CHECK(reports::to_badge(run).find("#1b7837") != std::string::npos);
  run.complete = false;
  CHECK(title(run) == "SMTP postfix-3.7: incomplete");
  run.scenarios.clear();
  CHECK(title(run) == "SMTP postfix-3.7: nothing decided");
  run.target.name = nasty;
  CHECK(title(run).find("</title>") != std::string::npos);  // as a text
}

TEST_CASE("annotations: the worst first, ten of a kind, one notice of the rest") {
  engine::RunResult run = reports::sample_run();
  auto lines = lines_of(reports::to_github_annotations(run));
  REQUIRE(lines.size() == 4);
  CHECK(lines[1].rfind("::error file=scenarios/rfc5321/4.1.1.4-end-of-data.toml,line=31,title=security%3A Only", 0) ==
        0);
  CHECK(lines[3].rfind("::warning file=", 0) == 0);
  const engine::ScenarioResult one = run.scenarios[1];
  for (int i = 0; i < 30; ++i) {
    run.scenarios.push_back(one);
    run.scenarios.back().id = "another-" + std::to_string(i);
    run.scenarios.back().decided_by = run.scenarios.back().requirements[0].id = "rfc5321/9/x" + std::to_string(i);
    run.scenarios.back().actual = std::to_string(i) + std::string(1, static_cast<char>('a' + i % 26));
    run.scenarios.back().requirements.resize(1);
    run.scenarios.back().excerpt.clear();
  }
  run.complete = false;
  run.incomplete_because = "interrupted";
  lines = lines_of(reports::to_github_annotations(run));
  CHECK(count_of(lines, "::error ") == 10);
  CHECK(lines[0] == "::error title=The run is incomplete::interrupted");
  CHECK(count_of(lines, "::warning ") == 1);
  CHECK(count_of(lines, "::notice ") == 1);
  CHECK(count_of(lines, "::") == lines.size());
}

TEST_CASE("an annotation stays one, whatever its texts hold") {
  const engine::RunResult run = reports::hostile_run(nasty);
  for (const std::string& line : lines_of(reports::to_github_annotations(run))) {
    CHECK((line.rfind("::error ", 0) == 0 || line.rfind("::warning ", 0) == 0));
    const auto properties = line.substr(0, line.find("::", 2));
    CHECK(std::count(properties.begin(), properties.end(), ',') <= 2);
    CHECK(line.find('\x1b') == std::string::npos);
  }
  engine::RunResult good;
  good.complete = true;
  CHECK(reports::to_github_annotations(good).empty());
}
