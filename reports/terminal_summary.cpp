#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "harness/engine/findings.hpp"
#include "harness/smtp/char_class.hpp"
#include "harness/smtp/visible.hpp"
#include "reports/parts.hpp"
#include "reports/terminal_style.hpp"

namespace smtpspec::reports {
namespace {

using engine::Outcome;
using engine::RunResult;
using engine::ScenarioResult;
using smtp::visible;

constexpr Columns table = {2, 14};

constexpr std::size_t most_reasons = 12;  // lines, of all outcomes
constexpr std::size_t most_learnt = 10;

struct Group {
  std::string reason;
  std::vector<std::string_view> ids;
};

// The scenarios of one outcome by their reason, the largest group first, in suite order where two are alike. What the
// target said differs from row to row.
std::vector<Group> grouped(const RunResult& run, Outcome outcome) {
  const bool quotes = outcome == Outcome::blocked || outcome == Outcome::inconclusive;
  std::map<std::string, std::size_t> by_reason;
  std::vector<Group> groups;
  for (const ScenarioResult& result : run.scenarios) {
    if (result.outcome != outcome) continue;
    const std::string& reason = !result.reason.empty()   ? result.reason
                                : !result.actual.empty() ? result.actual
                                                         : std::string(judge::name(result.cause));
    const auto [found, is_new] = by_reason.emplace(quotes ? engine::without_names(reason) : reason, groups.size());
    if (is_new) groups.push_back({reason, {}});
    groups[found->second].ids.push_back(result.id);
  }
  std::stable_sort(groups.begin(), groups.end(),
                   [](const Group& a, const Group& b) { return a.ids.size() > b.ids.size(); });
  return groups;
}

void put_groups(std::string& out, std::string_view outcome, const std::vector<Group>& groups, std::size_t most,
                const TerminalStyle& style) {
  std::string_view label = outcome;
  const auto put = [&](std::size_t count, const std::string& text) {
    put_field(out, {table.indent, table.label + 6}, fmt::format("{:<13}{:>5}", label, count), text, style,
              style.verbose ? no_limit : 1);
    label = "";
  };
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (i + 1 == most && groups.size() > most && !style.verbose) {
      std::size_t rows = 0;
      for (std::size_t j = i; j < groups.size(); ++j) rows += groups[j].ids.size();
      return put(rows, fmt::format("for {} other reasons", groups.size() - i));
    }
    const std::string reason = groups[i].reason.empty() ? "no reason was given" : groups[i].reason;
    put(groups[i].ids.size(),
        groups[i].ids.size() == 1 ? fmt::format("{}: {}", groups[i].ids.front(), reason) : reason);
  }
}

// Every outcome has its largest groups; the lines that some do not need go to those that come after.
void put_undecided(std::string& out, const RunResult& run, const TerminalStyle& style) {
  std::vector<std::pair<Outcome, std::vector<Group>>> all;
  for (const Outcome outcome :
       {Outcome::error, Outcome::blocked, Outcome::inconclusive, Outcome::unsupported, Outcome::skipped})
    if (auto groups = grouped(run, outcome); !groups.empty()) all.emplace_back(outcome, std::move(groups));
  std::size_t left = most_reasons;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::size_t most = left / (all.size() - i);
    left -= std::min(most, all[i].second.size());
    put_groups(out, name(all[i].first), all[i].second, most, style);
  }
}

void put_learnt(std::string& out, const RunResult& run, const TerminalStyle& style) {
  const std::vector<engine::Learnt>& facts = run.target.learnt;
  if (facts.empty()) return;
  put_field(out, {table.indent, 0}, "", "What smtpspec learnt", style);
  std::size_t width = 0;
  for (const engine::Learnt& fact : facts) width = std::max(width, columns(visible(fact.name)));
  width = std::min(width, style.width / 2) + 2;
  for (std::size_t i = 0; i < facts.size(); ++i) {
    if (i + 1 == most_learnt && facts.size() > most_learnt && !style.verbose)
      return put_field(out, {table.indent + 2, 0}, "", fmt::format("and {} more in results.json", facts.size() - i),
                       style, 1);
    put_field(out, {table.indent + 2, width}, fitted(visible(facts[i].name), width - 2, 1).front(),
              facts[i].value.empty() ? "-" : facts[i].value, style, style.verbose ? no_limit : 1);
  }
}

// Broken between the counts, each of which has its colour.
void put_counts(std::string& out, const RunResult& run, const TerminalStyle& style) {
  std::vector<std::string> lines(1);
  std::size_t used = 0;
  const std::size_t width = std::max(style.width, table.indent + table.label + 20) - table.indent - table.label;
  for (int i = 0; i < scenario::outcome_count; ++i) {
    const auto outcome = static_cast<Outcome>(i);
    if (run.count(outcome) == 0) continue;
    const std::string count = fmt::format("{} {}", run.count(outcome), name(outcome));
    if (used > 0) lines.back() += ',';
    if (used > 0 && used + 3 + columns(count) > width) {
      lines.emplace_back();
      used = 0;
    }
    lines.back() += (used > 0 ? " " : "") + painted(count, colour_of(outcome), style);
    used += columns(count) + 2;
  }
  put_lines(out, table, "outcomes", used == 0 && lines.size() == 1 ? std::vector<std::string>{"none"} : lines, style);
}

void put_ids(std::string& out, std::string_view label, const RunResult& run, const TerminalStyle& style,
             const std::function<bool(const ScenarioResult&)>& chosen) {
  std::vector<std::string_view> ids;
  for (const ScenarioResult& result : run.scenarios)
    if (chosen(result)) ids.push_back(result.id);
  if (ids.empty()) return;
  put_field(out, table, label, fmt::format("{}: {}", counted(ids.size(), "row"), fmt::join(ids, ", ")), style,
            style.verbose ? no_limit : 2);
}

/// The rows that are known, by what the baseline says of them: what has most comes first.
void put_known(std::string& out, const RunResult& run, const TerminalStyle& style) {
  std::map<std::string, std::vector<std::string_view>> by_reason;
  for (const ScenarioResult& row : run.scenarios)
    if (run.foreseen(row)) by_reason[known_because(row)].push_back(row.id);
  std::vector<std::pair<std::string, std::vector<std::string_view>>> all(by_reason.begin(), by_reason.end());
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.second.size() > b.second.size(); });
  constexpr std::size_t most = 4;
  std::string_view label = "known";
  std::size_t left = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& [because, ids] = all[i];
    if (i >= most && !style.verbose) {
      left += ids.size();
      continue;
    }
    const std::string rows = fmt::format("{}: {}", counted(ids.size(), "row"), fmt::join(ids, ", "));
    put_field(out, table, label, because.empty() ? rows : fmt::format("{}; {}", because, rows), style,
              style.verbose ? no_limit : 2);
    label = "";
  }
  if (left > 0) put_field(out, table, label, fmt::format("and {} more", counted(left, "row")), style, 2);
}

/// As many of the lines as people read; `of_what`: of the lines that are left out.
void put_notes(std::string& out, std::string_view label, const std::vector<std::string>& notes,
               std::string_view of_what, const TerminalStyle& style) {
  constexpr std::size_t most_notes = 4;
  for (std::size_t i = 0; i < notes.size(); ++i) {
    const std::size_t more = notes.size() - i;
    const bool last = i + 1 == most_notes && more > 1 && !style.verbose;
    put_field(out, table, label, last ? fmt::format("and {} {} more", more, of_what) : notes[i], style,
              style.verbose ? no_limit : 2);
    if (last) return;
    label = "";
  }
}

void put_baseline(std::string& out, const RunResult& run, const TerminalStyle& style) {
  put_known(out, run, style);
  put_ids(out, "fixed", run, style,
          [](const ScenarioResult& result) { return result.expectation == engine::BaselineStatus::fixed; });
  put_notes(out, "baseline", run.baseline_notes, "entries", style);
  put_notes(out, "otherwise", run.other_endings, "rows", style);
}

// What the verdict is made of. It counts as the findings do, by their worst rows: one cause is broken once, however
// many scenarios show it.
struct Tally {
  std::size_t broken = 0;
  std::size_t unmet = 0;
  std::size_t failures = 0;
  std::size_t crashes = 0;
  std::size_t known = 0;
  std::size_t decided = 0;
  std::size_t undecided = 0;
  bool unseen = false;  ///< deliveries, of what was played
};

Tally tally(const RunResult& run) {
  Tally sum;
  for (const engine::Finding& one : engine::findings(run)) {
    sum.broken += one.outcome == Outcome::fail ? 1 : 0;
    sum.unmet += one.outcome == Outcome::warn ? 1 : 0;
  }
  for (const ScenarioResult& result : run.scenarios) {
    if (run.foreseen(result)) {
      ++sum.known;
      continue;
    }
    switch (result.outcome) {
      case Outcome::fail: ++sum.failures; break;
      case Outcome::crash: ++sum.crashes; break;
      case Outcome::blocked:
      case Outcome::inconclusive:
      case Outcome::error: ++sum.undecided; break;
      case Outcome::skipped: sum.unseen = sum.unseen || result.cause == engine::Cause::no_delivery_road; break;
      default: break;
    }
  }
  sum.decided = run.scenarios.size() - sum.undecided - run.count(Outcome::skipped) - run.count(Outcome::unsupported);
  return sum;
}

// "No MUST is broken" is said only where everything that was to be decided was.
void put_musts(std::vector<VerdictPart>& said, const RunResult& run, const Tally& sum) {
  if (sum.crashes > 0)
    said.push_back({"crash", fmt::format("the target crashed, or hung up without a reply, in {}",
                                         counted(sum.crashes, "scenario"))});
  if (sum.broken > 0)
    said.push_back({"fail", fmt::format("{} {} broken{}", counted(sum.broken, "MUST"), sum.broken == 1 ? "is" : "are",
                                        sum.failures == sum.broken
                                            ? ""
                                            : fmt::format(", as {} show", counted(sum.failures, "scenario")))});
  if (sum.known > 0)
    said.push_back({"known", fmt::format("{}, as the baseline says", counted(sum.known, "known failure"))});
  if (sum.broken > 0 || sum.crashes > 0) return;
  if (sum.known > 0)
    said.push_back({"pass", "nothing else was seen to be broken"});
  else
    said.push_back({"pass", run.complete && sum.undecided == 0 && !sum.unseen ? "no MUST is broken"
                                                                              : "no MUST was seen to be broken"});
}

}  // namespace

std::vector<VerdictPart> verdict_parts(const RunResult& run, const TerminalStyle& style) {
  std::vector<VerdictPart> said;
  if (!run.complete)
    said.push_back({"incomplete", fmt::format("the run is incomplete: {}", run.incomplete_because.empty()
                                                                               ? "it has not come to its end"
                                                                               : run.incomplete_because)});
  const Tally sum = tally(run);
  if (sum.decided == 0) {
    said.push_back({"nothing", run.scenarios.empty() ? "nothing was played"
                                                     : "nothing was decided, which says nothing of the target"});
    return said;
  }
  put_musts(said, run, sum);
  if (sum.unmet > 0)
    said.push_back({"warn", fmt::format("{} {} not met{}", counted(sum.unmet, "SHOULD"), sum.unmet == 1 ? "is" : "are",
                                        style.strict ? ", which is a finding in a strict run" : "")});
  if (sum.undecided > 0)
    said.push_back({"inconclusive", fmt::format("{} decided nothing", counted(sum.undecided, "scenario"))});
  return said;
}

std::string verdict(const RunResult& run, const TerminalStyle& style) {
  std::string sentence;
  for (const VerdictPart& part : verdict_parts(run, style)) sentence += (sentence.empty() ? "" : "; ") + part.text;
  sentence.front() = smtp::to_upper(sentence.substr(0, 1)).front();
  return sentence + '.';
}

std::string summary(const RunResult& run, const TerminalStyle& style) {
  const std::size_t most = style.verbose ? no_limit : 2;
  std::string out;
  const engine::TargetFacts& target = run.target;
  put_learnt(out, run, style);
  if (!out.empty()) out += '\n';
  put_field(out, table, "target", fmt::format("{}  {}  ({})", target.name, target.address, target.profile), style,
            most);
  put_field(out, table, "greeting", target.greeting, style, most);
  put_field(out, table, "scenarios",
            fmt::format("{} in {}, seed {}", run.scenarios.size(), spoken(run.duration), run.seed), style);
  put_counts(out, run, style);
  put_undecided(out, run, style);
  put_baseline(out, run, style);
  const bool red = run.findings(style.strict) > 0;
  const Tally sum = tally(run);
  const bool green = run.complete && sum.decided > 0 && sum.undecided == 0 && sum.unmet == 0;
  const Colour colour = red ? Colour::red : green ? Colour::green : Colour::yellow;
  out += '\n';
  for (const std::string& line : fitted(visible(verdict(run, style)), style.width - 2, style.verbose ? no_limit : 8))
    out += fmt::format("  {}\n", painted(line, colour, style));
  return out;
}

}  // namespace smtpspec::reports
