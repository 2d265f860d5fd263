#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "harness/scenario/loader.hpp"
#include "harness/scenario/toml_reader.hpp"

namespace smtpspec::scenario {
namespace {

Diagnostic about(const Place& place, std::string message, std::string help = {}) {
  Diagnostic diagnostic;
  diagnostic.place = place;
  diagnostic.message = std::move(message);
  diagnostic.help = std::move(help);
  return diagnostic;
}

bool is_bad(const Alternative& alternative) {
  return alternative.as &&
         (*alternative.as == Outcome::fail || *alternative.as == Outcome::warn || *alternative.as == Outcome::crash);
}

/// Whether the alternative looks at nothing but the reply code.
bool is_code_alone(const Alternative& alternative) {
  return alternative.kind == Alternative::Kind::reply && alternative.enhanced.empty() && !alternative.closes &&
         !alternative.lines && alternative.keywords.empty() && alternative.without.empty() && !alternative.contains;
}

/// Whether some reply does not fit, or fits an ending that is a finding. That a reply comes at all is no expectation of
/// the scenario's own: the fence asks for it behind every scenario.
bool can_be_unmet(const Expectation& expectation) {
  std::array<bool, 4> allowed{};  // by class: 2yz to 5yz
  bool awaits_reply = false;
  for (const Alternative& alternative : expectation.alternatives) {
    if (is_bad(alternative)) return true;
    if (alternative.kind != Alternative::Kind::reply) continue;
    awaits_reply = true;
    if (!is_code_alone(alternative)) continue;
    if (alternative.code == "xyz") return false;
    if (alternative.code.size() == 3 && alternative.code.substr(1) == "yz" && alternative.code[0] >= '2' &&
        alternative.code[0] <= '5')
      allowed[static_cast<std::size_t>(alternative.code[0] - '2')] = true;
  }
  return !awaits_reply || !std::all_of(allowed.begin(), allowed.end(), [](bool one) { return one; });
}

bool can_fail(const Scenario& scenario) {
  if (scenario.delivered) return true;
  for (const Step& step : scenario.steps)
    for (const Expectation& expectation : step.replies)
      if (can_be_unmet(expectation)) return true;
  return false;
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
      // What is wrong in one row is wrong in its neighbours: said once a family.
      if (!seen_.insert(where(scenario.place)).second) continue;
      check_requirements(scenario);
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

  void check_ids(const Scenario& scenario) {
    const auto [first, is_new] = families_.emplace(scenario.family, scenario.place);
    const bool repeated = !ids_.insert(scenario.id).second;
    // The rows of one table share a place; the row table has seen to their names.
    const bool elsewhere = where(first->second) != where(scenario.place);
    if (scenario.id.empty() || !(elsewhere || (repeated && scenario.place.line == 0))) return;
    if (!told_.insert(where(scenario.place)).second) return;
    found_.push_back(about(scenario.place, fmt::format("a second scenario has the id '{}'", scenario.family),
                           fmt::format("the first is in {}:{}", first->second.file, first->second.line)));
  }

  void check_requirements(const Scenario& scenario) {
    if (scenario.requirements.empty())
      warn(scenario, "names no requirement", "requirements = [\"rfc5321/4.1.1.4/...\"]");
    for (const std::string& id : scenario.requirements) {
      if (suite_.requirements.count(id) != 0) continue;
      const std::string near = did_you_mean(id, ledger_);
      found_.push_back(about(scenario.place, fmt::format("requirement '{}' is in no ledger row", id),
                             near.empty() ? "a [[requirement]] states it" : near));
    }
  }

  const Suite& suite_;
  std::vector<std::string> ledger_;
  std::set<std::string> ids_;
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
      found.push_back(about(scenario.place,
                            fmt::format("scenario '{}' catches '{}', which is no named fault", scenario.family, fault),
                            did_you_mean(fault, faults)));
    }
  }
  return found;
}

}  // namespace smtpspec::scenario
