#include "fuzz/campaign/campaign_status.hpp"

#include <array>

#include <catch2/catch_test_macros.hpp>

using namespace smtpspec::fuzz;

TEST_CASE("People are told of limits and edges where there are any") {
  CampaignStatus status;
  status.elapsed = std::chrono::seconds(10);
  status.sessions = 5000;
  status.features = 300;
  status.findings = 2;
  CHECK(status_line(status) == "10 s: 5000 sessions, 500 a second; 300 features; 2 findings; last new feature 0 s ago");
  status.put_off = 7;
  status.moves = 6;
  status.edges = 40;
  status.replies = 90;
  CHECK(
      status_line(status) ==
      "10 s: 5000 sessions, 500 a second, 7 put off and tried again, 6 of them from another address; 300 features, 90 "
      "replies by state, 40 edges; 2 findings; last new feature 0 s ago");
}

TEST_CASE("A campaign says why it tells little that no more was found") {
  CHECK(why_it_tells_little(100, 50, 1000).empty());
  CHECK(why_it_tells_little(100, 51, 1000).starts_with("51 of 100 sessions were refused"));
  CHECK(
      why_it_tells_little(99, 0, 1000).starts_with("no more than 99 sessions were played, and there are 1000 inputs"));
  CHECK(why_it_tells_little(0, 0, 1000) == "no session could be played");
}

TEST_CASE("Of campaigns side by side all is told together") {
  std::array<Progress, 2> both;
  both[0].sessions = 30;
  both[1].sessions = 20;
  both[0].features = 200;
  both[1].features = 300;
  both[1].findings = 1;
  const CampaignStatus status = status_of(both, std::chrono::seconds(5));
  CHECK(status.sessions_a_second() == 10);
  CHECK(status.features == 300);
  CHECK(status.findings == 1);
}
