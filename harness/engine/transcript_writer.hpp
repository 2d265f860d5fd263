// Writes transcripts in a thread of its own, so that those who play never wait for a disk.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "harness/engine/transcript_store.hpp"
#include "harness/record/transcript.hpp"

namespace smtpspec::engine {

/// All but the writing itself is for one thread, that of who plays.
class TranscriptWriter {
 public:
  using Use = TranscriptStore::Use;
  /// Octets that transcripts hold which are yet to be written; whoever has more waits.
  static constexpr std::size_t most_waiting = std::size_t{16} << 20;

  /// As the store's: `run` may be empty, then nothing is written. `note` is called by `settle` alone.
  TranscriptWriter(std::filesystem::path run, std::function<void(const std::string&)> note);
  /// Waits until all are written.
  ~TranscriptWriter();
  TranscriptWriter(const TranscriptWriter&) = delete;
  TranscriptWriter& operator=(const TranscriptWriter&) = delete;

  /// In turn; one of the same name takes the place of the one before. Where there can be no thread it is written now.
  void save(record::Transcript transcript, Use use);
  /// Waits until all are written, and notes what went wrong.
  void settle();
  /// As `record::transcript_path` makes it: whether its file was there, with the last that was saved, when it settled.
  [[nodiscard]] bool has(const std::string& path) const { return written_.contains(path); }
  /// How many could not be written by then.
  [[nodiscard]] std::size_t unsaved() const { return store_.unsaved() + broken_off_; }

 private:
  struct Waiting {
    record::Transcript transcript;
    Use use;
    std::size_t octets;
  };
  void begin();
  void work();
  void write(const Waiting& waiting);

  bool is_wanted_;
  std::function<void(const std::string&)> note_;
  // Of the thread, until it has settled.
  std::vector<std::string> notes_;
  TranscriptStore store_;
  std::set<std::string> written_;
  std::size_t broken_off_ = 0;  ///< by an error of our own

  std::mutex mutex_;  ///< over what follows
  std::condition_variable changed_;
  std::deque<Waiting> waiting_;  ///< the first of them is being written
  std::size_t octets_waiting_ = 0;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace smtpspec::engine
