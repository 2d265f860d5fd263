#include <algorithm>

#include "harness/engine/excerpt.hpp"
#include "harness/engine/run.hpp"
#include "harness/record/secrets.hpp"

namespace smtpspec::engine {

namespace {

CitedRequirement cite(const std::string& id, const scenario::Suite& suite) {
  CitedRequirement cited;
  cited.id = id;
  cited.section = ledger::section_of(id);
  if (const auto found = suite.requirements.find(id); found != suite.requirements.end()) {
    cited.lines = ledger::text_of(found->second.lines);
    cited.level = found->second.level;
    cited.says = found->second.says;
    cited.severity = found->second.severity;
  }
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

void put_verdict(ScenarioResult& result, const judge::Verdict& verdict, const record::Transcript& transcript,
                 bool deliveries) {
  result.outcome = verdict.outcome;
  result.cause = verdict.cause;
  result.actual = verdict.actual;
  if (verdict.outcome == Outcome::pass) return;  // words of the scenario's own: nothing that could hold a secret
  const record::Redactor redactor(transcript.secrets);
  result.expected = redactor.without_secrets(verdict.expected);
  result.actual = redactor.without_secrets(verdict.actual);
  result.reason = redactor.without_secrets(verdict.reason);
  result.decided_by = verdict.decided_by;
  std::stable_partition(result.requirements.begin(), result.requirements.end(),
                        [&](const CitedRequirement& one) { return one.id == verdict.decided_by; });
  result.excerpt = excerpt(redactor.without_secrets(transcript), verdict.event, deliveries,
                           redactor.without_secrets(verdict.octets));
}

}  // namespace smtpspec::engine
