#include <algorithm>

#include "harness/engine/judge.hpp"
#include "harness/engine/run.hpp"

namespace smtpspec::engine {

namespace {

CitedRequirement cite(const std::string& id, const scenario::Suite& suite) {
  CitedRequirement cited;
  cited.id = id;
  cited.section = scenario::section_of(id);
  if (const auto found = suite.requirements.find(id); found != suite.requirements.end()) {
    cited.lines = found->second.lines;
    cited.level = found->second.level;
    cited.says = found->second.says;
  }
  return cited;
}

CitedRequirement cite(const smtp::Violation& violation) {
  CitedRequirement cited;
  cited.id = violation.requirement;
  cited.section = violation.section;
  cited.level = violation.must ? Level::must : Level::should;
  for (const smtp::RefereeRule& rule : smtp::referee_rules())
    if (rule.requirement == violation.requirement) cited.says = rule.says;
  return cited;
}

}  // namespace

ScenarioResult describe_result(const scenario::Scenario& scenario, const scenario::Suite& suite) {
  ScenarioResult result;
  result.id = scenario.id;
  result.title = scenario.title;
  result.rationale = scenario.rationale;
  result.level = scenario.level;
  result.tags = scenario.tags;
  result.file = scenario.place.file;
  result.line = scenario.place.line;
  for (const std::string& id : scenario.requirements) result.requirements.push_back(cite(id, suite));
  return result;
}

void put_verdict(ScenarioResult& result, const Verdict& verdict, const wire::Transcript& transcript,
                 const scenario::Scenario& scenario) {
  result.outcome = verdict.outcome;
  result.cause = verdict.cause;
  result.expected = verdict.expected;
  result.actual = verdict.actual;
  result.reason = verdict.reason;
  if (verdict.violation) result.requirements.insert(result.requirements.begin(), cite(*verdict.violation));
  if (verdict.outcome != Outcome::pass)
    result.excerpt = excerpt(transcript, verdict.event, scenario.delivered.has_value(), verdict.octets);
}

}  // namespace smtpspec::engine
