// One session of a campaign, played again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
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
/// What it is played on.
struct ReplayStage {
  const fuzz::Opponent& opponent;
  const fuzz::Opponent* other;                    ///< to compare with; null where there is none
  fuzz::ServerWatch* watch;                       ///< over the server that was started; null where none was
  std::function<void(std::uint16_t)> sink_ready;  ///< is told the port that mail is taken at
};
/// Prints each line of the conversation, and what is wrong with it, with its processes and with its mail; of a finding
/// that two plays show, both are made. Gives the exit code.
[[nodiscard]] int replay(const Replay& wanted, const ReplayStage& stage, const scenario::Suite& suite);

/// On standard output: "FOUND crash/BDAT", and what was expected and seen.
void tell_breach(std::string_view word, const fuzz::Breach& breach);

}  // namespace smtpspec::cli
