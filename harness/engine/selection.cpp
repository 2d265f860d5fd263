#include "harness/engine/selection.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fnmatch.h>

#include "harness/engine/findings.hpp"
#include "harness/scenario/writer.hpp"

namespace smtpspec::engine {

namespace {

bool is_below(std::string_view id, std::string_view path) {
  return id.substr(0, path.size()) == path && (id.size() == path.size() || id[path.size()] == '/');
}

bool fits_word(const scenario::Scenario& scenario, std::string_view pattern) {
  const std::string text(pattern);
  if (scenario.id == pattern || scenario.family == pattern || scenario::name(scenario.level) == pattern) return true;
  if (fnmatch(text.c_str(), scenario.id.c_str(), 0) == 0) return true;
  if (std::find(scenario.tags.begin(), scenario.tags.end(), text) != scenario.tags.end()) return true;
  return std::any_of(scenario.requirements.begin(), scenario.requirements.end(),
                     [&](const std::string& requirement) { return is_below(requirement, pattern); });
}

}  // namespace

bool matches(const scenario::Scenario& scenario, std::string_view pattern) {
  for (;;) {
    const std::size_t comma = std::min(pattern.find(','), pattern.size());
    const bool negated = pattern.starts_with('!');
    if (fits_word(scenario, pattern.substr(negated ? 1 : 0, comma - (negated ? 1 : 0))) == negated) return false;
    if (comma == pattern.size()) return true;
    pattern.remove_prefix(comma + 1);
  }
}

std::string fingerprint(const std::vector<const scenario::Scenario*>& scenarios) {
  std::uint64_t sum = 0;
  for (const scenario::Scenario* one : scenarios) sum += stable_hash(scenario::to_toml(*one));
  return fmt::format("{:016x}", sum);
}

std::vector<const scenario::Scenario*> select(const scenario::Suite& suite, const Selection& selection) {
  std::vector<std::string> filters = selection.filters;
  const auto excluding =
      std::partition(filters.begin(), filters.end(), [](const auto& f) { return !f.starts_with('!'); });
  std::vector<const scenario::Scenario*> chosen;
  for (const scenario::Scenario& scenario : suite.scenarios) {
    const auto lets_in = [&](const std::string& filter) { return matches(scenario, filter); };
    const auto keeps_out = [&](const std::string& filter) { return matches(scenario, filter.substr(1)); };
    if (excluding != filters.begin() && std::none_of(filters.begin(), excluding, lets_in)) continue;
    if (std::any_of(excluding, filters.end(), keeps_out)) continue;
    // What holds for every conversation is judged in each part of the suite, and so is the survey.
    if (scenario.rule.empty() && !scenario.survey && stable_hash(scenario.id) % selection.shards + 1 != selection.shard)
      continue;
    chosen.push_back(&scenario);
  }
  return chosen;
}

}  // namespace smtpspec::engine
