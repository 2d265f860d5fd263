#include <algorithm>

#include <fmt/format.h>

#include "harness/smtp/visible.hpp"
#include "reports/parts.hpp"
#include "reports/report.hpp"
#include "reports/terminal_style.hpp"

// TAP 14: a test point a row, in the order of the suite, without subtests: consumers of TAP 13 read it as well, and
// see every row. Known failures are TODO, what decided nothing is SKIP, and a run that broke off bails out.
namespace smtpspec::reports {
namespace {

using engine::Outcome;
using engine::RunResult;
using engine::ScenarioResult;
using smtp::visible;

constexpr std::size_t most_lines_shown = 40;

/// In a test point a number sign begins a directive, and a backslash escapes.
std::string escaped(std::string_view text) { return with_backslash(visible(text), "#\\"); }

/// YAML's double-quoted form of a text without control characters.
std::string quoted(std::string_view text) { return '"' + with_backslash(visible(text), "\"\\") + '"'; }

/// What stands after the test point: "TODO known failure".
struct State {
  bool ok = true;
  std::string directive;
};

State state_of(const RunResult& run, const ScenarioResult& row) {
  const auto skipped = [&] {
    return fmt::format("SKIP {}{}{}", name(row.outcome), row.reason.empty() ? "" : ": ", row.reason);
  };
  const auto known = [&] {
    const std::string because = known_because(row);
    return fmt::format("TODO known failure{}", because.empty() ? ", as the baseline says" : ": " + because);
  };
  switch (row.outcome) {
    case Outcome::fail:
    case Outcome::crash: return {false, run.foreseen(row) ? known() : ""};
    case Outcome::error: return {false, ""};
    case Outcome::pass:
    case Outcome::warn:
    case Outcome::info:
      return {true, row.expectation == engine::BaselineStatus::fixed ? "TODO fixed: the baseline can forget it" : ""};
    case Outcome::unsupported:
    case Outcome::blocked:
    case Outcome::inconclusive:
    case Outcome::skipped: return {true, skipped()};
  }
  return {false, ""};
}

void put(std::string& out, std::string_view key, std::string_view text) {
  if (!text.empty()) out += fmt::format("  {}: {}\n", key, quoted(text));
}

/// A block of lines, of which the first is not indented more than the others: a reader takes its indent for the
/// block's.
void put_conversation(std::string& out, const ScenarioResult& row) {
  if (row.excerpt.empty()) return;
  out += "  conversation: |\n";
  const std::string text = conversation(around_key(row.excerpt, most_lines_shown), {.width = 200}, false);
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view line = std::string_view(text).substr(at, text.find('\n', at) - at);
    const std::size_t margin = std::min<std::size_t>(line.size(), 6);  // and a mark in it
    const bool key = line.substr(0, margin).find('>') != std::string_view::npos;
    out += fmt::format("    {} {}\n", key ? '>' : '-', line.substr(margin));
    at += line.size() + 1;
  }
}

// What a plain pass does not need.
std::string diagnostics(const ScenarioResult& row) {
  std::string out = "  ---\n";
  put(out, "outcome", name(row.outcome));
  put(out, "message", row.title);
  if (row.cause != engine::Cause::none) put(out, "cause", judge::name(row.cause));
  if (!row.requirements.empty()) {
    put(out, "requirement", row.requirements.front().id);
    put(out, "severity", name(row.requirements.front().severity));
    put(out, "section", place(row.requirements.front()));
    put(out, "says", row.requirements.front().says);
  }
  put(out, "expected", row.expected);
  put(out, "actual", row.actual);
  put(out, "because", row.reason);
  if (row.known) put(out, "baseline", against_baseline(row));
  put_conversation(out, row);
  if (!row.file.empty()) put(out, "at", fmt::format("{}:{}", row.file, row.line));
  put(out, "again", row.again);
  return out + fmt::format("  duration_ms: {}\n  ...\n", row.duration.count());
}

bool needs_diagnostics(const ScenarioResult& row) {
  switch (row.outcome) {
    case Outcome::fail:
    case Outcome::crash:
    case Outcome::error:
    case Outcome::warn:
    case Outcome::info:
    case Outcome::blocked:
    case Outcome::inconclusive: return true;
    default: return row.expectation == engine::BaselineStatus::fixed;
  }
}

}  // namespace

std::string to_tap(const RunResult& run) {
  std::string out = fmt::format("TAP version 14\n1..{}{}\n", run.scenarios.size(),
                                run.scenarios.empty() ? " # SKIP nothing was played" : "");
  out += fmt::format("# smtpspec {}, {} {} ({}), seed {}\n", visible(run.version), visible(run.target.name),
                     visible(run.target.address), visible(run.target.profile), run.seed);
  std::size_t number = 0;
  for (const ScenarioResult& row : run.scenarios) {
    const State state = state_of(run, row);
    out += fmt::format("{} {} - {}", state.ok ? "ok" : "not ok", ++number, escaped(row.id));
    if (!state.directive.empty()) out += " # " + escaped(state.directive);
    out += '\n';
    if (needs_diagnostics(row)) out += diagnostics(row);
  }
  for (const std::string& note : run.baseline_notes) out += "# baseline: " + visible(note) + '\n';
  if (!run.complete)
    out += fmt::format("Bail out! The run is incomplete: {}\n",
                       run.incomplete_because.empty() ? "it has not come to its end" : visible(run.incomplete_because));
  return out;
}

}  // namespace smtpspec::reports
