// What a campaign makes of an input that broke a rule: the least that still breaks it, whether it does so each time,
// and a scenario file that shows it.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "fuzz/campaign/campaign_folder.hpp"
#include "fuzz/campaign/live_player.hpp"
#include "fuzz/oracles/conservation.hpp"
#include "fuzz/oracles/oracles.hpp"
#include "harness/scenario/model.hpp"

namespace smtpspec::fuzz {

struct Finding {
  Breach breach;
  std::string input;      ///< the least that was found
  std::size_t again = 0;  ///< of three replays, how many broke the same
  AcceptedMail accepted;  ///< in the last replay that broke it
  [[nodiscard]] bool is_firm() const { return again == 3; }
};

/// Plays and shortens until `until` at most. `arrived`: the target's mail; null where it is not seen. Where the same is
/// not broken again, `again` is 0, and there is nothing but the input.
[[nodiscard]] Finding make_finding(LivePlayer& player, const ArrivedMail* arrived, const CampaignFolder::Broken& broken,
                                   std::chrono::steady_clock::time_point until);

/// A scenario file: the session, and the row of the suite whose rule was broken, with its requirements. Loads without
/// errors beside the shipped requirements.
[[nodiscard]] std::string to_scenario_file(const Finding& finding, const scenario::Suite& suite);

}  // namespace smtpspec::fuzz
