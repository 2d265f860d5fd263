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

/// How what was seen ends where the right reply came, and the close that belongs to it did not.
inline constexpr std::string_view no_close = ", and no close";

/// Why an outcome came about.
enum class Cause {
  none,
  reply,
  early_reply,
  silence,
  hang,
  incomplete,
  closed,
  delivery,
  ending,
  interference,
  connect,
  ladder,
  tls_handshake,
  out_of_step,
  no_delivery_road,
  cut_short,
  time_out,
  condition,
  not_played,
  extra_reply,
  rule,
  internal,
  never_checked,
};
struct CauseRow {
  std::string_view word;  ///< stable: baselines and reports use it
  std::string_view meaning;
};
// In the order of the enumeration. A plain pass has none.
inline constexpr auto cause_rows = std::to_array<CauseRow>({
    {"", ""},
    {"reply", "a reply that none of the allowed endings fits"},
    {"early-reply", "a reply came where none may: a message was taken to end, or a command to be there"},
    {"silence", "no reply where one is due, although the session answers what follows"},
    {"hang", "no reply where one is due, and the session answers nothing more"},
    {"incomplete", "a reply began and did not end"},
    {"closed", "the connection ended where a reply is due"},
    {"delivery",
     "what was delivered is not what had to be: lost, doubled, changed, or delivered although it must not be"},
    {"ending", "an ending that the scenario allows, with an outcome of its own"},
    {"interference",
     "4yz, a close or a wanted login where something else was asked about: the server's right, and no answer"},
    {"connect", "the connection could not be made"},
    {"ladder", "the state in which the scenario begins was not reached"},
    {"tls-handshake", "the TLS handshake failed"},
    {"out-of-step", "a reply too many came, so that it is not known which reply answers what"},
    {"no-delivery-road", "what was delivered could not be seen"},
    {"cut-short", "what was seen ends before the scenario does"},
    {"time-out", "the time of the scenario as a whole was over"},
    {"condition", "the target lacks what the scenario needs"},
    {"not-played", "the run ended before it was played"},
    {"extra-reply", "a reply that nothing asked for"},
    {"rule", "a rule that holds for every conversation was broken (always/...)"},
    {"internal", "an error of smtpspec's own"},
    {"never-checked", "nothing in the run called for the rule (always/...)"},
});
inline constexpr int cause_count = static_cast<int>(cause_rows.size());
/// For people; empty for `none`.
[[nodiscard]] constexpr std::string_view meaning(Cause cause) {
  return cause_rows[static_cast<std::size_t>(cause)].meaning;
}
using ledger::name;
using ledger::named;

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

template <>
inline constexpr smtpspec::ledger::Words<smtpspec::judge::cause_count> smtpspec::ledger::words<smtpspec::judge::Cause> =
    {"cause", [] {
       std::array<std::string_view, smtpspec::judge::cause_count> all;
       for (std::size_t i = 0; i < all.size(); ++i) all[i] = smtpspec::judge::cause_rows[i].word;
       return all;
     }()};
