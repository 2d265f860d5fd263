// What changed between two runs: of a server before and after an upgrade, of two servers.
#pragma once

#include <string>
#include <vector>

#include "harness/engine/findings.hpp"
#include "harness/engine/result.hpp"

namespace smtpspec::engine {

/// What became of one row. The worst comes first.
enum class Change {
  worse,      ///< it breaks what it kept, or more of it; or what it showed cannot be decided any more
  another,    ///< it fails as badly, in another way
  otherwise,  ///< it permits another ending, or is played no more: no matter of better or worse
  better,     ///< it keeps what it broke, or decides what it could not
};

struct RowChange {
  Change change = Change::otherwise;
  const ScenarioResult* before = nullptr;  ///< nullptr: the row is new
  const ScenarioResult* after = nullptr;   ///< nullptr: it is not played any more
};

/// A fact of the target: "keyword CHUNKING", "sessions at a time", "greeting". Empty where it was, or is, not there.
struct FactChange {
  std::string name;
  std::string before;
  std::string after;
  bool operator==(const FactChange&) const = default;
};

struct Difference {
  std::vector<RowChange> rows;    ///< the worst first, then as the runs have them; those that are alike left out
  std::vector<Finding> appeared;  ///< whatever a baseline says
  std::vector<Finding> gone;
  /// Of the earlier run alone, but nothing that shows them was played in the later one, or decided: nobody knows.
  std::vector<Finding> not_played;
  std::vector<FactChange> facts;
  std::size_t compared = 0;     ///< rows that both runs have
  bool of_other_suite = false;  ///< or of another selection, as far as both tell: see RunResult::suite
  [[nodiscard]] std::size_t count(Change change) const;
  [[nodiscard]] bool is_worse() const;  ///< a row is, or a row that only the later run has is a finding
  [[nodiscard]] bool is_nothing() const;
};

/// Views into both, which must outlive it. Tokens, numbers and names in what was seen are no difference.
[[nodiscard]] Difference difference(const RunResult& before, const RunResult& after);

}  // namespace smtpspec::engine

template <>
inline constexpr smtpspec::ledger::Words<4> smtpspec::ledger::words<smtpspec::engine::Change> = {
    "change", {"worse", "another", "otherwise", "better"}};
