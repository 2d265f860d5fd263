#include "harness/ledger/requirement.hpp"

#include <vector>

#include <catch2/catch_test_macros.hpp>

using namespace smtpspec::ledger;

TEST_CASE("an id tells RFC and section") {
  struct Row {
    const char* id;
    int rfc;
    const char* section;
    const char* cited;
    bool is_id;
  };
  const std::vector<Row> rows = {
      {"rfc5321/4.1.1.4/lf-is-no-line-end", 5321, "4.1.1.4", "RFC 5321 section 4.1.1.4", true},
      {"rfc821/appendix-e/words", 821, "appendix-e", "RFC 821 section appendix-e", true},
      {"policy/2/no-relay", 0, "2", "policy/2/no-relay", true},
      {"policy/no-relay", 0, "", "policy/no-relay", true},
      {"rfcx/2/words", 0, "2", "rfcx/2/words", true},
      {"rfc5321/4.1.1.4", 5321, "", "rfc5321/4.1.1.4", false},
      {"rfc5321//words", 5321, "", "rfc5321//words", false},
      {"/4/words", 0, "4", "/4/words", false},
      {"rfc5321/4/", 5321, "4", "RFC 5321 section 4", false},
      {"rfc5321/4/Words", 5321, "4", "RFC 5321 section 4", false},
      {"rfc5321/4/1/words", 5321, "4/1", "RFC 5321 section 4/1", false},
      {"", 0, "", "", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.id);
    const Requirement requirement = requirement_of(row.id);
    CHECK(requirement.rfc == row.rfc);
    CHECK(requirement.section == row.section);
    CHECK(section_of(row.id) == row.cited);
    CHECK(is_requirement_id(row.id) == row.is_id);
  }
}

TEST_CASE("lines are one number or two") {
  CHECK(lines_from("7") == Lines{7, 7});
  CHECK(lines_from("2028-2032") == Lines{2028, 2032});
  for (const char* wrong : {"", "-", "7-", "-7", "9-7", "0", "07", "7,9", "7-9-11", "seven", "7 ", "9999999999"}) {
    CAPTURE(wrong);
    CHECK_FALSE(lines_from(wrong));
  }
  CHECK(text_of({7, 7}) == "7");
  CHECK(text_of({2028, 2032}) == "2028-2032");
  CHECK(text_of({}).empty());
}

TEST_CASE("words stand for values and back") {
  for (const auto level : {Level::must, Level::should, Level::may}) CHECK(named<Level>(name(level)) == level);
  for (const auto severity : {Severity::security, Severity::loss, Severity::must, Severity::should})
    CHECK(named<Severity>(name(severity)) == severity);
  for (const auto party : {Party::server, Party::client, Party::both}) CHECK(named<Party>(name(party)) == party);
  CHECK_FALSE(named<Level>("MUST"));
  CHECK_FALSE(named<Severity>(""));
  CHECK_FALSE(named<Party>("sender"));
  CHECK(severity_of(Level::must) == Severity::must);
  CHECK(severity_of(Level::may) == Severity::should);
}
