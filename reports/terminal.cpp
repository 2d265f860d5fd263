#include <algorithm>

#include <fmt/format.h>

#include "harness/smtp/char_class.hpp"
#include "reports/layout.hpp"
#include "reports/report.hpp"
#include "reports/terminal_style.hpp"
#include "reports/visible.hpp"

namespace smtpspec::reports {
namespace {

using engine::BaselineStatus;
using engine::ExcerptLine;
using engine::Outcome;
using engine::ScenarioResult;

constexpr Columns body = {8, 10};

// "  FAIL  id   title", the title on lines of its own where it would not fit.
std::string heading(const ScenarioResult& result, const TerminalStyle& style) {
  const std::string word = fmt::format("{:<5}", smtp::to_upper(name(result.outcome)));
  const std::string id = visible(result.id);
  const std::string title = visible(result.title);
  std::string out = fmt::format("  {} {}", painted(word, colour_of(result.outcome), style), id);
  if (title.empty()) return out + "\n";
  if (2 + word.size() + 1 + columns(id) + 3 + columns(title) <= page_width) return out + "   " + title + "\n";
  out += '\n';
  put_field(out, {body.indent, 0}, "", title, style);
  return out;
}

std::string place(const engine::CitedRequirement& cited) {
  std::string where = cited.section.empty() ? cited.id : cited.section;
  if (!cited.lines.empty()) {
    const bool several = cited.lines.find_first_of("-,") != std::string::npos;
    where += fmt::format(", line{} {}", several ? "s" : "", cited.lines);
  }
  return fmt::format("{} ({})", where, smtp::to_upper(name(cited.level)));
}

// The first requirement is the one that decided; its sentence is worth the room.
void put_requirements(std::string& out, const std::vector<engine::CitedRequirement>& requirements, bool sentence,
                      const TerminalStyle& style) {
  for (std::size_t i = 0; i < requirements.size(); ++i) {
    const engine::CitedRequirement& cited = requirements[i];
    put_field(out, {body.indent, 0}, "", fmt::format("{}{}", i == 0 ? "" : "also ", place(cited)), style);
    if (i > 0 || !sentence) continue;
    put_field(out, {body.indent, 0}, "", cited.says.empty() ? cited.id : fmt::format("\"{}\"", cited.says), style);
  }
}

std::string_view side_mark(ExcerptLine::Side side) {
  switch (side) {
    case ExcerptLine::Side::client: return "C:";
    case ExcerptLine::Side::server: return "S:";
    default: return "--";
  }
}

void put_excerpt(std::string& out, const std::vector<ExcerptLine>& excerpt, const TerminalStyle& style) {
  std::size_t width = 0;  // of the session's name; 0 where there is but one session
  for (const ExcerptLine& line : excerpt) width = std::max(width, columns(visible(line.session)));
  for (const ExcerptLine& line : excerpt) {
    std::string session = visible(line.session);
    session.append(width - columns(session) + (width > 0 ? 1 : 0), ' ');
    const std::string shown =
        fmt::format("{}{} {}", session, side_mark(line.side), cut_middle(visible(line.text), excerpt_width));
    const Colour colour = line.key ? Colour::red : line.side == ExcerptLine::Side::event ? Colour::dim : Colour::plain;
    out += fmt::format("        {} {}\n", line.key ? ">" : " ", painted(shown, colour, style));
  }
}

std::string_view against_baseline(BaselineStatus expectation) {
  switch (expectation) {
    case BaselineStatus::regression: return "regression: the baseline does not know it";
    case BaselineStatus::drift: return "drift: it fails in another way than the baseline says";
    case BaselineStatus::fixed: return "fixed: the baseline expects a failure";
    case BaselineStatus::expired: return "expired: the day of the baseline's entry has passed";
    default: return "";
  }
}

bool is_shown(const engine::RunResult& run, const ScenarioResult& result) {
  switch (result.outcome) {
    case Outcome::fail:
    case Outcome::crash:
    case Outcome::warn: return !run.foreseen(result);
    case Outcome::error: return true;
    default: return false;
  }
}

// Of a verbose report: one line for what is no finding.
std::string listed(const engine::RunResult& run, const ScenarioResult& result, const TerminalStyle& style) {
  const std::string word = fmt::format("{:<13}", name(result.outcome));
  std::string out = fmt::format("  {} {}", painted(word, colour_of(result.outcome), style), visible(result.id));
  std::string_view why = result.reason;
  if (run.foreseen(result)) why = "known: the baseline foresaw it";
  if (!why.empty()) out += fmt::format("   {}", cut_middle(visible(why), page_width));
  return out + "\n";
}

}  // namespace

std::string finding(const ScenarioResult& result, const TerminalStyle& style) {
  const bool brief = result.outcome == Outcome::warn && !style.strict && !style.verbose;
  std::string out = heading(result, style);
  put_requirements(out, result.requirements, !brief, style);
  put_field(out, body, "expected", result.expected, style);
  put_field(out, body, "actual", result.actual, style);
  put_field(out, body, "because", result.reason, style);
  put_field(out, body, "baseline", against_baseline(result.expectation), style);
  if (result.attempts > 1) put_field(out, body, "attempts", fmt::format("{}", result.attempts), style);
  if (!brief) put_excerpt(out, result.excerpt, style);
  if (!result.file.empty()) put_field(out, body, "at", fmt::format("{}:{}", result.file, result.line), style, false);
  if (!brief) put_field(out, body, "again", result.again, style, false);
  return without_commands(out);
}

std::string to_terminal(const engine::RunResult& run, const TerminalStyle& style) {
  std::string out;
  bool gap = false;  // an empty line is due before the next finding
  for (const ScenarioResult& result : run.scenarios) {
    if (is_shown(run, result)) {
      out += out.empty() ? "" : "\n";
      out += finding(result, style);
      gap = true;
    } else if (style.verbose) {
      out += gap ? "\n" : "";
      out += listed(run, result, style);
      gap = false;
    }
  }
  if (!out.empty()) out += '\n';
  out += summary(run, style);
  return without_commands(out);
}

}  // namespace smtpspec::reports
