// What a scenario file says, as plain values. Made by the loader, read by play and judge.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/scenario/outcome.hpp"
#include "harness/scenario/text.hpp"

namespace smtpspec::scenario {

using Duration = std::chrono::milliseconds;

/// A place in a file, for people: lines and columns count from 1; 0 is unknown.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
};

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
  bool closes = false;                ///< the server closes behind this reply ("421 close")
  std::optional<std::size_t> lines;   ///< number of lines of the reply
  std::vector<std::string> keywords;  ///< EHLO keywords that must be there ("SIZE", "AUTH PLAIN" with a parameter)
  std::vector<std::string> without;   ///< EHLO keywords that must not be there
  std::optional<Text> contains;       ///< octets that the reply's text must hold
  std::map<std::string, std::string>
      capture;                ///< value name -> ECMAScript regular expression on the text of the reply's
                              ///< lines joined by LF; group 1, or the whole match, becomes the value
  std::optional<Outcome> as;  ///< the outcome of ending this way; default pass
  std::string because;        ///< why, for people
  bool ends = false;          ///< the scenario is over behind this ending (its later steps make no sense)
};

/// What must come back: one of several alternatives.
struct Expectation {
  std::vector<Alternative> alternatives;
  Place place;
};

/// How octets are cut into segments: each is written by itself, with Nagle off.
struct Cut {
  std::vector<long> at;     ///< offsets; negative ones count from the end
  bool each_octet = false;  ///< one octet a segment
  Duration pause{0};        ///< between segments
};

/// Which mechanism to log in with, through the SASL library.
struct Login {
  std::string mechanism;
  std::optional<Text> user;  ///< default: the target's
  std::optional<Text> password;
  bool initial_response = true;  ///< send it with AUTH where the mechanism has one
};

struct Step {
  enum class Action {
    expect,        ///< send nothing, only wait
    send,          ///< `octets` (with CRLF already added for `send = "..."`)
    pause,         ///< wait `duration`
    open,          ///< open `session` and climb its ladder to `from`
    handshake,     ///< TLS handshake as the client
    close_notify,  ///< end TLS, keep the TCP connection
    half_close,    ///< TCP FIN, keep reading
    reset,         ///< TCP RST
    close,         ///< close the connection
    login,         ///< AUTH through the SASL library; the last reply is what `replies` judges
  };
  /// What is put around the octets of `send`, once their holes are filled; `octets_of` (octets.hpp) does it.
  enum class Framing {
    none,
    data,   ///< a message in DATA: dot-stuffed and ended by CRLF "." CRLF
    chunk,  ///< a chunk: led by its BDAT command, in the same write
  };
  Action action = Action::expect;
  std::string session;  ///< "" is the scenario's first session
  Text octets;          ///< of send; of a message with its header block, if it has one, as the value {header}
  bool line = false;    ///< `send`: CRLF is added
  Framing framing = Framing::none;
  bool last_chunk = false;                  ///< of a chunk: BDAT says LAST
  std::optional<std::uint64_t> chunk_size;  ///< of a chunk: the size that BDAT announces; default: the true one
  bool beneath_tls = false;                 ///< write to the TCP connection, under an established TLS session
  Cut cut;
  Duration duration{0};  ///< of pause
  std::string from;      ///< of open: a ready state
  Login login;
  std::vector<Expectation> replies;  ///< one a command, in order; empty: nothing is awaited
  std::optional<Duration> within;    ///< how long to wait for each reply; silence lasts so long (default: engine's)
  Place place;
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
  std::vector<Text> body;      ///< octets behind the header's empty line; one of these, exactly
  std::vector<Text> message;   ///< octets as sent, header and all, behind the trace header; one of these
  std::vector<Text> contains;  ///< each of these in some message
  std::vector<Text> lacks;     ///< none of these in any message
  Place place;
};

/// Something a scenario needs in order to make sense.
struct Condition {
  enum class Kind {
    keyword,  ///< an EHLO keyword, with a parameter perhaps ("AUTH PLAIN"); absent: `unsupported`
    fact,     ///< of the target file: auth, tls, delivery, rejects, foreign, two-recipients; absent: `skipped`
  };
  Kind kind = Kind::keyword;
  bool negated = false;  ///< "no STARTTLS"
  std::string name;
  std::string parameter;
};

enum class Ladder { connected, greeted, tls, authenticated, mail, rcpt, data };
[[nodiscard]] std::string_view name(Ladder ladder);
[[nodiscard]] std::optional<Ladder> ladder_named(std::string_view name);

struct Scenario {
  std::string id;      ///< of the row: "false-end-of-data/lf-dot-lf"; words, never changed
  std::string family;  ///< without the row
  std::string title;
  std::string rationale;
  std::vector<std::string> requirements;  ///< ledger ids
  Level level = Level::must;
  bool level_stated = false;  ///< by the scenario itself; otherwise it is the highest of its requirements
  std::vector<std::string> tags;
  std::vector<std::string> profiles;  ///< mx, submission, lmtp
  std::vector<Condition> needs;
  Ladder from = Ladder::greeted;
  std::vector<Step> steps;
  std::optional<Delivered> delivered;
  std::vector<std::string> catches;  ///< faults of the reference server that must turn it red
  bool alone = false;                ///< no other session may run beside it
  bool fence = true;                 ///< end by NOOP and QUIT: exactly one reply each
  std::optional<Duration> timeout;   ///< for the whole scenario
  Place place;
};

/// A row of the ledger, as far as scenario files state it themselves.
struct Requirement {
  std::string id;     ///< "rfc5321/4.1.1.4/lf-is-no-line-end"
  std::string lines;  ///< of the RFC's text file: "2013-2019"
  Level level = Level::must;
  std::string says;  ///< the RFC's sentence
  Place place;
};
/// "RFC 5321 section 4.1.1.4" from a ledger id; the id itself where it names no RFC.
[[nodiscard]] std::string section_of(const std::string& requirement_id);

struct Suite {
  std::vector<Scenario> scenarios;                  ///< rows, in file order
  std::map<std::string, Requirement> requirements;  ///< by id
};

}  // namespace smtpspec::scenario
