// The result of a run: the one value that every report is written from. No report looks at anything else.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/judge/verdict.hpp"

namespace smtpspec::engine {

using judge::Cause;
using ledger::name;
using ledger::named;
using ledger::Severity;
using scenario::Level;
using scenario::Outcome;

/// Whether an outcome is a finding: fail and crash, with `strict` also warn.
[[nodiscard]] bool is_finding(Outcome outcome, bool strict);
/// Whether an outcome says how the target does what was asked about: pass, info, warn, fail, crash.
[[nodiscard]] bool is_decided(Outcome outcome);

/// Where an outcome stands against the baseline of known failures.
enum class BaselineStatus {
  as_expected,  ///< nothing was said of it and it is fine, or the baseline foresaw just this
  regression,   ///< a failure that the baseline does not know
  fixed,        ///< the baseline expects a failure that is gone
  drift,        ///< it fails in another way than the baseline says
  unlisted,     ///< "new": a finding, and there is no baseline at all
  stale,        ///< of a baseline entry: it matches no scenario of the suite
  expired,      ///< a failure that the baseline foresaw until a day that has passed
};

/// A requirement as a report shows it.
struct CitedRequirement {
  std::string id;       ///< "rfc5321/4.1.1.4/lf-is-no-line-end"
  std::string section;  ///< "RFC 5321 section 4.1.1.4"
  std::string lines;    ///< of the RFC's text file; may be empty
  Level level = Level::must;
  std::string says;  ///< the RFC's sentence; may be empty
  Severity severity = Severity::must;
  bool operator==(const CitedRequirement&) const = default;
};

/// One line of the conversation as people read it. All octets are escaped already; no control character is in it.
struct ExcerptLine {
  enum class Side { client, server, event };
  Side side = Side::event;
  std::string session;  ///< "" for the first
  std::string text;     ///< "RCPT TO:<alice@example.test>\r\n", or of an event "TLS started: TLSv1.3 ..."
  bool key = false;     ///< this is the line that decided
  bool operator==(const ExcerptLine&) const = default;
};
/// The line that decided; the end where none is known.
[[nodiscard]] std::vector<ExcerptLine>::const_iterator key_line(const std::vector<ExcerptLine>& lines);

/// What the baseline says of a row, for people. Not escaped.
struct KnownFailure {
  std::string reason;
  std::string link;
  std::string owner;
  std::string until;  ///< "2027-03-31"; empty: without end
  bool operator==(const KnownFailure&) const = default;
};

/// How often a row that was played repeatedly came to an outcome.
struct Seen {
  Outcome outcome = Outcome::error;
  std::size_t times = 0;
  bool operator==(const Seen&) const = default;
};
/// "2 pass, 1 fail"
[[nodiscard]] std::string in_words(const std::vector<Seen>& seen);

struct ScenarioResult {
  std::string id;
  std::string title;
  std::string rationale;
  Level level = Level::must;
  Outcome outcome = Outcome::error;
  BaselineStatus expectation = BaselineStatus::as_expected;
  std::vector<CitedRequirement> requirements;  ///< the one that decided first
  std::string decided_by;  ///< the id of the requirement that decided; empty: nothing of the scenario's own did
  std::vector<std::string> tags;
  Cause cause = Cause::none;
  std::string expected;  ///< for people, one line
  std::string actual;    ///< for people, one line, octets escaped; of a pass the endings it took, but for the usual
  std::string reason;    ///< of skipped, blocked, info, warn: why; may be empty
  std::chrono::milliseconds duration{0};
  std::string file;  ///< of the scenario
  int line = 0;
  std::string transcript;            ///< path relative to the run's folder; empty where nothing was played
  std::vector<ExcerptLine> excerpt;  ///< around what decided; empty for a plain pass
  std::string again;                 ///< the one command that runs this case again
  std::size_t attempts = 1;
  std::vector<Seen> seen;             ///< what repeats came to; empty where it was played once
  std::size_t checked = 0;            ///< of a row always/...: how often its rule was checked
  std::vector<std::string> seen_in;   ///< and the first conversations in which it was broken
  std::optional<KnownFailure> known;  ///< of a row that an entry of the baseline is about
  bool operator==(const ScenarioResult&) const = default;
};
/// Of the suite's folders the one that the row is in: "rfc5321", "security"; "general" where it is in none. Of a file
/// that is no part of the suite its own folder.
[[nodiscard]] std::string area_of(const ScenarioResult& row);

/// What the survey learnt of a target, for people: "sessions at a time", "at least 128". Escaped.
struct Learnt {
  std::string name;
  std::string value;
  bool operator==(const Learnt&) const = default;
};

struct TargetFacts {
  std::string name;
  std::string address;  ///< "smtp://127.0.0.1:2525"
  std::string profile;
  std::string greeting;               ///< as it came, escaped
  std::vector<std::string> keywords;  ///< EHLO keyword lines: "SIZE 10485760"; escaped
  std::vector<Learnt> learnt;
  bool operator==(const TargetFacts&) const = default;
};

struct RunResult {
  std::string version;  ///< of smtpspec
  std::uint64_t seed = 0;
  std::size_t shard = 1;  ///< the part of the chosen scenarios that was played, of `shards`
  std::size_t shards = 1;
  std::vector<std::string> filters;  ///< that chose the scenarios; empty: the whole suite, or an older smtpspec ran
  std::string suite;    ///< a fingerprint of what all shards together play; empty where an older smtpspec ran
  std::string command;  ///< as it was given, secrets left out
  std::string started;  ///< RFC 3339, UTC
  std::chrono::milliseconds duration{0};
  TargetFacts target;
  std::vector<ScenarioResult> scenarios;  ///< in suite order
  bool complete = false;           ///< every chosen scenario was played and canaries held; false while the run goes on
  std::string incomplete_because;  ///< "interrupted by SIGINT"
  bool has_baseline = false;
  std::vector<std::string> baseline_notes;  ///< stale or expired entries, one line each
  std::vector<std::string> other_endings;   ///< permitted, but not those that the baseline remembers; one line each

  [[nodiscard]] std::size_t count(Outcome outcome) const;
  /// Whether anything was played. Rows of the survey, with which every run begins, count where a filter asked for them.
  [[nodiscard]] bool was_played() const;
  /// Failures and crashes (with `strict` warnings too) that no baseline foresaw.
  [[nodiscard]] std::size_t findings(bool strict) const;
  /// A failure, crash or warning just as the baseline says: known, and no finding.
  [[nodiscard]] bool foreseen(const ScenarioResult& result) const;
  bool operator==(const RunResult&) const = default;
};

}  // namespace smtpspec::engine

template <>
inline constexpr smtpspec::ledger::Words<7> smtpspec::ledger::words<smtpspec::engine::BaselineStatus> = {
    "expectation", {"as-expected", "regression", "fixed", "drift", "new", "stale", "expired"}};
template <>
inline constexpr smtpspec::ledger::Words<3> smtpspec::ledger::words<smtpspec::engine::ExcerptLine::Side> = {
    "side", {"client", "server", "event"}};
