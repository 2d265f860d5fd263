// One session of a campaign, played again.
#pragma once

#include <filesystem>
#include <string_view>

#include "fuzz/campaign/finding.hpp"
#include "fuzz/campaign/live_player.hpp"
#include "fuzz/campaign/server_watch.hpp"
#include "harness/scenario/model.hpp"

namespace smtpspec::cli {

struct Replay {
  std::filesystem::path input;           ///< or the scenario of a finding
  std::filesystem::path write_scenario;  ///< where it is written for a suite if it breaks something; empty: nowhere
};
/// Prints each line of the conversation, and what is wrong with it. `watch`: over the server that was started; null
/// where none was. Gives the exit code.
[[nodiscard]] int replay(const Replay& wanted, const fuzz::Opponent& opponent, const scenario::Suite& suite,
                         fuzz::ServerWatch* watch);

/// On standard output: "FOUND crash/BDAT", and what was expected and seen.
void tell_breach(std::string_view word, const fuzz::Breach& breach);

}  // namespace smtpspec::cli
