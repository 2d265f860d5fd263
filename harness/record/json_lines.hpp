// Transcripts as JSON lines that people can read too: the head, then an object for each event and each delivery. Octets
// stand in the notation of smtp::escape; lines of them that come many times over stand there once, with their number.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "harness/record/transcript.hpp"

namespace smtpspec::record {

/// Most octets that a transcript which is read may take in memory.
inline constexpr std::size_t max_transcript_held = std::size_t{32} << 20;

/// How much of a transcript is written.
struct Room {
  std::size_t octets = std::numeric_limits<std::size_t>::max();   ///< of the text, at most
  std::size_t of_each = std::numeric_limits<std::size_t>::max();  ///< of one event or message: the rest is counted
};
[[nodiscard]] std::string to_json_lines(const Transcript& transcript);
/// nullopt where it does not go into that room.
[[nodiscard]] std::optional<std::string> to_json_lines(const Transcript& transcript, const Room& room);

/// nullopt, with `problem` filled, where a line is not what `to_json_lines` writes, or lines are missing, or it is more
/// than may be held. Takes time in proportion to the text and what it holds, whatever the text is.
[[nodiscard]] std::optional<Transcript> from_json_lines(std::string_view text, std::string& problem);

}  // namespace smtpspec::record
