#include "fuzz/campaign/live_player.hpp"

#include <variant>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "fuzz/oracles/oracles.hpp"
#include "fuzz/session/session_input.hpp"

namespace smtpspec::fuzz {
namespace {

TEST_CASE("Where nobody answers whoever can is asked to start the server, as long as he says that he does") {
  Opponent opponent;
  opponent.target.port = 1;  // tcpmux, which nobody has
  LivePlayer player(opponent, "secret");
  int asked = 0;
  player.revive_by([&](bool lets_in) { return !lets_in && ++asked < 3; });
  CHECK(says_nothing(player.play(decode("> NOOP\\r\\n"), {})));
  CHECK(asked == 3);
}

TEST_CASE("A pause lasts no longer than it may") {
  scenario::Scenario scenario = decode("> NOOP\\r\\n\nP 50\nP 3\n> NOOP\\r\\n");
  shorten_pauses(scenario, scenario::Duration(10));
  std::vector<scenario::Duration> pauses;
  for (const scenario::Step& step : scenario.steps)
    if (const auto* const pause = std::get_if<scenario::Pause>(&step.action)) pauses.push_back(pause->duration);
  CHECK(pauses == std::vector{scenario::Duration(10), scenario::Duration(3)});
}

}  // namespace
}  // namespace smtpspec::fuzz
