// The outcomes of a scenario: one axis of a verdict. The other, the expectation against a baseline, is the engine's.
#pragma once

#include "harness/ledger/requirement.hpp"

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

using ledger::Level;
using ledger::name;
using ledger::named;

}  // namespace smtpspec::scenario

template <>
inline constexpr smtpspec::ledger::Words<smtpspec::scenario::outcome_count>
    smtpspec::ledger::words<smtpspec::scenario::Outcome> = {
        "outcome",
        {"pass", "warn", "fail", "crash", "info", "unsupported", "blocked", "inconclusive", "skipped", "error"}};
