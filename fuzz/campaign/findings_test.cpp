#include "fuzz/campaign/findings.hpp"

#include <filesystem>

#include <catch2/catch_test_macros.hpp>
#include <unistd.h>

#include "harness/judge/transcript_test.hpp"

namespace smtpspec::fuzz {
namespace {

using Causes = std::vector<std::string>;

Finding finding(const std::string& rule, const std::string& cause, const std::string& octets) {
  Finding one;
  one.breach = {rule, cause, "no process of the server dies", "a process of it died"};
  one.input = "> NOOP\\r\\n\n";
  one.again = Finding::replays;
  one.transcript = judge::Script().greeted().step(0).sends(octets).transcript();
  return one;
}

/// Of each that is told, its cause and those that it stands for.
std::vector<Causes> told(const std::vector<Finding>& all) {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("smtpspec-findings-" + std::to_string(getpid()));
  const CampaignFolder folder(path);
  REQUIRE(!folder.prepare());
  const scenario::Suite suite;
  Findings findings(suite, folder, nullptr);
  for (const Finding& one : all) CHECK(findings.add(one));
  std::vector<Causes> causes;
  for (const Finding& one : findings.all()) {
    causes.push_back({one.breach.cause});
    causes.back().insert(causes.back().end(), one.also.begin(), one.also.end());
  }
  std::filesystem::remove_all(path);
  return causes;
}

TEST_CASE("Deaths after the same usual command are one finding, whatever was known of them when they were seen") {
  CHECK(told({finding("crash", "crash/SIGSEGV", "BDAT 6\nsix--0\nRSET\r\n"),
              finding("crash", "crash/SIGSEGV/RSET", "BDAT 6\r\nsix--xt\r\nRSET\r\n"),
              finding("crash", "crash/SIGABRT/RSET", "BDAT 6\r\nsix--xt\r\nRSET\r\n"),
              finding("crash", "crash/SIGSEGV/NOOP", "BDAT 6\r\nsix--xt\r\nNOOP\r\n"),
              finding("crash", "crash/RSET", "BDAT 6\r\nsix--xt\r\nRSET\r\n")}) ==
        std::vector<Causes>{
            {"crash/SIGSEGV", "crash/SIGSEGV/RSET"}, {"crash/SIGABRT/RSET"}, {"crash/SIGSEGV/NOOP"}, {"crash/RSET"}});
}

TEST_CASE("What shows each time stands before what does not") {
  Finding shaky = finding("crash", "crash/SIGSEGV", "RSET\r\n");
  shaky.again = 1;
  CHECK(told({shaky, finding("crash", "crash/SIGSEGV/RSET", "RSET\r\n"), shaky}) ==
        std::vector<Causes>{{"crash/SIGSEGV/RSET", "crash/SIGSEGV"}});
  CHECK(told({shaky, finding("crash", "crash/SIGSEGV", "NOOP\r\n")}) == std::vector<Causes>{{"crash/SIGSEGV"}});
}

TEST_CASE("Crashes by the same unusual octets are one finding, after whatever command") {
  CHECK(told({finding("crash", "crash/NOOP", "NOOP\t\r\n"), finding("crash", "crash/VRFY", "VRFY x\t\r\n"),
              finding("crash", "crash/EXPN", "EXPN x\x01\r\n"), finding("hang", "hang/NOOP", "NOOP\t\r\n")}) ==
        std::vector<Causes>{{"crash/NOOP", "crash/VRFY"}, {"crash/EXPN"}, {"hang/NOOP"}});
}

}  // namespace
}  // namespace smtpspec::fuzz
