// Looks after a server that the target file starts: how its processes die, what they write, and what sanitizers tell.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz/campaign/process_events.hpp"
#include "fuzz/oracles/incidents.hpp"
#include "fuzz/oracles/sanitizer_reports.hpp"
#include "harness/engine/server_process.hpp"
#include "harness/record/bounded_file.hpp"
#include "harness/scenario/target.hpp"

namespace smtpspec::fuzz {

/// A file that others append to; what it holds at the first look is passed over, unless it came later.
class FollowedFile {
 public:
  explicit FollowedFile(std::filesystem::path path, bool from_its_start = false)
      : path_(std::move(path)), begun_(from_its_start) {}
  /// What was appended since the last look; of much of it the end.
  [[nodiscard]] std::string look();
  /// Nothing of it was seen so far.
  [[nodiscard]] bool is_empty() const { return offset_ == 0; }

 private:
  std::filesystem::path path_;
  bool begun_;
  std::uintmax_t offset_ = 0;
  std::optional<record::BoundedFile::Identity> known_;
};

/// All but `hear` is for one thread.
class ServerWatch {
 public:
  /// The process must outlive it, and is not started yet. Sanitizers write to standard error, or to where their options
  /// in the environment say (log_path).
  ServerWatch(engine::ServerProcess& server, const scenario::Target& target, ProcessEvents events = {});

  /// It was started by us, not found running.
  [[nodiscard]] bool may_start() const { return server_.last_started() > 0; }
  /// What happened since the last call. A death is told by the second look that could see it: what the process wrote
  /// before is known by then.
  [[nodiscard]] std::vector<Incident> look();
  /// All that has happened by now, for one who plays alone: looks, and waits, until what there is to tell is told.
  [[nodiscard]] std::vector<Incident> look_until_told();
  /// At the last look a sanitizer was about to tell of something; one that stays in the middle of it is not waited for.
  [[nodiscard]] bool report_is_under_way() const;
  /// What the server wrote last, to its output and its log.
  [[nodiscard]] std::string tail() const;
  /// The sanitizer's report of an incident; empty where there is none.
  [[nodiscard]] std::string report(const std::string& cause) const;

 private:
  void hear(std::string_view octets);
  void note(std::string_view octets);
  void take_reports(SanitizerReports& reports, std::vector<Incident>& out);
  void note_what_is_under_way();
  void look_for_report_files();
  void look_at_report_files(std::vector<Incident>& out);

  engine::ServerProcess& server_;
  ProcessEvents events_;
  std::optional<FollowedFile> log_;
  std::vector<std::filesystem::path> report_paths_;  ///< of log_path: files are named so, a period and a number
  std::map<std::string, std::pair<FollowedFile, SanitizerReports>>
      report_files_;                  ///< of processes that may add to them
  std::set<std::string> read_files_;  ///< the others, to their ends
  SanitizerReports in_log_;
  std::vector<Incident> deaths_;
  std::optional<std::chrono::steady_clock::time_point> under_way_since_;
  std::map<std::string, std::string> reports_;  ///< the last text of each cause
  mutable std::mutex mutex_;                    ///< for what follows
  SanitizerReports in_output_;
  std::string tail_;
};

/// Of a server that was started by us; empty where `watch` is null. It must outlive this.
[[nodiscard]] Happened processes_of(ServerWatch* watch);

}  // namespace smtpspec::fuzz
