#include <algorithm>

#include <fmt/format.h>

#include "harness/smtp/char_class.hpp"
#include "harness/smtp/visible.hpp"
#include "reports/parts.hpp"
#include "reports/terminal_style.hpp"

namespace smtpspec::reports {
namespace {

using engine::Finding;
using engine::ScenarioResult;
using smtp::visible;

constexpr Columns body = {4, 10};
constexpr std::size_t most_shown = 10;

// "security FAIL    34 rows  id"
std::string line_of(const Finding& finding, const TerminalStyle& style) {
  constexpr std::size_t severity = 8;
  return folded(
      fmt::format("{} {:<5} {:>4}  {}\n", painted(name(finding.severity), severity, colour_of(finding.outcome), style),
                  smtp::to_upper(name(finding.outcome)), finding.rows.size() + finding.consequences.size(),
                  visible(finding.id)),
      style.width);
}

/// How many lines of a block each part may take.
struct Room {
  std::size_t title;
  std::size_t sentence;
  std::size_t field;
  std::size_t reason;
};
constexpr Room rooms[] = {{2, 8, 4, 4}, {2, 4, 2, 2}, {1, 3, 1, 1}, {1, 2, 1, 0}, {1, 1, 1, 0}};  // the first that fits

std::string block(const Finding& finding, const ScenarioResult& row, std::size_t most, const Room& room,
                  const TerminalStyle& style) {
  std::string out =
      folded(fmt::format("{} {}\n", painted(smtp::to_upper(name(finding.outcome)), colour_of(finding.outcome), style),
                         visible(finding.id)),
             style.width);
  put_field(out, {body.indent, 0}, "", finding.what, style, room.title);
  if (!finding.requirement.id.empty()) {
    put_field(out, {body.indent, 0}, "", place(finding.requirement), style, 2);
    put_field(out, {body.indent, 0}, "", sentence(finding.requirement), style, room.sentence);
  }
  put_field(out, body, "expected", finding.expected, style, room.field);
  put_field(out, body, "actual", finding.actual, style, room.field);
  if (row.known) put_field(out, body, "baseline", against_baseline(row), style, room.field);
  if (room.reason > 0) put_field(out, body, "because", row.reason, style, room.reason);
  std::string where;
  put_where(where, body, row, style);
  const std::size_t used = screen_lines(out, style.width) + screen_lines(where, style.width) + 1;
  return out + conversation(around_key(row.excerpt, std::max(used + 2, most) - used), style, false) + where + '\n';
}

}  // namespace

std::string by_severity(const std::vector<Finding>& findings, std::size_t from) {
  std::string said;
  for (const auto severity :
       {engine::Severity::security, engine::Severity::loss, engine::Severity::must, engine::Severity::should}) {
    const auto count = std::count_if(findings.begin() + static_cast<std::ptrdiff_t>(from), findings.end(),
                                     [=](const Finding& one) { return one.severity == severity; });
    if (count > 0) said += fmt::format("{}{} {}", said.empty() ? "" : ", ", count, name(severity));
  }
  return said;
}

std::vector<engine::ExcerptLine> around_key(const std::vector<engine::ExcerptLine>& lines, std::size_t most) {
  if (lines.size() <= most) return lines;
  const auto decided = engine::key_line(lines);
  const std::size_t key = decided == lines.end() ? lines.size() - 1 : static_cast<std::size_t>(decided - lines.begin());
  const std::size_t after = most > 4 ? most / 4 : 0;
  const std::size_t end = std::min(lines.size(), std::max(key + 1 + after, most));
  const std::size_t begin = end - most;
  return {lines.begin() + static_cast<std::ptrdiff_t>(begin), lines.begin() + static_cast<std::ptrdiff_t>(end)};
}

std::string table_of(const std::vector<Finding>& findings, std::size_t most, const TerminalStyle& style) {
  if (findings.empty()) return {};
  std::string out;
  put_field(out, {0, 0}, "", fmt::format("{}: {}", counted(findings.size(), "finding"), by_severity(findings, 0)),
            style);
  out += '\n';
  out +=
      painted(fmt::format("{:<8} {:<5} {:>4}  {}", "severity", "worst", "rows", "finding"), Colour::dim, style) + "\n";
  const std::size_t lines = findings.size() + 6;
  const std::size_t titled = most > lines ? most - lines : 0;  // the first ones say in a second line what they are
  for (std::size_t i = 0; i < findings.size(); ++i) {
    std::string entry = line_of(findings[i], style);
    if (i < titled) put_field(entry, {body.indent, 0}, "", findings[i].what, style, 1);
    if (screen_lines(out + entry, style.width) + 2 > most) {
      put_field(out, {0, 0}, "", fmt::format("and {} more: {}", findings.size() - i, by_severity(findings, i)), style,
                1);
      break;
    }
    out += entry;
  }
  return out + '\n';
}

std::string evidence_of(const std::vector<Finding>& findings, const engine::RunResult& run, std::size_t most,
                        const TerminalStyle& style) {
  const std::size_t count = std::min(findings.size(), most_shown);
  std::string out;
  std::size_t left = most - std::min<std::size_t>(most, 3);  // how to see more
  for (std::size_t i = 0; i < count; ++i) {
    const ScenarioResult* const row = row_named(run, findings[i].evidence);
    if (row == nullptr) continue;
    const std::size_t share = left / (count - i);
    std::string text;
    for (const Room& room : rooms) {
      text = block(findings[i], *row, share, room, style);
      if (screen_lines(text, style.width) <= share) break;
    }
    if (screen_lines(text, style.width) > left) continue;
    left -= screen_lines(text, style.width);
    out += text;
  }
  if (!findings.empty())
    put_field(
        out, {0, 0}, "",
        "More: 'smtpspec show ID' shows a finding or a row with its whole conversation, 'smtpspec show --all' every "
        "finding, --verbose every row.",
        style, 3);
  return findings.empty() ? out : out + '\n';
}

}  // namespace smtpspec::reports
