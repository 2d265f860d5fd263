// One session on two servers, and what each of them delivers of it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "fuzz/campaign/live_player.hpp"
#include "fuzz/oracles/conservation.hpp"
#include "fuzz/oracles/oracles.hpp"
#include "harness/judge/playing.hpp"

namespace smtpspec::fuzz {

inline constexpr std::string_view differs_in_delivery = "differs-delivered/";
/// A cause, or its file name, is a difference of what was delivered.
[[nodiscard]] bool is_of_delivered(std::string_view cause);

/// Of such a difference (`other_copies` and the like), by what is unusual in the bodies where they differ.
[[nodiscard]] std::string cause_of_delivered(std::string_view what, const AcceptedMail& accepted);

/// What bears the token has come, or comes until then. Blocks.
[[nodiscard]] bool comes(const ArrivedMail& arrived, const std::string& token,
                         std::chrono::steady_clock::time_point until);

/// What is sent now comes to where it is looked for: nothing that was sent before is in a queue still. Blocks for 30 s
/// at most.
[[nodiscard]] bool later_mail_comes(LivePlayer& player, const ArrivedMail& arrived);

/// A server, and its mail.
struct Seen {
  LivePlayer& player;
  const ArrivedMail& arrived;
};
/// Plays the session on both, and says what was delivered otherwise, when all of it must have come. Blocks as long as
/// mail takes, and longer where some is missing.
[[nodiscard]] std::optional<Breach> delivered_otherwise(std::string_view input, const Seen& here, const Seen& there,
                                                        judge::Played& played);

}  // namespace smtpspec::fuzz
