// What a target says of itself before anything is judged, and whether a scenario makes sense against it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <asio/awaitable.hpp>

#include "harness/engine/play.hpp"
#include "harness/engine/result.hpp"
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

/// One or two short sessions.
asio::awaitable<Facts> probe(const PlaySettings& settings);

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
