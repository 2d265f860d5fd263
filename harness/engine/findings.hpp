// Findings: what people read of a run. Rows that show one cause are one finding, however many they are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/engine/result.hpp"

namespace smtpspec::engine {

struct Finding {
  std::string id;  ///< "rfc5321/4.1.4/ehlo-resets:reply", of a rule alone "always/crlf"; not a matter of order or seed
  Severity severity = Severity::must;
  Outcome outcome = Outcome::fail;  ///< the worst of its rows
  CitedRequirement requirement;     ///< an empty id: none decided
  Cause cause = Cause::none;
  std::string what;  ///< one line for people: what ought to hold
  std::string expected;
  std::string actual;
  std::string evidence;                   ///< id of the row with the shortest conversation
  std::vector<std::string> rows;          ///< in order of their ids; the evidence is one of them
  std::vector<std::string> consequences;  ///< rows about something else that met this on their way
  std::vector<std::string> blocked;       ///< rows that decided nothing and name one of `rows` as the reason
  bool operator==(const Finding&) const = default;
};

/// Failures, crashes and warnings that no baseline foresaw, by their causes: the most serious first, of two alike a
/// crash before what is no crash, and then the one with more rows. The order of the run's rows does not matter.
[[nodiscard]] std::vector<Finding> findings(const RunResult& run);
/// What the baseline foresaw, put together in the same way.
[[nodiscard]] std::vector<Finding> known_findings(const RunResult& run);
/// As if there were no baseline.
[[nodiscard]] std::vector<Finding> all_findings(const RunResult& run);

/// The id of the finding that a row would be the evidence of.
[[nodiscard]] std::string finding_by(const ScenarioResult& row);

/// What was seen, with tokens, numbers, names and what follows the first line taken out, so that two sightings of one
/// thing are equal: "250 2.0.0 Ok: queued as #".
[[nodiscard]] std::string without_names(std::string_view seen);

/// FNV-1a of the octets: the same on every machine and in every version.
[[nodiscard]] std::uint64_t stable_hash(std::string_view text);

}  // namespace smtpspec::engine
