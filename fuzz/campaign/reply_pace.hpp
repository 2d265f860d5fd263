// How long this server takes for its replies, command by command, and how long a campaign therefore waits for one.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "fuzz/campaign/live_player.hpp"
#include "harness/record/transcript.hpp"
#include "harness/scenario/model.hpp"

namespace smtpspec::fuzz {

class ReplyPace {
 public:
  /// From a conversation: each reply counts for the command that was sent last.
  void learn(const record::Transcript& transcript);
  /// Several times the usual reply is quiet; many times the slowest looks like a hang, to be played again with more
  /// patience.
  [[nodiscard]] Waits waits() const;
  /// Each step waits as its own command calls for, and one without a command as the slowest of all does, but for QUIT.
  void set(scenario::Scenario& session) const;
  /// How long the server holds 221 back from a client that does not close its side first; 0 where it does not.
  [[nodiscard]] record::Time holds_221_back() const;
  /// Where it does, the first QUIT of a session is its end, and closes our side at once; false where there is none.
  bool leave_at_once(scenario::Scenario& session) const;

 private:
  [[nodiscard]] record::Time slowest_of_all() const;

  record::Time usual_{std::chrono::milliseconds(1)};
  std::map<std::string, record::Time, std::less<>> slowest_;  ///< by command
};

}  // namespace smtpspec::fuzz
