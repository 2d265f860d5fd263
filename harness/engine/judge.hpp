// Judging: a pure function of a scenario and a transcript. No socket, no clock, no file; an old run can be judged
// again.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "harness/engine/result.hpp"
#include "harness/scenario/model.hpp"
#include "harness/smtp/referee.hpp"
#include "harness/wire/transcript.hpp"

namespace smtpspec::engine {

struct Verdict {
  Outcome outcome = Outcome::error;
  std::string cause;                         ///< a stable word: see `causes` below
  std::string expected;                      ///< for people, one line
  std::string actual;                        ///< for people, one line, octets escaped
  std::string reason;                        ///< why an outcome other than fail came about
  std::optional<smtp::Violation> violation;  ///< the referee's, where it decided
  std::size_t event = 0;                     ///< index of the transcript's event that decided
  std::string octets;                        ///< the line of it that decided, where one did
  bool missing = false;                      ///< it rests on something that did not come; playing again may clear it
};

// Causes: reply, early-reply, extra-reply, closed, silence (the session still answered), hang (it did not), incomplete,
// delivery, referee, fence, interference, ladder, connect, tls-handshake, no-delivery-road, cut-short,
// time-out (of the scenario as a whole), ending.

/// What of the target a judge must know.
struct JudgeFacts {
  bool lmtp = false;
};

[[nodiscard]] Verdict judge(const scenario::Scenario& scenario, const wire::Transcript& transcript,
                            const JudgeFacts& facts);

/// The rules that `delivered` states, over the deliveries of a transcript. nullopt: all met. `to_the_end`: the scenario
/// was played to its end, so that counts and contents hold too.
[[nodiscard]] std::optional<Verdict> judge_deliveries(const scenario::Scenario& scenario,
                                                      const wire::Transcript& transcript, bool to_the_end);

/// The referee's first violation over every session of a transcript, and the event that showed it.
[[nodiscard]] std::optional<Verdict> ask_referee(const wire::Transcript& transcript, const JudgeFacts& facts);

/// How many messages must arrive before the deliveries of a play are complete; 0 where none is awaited.
[[nodiscard]] std::size_t awaited_deliveries(const scenario::Scenario& scenario, bool to_the_end);

/// The conversation around an event as people read it; bounded in lines and octets. `octets`: the line of the event
/// that decided; its last one where they are empty.
[[nodiscard]] std::vector<ExcerptLine> excerpt(const wire::Transcript& transcript, std::size_t event, bool deliveries,
                                               std::string_view octets = {});

}  // namespace smtpspec::engine
