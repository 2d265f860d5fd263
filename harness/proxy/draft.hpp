// A session that passed, as a scenario that its author completes: what the client sent, and the replies that came.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/record/transcript.hpp"
#include "harness/smtp/rulings.hpp"

namespace smtpspec::proxy {

/// Most octets of one step, and of all steps; what is more is left out, and a comment says so. Of a step, whole lines
/// in the middle are, so that a message keeps its end.
inline constexpr std::size_t most_of_a_step = std::size_t{64} << 10;
inline constexpr std::size_t most_of_all_steps = std::size_t{1} << 20;
inline constexpr std::size_t most_steps = 1000;

/// A file that the loader accepts; what the client sent before the server's next reply is a step. `transcript` has one
/// session, and no secrets. An AUTH exchange becomes a `login` as the target's user, for the responses are not known.
/// `target`: where it was recorded, for the comment. nullopt where the server did nothing that could be expected.
[[nodiscard]] std::optional<std::string> draft(const record::Transcript& transcript,
                                               const std::vector<smtp::Violation>& violations, std::string_view target);

}  // namespace smtpspec::proxy
