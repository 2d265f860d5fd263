// A campaign against a live server: workers that play sessions and change them, and one process that watches them,
// starts the server again when it is gone, and makes findings of what they saw.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "fuzz/campaign/campaign_folder.hpp"
#include "fuzz/campaign/campaign_status.hpp"
#include "fuzz/campaign/edge_map.hpp"
#include "fuzz/campaign/finding.hpp"
#include "fuzz/campaign/live_player.hpp"
#include "fuzz/campaign/progress.hpp"
#include "fuzz/campaign/server_watch.hpp"
#include "harness/scenario/model.hpp"

namespace smtpspec::fuzz {

struct CampaignSettings {
  std::chrono::seconds time{60};
  std::size_t jobs = 2;  ///< workers, each a process
  std::uint64_t seed = 1;
  EdgeMap* edges = nullptr;         ///< that the server was told of; null where nobody has started it
  const Opponent* other = nullptr;  ///< another server to compare with; null where there is none
  ServerWatch* watch = nullptr;     ///< over the server that was started; null where none was
  Part part;
};

/// All must be there but `progress`.
struct CampaignEvents {
  std::function<void(const CampaignStatus&)> progress;       ///< about once a second
  std::function<void(const std::string&)> note;              ///< one line for people
  std::function<std::optional<std::string>()> start_server;  ///< gives what went wrong; asked where there is a watch
  std::function<void()> stop_server;                         ///< where it was started by `start_server`
  std::function<void(std::uint16_t)> sink_ready;             ///< the port of the target's sink, before anything is sent
  std::function<bool()> stop;                                ///< asked often; true ends it
};

struct CampaignResult {
  CampaignStatus status;
  std::vector<Finding> findings;
  std::string refused;      ///< why it ended early: the server is gone; empty where it is not
  std::string failed;       ///< why it is not to be trusted: a worker failed
  std::string not_written;  ///< what could not be, for which it ended early
};

/// Blocks. The folder was prepared. Everything found is in it, whatever ends the campaign, and is gone on with next
/// time.
[[nodiscard]] CampaignResult run_campaign(const Opponent& opponent, const scenario::Suite& suite,
                                          const CampaignFolder& folder, const CampaignSettings& settings,
                                          const CampaignEvents& events);

}  // namespace smtpspec::fuzz
