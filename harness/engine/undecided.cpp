#include "harness/engine/undecided.hpp"

#include <algorithm>
#include <cstddef>
#include <map>

#include <fmt/format.h>

namespace smtpspec::engine {

namespace {

constexpr std::size_t fewest_of_an_area = 10;

struct Rows {
  std::size_t due = 0;
  std::size_t undecided = 0;
  void add(bool decided) {
    ++due;
    if (!decided) ++undecided;
  }
};

bool is_due(const ScenarioResult& row) {
  if (row.id.starts_with("survey/") || row.id.starts_with("always/")) return false;
  // What a road does not tell is its way; one that shows nothing, or fails, is told of the run as a whole.
  if (row.outcome == Outcome::inconclusive && row.cause == Cause::no_delivery_road) return false;
  if (row.outcome == Outcome::skipped) return row.cause == Cause::not_played;
  return row.outcome != Outcome::unsupported;
}

}  // namespace

std::string too_much_undecided(const RunResult& run, double share) {
  Rows all;
  std::map<std::string, Rows> areas;
  std::size_t errors = 0;
  for (const ScenarioResult& row : run.scenarios) {
    if (row.outcome == Outcome::error) ++errors;
    if (!is_due(row)) continue;
    all.add(is_decided(row.outcome));
    areas[area_of(row)].add(is_decided(row.outcome));
  }
  if (errors > 0)
    return fmt::format("{} scenario{} broken off by an error of smtpspec's own", errors,
                       errors == 1 ? " was" : "s were");
  if (static_cast<double>(all.undecided) > share * static_cast<double>(all.due))
    return fmt::format("{} of the {} scenarios that were due decided nothing, which is more than {:g} %", all.undecided,
                       all.due, 100 * share);
  const auto nothing_decided = [](const auto& area) {
    return area.second.due >= fewest_of_an_area && area.second.undecided == area.second.due;
  };
  const auto found = std::find_if(areas.begin(), areas.end(), nothing_decided);
  if (found == areas.end() || share >= 1) return {};
  return fmt::format("none of the {} scenarios of {} decided anything", found->second.due, found->first);
}

}  // namespace smtpspec::engine
