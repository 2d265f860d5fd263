// What a target says of itself before anything is judged, and whether a scenario makes sense against it.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/engine/result.hpp"
#include "harness/record/transcript.hpp"
#include "harness/scenario/model.hpp"
#include "harness/scenario/target.hpp"
#include "harness/smtp/keywords.hpp"

namespace smtpspec::engine {

/// How much of something a session took, as one row of the survey saw it.
struct Limit {
  record::Deviation deviation;
  std::size_t recipients = 0;  ///< that were asked for by then, where a recipient was one too many
};

struct Facts {
  std::string greeting;   ///< octets as they came
  smtp::Ehlo plain;       ///< before TLS (of an smtps target: the only one)
  smtp::Ehlo under_tls;   ///< after STARTTLS; empty where it is not offered or failed
  bool starttls = false;  ///< offered
  bool answers = false;   ///< it says something
  std::string problem;    ///< why the target could not be asked; empty where it could

  // What the survey adds (survey.hpp).
  std::set<std::string, std::less<>> holding;   ///< facts that hold
  std::vector<record::Deviation> deviations;    ///< facts that do not, and limits
  std::vector<Limit> limits;                    ///< as they were seen; what is true of them is a deviation
  std::map<std::string, std::size_t> takes;     ///< of a limit: so many were tried, and taken
  std::optional<scenario::Ladder> before_mail;  ///< the state in which MAIL is taken; empty: nothing is known of it
  std::vector<std::string> mailboxes;           ///< that take mail, in the order in which they were asked for
  std::map<std::string, std::string> refused;   ///< mailboxes that take none: the reply to RCPT
  bool mailboxes_are_known = false;             ///< all were asked for
  std::map<std::string, std::string> shows_as;  ///< a mailbox, and the one that its mail is delivered to
  std::optional<std::chrono::milliseconds> delivery_takes;  ///< after the reply to the data; below 0: before it
  std::optional<std::chrono::milliseconds> error_takes;     ///< the reply to an error
  std::optional<std::chrono::milliseconds> reply_takes;     ///< any reply, at most

  std::vector<Learnt> notes;  ///< what else people may want to know

  [[nodiscard]] const record::Deviation* lacks(std::string_view fact) const;
};
/// What a play is told of its target, but for the patience.
[[nodiscard]] record::Terms terms_of(const scenario::Target& target, const Facts& facts);
/// The target as it is: of its mailboxes those that take mail.
[[nodiscard]] scenario::Target as_learnt(scenario::Target target, const Facts& facts);

/// Of a target whose deliveries nobody can see: what was not decided for that alone is left out.
[[nodiscard]] ScenarioResult without_road(ScenarioResult result);
/// What the target file would have to tell for so many more rows to be played, most first.
struct Added {
  std::string_view what;  ///< "a mailbox that is refused"
  std::size_t rows = 0;
};
[[nodiscard]] std::vector<Added> added_by_target_file(const RunResult& run);

/// The scenario that leads to a state and does nothing there.
[[nodiscard]] scenario::Scenario only_the_ladder(scenario::Ladder to);
/// From a session that went up to `greeted`, or tried to.
[[nodiscard]] Facts facts_of(const record::Transcript& plain, bool greeted);
/// What EHLO lists under TLS.
[[nodiscard]] smtp::Ehlo ehlo_under_tls(const record::Transcript& transcript);

/// A scenario that is not played, and why.
struct NotPlayed {
  /// `unsupported` where an EHLO keyword is absent, `blocked` by a deviation that the survey found, else `skipped`
  Outcome outcome = Outcome::skipped;
  std::string reason;
};
[[nodiscard]] std::optional<NotPlayed> why_not_played(const scenario::Scenario& scenario,
                                                      const scenario::Target& target, const Facts& facts);
void put_not_played(ScenarioResult& result, const NotPlayed& why);

/// The facts that a scenario needs, by its own words and by what they imply.
[[nodiscard]] std::set<std::string> facts_needed(const scenario::Scenario& scenario, const scenario::Target& target,
                                                 const Facts& facts);

/// The keyword lines as a report shows them, escaped: "SIZE 10485760".
[[nodiscard]] std::vector<std::string> keyword_lines(const smtp::Ehlo& ehlo);

}  // namespace smtpspec::engine
