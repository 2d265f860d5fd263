// How far a run has come: results that are there, scenarios that have begun, and what is being played.
#pragma once

#include <list>
#include <optional>
#include <string>
#include <vector>

#include "harness/engine/attempts.hpp"
#include "harness/engine/run.hpp"

namespace smtpspec::engine {

class Standing {
 public:
  /// Both must outlive it. Scenarios are numbered as the settings list them.
  Standing(const RunSettings& settings, const Attempts& attempts);

  [[nodiscard]] std::optional<ScenarioResult>& result(std::size_t index) { return results_[index]; }
  [[nodiscard]] AttemptSummary& summary(std::size_t index) { return summaries_[index]; }
  /// Where the scenario stands in the run; nullopt where it was not chosen.
  [[nodiscard]] std::optional<std::size_t> find(const scenario::Scenario& scenario) const;
  /// So many plays are done, or left out for a condition.
  void count(std::size_t plays) { plays_ += plays; }
  [[nodiscard]] std::size_t plays() const { return plays_; }
  /// A scenario's results so far become its result.
  void sum_up(std::size_t index);

  /// A play under way, told in `progress` between the two. (No destructor ends it: a run that is stopped goes first.)
  class Running {
   public:
    Running(Standing& of, std::string id) : of_(of), id_(std::move(id)) {}
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    void begin();
    void end();

   private:
    friend class Standing;
    Standing& of_;
    std::string id_;
    Clock::time_point began_;
    std::optional<std::list<Running*>::iterator> place_;
  };

  /// In suite order. Of a run that came to no end, what was not played is `skipped`.
  [[nodiscard]] std::vector<ScenarioResult> gathered(RunEnd end) const;
  [[nodiscard]] Progress progress() const;

 private:
  [[nodiscard]] ScenarioResult of_a_rule(const scenario::Scenario& row) const;

  const RunSettings& settings_;
  const Attempts& attempts_;
  Clock::time_point start_ = Clock::now();
  std::vector<std::optional<ScenarioResult>> results_;  ///< of scenarios that are done
  std::vector<AttemptSummary> summaries_;               ///< of scenarios that have begun
  std::list<Running*> running_;                         ///< in the order in which they began
  std::size_t plays_ = 0;
};

}  // namespace smtpspec::engine
