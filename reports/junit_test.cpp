#include <set>

#include <catch2/catch_test_macros.hpp>
#include <pugixml.hpp>

#include "harness/smtp/visible.hpp"
#include "reports/report.hpp"
#include "reports/sample_run_test.hpp"

using namespace smtpspec;

namespace {

pugi::xml_document parsed(const std::string& xml) {
  pugi::xml_document document;
  REQUIRE(document.load_buffer(xml.data(), xml.size()));
  return document;
}

pugi::xml_node testcase(const pugi::xml_document& document, const char* name) {
  return document.child("testsuites").child("testsuite").find_child_by_attribute("testcase", "name", name);
}

}  // namespace

TEST_CASE("every outcome is told in the words of JUnit") {
  const auto document = parsed(reports::to_junit(reports::sample_run()));
  struct Row {
    const char* id;
    const char* element;  // "" for a plain pass
    const char* message;
  };
  const Row rows[] = {
      {"data-before-recipient", "", ""},
      {"false-end-of-data/lf-dot-crlf", "failure",
       "expected no reply before CRLF.CRLF; actual: 250 2.0.0 Ok: queued, after LF.CRLF; the smuggled message was "
       "delivered"},
      {"overlong-command/no-crlf", "failure",
       "expected a reply of 500 or 421; actual: the connection was closed without a reply"},
      {"ehlo-again", "system-out", ""},
      {"rset-clears", "system-out", ""},
      {"noop-with-text", "system-out", ""},
      {"vrfy-disabled", "skipped",
       R"(known failure: expected 250, 251, 252, 550, 551, 553 or 502; actual: 500 5.5.1 Error: unknown command\r\n)"},
      {"bdat-zero", "skipped", "unsupported: CHUNKING is not advertised"},
      {"delivered-once", "skipped", "inconclusive: no delivery road is configured"},
      {"lmtp-replies", "skipped", "skipped: not of the profile mx"},
      {"tls-renegotiation", "error", "actual: the scenario's values could not be filled in: {token} is not known"},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    const pugi::xml_node node = testcase(document, row.id);
    REQUIRE(node);
    CHECK(std::string(node.first_child().name()) == row.element);
    CHECK(std::string(node.first_child().attribute("message").value()) == row.message);
  }
  const pugi::xml_node failed = testcase(document, "false-end-of-data/lf-dot-crlf");
  CHECK(std::string(failed.attribute("classname").value()) == "rfc5321.false-end-of-data");
  CHECK(std::string(failed.attribute("file").value()) == "scenarios/rfc5321/4.1.1.4-end-of-data.toml");
  CHECK(std::string(failed.attribute("time").value()) == "1.480");
  CHECK(std::string(failed.child("failure").attribute("type").value()) == "fail/early-reply");
  CHECK(std::string(failed.child("failure").text().get()).find("> C: first\\n.\\r\\n") != std::string::npos);
}

TEST_CASE("the counts are those of the elements") {
  for (const bool complete : {true, false}) {
    engine::RunResult run = reports::sample_run();
    run.complete = complete;
    const auto document = parsed(reports::to_junit(run));
    const pugi::xml_node suite = document.child("testsuites").child("testsuite");
    unsigned tests = 0;
    unsigned failures = 0;
    unsigned errors = 0;
    unsigned skipped = 0;
    for (const pugi::xml_node node : suite.children("testcase")) {
      ++tests;
      failures += node.child("failure") ? 1 : 0;
      errors += node.child("error") ? 1 : 0;
      skipped += node.child("skipped") ? 1 : 0;
    }
    CHECK(suite.attribute("tests").as_uint() == tests);
    CHECK(suite.attribute("failures").as_uint() == failures);
    CHECK(suite.attribute("errors").as_uint() == errors);
    CHECK(suite.attribute("skipped").as_uint() == skipped);
    CHECK(tests == run.scenarios.size() + (complete ? 0 : 1));
    CHECK(failures == 3);
    CHECK(errors == (complete ? 1 : 2));
  }
}

TEST_CASE("without a baseline no failure is a known one") {
  engine::RunResult run = reports::sample_run();
  run.has_baseline = false;
  CHECK(testcase(parsed(reports::to_junit(run)), "vrfy-disabled").child("failure"));
}

TEST_CASE("a name is there once, for GitLab drops the second") {
  engine::RunResult run = reports::sample_run();
  const auto first = run.scenarios;
  run.scenarios.insert(run.scenarios.end(), first.begin(), first.end());
  std::set<std::string> names;
  const auto document = parsed(reports::to_junit(run));
  for (const pugi::xml_node node : document.child("testsuites").child("testsuite").children("testcase"))
    CHECK(names.insert(node.attribute("name").value()).second);
  CHECK(names.size() == 2 * first.size());
}

TEST_CASE("whatever a text holds, it is well-formed XML 1.0 and one element stays one") {
  std::string all_octets;
  for (int octet = 0; octet < 256; ++octet) all_octets += static_cast<char>(octet);
  for (const std::string& text :
       {std::string("\x1b[31m"), std::string("::error::"), std::string("]]>"), std::string("</failure><x a='\"'>&amp;"),
        std::string("\xff\xfe\xc0\x80\xed\xa0\x80"), std::string("\uffff\ufffe\u0085"), all_octets}) {
    const std::string xml = reports::to_junit(reports::hostile_run(text));
    for (const char octet : xml) REQUIRE((static_cast<unsigned char>(octet) >= 0x20 || octet == '\n'));
    CHECK(smtp::well_formed(xml) == xml);
    CHECK(xml.find("&#") == std::string::npos);  // a reference to a control character is no XML 1.0 either
    const auto document = parsed(xml);
    const pugi::xml_node suite = document.child("testsuites").child("testsuite");
    CHECK(suite.attribute("tests").as_uint() == scenario::outcome_count + 1);
    CHECK(suite.child("testcase").attribute("name").value() == smtp::visible(text));
    const std::string failure =
        suite.find_node([](pugi::xml_node node) { return node.name() == std::string("failure"); }).text().get();
    CHECK(failure.find("expected  ") != std::string::npos);
  }
}
