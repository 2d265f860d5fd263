// The transcripts in the folder of a run.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "harness/record/json_lines.hpp"
#include "harness/record/transcript.hpp"

namespace smtpspec::record {

/// "transcripts/false-end-of-data.lf-dot-lf.jsonl": the path below the run's folder.
[[nodiscard]] std::string transcript_path(std::string_view scenario_id);

/// Most octets that the file of one transcript has.
inline constexpr std::size_t max_transcript_file = std::size_t{32} << 20;

struct Saved {
  std::string problem;     ///< why it could not be written; empty where it was, or there was no room for it
  std::size_t octets = 0;  ///< of the file; 0 where there is none
};
/// Into the run's folder, secrets taken out, in at most so many octets: what is too large for that loses what one event
/// or message has beyond some KiB, and tells how much that was.
[[nodiscard]] Saved save_transcript(const std::filesystem::path& run, const Transcript& transcript,
                                    std::size_t room = max_transcript_file);
/// Of a run's folder that may have come from anybody: a regular file below it, by a path as `transcript_path` makes it.
/// Takes no more memory than a transcript may.
[[nodiscard]] std::optional<Transcript> load_transcript(const std::filesystem::path& run, const std::string& path,
                                                        std::string& problem);

}  // namespace smtpspec::record
