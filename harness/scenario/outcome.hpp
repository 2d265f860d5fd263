// The outcomes of a scenario: one axis of a verdict. The other, the expectation against a baseline, is the engine's.
#pragma once

#include <optional>
#include <string_view>

namespace smtpspec::scenario {

enum class Outcome {
  pass,          ///< the requirement is met
  warn,          ///< a SHOULD is not met; still conformant
  fail,          ///< a MUST is broken, with wire evidence
  crash,         ///< the target died or hung up without a reply on input that it must survive
  info,          ///< which permitted behaviour was seen
  unsupported,   ///< an optional feature was seen to be absent
  blocked,       ///< a precondition failed (policy, greylisting, rate limit, refused login): says nothing
  inconclusive,  ///< ran, but the evidence does not decide
  skipped,       ///< not run by choice, with a reason
  error,         ///< our fault
};
inline constexpr int outcome_count = 10;

[[nodiscard]] std::string_view name(Outcome outcome);
[[nodiscard]] std::optional<Outcome> outcome_named(std::string_view name);

/// How binding a requirement is (RFC 2119). An unmet expectation is `fail`, `warn` or `info` accordingly.
enum class Level { must, should, may };
[[nodiscard]] std::string_view name(Level level);
[[nodiscard]] std::optional<Level> level_named(std::string_view name);

}  // namespace smtpspec::scenario
