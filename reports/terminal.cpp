#include <algorithm>

#include <fmt/format.h>

#include "harness/smtp/char_class.hpp"
#include "harness/smtp/visible.hpp"
#include "reports/parts.hpp"
#include "reports/terminal_style.hpp"

namespace smtpspec::reports {
namespace {

using engine::BaselineStatus;
using engine::ExcerptLine;
using engine::Outcome;
using engine::ScenarioResult;
using smtp::visible;

constexpr Columns body = {4, 10};

// "FAIL  id   title", the title on lines of its own where it would not fit.
std::string heading(const ScenarioResult& result, const TerminalStyle& style) {
  constexpr std::size_t word = 5;
  const std::string id = visible(result.id);
  const std::string title = visible(result.title);
  std::string out =
      fmt::format("{} {}", painted(smtp::to_upper(name(result.outcome)), word, colour_of(result.outcome), style), id);
  if (title.empty()) return out + "\n";
  if (word + 1 + columns(id) + 3 + columns(title) <= style.width) return out + "   " + title + "\n";
  out += '\n';
  put_field(out, {body.indent, 0}, "", title, style);
  return out;
}

// The first requirement is the one that decided; its sentence is worth the room.
void put_requirements(std::string& out, const std::vector<engine::CitedRequirement>& requirements,
                      const TerminalStyle& style) {
  for (std::size_t i = 0; i < requirements.size(); ++i) {
    put_field(out, {body.indent, 0}, "", fmt::format("{}{}", i == 0 ? "" : "also ", place(requirements[i])), style);
    if (i == 0) put_field(out, {body.indent, 0}, "", sentence(requirements[i]), style);
  }
}

// Of a verbose report: one line for what is no finding.
std::string listed(const engine::RunResult& run, const ScenarioResult& result, const TerminalStyle& style) {
  constexpr std::size_t word = 13;
  std::string out =
      fmt::format("{} {}", painted(name(result.outcome), word, colour_of(result.outcome), style), visible(result.id));
  std::string_view why = result.reason;
  const std::string known = "known: " + (result.known ? known_because(result) : "the baseline foresaw it");
  if (run.foreseen(result)) why = known;
  if (!why.empty()) out += fmt::format("   {}", fitted(visible(why), style.width, 1).front());
  return folded(out, style.width) + "\n";
}

std::string every_row(const engine::RunResult& run, const TerminalStyle& style) {
  std::string out;
  bool gap = false;  // an empty line is due before the next row
  for (const ScenarioResult& result : run.scenarios) {
    const bool in_full =
        result.outcome == Outcome::error || (engine::is_finding(result.outcome, true) && !run.foreseen(result));
    if (!out.empty() && (gap || in_full)) out += '\n';
    out += in_full ? row_report(result, style) : listed(run, result, style);
    gap = in_full;
  }
  return out.empty() ? out : out + '\n';
}

void put_verdict(std::string& out, const ScenarioResult& result, const TerminalStyle& style) {
  put_requirements(out, result.requirements, style);
  put_field(out, body, "expected", result.expected, style);
  put_field(out, body, "actual", result.actual, style);
  put_field(out, body, "because", result.reason, style);
  put_field(out, body, "baseline", against_baseline(result), style);
  if (result.attempts > 1) put_field(out, body, "attempts", fmt::format("{}", result.attempts), style);
}

void put_ids(std::string& out, std::string_view label, const std::vector<std::string>& ids,
             const TerminalStyle& style) {
  put_field(out, body, label, fmt::format("{}", fmt::join(ids, ", ")), style);
}

}  // namespace

std::string_view side_mark(ExcerptLine::Side side) {
  switch (side) {
    case ExcerptLine::Side::client: return "C:";
    case ExcerptLine::Side::server: return "S:";
    default: return "--";
  }
}

std::string conversation_line(const ExcerptLine& line, std::size_t session_width, const TerminalStyle& style,
                              bool whole) {
  std::string session = visible(line.session);
  const std::size_t used = std::min(columns(session), session_width);
  session.append(session_width - used + (session_width > 0 ? 1 : 0), ' ');
  const std::size_t left = body.indent + 2 + columns(session) + 3;
  std::string text = visible(line.text);
  if (!whole) text = cut_middle(text, style.width > left + 8 ? style.width - left : 8);
  const Colour colour = line.key ? Colour::red : line.side == ExcerptLine::Side::event ? Colour::dim : Colour::plain;
  return folded(fmt::format("{:{}}{} {}\n", "", body.indent, line.key ? ">" : " ",
                            painted(fmt::format("{}{} {}", session, side_mark(line.side), text), colour, style)),
                style.width);
}

std::size_t session_width(const std::vector<std::string>& sessions) {
  std::size_t width = 0;
  for (const std::string& session : sessions) width = std::max(width, columns(visible(session)));
  return width;
}

std::string conversation(const std::vector<ExcerptLine>& lines, const TerminalStyle& style, bool whole) {
  std::size_t width = 0;
  for (const ExcerptLine& line : lines) width = std::max(width, columns(visible(line.session)));
  std::string out;
  for (const ExcerptLine& line : lines) out += conversation_line(line, width, style, whole);
  return out;
}

std::string row_report(const ScenarioResult& result, const TerminalStyle& style) {
  std::string out = heading(result, style);
  put_verdict(out, result, style);
  out += conversation(result.excerpt, style, false);
  out = folded(out, style.width);
  put_where(out, body, result, style);
  return without_commands(out);
}

std::string row_shown(const ScenarioResult& result, const TerminalStyle& style) {
  std::string out = heading(result, style);
  std::string rationale = result.rationale;  // written in lines
  std::replace(rationale.begin(), rationale.end(), '\n', ' ');
  put_field(out, {body.indent, 0}, "", rationale, style);
  out += '\n';
  put_verdict(out, result, style);
  if (!result.seen_in.empty()) put_ids(out, "seen in", result.seen_in, style);
  out = folded(out, style.width);
  put_where(out, body, result, style);
  return without_commands(out);
}

std::string all_findings(const engine::RunResult& run, const TerminalStyle& style) {
  const std::vector<engine::Finding> findings = engine::findings(run);
  const std::size_t lines_of_all = 10 * (findings.size() + 1);
  return findings.empty() ? "no findings\n" : table_of(findings, lines_of_all, style);
}

std::string finding_shown(const engine::Finding& finding, const TerminalStyle& style) {
  std::string out =
      fmt::format("{} {}\n", painted(smtp::to_upper(name(finding.severity)), colour_of(finding.outcome), style),
                  visible(finding.id));
  put_field(out, {body.indent, 0}, "", finding.what, style);
  put_ids(out, fmt::format("{}", counted(finding.rows.size(), "row")), finding.rows, style);
  put_ids(out, "met by", finding.consequences, style);
  put_ids(out, "blocks", finding.blocked, style);
  return without_commands(folded(out, style.width) + '\n');
}

std::string to_terminal(const engine::RunResult& run, const TerminalStyle& style) {
  const std::vector<engine::Finding> findings = engine::findings(run);
  constexpr std::size_t most_of_table = 20;
  constexpr std::size_t kept_back = 14;  // for the lines between and what the caller adds
  const std::string table = table_of(findings, most_of_table, style);
  const std::string end = summary(run, style);
  std::string out = style.verbose ? every_row(run, style) + table : table;
  if (!style.verbose) {
    const std::size_t used = screen_lines(table, style.width) + screen_lines(end, style.width) + kept_back;
    out += evidence_of(findings, run, most_lines - std::min(used, most_lines), style);
  }
  return without_commands(out + end);
}

}  // namespace smtpspec::reports
