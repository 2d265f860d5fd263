// The rules that hold for every conversation, over all conversations of a run: the rows `always/...`.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/engine/result.hpp"
#include "harness/judge/replay.hpp"
#include "harness/judge/verdict.hpp"
#include "harness/record/transcript.hpp"
#include "harness/scenario/model.hpp"
#include "harness/smtp/referee_rules.hpp"

namespace smtpspec::engine {

/// The names of all rules, the referee's and the fence's.
[[nodiscard]] std::vector<std::string> rule_names();

/// What the reason of a rule says that was kept.
[[nodiscard]] std::string times_checked(std::size_t times);

class RuleTally {
 public:
  /// Conversations that are kept of a rule as its evidence.
  static constexpr std::size_t most_seen = 3;

  /// Shows a play to the referee. `transcript.scenario` is the name that its evidence goes by. True when it has become
  /// the evidence of a rule, so that its transcript is worth keeping.
  bool add(const record::Transcript& transcript, const judge::Judged& judged);
  /// Fills in the outcome of a row `always/...`, as far as the run has come.
  void put(ScenarioResult& result, const scenario::Scenario& row) const;

 private:
  struct Seen {
    std::string scenario;
    judge::Verdict verdict;
    std::vector<ExcerptLine> excerpt;
  };
  struct Count {
    std::size_t broken = 0;  ///< conversations
    /// At most `most_seen`, the first by name, whatever order they were played in: what is told of two runs is the
    /// same.
    std::vector<Seen> first;
  };
  bool broken(std::string_view rule, judge::Verdict verdict, const record::Transcript& transcript);

  std::array<std::size_t, smtp::rule_count> checked_{};  ///< by the referee's rules
  std::size_t fence_checked_ = 0;
  std::map<std::string, Count, std::less<>> counts_;  ///< of rules that were broken
};

}  // namespace smtpspec::engine
