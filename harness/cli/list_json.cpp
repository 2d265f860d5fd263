#include "harness/cli/list_json.hpp"

#include <set>

#include <nlohmann/json.hpp>

#include "harness/cli/words.hpp"
#include "harness/scenario/writer.hpp"
#include "harness/smtp/visible.hpp"

namespace smtpspec::cli {
namespace {

using Json = nlohmann::ordered_json;
using smtp::well_formed;

Json texts(const std::vector<std::string>& all) {
  Json list = Json::array();
  for (const std::string& one : all) list.push_back(well_formed(one));
  return list;
}

Json of_scenario(const scenario::Scenario& one) {
  Json needs = Json::array();
  for (const scenario::Condition& condition : one.needs) needs.push_back(well_formed(scenario::to_text(condition)));
  return {{"id", well_formed(one.id)},
          {"family", well_formed(one.family)},
          {"title", well_formed(one.title)},
          {"rationale", well_formed(one.rationale)},
          {"kind", one.survey         ? "survey"
                   : one.rule.empty() ? "scenario"
                                      : "rule"},
          {"level", scenario::name(one.level)},
          {"requirements", texts(one.requirements)},
          {"tags", texts(one.tags)},
          {"needs", needs},
          {"state", scenario::name(one.from)},
          {"catches", texts(one.catches)},
          {"file", well_formed(one.place.file)},
          {"line", one.place.line}};
}

Json of_requirement(const ledger::Requirement& one) {
  return {{"id", well_formed(one.id)},
          {"section", well_formed(ledger::section_of(one.id))},
          {"lines", ledger::text_of(one.lines)},
          {"level", ledger::name(one.level)},
          {"severity", ledger::name(one.severity)},
          {"says", well_formed(one.says)}};
}

std::string printed(const Json& document) {
  constexpr int indent = 2;
  constexpr bool ascii_alone = true;
  return document.dump(indent, ' ', ascii_alone) + "\n";
}

}  // namespace

std::string to_json(const std::vector<const scenario::Scenario*>& scenarios, const scenario::Suite& suite) {
  Json document = {{"schema", "smtpspec-list/1"}, {"scenarios", Json::array()}, {"requirements", Json::array()}};
  std::set<std::string> cited;
  for (const scenario::Scenario* one : scenarios) {
    document["scenarios"].push_back(of_scenario(*one));
    cited.insert(one->requirements.begin(), one->requirements.end());
  }
  for (const auto& [id, requirement] : suite.requirements)
    if (cited.count(id) > 0) document["requirements"].push_back(of_requirement(requirement));
  return printed(document);
}

std::string to_json(const std::map<std::string, std::size_t>& tags) {
  Json document = {{"schema", "smtpspec-tags/1"}, {"tags", Json::array()}};
  for (const auto& [tag, count] : tags)
    document["tags"].push_back({{"tag", well_formed(tag)}, {"scenarios", count}, {"meaning", meaning_of_tag(tag)}});
  return printed(document);
}

}  // namespace smtpspec::cli
