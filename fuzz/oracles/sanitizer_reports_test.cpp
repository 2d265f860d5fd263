#include "fuzz/oracles/sanitizer_reports.hpp"

#include <catch2/catch_test_macros.hpp>

namespace smtpspec::fuzz {
namespace {

TEST_CASE("A report is under way from its first line to its summary") {
  SanitizerReports reports;
  CHECK(!reports.is_under_way());
  reports.take("==1==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x1\n");
  CHECK(reports.is_under_way());
  reports.take("SUMMARY: AddressSanitizer: heap-buffer-overflow a.c:1:2 in f\n");
  CHECK(!reports.is_under_way());
}

const std::string overflow =
    "=================================================================\n"
    "==4711==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602000000015 at pc 0x55 bp 0x7f sp 0x7e\n"
    "READ of size 1 at 0x602000000015 thread T0\n"
    "    #0 0x55d0 in Parser::take(char const*) /src/parser.cpp:12:3\n"
    "    #1 0x55d1 in main /src/main.cpp:3\n"
    "SUMMARY: AddressSanitizer: heap-buffer-overflow /src/parser.cpp:12:3 in Parser::take(char const*)\n"
    "==4711==ABORTING\n";

std::vector<std::string> causes(const std::string& output, std::size_t piece = std::string::npos) {
  SanitizerReports reports;
  for (std::size_t at = 0; at < output.size(); at += std::min(piece, output.size()))
    reports.take(output.substr(at, piece));
  std::vector<std::string> causes;
  for (const SanitizerReport& one : reports.finished()) causes.push_back(one.cause);
  return causes;
}
using Causes = std::vector<std::string>;

TEST_CASE("A report is known by what and where, however it comes") {
  for (const std::size_t piece : {std::string::npos, std::size_t{1}, std::size_t{7}})
    CHECK(causes("a log line\n" + overflow + "another\n", piece) ==
          Causes{"sanitizer/heap-buffer-overflow/Parser::take"});
  CHECK(causes(overflow + overflow).size() == 2);
}

TEST_CASE("A function of no name's namespace has its own name") {
  CHECK(causes("==1==ERROR: AddressSanitizer: heap-use-after-free\nSUMMARY: AddressSanitizer: heap-use-after-free "
               "a.cpp:1:2 in a::(anonymous namespace)::free(char*)\n") ==
        Causes{"sanitizer/heap-use-after-free/a::free"});
}

TEST_CASE("Its text is all of the report, and nothing else") {
  SanitizerReports reports;
  reports.take("before\n" + overflow);
  const auto all = reports.finished();
  REQUIRE(all.size() == 1);
  CHECK(all[0].text.starts_with("==4711==ERROR"));
  CHECK(all[0].text.find("#1 0x55d1 in main") != std::string::npos);
  CHECK(all[0].summary.starts_with("SUMMARY: AddressSanitizer"));
  CHECK(reports.finished().empty());
}

TEST_CASE("What a function of the C library was called wrongly for is known by who called it") {
  const std::string begin = "==1==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x6\n";
  CHECK(causes(begin +
               "    #0 0x49 in __asan_memcpy (/bin/x+0xa2529) (BuildId: 1)\n    #1 0x50 in copy_path /src/path.c:4:10\n"
               "SUMMARY: AddressSanitizer: heap-buffer-overflow (/bin/x+0xa2529) (BuildId: 1) in __asan_memcpy\n") ==
        Causes{"sanitizer/heap-buffer-overflow/copy_path"});
  CHECK(causes(begin +
               "    #0 0x49 in __interceptor_strlen ../sanitizer.inc:4\n    #1 0x50 in length_of /src/path.c:4\n"
               "SUMMARY: AddressSanitizer: heap-buffer-overflow ../sanitizer.inc:4 in __interceptor_strlen\n") ==
        Causes{"sanitizer/heap-buffer-overflow/length_of"});
  CHECK(causes(begin + "    #0 0x49  (/bin/x+0xa2529)\n    #1 0x50  (/bin/x+0x7)\n"
                       "SUMMARY: AddressSanitizer: heap-buffer-overflow (/bin/x+0xa2529) \n") ==
        Causes{"sanitizer/heap-buffer-overflow/x+0xa2529"});
}

TEST_CASE("A leak is known by who took the memory") {
  CHECK(causes("==9==ERROR: LeakSanitizer: detected memory leaks\n\nDirect leak of 40 byte(s) in 1 object(s) allocated "
               "from:\n"
               "    #0 0x49 in malloc (/bin/server+0x49)\n    #1 0x50 in keep_it /src/keep.c:4:10\n\n"
               "SUMMARY: AddressSanitizer: 40 byte(s) leaked in 1 allocation(s).\n") ==
        Causes{"sanitizer/leak/keep_it"});
}

TEST_CASE("UBSan's lines are reports, by place and kind, whatever the numbers") {
  const std::string line =
      "/src/size.cpp:7:12: runtime error: signed integer overflow: 2147483647 + 1 cannot be represented in type "
      "'int'\n";
  CHECK(causes(line) == Causes{"sanitizer/signed integer overflow/size.cpp:7"});
  CHECK(causes("x.c:3:9: runtime error: index 17 out of bounds for type 'char [16]'\n") ==
        Causes{"sanitizer/index out of bounds for type/x.c:3"});
}

TEST_CASE("What only speaks of sanitizers is no report") {
  CHECK(causes("SUMMARY: AddressSanitizer: heap-buffer-overflow /a.c:1 in f\n").empty());
  CHECK(causes("reject: 'runtime error: x' from client\nAddressSanitizer\n").empty());
}

TEST_CASE("Who tells without end, and of places with endless names, is held in bounds") {
  SanitizerReports reports;
  for (int i = 0; i < 10000; ++i) reports.take("a.c:1:1: runtime error: x\n");
  CHECK(reports.finished().size() <= 200);
  reports.take(std::string(1500, 'a') + ".c:1:1: runtime error: x\n");
  const auto all = reports.finished();
  REQUIRE(all.size() == 1);
  CHECK(all[0].cause.size() < 100);
}

TEST_CASE("Endless lines and reports are cut") {
  SanitizerReports reports;
  reports.take("==1==ERROR: AddressSanitizer: SEGV on unknown address\n");
  for (int i = 0; i < 100; ++i) reports.take(std::string(5000, 'x') + "\n");
  reports.take("SUMMARY: AddressSanitizer: SEGV /a.c:1 in f\n");
  const auto all = reports.finished();
  REQUIRE(all.size() == 1);
  CHECK(all[0].cause == "sanitizer/SEGV/f");
  CHECK(all[0].text.size() < SanitizerReports::longest_report + 2 * SanitizerReports::longest_line);
}

}  // namespace
}  // namespace smtpspec::fuzz
