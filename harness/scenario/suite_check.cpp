#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "harness/scenario/loader.hpp"
#include "harness/scenario/loaders.hpp"
#include "harness/scenario/octets.hpp"
#include "harness/smtp/char_class.hpp"

namespace smtpspec::scenario {
namespace {

bool is_bad(const Alternative& alternative) {
  return alternative.as &&
         (*alternative.as == Outcome::fail || *alternative.as == Outcome::warn || *alternative.as == Outcome::crash);
}

/// Whether the alternative looks at nothing but the reply code.
bool is_code_alone(const Alternative& alternative) {
  return alternative.kind == Alternative::Kind::reply && alternative.enhanced.empty() && !alternative.closes &&
         !alternative.lines && alternative.keywords.empty() && alternative.without.empty() && !alternative.contains &&
         alternative.capture.empty();
}

/// Whether some reply does not fit, or fits an ending that is a finding. That a reply comes at all is no expectation of
/// the scenario's own: the fence asks for it after every scenario.
bool can_be_unmet(const Expectation& expectation) {
  std::set<std::string> classes;
  bool awaits_reply = false;
  for (const Alternative& alternative : expectation.alternatives) {
    if (is_bad(alternative)) return true;
    if (alternative.kind != Alternative::Kind::reply) continue;
    awaits_reply = true;
    if (!is_code_alone(alternative)) continue;
    if (alternative.code == "xyz") return false;
    if (alternative.code.ends_with("yz")) classes.insert(alternative.code);
  }
  return !awaits_reply || classes.size() < 4;  // 2yz to 5yz
}

bool can_fail(const Scenario& scenario) {
  if (scenario.delivered || !scenario.rule.empty()) return true;
  for (const Step& step : scenario.steps) {
    if (step.owed) return true;  // by a close, or by silence
    for (const Expectation& expectation : step.replies)
      if (can_be_unmet(expectation)) return true;
  }
  return false;
}

bool is_silence_alone(const Expectation& expectation) {
  return std::all_of(expectation.alternatives.begin(), expectation.alternatives.end(),
                     [](const Alternative& one) { return one.kind == Alternative::Kind::silence; });
}

/// How many pauses a cut makes at least: of one octet a segment so many as the text has octets of its own.
std::size_t pauses_of(const Send& send) {
  if (!send.cut.each_octet || send.cut.pause == Duration{0}) return send.cut.at.size();
  const auto octets = octets_of(send, [](std::string_view) { return std::optional<std::string>(""); });
  return octets ? std::max<std::size_t>(1, segments_of(*octets, send.cut).size()) - 1 : 0;
}

/// How long the scenario waits at least, whatever the server does.
Duration waits_of(const Scenario& scenario) {
  Duration sum{0};
  for (const Step& step : scenario.steps) {
    if (const auto* pause = std::get_if<Pause>(&step.action)) sum += pause->duration;
    if (const auto* send = std::get_if<Send>(&step.action))
      sum += send->cut.pause * static_cast<Duration::rep>(pauses_of(*send));
    for (const Expectation& expectation : step.replies)
      if (is_silence_alone(expectation)) sum += step.within.value_or(Duration{0});
  }
  return sum;
}

/// Whether the step may send a message, or part of one.
bool may_send_message(const Step& step) {
  const auto* send = std::get_if<Send>(&step.action);
  if (send == nullptr) return false;
  if (send->framing == Send::Framing::data || send->framing == Send::Framing::chunk) return true;
  const std::string source = smtp::to_upper(to_source(send->octets));
  return source.find("DATA") != std::string::npos || source.find("BDAT") != std::string::npos;
}

bool may_send_message(const Scenario& scenario) {
  const auto& steps = scenario.steps;
  const auto sends = [](const Step& step) { return std::holds_alternative<Send>(step.action); };
  const auto opens_data = [](const Step& step) {
    const auto* open = std::get_if<Open>(&step.action);
    return open != nullptr && open->ladder == Ladder::data;
  };
  const bool begun = scenario.from == Ladder::data || std::any_of(steps.begin(), steps.end(), opens_data);
  return (begun && std::any_of(steps.begin(), steps.end(), sends)) ||
         std::any_of(steps.begin(), steps.end(), [](const Step& step) { return may_send_message(step); });
}

bool asks_for_messages(const Delivered& delivered) {
  return delivered.count.value_or(0) > 0 || !delivered.contains.empty() || !delivered.to.empty() ||
         !delivered.parameters.empty();
}

/// After silence the session goes on, and after a reply that means nothing in particular it does too: then nobody knows
/// whether a reply is still owed.
bool is_undecided(const Expectation& expectation) {
  const auto silent = [](const Alternative& one) { return one.kind == Alternative::Kind::silence; };
  const auto goes_on = [](const Alternative& one) {
    return one.kind == Alternative::Kind::reply && !one.closes && !one.ends && !one.as;
  };
  const auto& all = expectation.alternatives;
  return std::any_of(all.begin(), all.end(), silent) && std::any_of(all.begin(), all.end(), goes_on);
}

/// What every part of a scenario may say, but not all together. Errors for a scenario that goes on after silence and
/// after a reply alike, for one whose pauses outlast its timeout, and for one that asks for messages and sends none.
std::vector<Diagnostic> check_sense(const Scenario& scenario) {
  std::vector<Diagnostic> found;
  for (const Step& step : scenario.steps)
    for (const Expectation& expectation : step.replies)
      if (is_undecided(expectation))
        found.push_back(about(expectation.place, "silence and a reply, and with both the session goes on",
                              "say what the reply means: 'as', 'close' or then = \"end\""));
  const Duration limit = scenario.timeout.value_or(usual_timeout);
  const Duration waits = waits_of(scenario);
  if (waits >= limit)
    found.push_back(about(scenario.place,
                          fmt::format("the pauses of scenario '{}' alone last {} ms, and it ends after {} ms",
                                      scenario.family, waits.count(), limit.count()),
                          "a longer 'timeout'"));
  if (scenario.delivered && asks_for_messages(*scenario.delivered) && !may_send_message(scenario))
    found.push_back(about(scenario.delivered->place, "a message is asked for, and none is sent",
                          "'message' and 'chunk' send one, or begin in state 'data'"));
  return found;
}

class SuiteCheck {
 public:
  explicit SuiteCheck(const Suite& suite) : suite_(suite) {
    for (const auto& [id, requirement] : suite.requirements) ledger_.push_back(id);
  }

  std::vector<Diagnostic> run() {
    if (suite_.scenarios.empty()) found_.push_back(about({}, "the suite holds no scenario"));
    for (const Scenario& scenario : suite_.scenarios) {
      check_ids(scenario);
      check_requirements(scenario);
      for (Diagnostic& one : check_sense(scenario))
        if (told_.insert(where(one.place) + one.message).second) found_.push_back(std::move(one));
      // What else is wrong in one row is wrong in its neighbours: said once a family.
      if (!seen_.insert(where(scenario.place)).second) continue;
      if (scenario.requirements.empty())
        warn(scenario, "names no requirement", "requirements = [\"rfc5321/4.1.1.4/...\"]");
      if (!can_fail(scenario))
        found_.push_back(about(scenario.place, fmt::format("scenario '{}' cannot fail", scenario.family),
                               "nothing it expects can be unmet; name reply codes, or what is to be delivered"));
      if (scenario.catches.empty())
        warn(scenario, "catches no named fault", "catches = [\"...\"] shows that it can fail");
    }
    return std::move(found_);
  }

 private:
  static std::string where(const Place& place) { return fmt::format("{}:{}:{}", place.file, place.line, place.column); }

  void warn(const Scenario& scenario, std::string_view what, std::string help) {
    found_.push_back(about(scenario.place, fmt::format("scenario '{}' {}", scenario.family, what), std::move(help)));
    found_.back().severity = Diagnostic::Severity::warning;
  }

  /// Ids are unique, and no scenario is named as a table of rows is.
  void check_ids(const Scenario& scenario) {
    const auto [first, is_new] = ids_.emplace(scenario.id, scenario.place);
    const auto [family, none_before] = families_.emplace(scenario.family, scenario.place);
    const auto namesake = ids_.find(scenario.family);
    const bool has_rows = scenario.id != scenario.family;
    const bool of_a_table = has_rows ? namesake != ids_.end() : where(family->second) != where(scenario.place);
    if ((is_new && !of_a_table) || !told_.insert(where(scenario.place)).second) return;
    const Place& other = is_new ? family->second : first->second;
    found_.push_back(about(scenario.place,
                           fmt::format("a second scenario has the id '{}'", is_new ? scenario.family : scenario.id),
                           fmt::format("the first is in {}:{}", other.file, other.line)));
  }

  void check_requirements(const Scenario& scenario) {
    for (const std::string& id : scenario.requirements) {
      if (suite_.requirements.count(id) != 0) continue;
      if (!told_.insert(where(scenario.requirements_place) + id).second) continue;
      found_.push_back(about(scenario.requirements_place, fmt::format("requirement '{}' is in no ledger row", id),
                             did_you_mean(id, ledger_, "a [[requirement]] states it")));
    }
  }

  const Suite& suite_;
  std::vector<std::string> ledger_;
  std::map<std::string, Place> ids_;
  std::map<std::string, Place> families_;
  std::set<std::string> seen_;
  std::set<std::string> told_;
  std::vector<Diagnostic> found_;
};

}  // namespace

std::vector<Diagnostic> check_suite(const Suite& suite) { return SuiteCheck(suite).run(); }

std::vector<Diagnostic> check_faults(const Suite& suite, const std::vector<std::string>& faults) {
  std::vector<Diagnostic> found;
  std::set<std::string> told;
  for (const Scenario& scenario : suite.scenarios) {
    for (const std::string& fault : scenario.catches) {
      if (std::find(faults.begin(), faults.end(), fault) != faults.end()) continue;
      if (!told.insert(scenario.family + "\n" + fault).second) continue;
      found.push_back(about(scenario.catches_place,
                            fmt::format("scenario '{}' catches '{}', which is no named fault", scenario.family, fault),
                            did_you_mean(fault, faults)));
    }
  }
  show_lines(found);
  return found;
}

}  // namespace smtpspec::scenario
