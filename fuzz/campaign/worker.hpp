// One worker of a campaign: libFuzzer as the engine, sessions on a live server as its executions.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/campaign/campaign_folder.hpp"
#include "fuzz/campaign/culprits.hpp"
#include "fuzz/campaign/edge_map.hpp"
#include "fuzz/campaign/live_player.hpp"
#include "fuzz/campaign/progress.hpp"
#include "fuzz/campaign/shared_mail.hpp"

namespace smtpspec::fuzz {

struct WorkerSettings {
  std::uint64_t seed = 1;
  std::chrono::seconds time{60};
  std::string other_addresses;  ///< to come from where the server puts sessions off: a prefix, or empty
};

/// smtpspec was built with libFuzzer.
[[nodiscard]] bool has_fuzzing_engine();

/// What a worker has beside the server's answers.
struct Feedback {
  const Opponent* other =
      nullptr;  ///< another server that each new input is played on as well; null where there is none
  const SharedMail* mail = nullptr;           ///< what arrives; null where it is not seen
  const SharedMail* mail_of_other = nullptr;  ///< the same of the other server
  RepliesSeen* replies = nullptr;             ///< what the server answered, of all workers
  EdgeMap* edges = nullptr;                   ///< of the server's code; null where it was not started by us
  SharedCulprits* culprits = nullptr;         ///< of what its processes come to; null where it was not started by us
};

/// Never returns: the process ends when the time is over or
/// `progress.stop` says so, by 0; by another code where smtpspec itself failed. All must live that long.
[[noreturn]] void work(const Opponent& opponent, const CampaignFolder& folder, Progress& progress,
                       const Feedback& feedback, const WorkerSettings& settings);

}  // namespace smtpspec::fuzz
