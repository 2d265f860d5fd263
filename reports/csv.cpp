#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "harness/engine/findings.hpp"
#include "harness/smtp/visible.hpp"
#include "reports/parts.hpp"
#include "reports/report.hpp"

// CSV (RFC 4180), one record a row, with a header. Every text is in quotation marks. What a spreadsheet would take for
// a formula begins with an apostrophe, which makes it a text there.
namespace smtpspec::reports {
namespace {

using engine::RunResult;
using engine::ScenarioResult;

bool begins_a_formula(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  if (text.empty()) return false;
  if (std::string_view("=+-@|%\t\r").find(text.front()) != std::string_view::npos) return true;
  for (const std::string_view wide : {"\uff1d", "\uff0b", "\uff0d", "\uff20"})  // the same in full width
    if (text.starts_with(wide)) return true;
  return false;
}

std::string cell(std::string_view text) {
  std::string quoted = "\"";
  const std::string shown = smtp::visible(text);
  if (begins_a_formula(shown)) quoted += '\'';
  for (const char c : shown) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

std::string record(const std::vector<std::string>& cells) { return fmt::format("{}\r\n", fmt::join(cells, ",")); }

/// Which finding a row shows, or meets on its way.
std::map<std::string_view, std::string_view> finding_of_rows(const std::vector<engine::Finding>& findings) {
  std::map<std::string_view, std::string_view> by_row;
  for (const engine::Finding& finding : findings) {
    for (const std::string& row : finding.rows) by_row.emplace(row, finding.id);
    for (const std::string& row : finding.consequences) by_row.emplace(row, finding.id);
  }
  return by_row;
}

}  // namespace

std::string to_csv(const RunResult& run) {
  std::vector<engine::Finding> findings = engine::findings(run);
  for (engine::Finding& known : engine::known_findings(run)) findings.push_back(std::move(known));
  const auto by_row = finding_of_rows(findings);
  std::string out = record({"id",          "title",       "area",  "level",   "outcome",    "expectation", "severity",
                            "requirement", "section",     "cause", "finding", "expected",   "actual",      "reason",
                            "attempts",    "duration_ms", "file",  "line",    "transcript", "again",       "known"});
  const engine::CitedRequirement none;
  for (const ScenarioResult& row : run.scenarios) {
    const bool cites = !row.requirements.empty();
    const engine::CitedRequirement& cited = cites ? row.requirements.front() : none;
    const auto finding = by_row.find(row.id);
    out += record({cell(row.id),
                   cell(row.title),
                   cell(area(row)),
                   cell(name(row.level)),
                   cell(name(row.outcome)),
                   cell(name(row.expectation)),
                   cell(cites ? name(cited.severity) : ""),
                   cell(cited.id),
                   cell(cited.section),
                   cell(judge::name(row.cause)),
                   cell(finding == by_row.end() ? "" : finding->second),
                   cell(row.expected),
                   cell(row.actual),
                   cell(row.reason),
                   fmt::to_string(row.attempts),
                   fmt::to_string(row.duration.count()),
                   cell(row.file),
                   fmt::to_string(row.line),
                   cell(row.transcript),
                   cell(row.again),
                   cell(known_because(row))});
  }
  return out;
}

}  // namespace smtpspec::reports
