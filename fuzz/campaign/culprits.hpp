// Whose doing it is that a process of the server died, or that a sanitizer told of it: while nobody else plays, what
// was played last, by any worker, is played again, input by input.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/campaign/campaign_folder.hpp"
#include "fuzz/campaign/live_player.hpp"
#include "fuzz/campaign/progress.hpp"
#include "fuzz/campaign/shared_incidents.hpp"
#include "fuzz/campaign/shared_inputs.hpp"
#include "fuzz/oracles/incidents.hpp"
#include "harness/judge/playing.hpp"

namespace smtpspec::fuzz {

/// What workers share for it.
struct SharedCulprits {
  SharedIncidents incidents;  ///< whoever started the server adds to them
  SharedInputs inputs;
  /// A cause, by a hash of it, and how many incidents there were when it was looked for last.
  struct LookedAt {
    std::atomic<std::uint64_t> cause{0};
    std::atomic<std::uint64_t> incidents{0};
  };
  std::array<LookedAt, 64> looked_at{};
  std::atomic<bool> anew{false};  ///< the server is to be started anew; who does so takes it back
};

/// Puts what a session broke into the folder, and tells whoever watches of it.
void keep(const Breach& breach, CampaignFolder::Seen seen, std::string_view input, const CampaignFolder& folder,
          Progress& progress);

class Culprits {
 public:
  /// All must outlive it. `shared`: null where the server was not started by us, and nothing is known of its processes.
  Culprits(LivePlayer& player, const CampaignFolder& folder, Progress& progress, SharedCulprits* shared)
      : player_(player), folder_(folder), progress_(progress), shared_(shared) {}

  /// Before each session, and after it.
  void begin(std::string_view input);
  void end();

  /// What the session broke, and what happened since the last call. `wait`: until what happened by now is known, as it
  /// is waited where that may be the cause of a new crash.
  [[nodiscard]] std::vector<Breach> breaches_of(const judge::Played& played, bool wait = false);

  /// Within a session: looks for the input that does it, and keeps it in the folder as seen again; `input` as seen once
  /// where none does. Blocks, and all other workers too, for half a minute at most. `waits`: as it was played.
  void look_for(const Breach& breach, std::string_view input, const Waits& waits);

 private:
  [[nodiscard]] bool search(const Breach& breach, std::string_view input, const Waits& waits);
  [[nodiscard]] std::optional<Breach> done_by(const std::string& input, const Breach& breach, const Waits& waits);
  void start_anew(const Breach& breach);
  [[nodiscard]] Alone::Stop stopped() const;

  LivePlayer& player_;
  const CampaignFolder& folder_;
  Progress& progress_;
  SharedCulprits* shared_;
  std::uint64_t seen_ = 0;                      ///< incidents
  std::uint64_t seen_before_ = 0;               ///< of these, before the last session
  std::map<std::string, int> looked_for_ = {};  ///< by cause: how often
};

}  // namespace smtpspec::fuzz
