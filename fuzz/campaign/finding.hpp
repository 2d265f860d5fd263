// What a campaign makes of an input that broke a rule: the least that still breaks it, whether it does so each time,
// and a scenario file that shows it.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "fuzz/campaign/live_player.hpp"
#include "fuzz/campaign/oracles.hpp"
#include "harness/scenario/model.hpp"

namespace smtpspec::fuzz {

struct Finding {
  Breach breach;
  std::string input;      ///< the least that was found
  std::size_t again = 0;  ///< of three replays, how many broke the same
  record::Transcript transcript;
  [[nodiscard]] bool is_firm() const { return again == 3; }
};

/// Plays and shortens until `until` at most. `cause`: as a file name. Nothing of it, where it is not broken again at
/// once, but the input.
[[nodiscard]] Finding make_finding(LivePlayer& player, const std::string& cause, std::string_view input,
                                   std::chrono::steady_clock::time_point until);

/// A scenario file: the session, and the row of the suite whose rule was broken, with its requirements. Loads without
/// errors beside the shipped requirements.
[[nodiscard]] std::string to_scenario_file(const Finding& finding, const scenario::Suite& suite);

}  // namespace smtpspec::fuzz
