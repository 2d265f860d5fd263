#include "fuzz/campaign/afl_stats.hpp"

#include <algorithm>
#include <set>
#include <sstream>

#include <catch2/catch_test_macros.hpp>

using namespace smtpspec::fuzz;

namespace {

CampaignStatus some_status() {
  CampaignStatus status;
  status.elapsed = std::chrono::seconds(10);
  status.sessions = 5000;
  status.features = 300;
  status.findings = 2;
  return status;
}

}  // namespace

TEST_CASE("Everything that afl-whatsup reads is said, so that nothing of another fuzzer stands for it") {
  std::istringstream text(fuzzer_stats(some_status(), 40, 1000, 77, "mx"));
  std::set<std::string> keys;
  for (std::string line; std::getline(text, line);) keys.insert(line.substr(0, line.find(' ')));
  for (const char* key : {"start_time", "run_time", "fuzzer_pid", "cycles_done", "cycles_wo_finds", "execs_done",
                          "execs_per_sec", "corpus_count", "cur_item", "pending_favs", "pending_total", "bitmap_cvg",
                          "saved_crashes", "last_find", "last_crash", "last_hang", "afl_banner"}) {
    CAPTURE(key);
    CHECK(keys.count(key) == 1);
  }
}

TEST_CASE("What is counted is told, and no queue is empty: they divide by it") {
  const std::string text = fuzzer_stats(some_status(), 0, 1000, 77, "mx");
  CHECK(text.find("execs_per_sec     : 500.00\n") != std::string::npos);
  CHECK(text.find("saved_crashes     : 2\n") != std::string::npos);
  CHECK(text.find("corpus_count      : 1\n") != std::string::npos);
  CHECK(text.find("start_time        : 990\n") != std::string::npos);
}

TEST_CASE("Edges are the server's own where it shows them, else features stand for them") {
  CampaignStatus status = some_status();
  CHECK(plot_line(status, 40).ends_with(" 300\n"));
  status.edges = 20;
  CHECK(plot_line(status, 40).ends_with(" 20\n"));
  CHECK(fuzzer_stats(status, 40, 1000, 77, "mx").find("edges_found       : 20\n") != std::string::npos);
}

TEST_CASE("What was told is read again") {
  const CampaignStatus again = status_in(fuzzer_stats(some_status(), 40, 1000, 77, "mx"));
  CHECK(again.elapsed == std::chrono::seconds(10));
  CHECK(again.sessions == 5000);
  CHECK(status_in("").sessions == 0);
  CHECK(status_in("\nexecs_done        : ").sessions == 0);
}

TEST_CASE("A line of the plot has as many fields as its header names") {
  const auto commas = [](const std::string& line) { return std::count(line.begin(), line.end(), ','); };
  CHECK(commas(plot_line(some_status(), 40)) == commas(plot_header()));
}
