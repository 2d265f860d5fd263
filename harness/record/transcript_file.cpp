#include "harness/record/transcript_file.hpp"

#include <algorithm>
#include <system_error>

#include <fmt/format.h>

#include "harness/record/bounded_file.hpp"
#include "harness/record/new_file.hpp"
#include "harness/record/secrets.hpp"

namespace smtpspec::record {
namespace {

constexpr std::string_view folder_name = "transcripts";

/// As much of it as there is room for, or nothing.
std::string in_room(const Transcript& transcript, std::size_t octets) {
  constexpr std::size_t kib = 1024;
  const bool may_be_whole = octets_held(transcript) <= max_transcript_held;
  for (const std::size_t of_each : {max_transcript_held, 64 * kib, 8 * kib, kib}) {
    if (of_each == max_transcript_held && !may_be_whole) continue;
    if (auto text = to_json_lines(transcript, {octets, of_each})) return std::move(*text);
  }
  return {};
}

/// For the owner alone: while a run goes on, who reads a token there can make mail of it.
std::optional<std::string> put(const std::filesystem::path& run, const std::string& name, std::string_view text) {
  Refusal refusal;
  std::error_code ignored;
  std::filesystem::create_directories(run, ignored);  // where it fails, opening it says why
  const auto folder = Folder::open(run, refusal);
  const auto transcripts = folder ? make_folder(*folder, std::string(folder_name), refusal) : std::nullopt;
  return transcripts ? put_file(*transcripts, name, text, Lasting::no, Readers::owner) : refusal.words;
}

}  // namespace

std::string transcript_path(std::string_view scenario_id) {
  std::string name(scenario_id);
  std::replace(name.begin(), name.end(), '/', '.');
  return fmt::format("{}/{}.jsonl", folder_name, name);
}

Saved save_transcript(const std::filesystem::path& run, const Transcript& transcript, std::size_t room) {
  const std::size_t octets = std::min(room, max_transcript_file);
  const std::string text = transcript.secrets.empty()
                               ? in_room(transcript, octets)
                               : in_room(Redactor(transcript.secrets).without_secrets(transcript), octets);
  if (text.empty()) return {};
  const std::filesystem::path path = transcript_path(transcript.scenario);
  const auto problem = put(run, path.filename().string(), text);
  if (problem) return {fmt::format("{} could not be written: {}", (run / path).string(), *problem), 0};
  return {"", text.size()};
}

std::optional<Transcript> load_transcript(const std::filesystem::path& run, const std::string& path,
                                          std::string& problem) {
  Refusal refusal;
  const auto folder = Folder::open(run, refusal);
  const auto file = folder ? folder->file(path, refusal) : std::nullopt;
  const auto text = file ? file->whole(max_transcript_file, refusal) : std::nullopt;
  auto transcript = text ? from_json_lines(*text, problem) : std::nullopt;
  if (!text) problem = refusal.words;
  if (!transcript) problem = fmt::format("{}: {}", (run / path).string(), problem);
  return transcript;
}

}  // namespace smtpspec::record
