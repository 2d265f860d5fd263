#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "reports/layout.hpp"
#include "reports/terminal_style.hpp"
#include "reports/visible.hpp"

namespace smtpspec::reports {
namespace {

using engine::Outcome;
using engine::RunResult;
using engine::ScenarioResult;

constexpr Columns table = {2, 14};

struct Group {
  std::string reason;
  std::vector<std::string_view> ids;
};

// The scenarios of one outcome by their reason, the largest group first, in suite order where two are alike.
std::vector<Group> grouped(const RunResult& run, Outcome outcome) {
  std::vector<Group> groups;
  for (const ScenarioResult& result : run.scenarios) {
    if (result.outcome != outcome) continue;
    const std::string& reason = !result.reason.empty()   ? result.reason
                                : !result.actual.empty() ? result.actual
                                                         : std::string(judge::name(result.cause));
    const auto same = [&](const Group& group) { return group.reason == reason; };
    auto found = std::find_if(groups.begin(), groups.end(), same);
    if (found == groups.end()) found = groups.insert(groups.end(), Group{reason, {}});
    found->ids.push_back(result.id);
  }
  std::stable_sort(groups.begin(), groups.end(),
                   [](const Group& a, const Group& b) { return a.ids.size() > b.ids.size(); });
  return groups;
}

void put_groups(std::string& out, const RunResult& run, Outcome outcome, const TerminalStyle& style) {
  constexpr std::size_t longest = 240;  // columns; a reason can quote the target
  constexpr Columns counted_table = {table.indent, table.label + 5};
  std::string_view label = name(outcome);
  for (const Group& group : grouped(run, outcome)) {
    std::string text = group.reason.empty() ? "no reason was given" : visible(group.reason);
    if (group.ids.size() == 1) text = fmt::format("{}: {}", visible(group.ids.front()), text);
    put_field(out, counted_table, fmt::format("{:<14}{:>3}", label, group.ids.size()), cut_middle(text, longest),
              style);
    label = "";
  }
}

std::string counts(const RunResult& run, const TerminalStyle& style) {
  std::string line;
  for (int i = 0; i < scenario::outcome_count; ++i) {
    const auto outcome = static_cast<Outcome>(i);
    const std::size_t count = run.count(outcome);
    if (count == 0) continue;
    if (!line.empty()) line += ", ";
    line += painted(fmt::format("{} {}", count, name(outcome)), colour_of(outcome), style);
  }
  return line.empty() ? "none" : line;
}

std::string ids_of(const RunResult& run, const std::function<bool(const ScenarioResult&)>& chosen) {
  std::string list;
  for (const ScenarioResult& result : run.scenarios)
    if (chosen(result)) list += fmt::format("{}{}", list.empty() ? "" : ", ", result.id);
  return list;
}

void put_baseline(std::string& out, const RunResult& run, const TerminalStyle& style) {
  put_field(out, table, "known", ids_of(run, [&](const ScenarioResult& result) { return run.foreseen(result); }),
            style);
  put_field(
      out, table, "fixed",
      ids_of(run, [](const ScenarioResult& result) { return result.expectation == engine::BaselineStatus::fixed; }),
      style);
  std::string_view label = "baseline";
  for (const std::string& note : run.baseline_notes) {
    put_field(out, table, label, note, style);
    label = "";
  }
}

// What the verdict is made of. A requirement that several scenarios break is broken once; the one in front of a
// result's list is the one that decided.
struct Tally {
  std::set<std::string_view> broken;
  std::set<std::string_view> unmet;
  std::size_t failures = 0;
  std::size_t crashes = 0;
  std::size_t known = 0;
  std::size_t decided = 0;
  std::size_t undecided = 0;
};

Tally tally(const RunResult& run) {
  Tally sum;
  for (const ScenarioResult& result : run.scenarios) {
    const std::string_view what = result.requirements.empty() ? result.id : result.requirements.front().id;
    if (run.foreseen(result)) {
      ++sum.known;
      continue;
    }
    switch (result.outcome) {
      case Outcome::fail:
        ++sum.failures;
        sum.broken.insert(what);
        break;
      case Outcome::crash: ++sum.crashes; break;
      case Outcome::warn: sum.unmet.insert(what); break;
      case Outcome::blocked:
      case Outcome::inconclusive:
      case Outcome::error: ++sum.undecided; break;
      default: break;
    }
  }
  sum.decided = run.scenarios.size() - sum.undecided - run.count(Outcome::skipped) - run.count(Outcome::unsupported);
  return sum;
}

// "No MUST is broken" is said only where everything that was to be decided was.
std::string on_musts(const RunResult& run, const Tally& sum) {
  std::string said;
  if (!sum.broken.empty()) {
    said = fmt::format("{} {} broken", counted(sum.broken.size(), "MUST"), sum.broken.size() == 1 ? "is" : "are");
    if (sum.failures != sum.broken.size()) said += fmt::format(", as {} show", counted(sum.failures, "scenario"));
    said += ". ";
  }
  if (sum.crashes > 0)
    said += fmt::format("The target crashed, or hung up without a reply, in {}. ", counted(sum.crashes, "scenario"));
  if (sum.known > 0) said += fmt::format("{}, as the baseline says. ", counted(sum.known, "known failure"));
  if (!said.empty() && sum.broken.empty() && sum.crashes == 0) return said + "Nothing else was seen to be broken. ";
  if (!said.empty()) return said;
  return run.complete && sum.undecided == 0 ? "No MUST is broken. " : "No MUST was seen to be broken. ";
}

}  // namespace

std::string verdict(const RunResult& run, const TerminalStyle& style) {
  std::string said;
  if (!run.complete)
    said = fmt::format("The run is incomplete: {}. ", run.incomplete_because.empty()
                                                          ? std::string("it has not come to its end")
                                                          : visible(run.incomplete_because));
  const Tally sum = tally(run);
  if (sum.decided == 0) {
    said += run.scenarios.empty() ? "Nothing was played." : "Nothing was decided: this says nothing of the target.";
    return said;
  }
  said += on_musts(run, sum);
  if (!sum.unmet.empty())
    said += fmt::format("{} {} not met{}. ", counted(sum.unmet.size(), "SHOULD"), sum.unmet.size() == 1 ? "is" : "are",
                        style.strict ? ", which is a finding in a strict run" : "");
  if (sum.undecided > 0) said += fmt::format("{} decided nothing. ", counted(sum.undecided, "scenario"));
  said.pop_back();
  return said;
}

std::string summary(const RunResult& run, const TerminalStyle& style) {
  std::string out;
  const engine::TargetFacts& target = run.target;
  put_field(out, table, "target", fmt::format("{}  {}  ({})", target.name, target.address, target.profile), style);
  put_field(out, table, "greeting", target.greeting, style);
  put_field(out, table, "scenarios",
            fmt::format("{} in {}, seed {}", run.scenarios.size(), spoken(run.duration), run.seed), style);
  out += fmt::format("  {}{}{}\n", painted("outcomes", Colour::dim, style), std::string(table.label - 8, ' '),
                     counts(run, style));
  for (const Outcome outcome : {Outcome::unsupported, Outcome::blocked, Outcome::inconclusive, Outcome::skipped})
    put_groups(out, run, outcome, style);
  put_baseline(out, run, style);
  const bool red = run.findings(style.strict) > 0;
  const Tally sum = tally(run);
  const bool green = run.complete && sum.decided > 0 && sum.undecided == 0 && sum.unmet.empty();
  const Colour colour = red ? Colour::red : green ? Colour::green : Colour::yellow;
  out += '\n';
  for (const std::string& line : wrap(verdict(run, style), page_width - 2))
    out += fmt::format("  {}\n", painted(line, colour, style));
  return out;
}

}  // namespace smtpspec::reports
