#include <algorithm>
#include <filesystem>
#include <fstream>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "reports/report.hpp"
#include "reports/sample_run_test.hpp"

using namespace smtpspec;
using reports::from_json;
using reports::to_json;

TEST_CASE("what was written is read back whole") {
  std::string problem;
  CHECK(from_json(to_json(reports::sample_run()), problem) == reports::sample_run());
  CHECK(problem.empty());
  engine::RunResult cut_short = reports::sample_run();
  cut_short.complete = false;
  cut_short.incomplete_because = "interrupted by SIGINT";
  cut_short.has_baseline = false;
  CHECK(from_json(to_json(cut_short), problem) == cut_short);
  CHECK(from_json(to_json(engine::RunResult{}), problem) == engine::RunResult{});
}

TEST_CASE("any text comes back, octets that are no UTF-8 in their visible form") {
  for (const char* text : {"\x1b[31m", "::error::", "]]>", "\"\\\r\n", "\u00e9\u202e\U0001f4e7", "\x01\x7f"}) {
    std::string problem;
    CHECK(from_json(to_json(reports::hostile_run(text)), problem) == reports::hostile_run(text));
  }
  std::string problem;
  const auto read = from_json(to_json(reports::hostile_run("a\xff\xed\xa0\x80z")), problem);
  CHECK(read == reports::hostile_run("a\\xff\\xed\\xa0\\x80z"));
}

TEST_CASE("results.json is printable ASCII in lines") {
  for (const char* text : {"\x1b[31m\r\n\x7f", "\u00e9\u0085\u202e", "\xff\xc0\x80"})
    for (const char octet : to_json(reports::hostile_run(text)))
      if (octet != '\n') REQUIRE((octet >= ' ' && octet <= '~'));
}

TEST_CASE("the members stand as documented, and the summary counts every outcome") {
  const auto document = nlohmann::ordered_json::parse(to_json(reports::sample_run()));
  CHECK(document["schema"] == "smtpspec-results/2");
  CHECK(document["smtpspec"]["seed"] == 18446744073709551615ULL);
  CHECK(document["summary"].size() == scenario::outcome_count);
  CHECK(document["summary"]["fail"] == 3);
  CHECK(document["summary"]["unsupported"] == 2);
  CHECK(document["scenarios"][1]["expectation"] == "regression");
  CHECK(document["scenarios"][1]["source"]["line"] == 31);
  CHECK(document["scenarios"][1]["decided_by"] == "rfc5321/4.1.1.4/lf-is-no-line-end");
  CHECK(document["scenarios"][1]["cause"] == "early-reply");
  CHECK(document["scenarios"][3]["checked"] == 1204);
  CHECK(document["scenarios"][3]["seen_in"].size() == 2);
  CHECK(document.begin().key() == "schema");
  CHECK(document["target"]["learnt"][0]["value"] == "at least 128");
  CHECK(document["findings"][0]["outcome"] == "crash");
  const auto& finding = document["findings"][1];
  CHECK(finding["id"] == "rfc5321/4.1.1.4/lf-is-no-line-end:early-reply");
  CHECK(finding["severity"] == "security");
  CHECK(finding["requirement"] == "rfc5321/4.1.1.4/lf-is-no-line-end");
  CHECK(finding["scenarios"][0] == "false-end-of-data/lf-dot-crlf");
  CHECK(finding["evidence"] == "false-end-of-data/lf-dot-crlf");
  CHECK(document["findings"].size() == 4);
}

TEST_CASE("a file of the first schema is read as well") {
  auto document = nlohmann::ordered_json::parse(to_json(reports::sample_run()));
  document["schema"] = "smtpspec-results/1";
  document.erase("findings");
  document["target"].erase("learnt");
  for (auto& scenario : document["scenarios"])
    for (auto& requirement : scenario["requirements"]) requirement.erase("severity");
  engine::RunResult expected = reports::sample_run();
  expected.target.learnt.clear();
  for (engine::ScenarioResult& row : expected.scenarios)
    for (engine::CitedRequirement& one : row.requirements) one.severity = ledger::severity_of(one.level);
  std::string problem;
  CHECK(from_json(document.dump(), problem) == expected);
  document["schema"] = "smtpspec-results/2";
  CHECK_FALSE(from_json(document.dump(), problem));
  CHECK(problem == "scenarios[1].requirements[0].severity is missing");
}

TEST_CASE("the schema knows every cause, and the reader reads it") {
  std::ifstream file(std::filesystem::path(SMTPSPEC_SOURCE_DIR) / "reports/schemas/results.schema.json");
  const auto schema = nlohmann::json::parse(file);
  const auto known = schema["definitions"]["cause"]["enum"];
  CHECK(known.size() == judge::cause_count);
  for (int i = 0; i < judge::cause_count; ++i) {
    const auto cause = static_cast<judge::Cause>(i);
    CHECK(std::find(known.begin(), known.end(), judge::name(cause)) != known.end());
    engine::RunResult run = reports::sample_run();
    run.scenarios[1].cause = cause;
    std::string problem;
    CHECK(from_json(to_json(run), problem) == run);
  }
  auto document = nlohmann::ordered_json::parse(to_json(reports::sample_run()));
  document["scenarios"][1]["cause"] = "whim";
  std::string problem;
  CHECK_FALSE(from_json(document.dump(), problem));
  CHECK(problem == "scenarios[1].cause is 'whim', which is none of its words");
}

TEST_CASE("every member is needed, and has to be of its kind") {
  using Json = nlohmann::ordered_json;
  const Json whole = Json::parse(to_json(reports::sample_run())).flatten();
  std::size_t refused = 0;
  for (const auto& [place, value] : whole.items()) {
    if (place.rfind("/summary", 0) == 0 || place.rfind("/findings", 0) == 0) continue;  // follow from the scenarios
    Json without = whole;
    without[place] = value.is_object() ? Json("x") : Json(-1.5);  // wrong for every kind of member
    std::string problem;
    CHECK_FALSE(from_json(without.unflatten().dump(), problem));
    CHECK_FALSE(problem.empty());
    ++refused;
  }
  CHECK(refused > 200);
}

TEST_CASE("a file that is no results.json is told apart by name and place") {
  struct Row {
    const char* json;
    const char* problem;
  };
  const Row rows[] = {
      {"[]", "the file is not an object"},
      {"{}", "schema is missing"},
      {R"({"schema":3})", "schema is not a string"},
      {R"({"schema":"smtpspec-results/3"})",
       "the file has the schema 'smtpspec-results/3'; this smtpspec reads 'smtpspec-results/2' and "
       "'smtpspec-results/1'"},
      {R"({"schema":"smtpspec-results/1","smtpspec":[]})", "smtpspec is not an object"},
      {R"({"schema":"smtpspec-results/1","smtpspec":{"version":"1","seed":-1}})",
       "smtpspec.seed is not a whole number in its range"},
  };
  for (const Row& row : rows) {
    std::string problem;
    CHECK_FALSE(from_json(row.json, problem));
    CHECK(problem == row.problem);
  }
  auto document = nlohmann::ordered_json::parse(to_json(reports::sample_run()));
  document["scenarios"][3]["outcome"] = "fine\x1b";
  std::string problem;
  CHECK_FALSE(from_json(document.dump(), problem));
  CHECK(problem == "scenarios[3].outcome is 'fine\\x1b', which is none of its words");
}

TEST_CASE("a file from anybody costs no more than it is large") {
  const auto repeated = [](const std::string& text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += text;
    return all;
  };
  const std::string begin = R"({"schema":"smtpspec-results/2",)";
  const auto with = [](const std::string& member, const nlohmann::ordered_json& value) {
    auto document = nlohmann::ordered_json::parse(to_json(reports::sample_run()));
    document["scenarios"][1][member] = value;
    return document.dump();
  };
  const std::pair<std::string, const char*> rows[] = {
      {std::string(5'000'000, '['), "the file is nested too deep"},
      {repeated(R"({"a":)", 1'000'000), "the file is nested too deep"},
      {begin + R"("findings":)" + std::string(5'000'000, '['), "the file is nested too deep"},
      {begin + R"("scenarios":[)" + repeated("[],", 1'000'000), "the file has too many values"},
      {begin + R"("scenarios":[{"id":[)" + repeated("0,", 1'000'000), "the file has too many values"},
      {begin + repeated(R"("a":0,)", 1'000'000), "the file has too many values"},
      {begin + R"("scenarios":[)" + repeated("{},", 1'000'000), "scenarios[0].id is missing"},
      {with("title", std::string(1 << 20, 'x')), "scenarios[1].title is too long"},
      {with("seen_in", std::vector<std::string>(1000, "x")), "scenarios[1] has too many lines"},
      {with("excerpt", std::vector<nlohmann::ordered_json>(
                           2000, {{"side", "client"}, {"session", ""}, {"text", ""}, {"key", true}})),
       "scenarios[1] has too many lines"},
  };
  for (const auto& [text, expected] : rows) {
    std::string problem;
    CHECK_FALSE(from_json(text, problem));
    CHECK(problem == expected);
  }
  engine::RunResult many = reports::sample_run();
  many.scenarios.resize(10'001, many.scenarios.front());
  std::string problem;
  CHECK_FALSE(from_json(to_json(many), problem));
  CHECK(problem == "scenarios[10000] is one too many");
}

TEST_CASE("a file cut short anywhere is refused") {
  const std::string whole = to_json(reports::sample_run());
  for (std::size_t size = 0; size + 2 < whole.size(); size += 97) {
    std::string problem;
    CHECK_FALSE(from_json(std::string_view(whole).substr(0, size), problem));
    CHECK(problem.rfind("this is not JSON", 0) == 0);
  }
}
