// How much a session takes before the target ends it, or refuses more. Internal to the survey.
#pragma once

#include <string>

#include "harness/engine/facts.hpp"
#include "harness/judge/playing.hpp"
#include "harness/scenario/model.hpp"

namespace smtpspec::engine {

/// What a row with a `limit` shows, and how long the slowest reply to an error took.
void learn_limit(Facts& facts, const scenario::Scenario& row, const judge::Played& played);
/// A SIZE below the octets that every server has to take is a limit, without a message.
void learn_announced_size(Facts& facts);
/// "25 errors, 20 messages, ...": what was tried and taken. Empty where nothing was.
[[nodiscard]] std::string taken_of(const Facts& facts);

}  // namespace smtpspec::engine
