// The transcripts of a run, as far as there is room for them: how much of the disk they take is not the target's to
// say.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "harness/record/transcript.hpp"

namespace smtpspec::engine {

class TranscriptStore {
 public:
  /// All transcripts of a run together, in octets of their files.
  static constexpr std::size_t most_octets = std::size_t{256} << 20;
  /// One that shows nothing wrong, at most; also where all the room is left.
  static constexpr std::size_t most_octets_of_pass = std::size_t{1} << 20;

  /// `run`: the run's folder; empty: nothing is written. `note` takes one line for people. `most`: octets of all.
  TranscriptStore(std::filesystem::path run, std::function<void(const std::string&)> note,
                  std::size_t most = most_octets);

  enum class Use {
    pass,      ///< shows nothing wrong: kept short
    evidence,  ///< of something that was seen; the next of that name is as well
  };
  /// True where its file is there. The less room is left, the less one may take, so that there is some for the last.
  bool save(const record::Transcript& transcript, Use use);
  /// How many could not be written; why, was noted of the first of them.
  [[nodiscard]] std::size_t unsaved() const { return unsaved_; }

 private:
  [[nodiscard]] std::size_t room_for(const std::string& name, Use use) const;

  std::filesystem::path run_;
  std::function<void(const std::string&)> note_;
  std::size_t most_;
  std::map<std::string, std::size_t> octets_;  ///< of each file
  std::set<std::string> evidence_;
  std::size_t octets_of_all_ = 0;
  bool told_of_room_ = false;
  std::size_t unsaved_ = 0;
};

}  // namespace smtpspec::engine
