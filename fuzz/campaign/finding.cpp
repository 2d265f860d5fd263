#include "fuzz/campaign/finding.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "fuzz/campaign/pairs.hpp"
#include "fuzz/oracles/requirements.hpp"
#include "fuzz/session/session_input.hpp"
#include "harness/record/trace.hpp"
#include "harness/scenario/writer.hpp"

namespace smtpspec::fuzz {

namespace {

class Shortener {
 public:
  Shortener(LivePlayer& player, const Sight& sight, std::string cause, std::chrono::steady_clock::time_point until)
      : showing_(player, sight), sight_(sight), cause_(std::move(cause)), until_(until) {}

  std::optional<Breach> breaks(std::string_view input, const Waits& waits = {}) {
    for (Breach& one : breaches_of(input, waits))
      if (file_name(one.cause) == cause_) return std::move(one);
    return std::nullopt;
  }
  /// As above. A process that dies is the same incident after whatever: what had been said is not seen alike each time.
  std::optional<Breach> shows(std::string_view input, const Waits& waits) {
    auto all = breaches_of(input, waits);
    const auto exactly = [&](const Breach& one) { return file_name(one.cause) == cause_; };
    auto found = std::find_if(all.begin(), all.end(), exactly);
    if (found == all.end())
      found =
          std::find_if(all.begin(), all.end(), [&](const Breach& one) { return is_same_incident(one.cause, cause_); });
    return found == all.end() ? std::nullopt : std::optional(std::move(*found));
  }
  /// As `breaks`; and where the session ends in another crash, or a process does, that is looked for from now on.
  bool breaks_or_crashes(std::string_view input) {
    // What a sanitizer has told of a place it may not tell again in the life of the process.
    const bool may_tell_once = cause_.starts_with("sanitizer") && sight_.start_anew;
    if (breaks_or_crashes_now(input) && (!may_tell_once || breaks_or_crashes_now(input))) return true;
    tells_once_ = may_tell_once;
    return tells_once_ && breaks_or_crashes_now(input);
  }
  /// The last play.
  [[nodiscard]] const Showing& shown() const { return showing_; }

  /// Fewest lines, then fewest octets: parts are left out, halves first, until nothing more can be.
  std::string shorten(std::string input) {
    input = shorten_by(std::move(input), [](const std::string& all) { return ends_of_lines(all); });
    return shorten_by(std::move(input), [](const std::string& all) {
      std::vector<std::size_t> every(all.size() + 1);
      for (std::size_t i = 0; i < every.size(); ++i) every[i] = i;
      return every;
    });
  }

 private:
  bool breaks_or_crashes_now(std::string_view input) {
    const auto all = breaches_of(input, patient());
    const auto is_it = [&](const Breach& one) { return file_name(one.cause) == cause_; };
    const auto crashes = [](const Breach& one) { return one.rule == "crash" || is_incident(one.cause); };
    if (std::any_of(all.begin(), all.end(), is_it)) return true;
    const auto other = std::find_if(all.begin(), all.end(), crashes);
    if (other == all.end() || !(cause_.starts_with("crash-") || is_incident(cause_))) return false;
    cause_ = file_name(other->cause);
    return true;
  }

  std::vector<Breach> breaches_of(std::string_view input, const Waits& waits) {
    if (tells_once_) sight_.start_anew();
    return showing_.breaches_of(input, cause_, waits);
  }

  /// What a process comes to may be told late, and be the doing of the input before: then a second time shows nothing.
  bool breaks_by_itself(std::string_view input) {
    return breaks(input) && (!is_incident(cause_) || tells_once_ || breaks(input));
  }

  static std::vector<std::size_t> ends_of_lines(const std::string& all) {
    std::vector<std::size_t> ends = {0};
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i] == '\n' || i + 1 == all.size()) ends.push_back(i + 1);
    return ends;
  }

  template <class Cuts>
  std::string shorten_by(std::string input, const Cuts& cuts_of) {
    for (std::size_t parts = std::max<std::size_t>(cuts_of(input).size() / 2, 1); parts > 0; parts /= 2) {
      for (std::size_t first = 0;;) {
        const std::vector<std::size_t> cuts = cuts_of(input);
        if (first + 1 >= cuts.size()) break;
        const std::size_t last = std::min(first + parts, cuts.size() - 1);
        std::string less = input;
        less.erase(cuts[first], cuts[last] - cuts[first]);
        if (std::chrono::steady_clock::now() > until_) return input;
        if (breaks_by_itself(less))
          input = std::move(less);
        else
          first = last;
      }
    }
    return input;
  }

  Showing showing_;
  const Sight& sight_;
  std::string cause_;
  std::chrono::steady_clock::time_point until_;
  bool tells_once_ = false;  ///< so the server is started anew before each play
};

/// Those whom no message is for.
std::vector<std::string> not_for(const AcceptedMail& accepted, std::vector<std::string> mailboxes) {
  for (const AcceptedMail::Message& one : accepted.messages)
    for (const std::string& path : one.paths) std::erase(mailboxes, path.substr(1));
  return mailboxes;
}

/// Of a session that must come to the same when it is held otherwise, what promises that.
std::vector<std::string> asked_by(const Breach& breach, const scenario::Suite& suite) {
  if (const auto promise = requirement_of(breach.cause)) return {*promise};
  return requirements_of(breach, suite);
}

/// The last time with the most patience.
void replay(Finding& finding, Shortener& shortener, const std::vector<std::string>& mailboxes) {
  const bool hangs = finding.breach.cause.starts_with("hang");
  finding.again = 0;
  for (std::size_t i = 1; i <= Finding::replays; ++i) {
    const bool is_last = i == Finding::replays;
    auto breach = shortener.shows(finding.input, is_last ? most_patient(finding.breach.cause) : patient());
    if (!breach && hangs && is_last) finding.again = 0;
    if (!breach) continue;
    finding.transcript = shortener.shown().played().transcript;
    const record::Redactor redactor(finding.transcript.secrets);
    finding.breach = without_secrets(std::move(*breach), redactor);
    finding.delivered = delivered_as(finding.breach.cause, shortener.shown().accepted(), mailboxes, redactor);
    ++finding.again;
  }
}

}  // namespace

std::optional<scenario::Delivered> delivered_as(std::string_view cause, const AcceptedMail& accepted,
                                                const std::vector<std::string>& mailboxes,
                                                const record::Redactor& redactor) {
  if (!cause.starts_with("mail")) return std::nullopt;
  scenario::Delivered delivered;
  if (cause == mail_to_others) {
    for (const AcceptedMail::Message& one : accepted.messages)
      for (const std::string& path : one.paths) delivered.to.push_back(scenario::literal(path.substr(1)));
    for (const std::string& other : not_for(accepted, mailboxes)) delivered.none_to.push_back(scenario::literal(other));
    return delivered;
  }
  delivered.count = accepted.messages.size();
  if (accepted.messages.size() == 1) {
    const std::string body(record::part(accepted.messages.front().content).body);
    if (redactor.without_secrets(body) == body) delivered.body = {scenario::literal(body)};
  }
  if (accepted.messages.empty()) delivered.at_most = 0;
  return delivered;
}

Finding make_finding(LivePlayer& player, const Sight& sight, const CampaignFolder::Broken& broken,
                     std::chrono::steady_clock::time_point until) {
  Finding finding;
  finding.breach.cause = broken.cause;
  finding.input = broken.input;
  Shortener shortener(player, sight, broken.cause, until);
  if (shortener.breaks_or_crashes(broken.input)) finding.input = shortener.shorten(broken.input);
  const std::vector<std::string> mailboxes = watched_mailboxes(player.opponent());
  replay(finding, shortener, mailboxes);
  // What was left was seen by less patience than this.
  if (finding.again > 0 || finding.input == broken.input) return finding;
  finding.input = broken.input;
  replay(finding, shortener, mailboxes);
  return finding;
}

ledger::Level level_of(const Breach& breach, const scenario::Suite& suite) {
  const scenario::Scenario* row = row_of(breach, suite);
  return row == nullptr ? ledger::Level::must : row->level;
}

std::string to_scenario_file(const Finding& finding, const scenario::Suite& suite) {
  scenario::Scenario session = decode(finding.input);
  session.id = session.family = scenario_id(finding.breach.cause);
  session.title = "A session of a campaign: " + finding.breach.cause;
  session.rationale = "Expected: " + finding.breach.expected + ". Seen: " + finding.breach.actual + ".";
  const scenario::Scenario* row = row_of(finding.breach, suite);
  std::string file = row == nullptr ? "" : scenario::to_toml(*row) + "\n";
  session.requirements = asked_by(finding.breach, suite);
  session.level = level_of(finding.breach, suite);
  session.delivered = finding.delivered;
  file += scenario::to_toml(session);
  if (auto other = held_otherwise(finding.input, finding.breach.cause, finding.transcript)) {
    other->id = other->family = session.id + "-otherwise";
    other->title = session.title + ", held otherwise";
    other->requirements = session.requirements;
    file += "\n" + scenario::to_toml(*other);
  }
  return file;
}

std::string to_suite_scenario(scenario::Scenario session, const std::optional<Breach>& breach, const std::string& id,
                              const scenario::Suite& suite) {
  session.id = session.family = file_name(id);
  if (breach) {
    session.title = "Found by a campaign: " + breach->cause;
    session.rationale = "Expected: " + breach->expected + ". Seen: " + breach->actual + ".";
    session.level = level_of(*breach, suite);
  }
  if (!session.delivered || session.requirements.empty()) {
    session.requirements = asked_by(breach.value_or(Breach()), suite);
  }
  return scenario::to_toml(session) +
         "# catches = [\"...\"]: the fault of harness/reference/faults.def that must turn this row red.\n";
}

}  // namespace smtpspec::fuzz
