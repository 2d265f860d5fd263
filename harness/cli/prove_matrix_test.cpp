#include "harness/cli/prove_matrix.hpp"

#include <catch2/catch_test_macros.hpp>

namespace smtpspec::cli {
namespace {

using reference::FaultRow;

const Said green{true, false, false, "pass"};
const Said red{false, true, true, "fail"};
const Said undecided{false, false, false, "blocked"};

FaultRow row_of(std::string_view name) {
  return reference::fault_table()[static_cast<std::size_t>(reference::fault_named(name).value())];
}

scenario::Suite suite_of(const std::vector<std::pair<std::string, std::vector<std::string>>>& rows) {
  scenario::Suite suite;
  for (const auto& [id, catches] : rows) {
    scenario::Scenario& scenario = suite.scenarios.emplace_back();
    scenario.id = id;
    scenario.catches = catches;
  }
  return suite;
}

using Ids = std::vector<std::string>;

TEST_CASE("a promise is kept by a scenario that is red by itself, and by no other") {
  const scenario::Suite suite = suite_of({{"a", {"rset-unknown"}},
                                          {"b", {"rset-unknown", "noop-unanswered"}},
                                          {"c", {"rset-unknown"}},
                                          {"d", {}},
                                          {"e", {"no-such-fault"}}});
  const FaultRow rset = row_of("rset-unknown"), noop = row_of("noop-unanswered");
  std::vector<Proof> proofs(3);
  proofs[0].said = {{"a", green}, {"b", green}, {"c", undecided}, {"d", green}};
  proofs[1].fault = &rset;
  proofs[1].said = {{"a", red}, {"b", undecided}, {"d", red}, {"e", green}};  // c was not played
  proofs[2].fault = &noop;
  proofs[2].said = {{"b", green}};
  const Matrix matrix = matrix_of(proofs, suite);
  CHECK(matrix.clean.findings.alarms == Ids{"c", "e"});
  REQUIRE(matrix.faults.size() == 2);
  CHECK(matrix.faults[0].findings.kept == Ids{"a"});
  CHECK(matrix.faults[0].findings.broken == Ids{"b", "c"});
  CHECK(matrix.faults[0].findings.also == Ids{"d"});
  CHECK(matrix.faults[0].killed());
  CHECK_FALSE(matrix.faults[1].killed());
  CHECK(matrix.killed == 1);
  CHECK(matrix.survived() == 1);
  CHECK(matrix.broken == 3);
  CHECK(matrix.idle.empty());  // not every fault was tried
  CHECK_FALSE(matrix.holds());
}

TEST_CASE("a matrix holds where every fault is killed, and nothing else is wrong") {
  const scenario::Suite suite = suite_of({{"a", {"rset-unknown"}}});
  const FaultRow rset = row_of("rset-unknown");
  std::vector<Proof> proofs(2);
  proofs[0].said = {{"a", green}};
  proofs[1].fault = &rset;
  proofs[1].said = {{"a", red}};
  CHECK(matrix_of(proofs, suite).holds());
  SECTION("a false alarm") { proofs[0].said["a"] = red; }
  SECTION("a server that went wrong") { proofs[1].problem = "no room"; }
  SECTION("a fault that survived") { proofs[1].said["a"] = undecided; }
  SECTION("a freedom that is held against a server") {
    const FaultRow freedom = row_of("bare-vrfy-answered-252");
    proofs.emplace_back().fault = &freedom;
    proofs[2].said = {{"a", {false, true, false, "warn"}}};
    CHECK(matrix_of(proofs, suite).holds());
    proofs[2].said["a"].accuses = true;
  }
  CHECK_FALSE(matrix_of(proofs, suite).holds());
}

TEST_CASE("where every fault was tried, scenarios that kept no promise are told") {
  const scenario::Suite suite = suite_of({{"a", {"rset-unknown"}}, {"b", {}}});
  std::vector<Proof> proofs(1);
  for (const FaultRow& row : reference::fault_table()) {
    if (row.deadly) continue;
    proofs.emplace_back().fault = &row;
    if (row.name == "rset-unknown") proofs.back().said["a"] = red;
  }
  const Matrix matrix = matrix_of(proofs, suite);
  CHECK(matrix.idle == Ids{"b"});
  CHECK(matrix.hard > 0);
  CHECK(matrix.survived() == matrix.faults.size() - 1);
}

}  // namespace
}  // namespace smtpspec::cli
