#include <filesystem>
#include <fstream>

#include <catch2/catch_test_macros.hpp>

#include "harness/scenario/loader.hpp"
#include "harness/smtp/referee_rules.hpp"

using namespace smtpspec;
using namespace smtpspec::scenario;

namespace {

std::vector<std::string> messages(const std::vector<Diagnostic>& diagnostics) {
  std::vector<std::string> all;
  for (const Diagnostic& one : diagnostics) all.push_back(std::to_string(one.place.line) + ": " + one.message);
  return all;
}

Suite loaded(const std::string& toml) {
  auto suite = load_scenarios(toml, "a.toml");
  for (const Diagnostic& diagnostic : suite.diagnostics) FAIL_CHECK(diagnostic.message);
  return std::move(suite.value);
}

/// A folder with rfc9999.txt, gone at the end.
struct RfcFolder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / "smtpspec-ledger-check-test";
  RfcFolder() {
    std::filesystem::create_directories(path);
    std::ofstream(path / "rfc9999.txt") << "9. Replies\n\n   Every command MUST generate\n   exactly one reply.\n";
  }
  ~RfcFolder() { std::filesystem::remove_all(path); }
};

}  // namespace

TEST_CASE("a requirement has its parts, and what it leaves out") {
  const Suite suite = loaded(R"(
[[requirement]]
id = "rfc5321/4.1/words"
lines = "12-13"
level = "should"
severity = "loss"
party = "client"
says = "Words."

[[requirement]]
id = "house/2/less"
level = "may"
says = "Less."
)");
  const ledger::Requirement& whole = suite.requirements.at("rfc5321/4.1/words");
  CHECK(whole.rfc == 5321);
  CHECK(whole.section == "4.1");
  CHECK(whole.lines == ledger::Lines{12, 13});
  CHECK(whole.level == Level::should);
  CHECK(whole.severity == ledger::Severity::loss);
  CHECK(whole.party == ledger::Party::client);
  CHECK(whole.says == "Words.");
  CHECK(whole.place.line == 2);
  const ledger::Requirement& less = suite.requirements.at("house/2/less");
  CHECK(less.rfc == 0);
  CHECK(less.lines == ledger::Lines{});
  CHECK(less.severity == ledger::Severity::should);
  CHECK(less.party == ledger::Party::server);
}

TEST_CASE("a rule is a scenario without steps") {
  const Suite suite = loaded(R"(
[[requirement]]
id = "rfc5321/4.2/words"
level = "should"
says = "Words."

[[rule]]
rule = "one-code"
title = "One code"
requirements = ["rfc5321/4.2/words"]
catches = ["some-fault"]
)");
  REQUIRE(suite.scenarios.size() == 1);
  const Scenario& row = suite.scenarios.front();
  CHECK(row.id == "always/one-code");
  CHECK(row.family == row.id);
  CHECK(row.rule == "one-code");
  CHECK(row.steps.empty());
  CHECK(row.level == Level::should);
  CHECK(check_suite(suite).empty());
}

TEST_CASE("a row of the survey is a scenario with a name of its own") {
  const auto loaded = load_scenarios(
      "[[survey]]\nid = 'mail'\ntitle = 'T'\nfact = 'mail'\nlimit = 'errors'\neach = [{ row = 'a', v = 'NOOP' }]\n"
      "steps = [{ send = '{v}', expect = '250' }]\n"
      "[[scenario]]\nid = 'mail'\ntitle = 'T'\nneeds = ['fact mail']\nsteps = [{ send = 'NOOP', expect = '250' }]\n",
      "survey.toml");
  REQUIRE(loaded.ok());
  REQUIRE(loaded.value.scenarios.size() == 2);
  const Scenario& row = loaded.value.scenarios[1].survey ? loaded.value.scenarios[1] : loaded.value.scenarios[0];
  CHECK(row.id == "survey/mail/a");
  CHECK(row.family == "survey/mail");
  CHECK(row.fact == "mail");
  CHECK(row.limit == "errors");
  for (const char* key : {"fact = 'nail'", "limit = 'time'"})
    CHECK_FALSE(load_scenarios(std::string("[[survey]]\nid = 'a'\ntitle = 'T'\n") + key +
                                   "\nsteps = [{ send = 'NOOP', expect = '250' }]\n",
                               "survey.toml")
                    .ok());
}

TEST_CASE("rules and rows are held against each other") {
  const Suite suite = loaded(R"(
[[requirement]]
id = "rfc5321/4.2/words"
says = "Words."

[[requirement]]
id = "rfc5321/4.2/idle"
says = "Idle."

[[rule]]
rule = "one-cod"
title = "One code"
requirements = ["rfc5321/4.2/words"]
)");
  CHECK(messages(check_ledger(suite, {"one-code", "crlf"})) ==
        std::vector<std::string>{"10: there is no rule 'one-cod'", "0: the rule 'one-code' has no row",
                                 "0: the rule 'crlf' has no row",
                                 "6: requirement 'rfc5321/4.2/idle' is cited by nothing"});
  CHECK(check_ledger(suite, {"one-cod"}).size() == 1);
}

TEST_CASE("a sentence changed by a letter is found, with what stands there") {
  const RfcFolder folder;
  const auto checked = [&](const std::string& id, const std::string& lines, const std::string& says) {
    return check_sentences(loaded("[[requirement]]\nid = '" + id + "'\n" + lines + "says = '" + says + "'\n"),
                           folder.path);
  };
  const std::string good = "Every command MUST generate exactly one reply.";
  CHECK(checked("rfc9999/9/words", "lines = '3-4'\n", good).empty());
  const auto elsewhere = checked("rfc9999/8/words", "lines = '3-4'\n", good);
  REQUIRE(elsewhere.size() == 1);
  CHECK(elsewhere[0].message == "requirement 'rfc9999/8/words' is not of that section of RFC 9999");
  CHECK(elsewhere[0].help == "its lines stand in section 9");
  CHECK(checked("house/9/words", "lines = '3-4'\n", "What we like.").empty());
  const auto changed = checked("rfc9999/9/words", "lines = '3-4'\n", "Every command MUST generate exactly one rep1y.");
  REQUIRE(changed.size() == 1);
  CHECK(changed[0].place.file == "a.toml");
  CHECK(changed[0].place.line == 4);  // under the sentence
  CHECK(changed[0].message == "requirement 'rfc9999/9/words' is not what RFC 9999 says at lines 3-4");
  CHECK(changed[0].help == "at these lines stands: " + good);
  CHECK(checked("rfc9999/9/words", "lines = '4'\n", good)[0].help == "the sentence stands at lines 3-4");
  CHECK(checked("rfc9999/9/words", "", good)[0].help == "the sentence stands at lines 3-4");
  const auto not_there = checked("rfc9998/9/words", "lines = '4'\n", good);
  CHECK(not_there[0].message == "rfc9998.txt cannot be read");
  CHECK(not_there[0].severity == Diagnostic::Severity::error);
  // Beside one that is there it is a warning.
  const auto both = check_sentences(
      loaded("[[requirement]]\nid = 'rfc9998/9/words'\nsays = 'x'\n[[requirement]]\nid = 'rfc9999/9/words'\n"
             "lines = '3-4'\nsays = '" +
             good + "'\n"),
      folder.path);
  REQUIRE(both.size() == 1);
  CHECK(both[0].severity == Diagnostic::Severity::warning);
}

TEST_CASE(
    "the shipped suite has a row for each rule, of the level that the referee takes it for, and no idle sentence") {
  const auto suite = load_suite({std::filesystem::path(SMTPSPEC_SOURCE_DIR) / "scenarios"});
  REQUIRE(suite.ok());
  std::vector<std::string> rules = {std::string(fence_rule)};
  for (const smtp::RefereeRule& rule : smtp::referee_rules()) rules.emplace_back(rule.name);
  CHECK(messages(check_ledger(suite.value, rules)).empty());
  for (const Scenario& row : suite.value.scenarios) {
    const auto rule = smtp::rule_named(row.rule);
    if (!rule) continue;
    CAPTURE(row.id);
    CHECK((row.level == Level::must) == smtp::row_of(*rule).must);
  }
}

TEST_CASE("a suite of one's own may cite what ours rests on") {
  const RfcFolder folder;
  const std::filesystem::path own = folder.path / "own.toml";
  std::ofstream(own) << "[[scenario]]\nid = 'own'\ntitle = 'Own'\nrequirements = ['rfc5321/4.1.1.9/noop']\n"
                        "steps = [{ send = 'NOOP', expect = '250' }]\n";
  CHECK_FALSE(load_suite({own}).ok());
  const auto loaded = load_suite({own}, std::filesystem::path(SMTPSPEC_SOURCE_DIR) / "scenarios" / "requirements");
  CHECK(loaded.ok());
  CHECK(loaded.value.scenarios.size() == 1);
}

TEST_CASE("a requirement that one's own file states otherwise is told there, with what ours says") {
  const RfcFolder folder;
  const std::filesystem::path own = folder.path / "own.toml";
  std::ofstream(own) << "[[requirement]]\nid = 'rfc3461/2/no-parameter'\nsays = 'Some are.'\n"
                        "[[scenario]]\nid = 'own'\ntitle = 'Own'\nrequirements = ['rfc3461/2/no-parameter']\n"
                        "steps = [{ send = 'NOOP', expect = '250' }]\n";
  const auto loaded = load_suite({own}, std::filesystem::path(SMTPSPEC_SOURCE_DIR) / "scenarios" / "requirements");
  REQUIRE_FALSE(loaded.diagnostics.empty());
  const Diagnostic& first = loaded.diagnostics[0];
  CHECK(first.message == "requirement 'rfc3461/2/no-parameter' is stated otherwise");
  CHECK(first.place.file == own.string());
  CHECK(first.place.line == 1);
  CHECK(first.help.find("it is a must: no parameters are allowed with this EHLO keyword value;") != std::string::npos);
}

TEST_CASE("each file of the shipped suite can be taken by itself") {
  const std::filesystem::path suite = std::filesystem::path(SMTPSPEC_SOURCE_DIR) / "scenarios";
  for (const char* file : {"security/smuggling.toml", "rfc1870/6.1-size.toml"}) {
    CHECK_FALSE(load_suite({suite / file}).ok());
    CHECK(load_suite({suite / file}, suite / "requirements").ok());
  }
}
