#include "harness/engine/queue.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <re2/re2.h>

#include "harness/judge/transcript_test.hpp"
#include "harness/scenario/loader.hpp"

namespace smtpspec::engine {
namespace {

using judge::scenario_of;
using std::chrono::milliseconds;

TEST_CASE("what a scenario waits for by its own will") {
  struct Case {
    const char* words;
    long wait;
  };
  const Case cases[] = {
      {"steps = [ { send = \"NOOP\", expect = \"250\" } ]", 0},
      {"steps = [ { send = \"NOOP\", expect = \"250\", wait = \"5s\" } ]", 0},
      {"steps = [ { pause = \"300ms\" }, { expect = \"silence\", wait = \"1s\" } ]", 1300},
      {"steps = [ { bytes = 'NOOP', expect = [\"500\", \"silence\"] } ]", 70},
      {"steps = [ { bytes = 'NOOP\\r\\n', cut = \"each\", gap = \"20ms\", expect = \"250\" } ]", 100},
      {"steps = [ { bytes = '{NOOP\\r\\n*2}', cut = \"each\", gap = \"10ms\", replies = [\"250\", \"250\"] } ]", 110},
      {"state = \"data\"\nsteps = [ { message = '{header}x\\r\\n', cut = \"each\", gap = \"2ms\", expect = \"250\" } ]",
       504},
      {"steps = [ { send = \"NOOP {token}\", cut = \"each\", gap = \"5ms\", expect = \"250\" } ]", 170},
      {"steps = [ { bytes = 'NOOP\\r\\n', cut = [1, -2], gap = \"20ms\", expect = \"250\" } ]", 40},
      {"timeout = \"1s\"\nsteps = [ { pause = \"300s\" }, { send = \"NOOP\", expect = \"250\" } ]", 1000},
      {"steps = [ { pause = \"300s\" }, { send = \"NOOP\", expect = \"250\" } ]", 60000},
  };
  const record::Patience patience{milliseconds(10000), milliseconds(70), milliseconds(60000)};
  for (const Case& one : cases) {
    INFO(one.words);
    CHECK(deliberate_wait(scenario_of(one.words), patience).count() == one.wait);
  }
}

std::vector<std::size_t> order_of(Queue& queue) {
  std::vector<std::size_t> order;
  while (const auto next = queue.next()) order.push_back(*next);
  CHECK(queue.size() == 0);
  return order;
}

/// Whether the octets hold the user's own name in a response that is not the right one.
bool answers_wrongly_as_the_user(const scenario::Step& step) {
  const auto* send = std::get_if<scenario::Send>(&step.action);
  if (send == nullptr) return false;
  const std::string source = scenario::to_source(send->octets);
  re2::StringPiece rest(source);
  for (std::string response; RE2::FindAndConsume(&rest, R"(\{base64:((?:[^{}]|\{[^{}]*\})*)\})", &response);) {
    const bool right = response == R"(\0{user}\0{password})" || response == "{user}" || response == "{password}";
    const bool own = RE2::PartialMatch(response, R"((?:^|[^-])\{user\})");
    if (own && !right) return true;
  }
  return false;
}

TEST_CASE("each row of the suite that may lock the user out is played after the right logins") {
  const auto suite = scenario::load_suite({SMTPSPEC_SOURCE_DIR "/scenarios"}).value;
  std::size_t wrong = 0;
  for (const scenario::Scenario& scenario : suite.scenarios) {
    INFO(scenario.id);
    if (std::none_of(scenario.steps.begin(), scenario.steps.end(), answers_wrongly_as_the_user)) continue;
    CHECK(logs_in_wrongly(scenario));
    ++wrong;
  }
  CHECK(wrong > 8);
}

TEST_CASE("the longest wait goes first, and repeats together") {
  Queue queue;
  queue.add(0, 1, milliseconds(0));
  queue.add(1, 2, milliseconds(300));
  queue.add(2, 1, milliseconds(500));
  queue.sort();
  CHECK(queue.size() == 4);
  CHECK(order_of(queue) == std::vector<std::size_t>{2, 0, 1, 1});
}

TEST_CASE("those that wait are spread over those that do not") {
  Queue queue;
  for (std::size_t i = 0; i < 6; ++i) queue.add(i, 1, milliseconds(0));
  for (std::size_t i = 6; i < 9; ++i) queue.add(i, 1, milliseconds(100 * i));
  queue.sort();
  CHECK(order_of(queue) == std::vector<std::size_t>{8, 0, 1, 7, 2, 3, 6, 4, 5});
}

}  // namespace
}  // namespace smtpspec::engine
