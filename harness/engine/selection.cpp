#include "harness/engine/selection.hpp"

#include <algorithm>

#include <fnmatch.h>

namespace smtpspec::engine {

namespace {

bool is_below(std::string_view id, std::string_view path) {
  return id.substr(0, path.size()) == path && (id.size() == path.size() || id[path.size()] == '/');
}

/// FNV-1a: the same on every machine and in every version.
std::uint64_t stable_hash(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

}  // namespace

bool matches(const scenario::Scenario& scenario, std::string_view pattern) {
  const std::string text(pattern);
  if (scenario.id == pattern || scenario.family == pattern || scenario::name(scenario.level) == pattern) return true;
  if (fnmatch(text.c_str(), scenario.id.c_str(), 0) == 0) return true;
  if (std::find(scenario.tags.begin(), scenario.tags.end(), text) != scenario.tags.end()) return true;
  return std::any_of(scenario.requirements.begin(), scenario.requirements.end(),
                     [&](const std::string& requirement) { return is_below(requirement, pattern); });
}

std::vector<const scenario::Scenario*> select(const scenario::Suite& suite, const Selection& selection) {
  std::vector<std::string> including;
  std::vector<std::string> excluding;
  for (const std::string& filter : selection.filters) {
    if (!filter.empty() && filter.front() == '!')
      excluding.push_back(filter.substr(1));
    else
      including.push_back(filter);
  }
  std::vector<const scenario::Scenario*> chosen;
  for (const scenario::Scenario& scenario : suite.scenarios) {
    const auto hit = [&](const std::string& pattern) { return matches(scenario, pattern); };
    if (!including.empty() && std::none_of(including.begin(), including.end(), hit)) continue;
    if (std::any_of(excluding.begin(), excluding.end(), hit)) continue;
    if (stable_hash(scenario.id) % selection.shards + 1 != selection.shard) continue;
    chosen.push_back(&scenario);
  }
  return chosen;
}

}  // namespace smtpspec::engine
