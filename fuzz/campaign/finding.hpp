// What a campaign makes of an input that broke a rule: the least that still breaks it, whether it does so each time,
// and a scenario file that shows it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/campaign/campaign_folder.hpp"
#include "fuzz/campaign/live_player.hpp"
#include "fuzz/campaign/showing.hpp"
#include "fuzz/oracles/conservation.hpp"
#include "fuzz/oracles/oracles.hpp"
#include "harness/record/transcript.hpp"
#include "harness/scenario/model.hpp"

namespace smtpspec::fuzz {

/// Holds no secrets, but for its transcript and what its input stands for.
struct Finding {
  static constexpr std::size_t replays = 3;
  Breach breach;
  std::string input;                                  ///< the least that was found
  std::size_t again = 0;                              ///< of three replays, how many broke the same
  std::optional<scenario::Delivered> delivered = {};  ///< what its mail must come to, where it is about that
  record::Transcript transcript = {};                 ///< of that replay
  std::vector<std::string> also = {};                 ///< causes of findings that came to be the same
  std::string figures = {};                           ///< of a finding that is no one session's
  [[nodiscard]] bool is_firm() const { return again == replays; }
  [[nodiscard]] bool has_session() const { return figures.empty(); }
};

/// Plays and shortens until `until` at most. Where the same is not broken again, `again` is 0, and there is nothing but
/// the input. A crash may come out as what a process died of.
[[nodiscard]] Finding make_finding(LivePlayer& player, const Sight& sight, const CampaignFolder::Broken& broken,
                                   std::chrono::steady_clock::time_point until);

/// What is to become of the mail of a session that broke a rule of it: a message for each that was accepted, with its
/// body where there is but one that holds no secret, or for nobody else of `mailboxes`. nullopt where the rule is of
/// something else.
[[nodiscard]] std::optional<scenario::Delivered> delivered_as(std::string_view cause, const AcceptedMail& accepted,
                                                              const std::vector<std::string>& mailboxes,
                                                              const record::Redactor& redactor);

/// How it counts: as the rule that was broken does.
[[nodiscard]] ledger::Level level_of(const Breach& breach, const scenario::Suite& suite);

/// A scenario file: the session, and the row of the suite whose rule was broken, with its requirements. Loads without
/// errors beside the shipped requirements.
[[nodiscard]] std::string to_scenario_file(const Finding& finding, const scenario::Suite& suite);

/// The same for a suite: one scenario, its requirement and level those of the rule that was broken, or its own; the
/// fault that is to catch it is left to its author.
[[nodiscard]] std::string to_suite_scenario(scenario::Scenario session, const std::optional<Breach>& breach,
                                            const std::string& id, const scenario::Suite& suite);

}  // namespace smtpspec::fuzz
