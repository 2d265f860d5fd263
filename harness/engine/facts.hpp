// What a target says of itself before anything is judged, and whether a scenario makes sense against it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/engine/result.hpp"
#include "harness/record/transcript.hpp"
#include "harness/scenario/model.hpp"
#include "harness/scenario/target.hpp"
#include "harness/smtp/keywords.hpp"

namespace smtpspec::engine {

struct Facts {
  std::string greeting;   ///< octets as they came
  smtp::Ehlo plain;       ///< before TLS (of an smtps target: the only one)
  smtp::Ehlo under_tls;   ///< after STARTTLS; empty where it is not offered or failed
  bool starttls = false;  ///< offered
  std::string problem;    ///< why the target could not be asked; empty where it could
};

/// The scenario that leads to a state and does nothing there.
[[nodiscard]] scenario::Scenario only_the_ladder(scenario::Ladder to);
/// From a session that went up to `greeted`, or tried to, and one that went on to `tls`, if there was one.
[[nodiscard]] Facts facts_of(const record::Transcript& plain, bool greeted, const record::Transcript* under_tls);

/// A scenario that is not played, and why.
struct NotPlayed {
  Outcome outcome = Outcome::skipped;  ///< `unsupported` where an EHLO keyword is absent, else `skipped`
  std::string reason;
};
[[nodiscard]] std::optional<NotPlayed> why_not_played(const scenario::Scenario& scenario,
                                                      const scenario::Target& target, const Facts& facts);

/// The keyword lines as a report shows them, escaped: "SIZE 10485760".
[[nodiscard]] std::vector<std::string> keyword_lines(const smtp::Ehlo& ehlo);

}  // namespace smtpspec::engine
