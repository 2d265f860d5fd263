// Two plays that are to come to the same: of a session held otherwise, and of one session on two servers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fuzz/campaign/live_player.hpp"
#include "fuzz/campaign/reply_pace.hpp"
#include "fuzz/oracles/oracles.hpp"
#include "fuzz/session/variant.hpp"
#include "harness/judge/playing.hpp"
#include "harness/record/transcript.hpp"
#include "harness/scenario/model.hpp"

namespace smtpspec::fuzz {

class Pairs {
 public:
  /// All must outlive it. `other`: of another server; null where there is none. `pace`: of who has no time to lose.
  Pairs(LivePlayer& player, LivePlayer* other, const ReplyPace* pace = nullptr)
      : player_(&player), other_(other), pace_(pace) {}

  /// A cause, or its file name, is one of these breaches.
  [[nodiscard]] static bool is_of_pairs(std::string_view cause);
  /// It is of two servers: who plays on one alone cannot see it.
  [[nodiscard]] static bool are_of_two_servers(std::string_view cause);

  /// This session, which was played so, can be held otherwise, and is to come to the same.
  [[nodiscard]] bool may_be_held(std::string_view input, Variant variant, const judge::Played& played) const;
  /// Plays it so, where that may be, and says what came out otherwise.
  std::optional<Breach> held_otherwise(std::string_view input, Variant variant, const judge::Played& played);
  /// The last play of a session held otherwise; empty where `held_otherwise` made none.
  [[nodiscard]] const judge::Played& so() const { return so_; }
  /// Plays it on the other server, and says what came out otherwise. What only one of them offers is left out.
  std::optional<Breach> elsewhere(std::string_view input, const judge::Played& played);

  /// The last play on the other server; empty where `elsewhere` made none.
  [[nodiscard]] const judge::Played& there() const { return there_; }

  /// Whether what `cause` names shows so many times one after the other, both plays made each time, and the same each
  /// time.
  std::optional<Breach> show(std::string_view input, std::string_view cause, int times);
  /// The first play of the last pair.
  [[nodiscard]] const judge::Played& played() const { return played_; }

 private:
  std::optional<Breach> once(std::string_view input, std::string_view cause);

  LivePlayer* player_;
  LivePlayer* other_;
  const ReplyPace* pace_;
  judge::Played played_;
  judge::Played so_;
  judge::Played there_;
};

/// How the causes of what such a variant shows begin.
[[nodiscard]] std::string cause_of(Variant variant);
/// The session that an input was compared with; nullopt where it is not of such a cause, or was another server's.
/// `usual`: a conversation of the input as it is, to which this one is to come; it may be empty.
[[nodiscard]] std::optional<scenario::Scenario> held_otherwise(std::string_view input, std::string_view cause,
                                                               const record::Transcript& usual = {});
/// What the RFCs say on why it is the same.
[[nodiscard]] std::optional<std::string> requirement_of(std::string_view cause);

}  // namespace smtpspec::fuzz
