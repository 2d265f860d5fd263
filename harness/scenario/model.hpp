// What a scenario file says, as plain values. Made by the loader, read by play and judge.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/scenario/outcome.hpp"
#include "harness/scenario/text.hpp"

namespace smtpspec::scenario {

using Duration = std::chrono::milliseconds;

/// How long a scenario may take that states no timeout.
inline constexpr Duration usual_timeout = std::chrono::seconds(60);
using ledger::Place;

/// One ending that an expectation allows.
struct Alternative {
  enum class Kind {
    reply,    ///< a reply that fits the fields below
    close,    ///< the server closes the connection without a reply
    silence,  ///< nothing arrives within the step's time
  };
  Kind kind = Kind::reply;
  std::string code;  ///< three characters; 'y' and 'z' stand for any digit: "250", "25z", "5yz", "xyz" for any reply
  std::string enhanced;               ///< "5.1.1", "5.1.z", "5.y.z"; empty: not looked at
  bool closes = false;                ///< the server closes after this reply ("421 close")
  std::optional<std::size_t> lines;   ///< number of lines of the reply
  std::vector<std::string> keywords;  ///< EHLO keywords that must be there ("SIZE", "AUTH PLAIN" with a parameter)
  std::vector<std::string> without;   ///< EHLO keywords that must not be there
  std::optional<Text> contains;       ///< octets that the reply's text must hold
  std::map<std::string, std::string> capture;  ///< value name -> RE2 regular expression on the text of the reply's
                                               ///< lines joined by LF; group 1, or the whole match, becomes the value
  std::optional<Outcome> as;                   ///< the outcome of ending this way; default pass
  std::string because;                         ///< why, for people
  bool ends = false;    ///< the scenario is over after this ending (its later steps make no sense)
  std::string decides;  ///< the requirement that `as` is about; empty: the step's
  bool operator==(const Alternative&) const = default;
};

/// What must come back: one of several alternatives.
struct Expectation {
  std::vector<Alternative> alternatives;
  Place place;
  bool operator==(const Expectation&) const = default;
};

/// A ready state that smtpspec climbs to by itself.
enum class Ladder { connected, greeted, tls, before_login, authenticated, ready, mail, rcpt, data };

/// How octets are cut into segments: each is written by itself, with Nagle off.
struct Cut {
  std::vector<long> at;     ///< offsets; negative ones count from the end
  bool each_octet = false;  ///< one octet a segment
  Duration pause{0};        ///< between segments
  bool operator==(const Cut&) const = default;
};

/// Octets that are written to the connection, or through its TLS.
struct Send {
  /// What is put around the octets once their holes are filled; `octets_of` (octets.hpp) does it.
  enum class Framing {
    none,
    line,   ///< CRLF is added
    data,   ///< a message in DATA: dot-stuffed and ended by CRLF "." CRLF
    chunk,  ///< a chunk: led by its BDAT command, in the same write
  };
  Text octets;
  Framing framing = Framing::none;
  bool last_chunk = false;                  ///< of a chunk: BDAT says LAST
  std::optional<std::uint64_t> chunk_size;  ///< of a chunk: the size that BDAT announces; default: the true one
  bool beneath_tls = false;                 ///< write to the TCP connection, under an established TLS session
  Cut cut;
  bool operator==(const Send&) const = default;
};

struct Pause {
  Duration duration{0};
  bool operator==(const Pause&) const = default;
};

/// Opens the step's session, and climbs its ladder.
struct Open {
  Ladder ladder = Ladder::greeted;
  bool operator==(const Open&) const = default;
};

/// AUTH through the SASL library; the last reply is what the step's expectations judge.
struct Login {
  std::string mechanism;
  std::optional<Text> user;  ///< default: the target's
  std::optional<Text> password;
  bool initial_response = true;  ///< send it with AUTH where the mechanism has one
  bool operator==(const Login&) const = default;
};

/// Nothing is done, only waited.
struct Await {
  bool operator==(const Await&) const = default;
};
/// TLS handshake as the client.
struct Handshake {
  bool operator==(const Handshake&) const = default;
};
/// End TLS, keep the TCP connection.
struct CloseNotify {
  bool operator==(const CloseNotify&) const = default;
};
/// TCP FIN, keep reading.
struct HalfClose {
  bool operator==(const HalfClose&) const = default;
};
/// TCP RST.
struct Reset {
  bool operator==(const Reset&) const = default;
};
/// Close the connection.
struct Close {
  bool operator==(const Close&) const = default;
};

using Action = std::variant<Await, Send, Pause, Open, Login, Handshake, CloseNotify, HalfClose, Reset, Close>;

/// What `replies` says where each reply that is owed is awaited.
inline constexpr std::string_view owed_word = "owed";

struct Step {
  Action action;
  std::string session;               ///< "" is the scenario's first session; of Open: the one that is opened
  std::vector<Expectation> replies;  ///< one a command, in order; empty: nothing is awaited
  bool owed = false;                 ///< instead of them: each reply that is owed by then is awaited, whatever it is
  std::optional<Duration> within;    ///< how long to wait for each reply; silence lasts so long (default: engine's)
  std::string decides;               ///< the requirement that its expectations decide; empty: the row's first
  Place place;
  bool operator==(const Step&) const = default;
};

/// What must have been delivered. `count`, `body` and so on hold only where the scenario was played to its end;
/// `at_most` and the none-/lacks lists hold whatever happened.
struct Delivered {
  std::optional<std::size_t> count;
  std::optional<std::size_t> at_most;
  std::optional<Text> from;     ///< reverse-path of each message (without brackets)
  std::vector<Text> to;         ///< forward-paths that must all have a copy
  std::vector<Text> none_from;  ///< no message may have this reverse-path
  std::vector<Text> none_to;
  std::vector<Text> body;      ///< octets after the header's empty line; one of these, exactly
  std::vector<Text> message;   ///< octets as sent, header and all, after the trace header; one of these
  std::vector<Text> contains;  ///< each of these in some message
  std::string matches;         ///< RE2 regular expression that fits somewhere in some message
  std::vector<Text> lacks;     ///< none of these in any message
  /// "mailbox KEYWORD=value": handed on with MAIL or RCPT for that mailbox; without a value, any.
  std::vector<Text> parameters;
  std::vector<Text> no_parameters;  ///< the same, and with no message
  std::string decides;              ///< the requirement that these rules decide; empty: the row's first
  Place place;
  bool operator==(const Delivered&) const = default;
};

/// Something a scenario needs in order to make sense.
struct Condition {
  enum class Kind {
    keyword,  ///< an EHLO keyword, with a parameter perhaps ("AUTH PLAIN"); absent: `unsupported`
    fact,     ///< of the target file: auth, tls, delivery, rejects, foreign, two-recipients; absent: `skipped`. Or one
              ///< that the survey found: where it does not hold, `blocked`
  };
  Kind kind = Kind::keyword;
  bool negated = false;  ///< "no STARTTLS"
  std::string name;
  std::string parameter;
  bool operator==(const Condition&) const = default;
};

/// The one rule that is not the referee's: exactly one reply each to the NOOP and the QUIT after a scenario.
inline constexpr std::string_view fence_rule = "one-reply-each";

struct Scenario {
  std::string id;      ///< of the row: "false-end-of-data/lf-dot-lf"; words, never changed
  std::string family;  ///< without the row
  std::string title;
  std::string rationale;
  std::vector<std::string> requirements;  ///< ledger ids; a row of a table may have its own
  std::string rule;  ///< of an `always/...` row: the rule that it stands for, the referee's or `fence_rule`; no steps
  bool survey = false;  ///< a `survey/...` row: played before the rest, to learn what the target is like
  std::string fact;     ///< of the survey: what holds of the target where one of its rows passes
  std::string limit;    ///< of the survey: "errors", "recipients" ..., where a session may take only so many
  Level level = Level::must;
  bool level_stated = false;            ///< by the scenario itself; otherwise it is the highest of its requirements
  std::map<std::string, Level> levels;  ///< of its requirements, where it states none itself
  std::vector<std::string> tags;
  std::vector<Condition> needs;
  Ladder from = Ladder::greeted;
  std::vector<Step> steps;
  std::optional<Delivered> delivered;
  std::vector<std::string> catches;  ///< faults of the reference server that must turn it red
  bool alone = false;                ///< no other session may run beside it
  bool fence = true;                 ///< end by NOOP and QUIT: exactly one reply each
  std::optional<Duration> timeout;   ///< for the whole scenario; default: `usual_timeout`
  Place place;
  Place requirements_place;
  Place catches_place;
  bool operator==(const Scenario&) const = default;
};

/// The requirement that a step decides, or what is said of deliveries: the one that is named there, else the row's
/// first.
[[nodiscard]] inline std::string decided_requirement(const Scenario& scenario, const std::string& named) {
  return !named.empty() || scenario.requirements.empty() ? named : scenario.requirements.front();
}
/// How it counts that a requirement of the scenario's is not met: a SHOULD of a row that is about a MUST as well is
/// one.
[[nodiscard]] inline Level level_of(const Scenario& scenario, const std::string& requirement) {
  const auto found = scenario.levels.find(requirement);
  return found == scenario.levels.end() ? scenario.level : found->second;
}

/// Whether some step awaits what is owed.
[[nodiscard]] inline bool awaits_what_is_owed(const Scenario& scenario) {
  return std::any_of(scenario.steps.begin(), scenario.steps.end(), [](const Step& step) { return step.owed; });
}

struct Suite {
  std::vector<Scenario> scenarios;                          ///< rows, in file order
  std::map<std::string, ledger::Requirement> requirements;  ///< by id
};

}  // namespace smtpspec::scenario

template <>
inline constexpr smtpspec::ledger::Words<9> smtpspec::ledger::words<smtpspec::scenario::Ladder> = {
    "state", {"connected", "greeted", "tls", "before-login", "authenticated", "ready", "mail", "rcpt", "data"}};
