// What judging comes to: an outcome, the cause in one word, and the requirement that decided.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "harness/scenario/outcome.hpp"

namespace smtpspec::judge {

using scenario::Level;
using scenario::Outcome;

/// Why an outcome came about. The words are stable: baselines and reports use them.
enum class Cause {
  none,              ///< a plain pass
  reply,             ///< a reply that none of the allowed endings fits
  early_reply,       ///< a reply came where none may
  silence,           ///< no reply where one is due, although the session answers what follows
  hang,              ///< no reply where one is due, and the session answers nothing more
  incomplete,        ///< a reply began and did not end
  closed,            ///< the connection ended where a reply is due
  delivery,          ///< what was delivered is not what had to be
  ending,            ///< an ending that the scenario allows, with an outcome of its own
  interference,      ///< 4yz where something else was asked about: the server's right, and no answer
  connect,           ///< the connection could not be made
  ladder,            ///< the ready state where the scenario begins was not reached
  tls_handshake,     ///< the TLS handshake failed
  out_of_step,       ///< a reply too many came: which reply answers what is not known
  no_delivery_road,  ///< what was delivered could not be seen
  cut_short,         ///< what was seen ends before that
  time_out,          ///< the time of the scenario as a whole was over
  condition,         ///< the target lacks what the scenario needs
  not_played,        ///< the run ended before
  extra_reply,       ///< of always/one-reply-each: a reply that nothing asked for
  rule,              ///< of an always/... row: the referee saw its rule broken
  internal,          ///< an error of our own
  never_checked,     ///< of an always/... row: nothing in the run called for its rule
};
inline constexpr int cause_count = 23;
/// Of `early_reply` it is "early-reply"; of `none` it is empty.
[[nodiscard]] std::string_view name(Cause cause);
[[nodiscard]] std::optional<Cause> cause_named(std::string_view name);

struct Verdict {
  Outcome outcome = Outcome::pass;
  Cause cause = Cause::none;
  std::string expected;    ///< for people, one line
  std::string actual;      ///< for people, one line, octets escaped; of a pass the endings it took, but for the usual
  std::string reason;      ///< why an outcome other than fail came about
  std::string decided_by;  ///< the requirement that decided; empty: nothing of the scenario's own did
  std::size_t event = 0;   ///< index of the transcript's event that decided
  std::string octets;      ///< the line of it that decided, where one did
  bool missing = false;    ///< it rests on something that did not come; playing again may clear it
};

struct Judged {
  Verdict verdict;
  std::optional<Verdict> broken_fence;  ///< no part of the scenario's verdict: what its fence showed
  std::size_t fence_replies = 0;        ///< commands of the fence that had exactly one reply
};

/// The one order of outcomes, worst first.
[[nodiscard]] const std::array<Outcome, scenario::outcome_count>& worst_first();
/// By that order: of several outcomes, the one with the greater rank counts.
[[nodiscard]] int rank(Outcome outcome);
/// Whether the second verdict takes the place of the first: it is worse, or as bad and rests on something seen.
[[nodiscard]] bool outweighs(const Verdict& other, const Verdict& verdict);
/// What an unmet expectation comes to.
[[nodiscard]] Outcome unmet(Level level);

}  // namespace smtpspec::judge
