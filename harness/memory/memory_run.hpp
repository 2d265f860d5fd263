// A run in memory: a whole suite against the reference server's session, with faults or without, under virtual time.
#pragma once

#include <mutex>
#include <string>

#include "harness/engine/facts.hpp"
#include "harness/engine/rule_tally.hpp"
#include "harness/memory/memory_server.hpp"
#include "harness/reference/fault.hpp"
#include "harness/scenario/target.hpp"

namespace smtpspec::memory {

class MemoryRun {
 public:
  /// `profile`: mx, submission or lmtp. Asks the server what it is like. The suite must outlive the run.
  MemoryRun(const scenario::Suite& suite, const std::string& profile, const reference::Faults& faults);

  /// Plays the survey, as a run over sockets does: rows that lean on what the server does otherwise are blocked then.
  void get_acquainted();
  /// One scenario, as a run over sockets would judge it; without what reports say beside the verdict. Rows `always/...`
  /// are judged over what was played so far. From several threads, where nothing more is learnt.
  [[nodiscard]] engine::ScenarioResult result_of(const scenario::Scenario& scenario);
  /// The same of a play that is there.
  [[nodiscard]] engine::ScenarioResult result_of(const scenario::Scenario& scenario, const Played& played) const;
  /// The server has what it needs.
  [[nodiscard]] bool plays(const scenario::Scenario& scenario) const;
  /// One play of it, whatever the server is like; shown to the referee.
  [[nodiscard]] Played play(const scenario::Scenario& scenario);
  /// Why the server could not be asked; empty where it could.
  [[nodiscard]] const std::string& problem() const { return server_.facts().problem; }
  /// What all plays took, as they saw it.
  [[nodiscard]] record::Time virtual_time() const { return virtual_time_; }

 private:
  const scenario::Suite& suite_;
  MemoryServer server_;
  std::mutex mutex_;  ///< over what follows
  engine::RuleTally rules_;
  record::Time virtual_time_{0};
};

}  // namespace smtpspec::memory
