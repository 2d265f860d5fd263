#include <catch2/catch_test_macros.hpp>

#include "harness/scenario/loader.hpp"

namespace smtpspec::scenario {
namespace {

TEST_CASE("A baseline of known failures") {
  const auto loaded = load_baseline(
      "[[expect]]\nscenario = 'a/*'\noutcome = 'warn'\ncause = 'c'\nreason = 'r'\n"
      "[[expect]]\nscenario = 'b'\noutcome = 'fail'\nreason = 'r'\n"
      "[[expect]]\nfinding = 'rfc5321/4.1.1.4/*:reply'\nsignature = '250 #'\nreason = 'r'\nlink = 'l'\nowner = 'o'\n"
      "until = 2027-02-28\nunstable = true\n"
      "[[expect]]\nfinding = 'f'\nreason = 'r'\nuntil = '2028-02-29'\n",
      "b.toml");
  REQUIRE(loaded.diagnostics.empty());
  const auto& entries = loaded.value.entries;
  REQUIRE(entries.size() == 4);
  CHECK(entries[0].outcome == Outcome::warn);
  CHECK(entries[0].cause == "c");
  CHECK(entries[1].place.line == 6);
  CHECK_FALSE(entries[1].until);
  CHECK(entries[2].finding == "rfc5321/4.1.1.4/*:reply");
  CHECK_FALSE(entries[2].outcome);
  CHECK(entries[2].signature == "250 #");
  CHECK((entries[2].link == "l" && entries[2].owner == "o" && entries[2].unstable));
  CHECK(to_text(entries[2].until.value()) == "2027-02-28");
  CHECK(to_text(entries[3].until.value()) == "2028-02-29");
  CHECK(load_baseline("", "b.toml").ok());
}

TEST_CASE("What is no baseline") {
  const std::string entry = "[[expect]]\nscenario = 'a'\noutcome = 'fail'\nreason = 'r'\n";
  for (const std::string& broken :
       {std::string("[expect]\n"), std::string("[[expct]]\n"), std::string("expect = 1\n"),
        std::string("[[expect]]\nscenario = 'a'\n"), std::string("[[expect]]\nscenario = 'a'\nreason = 'r'\n"),
        std::string("[[expect]]\nreason = 'r'\n"), std::string("[[expect]]\nfinding = 'f'\n"),
        entry + "finding = 'f'\n", std::string("[[expect]]\nscenario = 'a'\noutcome = 'fial'\nreason = 'r'\n"),
        entry + "until = 'soon'\n", entry + "until = 2027-02-30\n", entry + "until = 20270301\n",
        entry + "until = '2027-2-3'\n", entry + "until = '2027-13-01'\n", entry + "until = 2027-03-01T00:00:00Z\n",
        entry + "unstable = 1\n"}) {
    INFO(broken);
    CHECK_FALSE(load_baseline(broken, "b.toml").ok());
  }
}

}  // namespace
}  // namespace smtpspec::scenario
