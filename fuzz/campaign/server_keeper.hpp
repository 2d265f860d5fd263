// Keeps the server of a campaign up: starts it again where it is gone or hangs, and it is ours to start; else waits for
// whoever started it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "fuzz/campaign/campaign.hpp"
#include "fuzz/campaign/culprits.hpp"
#include "fuzz/campaign/progress.hpp"
#include "fuzz/campaign/server_watch.hpp"

namespace smtpspec::fuzz {

class ServerKeeper {
 public:
  /// All must outlive it. `watch`: null where the target file tells of no server. `is_over`: the workers are to end.
  ServerKeeper(ServerWatch* watch, const CampaignEvents& events, Progress& progress, SharedCulprits& shared,
               std::function<bool()> is_over)
      : watch_(watch), events_(events), progress_(progress), shared_(shared), is_over_(std::move(is_over)) {}

  /// It was started by us, and can be started again.
  [[nodiscard]] bool is_ours() const { return watch_ != nullptr && watch_->may_start(); }

  /// Before the first session. What the survey has brought about was told already, and is to be told again of a session
  /// of ours.
  void begin();
  /// Often, while workers play: tells them what happened to it, and sees to what they have said of it.
  void look_after();
  /// As a new one. What it tells at its end is no session's doing.
  void start_anew();
  /// For who plays alone: whether it is worth trying once more. `hangs`: it lets in, and says nothing.
  [[nodiscard]] bool revive(bool hangs);

  /// It takes no connections any more, or lets everybody in and says nothing, and nothing can be done about it.
  [[nodiscard]] bool is_lost() const { return is_lost_; }
  /// At the end: the same, or it is about to be.
  [[nodiscard]] bool is_lost_at_end() const { return is_lost_ || hangs_for_all(); }
  [[nodiscard]] std::string why_it_cannot_be_played() const;

 private:
  void look();
  void end_what_hangs();
  void start_again();
  void wait_for_return();
  bool may_be_back();
  [[nodiscard]] bool hangs_for_all() const;
  [[nodiscard]] std::uint64_t sessions_answered() const { return progress_.sessions - progress_.silent; }

  using Moment = std::chrono::steady_clock::time_point;

  ServerWatch* watch_;
  const CampaignEvents& events_;
  Progress& progress_;
  SharedCulprits& shared_;
  std::function<bool()> is_over_;
  bool is_lost_ = false;
  Moment hangs_since_;
  std::uint64_t answered_when_it_hung_ = ~std::uint64_t{0};  ///< sessions
  Moment away_since_;
  std::uint64_t answered_when_away_ = ~std::uint64_t{0};
  int waits_for_return_ = 0;
};

}  // namespace smtpspec::fuzz
