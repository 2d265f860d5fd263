// What a campaign holds against a server: in what it was seen to do, whatever was sent to it. No scenario expects
// anything; the referee and the fence know what RFC 5321 asks for in any case.
#pragma once

#include <string>
#include <vector>

#include "harness/judge/playing.hpp"
#include "harness/record/secrets.hpp"
#include "harness/scenario/outcome.hpp"

namespace smtpspec::fuzz {

/// A breach that was seen in one session.
struct Breach {
  std::string rule;   ///< of the suite's rows `always/...`; "crash" and "hang" for what a session itself comes to
  std::string cause;  ///< the rule, and what was sent: breaches of the same cause are one finding
  std::string expected;
  std::string actual;  ///< one line, octets escaped
};

/// As they are to be judged: what is seen of them may hold secrets.
[[nodiscard]] std::vector<Breach> breaches_in(const judge::Played& played);
/// As it may be written and shown.
[[nodiscard]] Breach without_secrets(Breach breach, const record::Redactor& redactor);

/// Of a rule that the referee holds, not of what a session itself comes to.
[[nodiscard]] bool is_of_referee(const Breach& breach);

/// The session never came so far that anything could be seen: no connection, or a ready state that was not reached.
[[nodiscard]] bool says_nothing(const judge::Played& played);

}  // namespace smtpspec::fuzz
