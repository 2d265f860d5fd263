#include "harness/engine/transcript_store.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "harness/record/transcript_file.hpp"

namespace smtpspec::engine {

TranscriptStore::TranscriptStore(std::filesystem::path run, std::function<void(const std::string&)> note,
                                 std::size_t most)
    : run_(std::move(run)), note_(std::move(note)), most_(most) {}

std::size_t TranscriptStore::room_for(const std::string& name, Use use) const {
  const auto before = octets_.find(name);
  const std::size_t left = most_ - octets_of_all_ + (before == octets_.end() ? 0 : before->second);
  constexpr std::size_t share_of_pass = most_octets / most_octets_of_pass;
  constexpr std::size_t share_of_evidence = most_octets / record::max_transcript_file;
  return left / (use == Use::pass ? share_of_pass : share_of_evidence);
}

bool TranscriptStore::save(const record::Transcript& transcript, Use use) {
  if (run_.empty()) return false;
  const std::string& name = transcript.scenario;
  if (use == Use::evidence) evidence_.insert(name);
  if (evidence_.contains(name)) use = Use::evidence;
  const record::Saved saved = record::save_transcript(run_, transcript, room_for(name, use));
  if (!saved.problem.empty()) {
    if (unsaved_++ == 0 && note_) note_(saved.problem);
    return false;
  }
  if (saved.octets == 0) {
    if (!told_of_room_ && note_)
      note_(
          fmt::format("the transcripts of a run have {} MiB; there is no room left for that of {}, and perhaps others",
                      most_ >> 20, name));
    told_of_room_ = true;
    return false;
  }
  octets_of_all_ += saved.octets - std::exchange(octets_[name], saved.octets);
  return true;
}

}  // namespace smtpspec::engine
