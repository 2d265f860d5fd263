// The folder of a run: a transcript for each scenario, as JSON lines that people can read too.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "harness/record/transcript.hpp"

namespace smtpspec::record {

/// "transcripts/false-end-of-data.lf-dot-lf.jsonl": the path below the run's folder.
[[nodiscard]] std::string transcript_path(std::string_view scenario_id);

/// One JSON object a line: the head, then an object for each event and each delivery. Octets stand in the notation of
/// smtp::escape.
[[nodiscard]] std::string to_json_lines(const Transcript& transcript);
/// nullopt, with `problem` filled, where a line is not what `to_json_lines` writes.
[[nodiscard]] std::optional<Transcript> from_json_lines(std::string_view text, std::string& problem);

/// Secrets are taken out. nullopt when it was written, else what went wrong.
[[nodiscard]] std::optional<std::string> save_transcript(const std::filesystem::path& run,
                                                         const Transcript& transcript);
/// Reads no more than a transcript can have: a larger file, or what is no regular file, is refused.
inline constexpr std::uintmax_t max_transcript_file = std::uintmax_t{128} << 20;
[[nodiscard]] std::optional<Transcript> load_transcript(const std::filesystem::path& file, std::string& problem);

}  // namespace smtpspec::record
