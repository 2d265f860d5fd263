// What the referee says of a transcript: every conversation of it, watched by a referee of its own.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "harness/record/transcript.hpp"
#include "harness/smtp/referee.hpp"

namespace smtpspec::judge {

struct RefereeReport {
  smtp::Counts counts{};
  std::vector<smtp::Violation> violations;  ///< `event` is an index into the transcript's events
  bool order_is_known = true;               ///< at the end of each session: see Referee::order_is_known
};

/// A referee that is shown the events of one session.
struct Watcher {
  smtp::Referee referee;
  bool tls_ended = false;  ///< by either side
  bool left = false;       ///< we closed the connection, or reset it: what the server does with it then is no matter
  /// False where the event tells a referee nothing.
  bool show(const record::Event& event);
};

/// A referee that was shown all of one session; `answered` as for Referee::tell.
[[nodiscard]] smtp::Referee watched(const record::Transcript& transcript, std::size_t session,
                                    std::function<void(const smtp::Answer&)> answered);

[[nodiscard]] RefereeReport referee_report(const record::Transcript& transcript);

}  // namespace smtpspec::judge
