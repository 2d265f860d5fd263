// The ledger as a whole: against the rules that there are, and against the texts of the RFCs.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include <fmt/format.h>

#include "harness/ledger/rfc_text.hpp"
#include "harness/scenario/loader.hpp"
#include "harness/scenario/toml_reader.hpp"

namespace smtpspec::scenario {
std::vector<Diagnostic> check_sentences(const Suite& suite, const std::filesystem::path& rfc_dir) {
  std::vector<Diagnostic> found;
  std::map<int, std::optional<ledger::RfcText>> texts;  // each read once, at its first use
  for (const auto& [id, requirement] : suite.requirements) {
    if (requirement.rfc == 0) continue;
    const auto [known, is_new] = texts.try_emplace(requirement.rfc);
    auto& text = known->second;
    if (is_new) {
      const std::string file = fmt::format("rfc{}.txt", requirement.rfc);
      std::ifstream stream(rfc_dir / file, std::ios::binary);
      if (stream) {
        text.emplace(std::string(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()));
      } else {
        found.push_back(about(requirement.place, fmt::format("{} cannot be read", file),
                              fmt::format("it is looked for in {}", rfc_dir.string())));
        found.back().severity = Diagnostic::Severity::warning;
      }
    }
    if (!text) continue;
    std::string wrong = ledger::misquoted(requirement, *text);
    const std::string section = wrong.empty() ? ledger::other_section(requirement, *text) : "";
    if (!section.empty())
      found.push_back(about(requirement.place,
                            fmt::format("requirement '{}' is not of that section of RFC {}", id, requirement.rfc),
                            fmt::format("its lines stand in section {}", section)));
    if (wrong.empty()) continue;
    found.push_back(about(requirement.says_place,
                          fmt::format("requirement '{}' is not what RFC {} says at lines {}", id, requirement.rfc,
                                      requirement.lines.first == 0 ? "(none)" : ledger::text_of(requirement.lines)),
                          std::move(wrong)));
  }
  // One text that is not there is passed over; a folder without any is a mistake.
  if (std::none_of(texts.begin(), texts.end(), [](const auto& one) { return one.second.has_value(); }))
    for (Diagnostic& diagnostic : found) diagnostic.severity = Diagnostic::Severity::error;
  show_lines(found);
  return found;
}

std::vector<Diagnostic> check_ledger(const Suite& suite, const std::vector<std::string>& rules) {
  std::vector<Diagnostic> found;
  std::set<std::string> with_row;
  std::set<std::string> cited;
  for (const Scenario& scenario : suite.scenarios) {
    cited.insert(scenario.requirements.begin(), scenario.requirements.end());
    if (scenario.rule.empty()) continue;
    with_row.insert(scenario.rule);
    if (std::find(rules.begin(), rules.end(), scenario.rule) == rules.end())
      found.push_back(about(scenario.place, fmt::format("there is no rule '{}'", scenario.rule),
                            did_you_mean(scenario.rule, rules)));
  }
  for (const std::string& rule : rules)
    if (with_row.count(rule) == 0)
      found.push_back(about({}, fmt::format("the rule '{}' has no row", rule), "a [[rule]] gives it one"));
  for (const auto& [id, requirement] : suite.requirements)
    if (cited.count(id) == 0)
      found.push_back(about(requirement.place, fmt::format("requirement '{}' is cited by nothing", id)));
  show_lines(found);
  return found;
}

}  // namespace smtpspec::scenario
