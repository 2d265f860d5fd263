#include "fuzz/linked/breach_report.hpp"

#include <algorithm>

#include <catch2/catch_test_macros.hpp>

#include "fuzz/linked/linked_server_test.hpp"
#include "fuzz/linked/linked_session.hpp"
#include "fuzz/session/session_input.hpp"
#include "harness/memory/memory_server.hpp"

using namespace smtpspec;
using namespace smtpspec::fuzz;

namespace {

std::string report_of(reference::Fault fault, const std::string& input) {
  OwnServer own;
  own.faults.add(fault);
  const smtpspec_server server = own.as_server();
  memory::MemoryServer played_on(target_of(server), sessions_of(server), "mx.example.test");
  const judge::Played played = played_on.play(decode(input));
  const auto breaches = breaches_in(played);
  REQUIRE_FALSE(breaches.empty());
  return breach_report(breaches.front(), played.transcript, input);
}

}  // namespace

TEST_CASE("A breach is told with the sentence that it breaks, the conversation and how to play it again") {
  const std::string report = report_of(reference::Fault::data_without_mail, "= ready\n> DATA\\r\\n\nM text\\r\\n\n");
  for (const char* part : {"'listed-code'", "rfc5321/4.3.1/codes-of-the-table, RFC 5321 section 4.3.1",
                           "These SHOULD be strictly adhered to.", "expected     4yz or 5yz", "C: DATA\\r\\n", "S: 354",
                           "    > DATA\\r\\n\n", "fuzz TARGET --replay FILE"}) {
    CAPTURE(part, report);
    CHECK(report.find(part) != std::string::npos);
  }
}

TEST_CASE("No octet of an input or of a server reaches the terminal as it is") {
  const std::string report = report_of(reference::Fault::data_without_mail,
                                       "= ready\n> DATA\\r\\n\n> \x1b[2J\xff\n> \\x1b\\xff.\\r\\n.\\r\\n\n");
  CHECK(std::all_of(report.begin(), report.end(), [](char c) { return c == '\n' || (c >= 0x20 && c < 0x7F); }));
}

TEST_CASE("What is told is bounded") {
  std::string input = "= ready\n> DATA\\r\\n\n";
  for (int i = 0; i < 60; ++i) input += "> " + std::string(4000, 'a') + "\\r\\n\n";
  CHECK(report_of(reference::Fault::data_without_mail, input).size() < 200000);
}

TEST_CASE("Lines that repeat are shown once, and what comes last is shown") {
  const std::string report =
      report_of(reference::Fault::data_without_mail, "= ready\n> {NOOP\\r\\n*150}\n> DATA\\r\\n\nM text\\r\\n\n");
  CHECK(report.find("    C: NOOP\\r\\n\n    (150 times)\n") != std::string::npos);
  CHECK(report.find("S: 354") != std::string::npos);
  std::string input = "= ready\n";
  for (int i = 0; i < 60; ++i) input += "> {NOOP\\r\\n*4}{RSET\\r\\n*4}\n";
  const std::string longer = report_of(reference::Fault::data_without_mail, input + "> DATA\\r\\n\nM text\\r\\n\n");
  CHECK(longer.find("lines left out)") != std::string::npos);
  CHECK(longer.find("S: 354") != std::string::npos);
}
