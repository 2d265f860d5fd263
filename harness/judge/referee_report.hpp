// What the referee says of a transcript: every conversation of it, watched by a referee of its own.
#pragma once

#include <cstddef>
#include <vector>

#include "harness/record/transcript.hpp"
#include "harness/smtp/referee.hpp"

namespace smtpspec::judge {

struct RefereeReport {
  smtp::Counts counts{};
  std::vector<smtp::Violation> violations;  ///< `event` is an index into the transcript's events
};

/// A referee that is shown the events of one session.
struct Watcher {
  smtp::Referee referee;
  bool tls_ended = false;  ///< by either side
  /// False where the event tells a referee nothing.
  bool show(const record::Event& event);
};

[[nodiscard]] RefereeReport referee_report(const record::Transcript& transcript);

}  // namespace smtpspec::judge
