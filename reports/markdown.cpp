#include <algorithm>

#include <fmt/format.h>

#include "harness/smtp/char_class.hpp"
#include "harness/smtp/visible.hpp"
#include "reports/layout.hpp"
#include "reports/parts.hpp"
#include "reports/report.hpp"
#include "reports/terminal_style.hpp"

// A summary in GitHub's Markdown, for $GITHUB_STEP_SUMMARY (1 MiB at most) or a comment: findings, most serious first,
// each with its evidence. What the target said stands in code alone, where nothing is markup, a mention or a link; and
// no line begins with "::", for the text may go to a log as well.
namespace smtpspec::reports {
namespace {

using engine::Finding;
using engine::Outcome;
using engine::RunResult;
using engine::ScenarioResult;
using smtp::visible;

constexpr std::size_t most_octets = std::size_t{900} << 10;
constexpr std::size_t most_in_table = 200;
constexpr std::size_t most_shown = 50;  // with their evidence
constexpr std::size_t most_of_list = 50;
constexpr std::size_t most_lines_shown = 24;
constexpr std::size_t most_of_text = 600;
constexpr std::size_t most_of_cell = 160;

/// A text that is ours, or of a suite, not at the beginning of a line: whatever could be markup is escaped; of colons
/// those that are no punctuation, of periods those of "www.", which is a link.
std::string text(std::string_view words, std::size_t most = most_of_text) {
  const std::string shown = cut_middle(visible(words), most);
  std::string safe;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const bool colon = shown[i] == ':' && i + 1 < shown.size() && shown[i + 1] != ' ';
    const bool link = shown[i] == '.' && i > 0 && smtp::to_upper(shown[i - 1]) == 'W';
    if (colon || link || std::string_view("\\`*_{}[]<>#|~&!@").find(shown[i]) != std::string_view::npos) safe += '\\';
    safe += shown[i];
  }
  return safe;
}

/// The same within an element of HTML, where Markdown is no markup.
std::string html(std::string_view words, std::size_t most = most_of_text) {
  std::string safe;
  for (const char c : cut_middle(visible(words), most))
    safe += std::string_view("&<>@`").find(c) == std::string_view::npos ? std::string(1, c) : fmt::format("&#{};", +c);
  return safe;
}

/// In back-ticks, more of them than the text has in a row.
std::string code(std::string_view words, std::size_t most = most_of_text) {
  const std::string shown = cut_middle(visible(words), most);
  if (shown.empty()) return "(nothing)";
  std::size_t longest = 0;
  std::size_t row = 0;
  for (const char c : shown) longest = std::max(longest, row = c == '`' ? row + 1 : 0);
  const std::string fence(longest + 1, '`');
  const bool padded = shown.front() == '`' || shown.back() == '`' || shown.front() == ' ' || shown.back() == ' ';
  const std::string_view gap = padded ? " " : "";
  return fmt::format("{}{}{}{}{}", fence, gap, shown, gap, fence);
}

/// The same in a cell of a table, which a bar would end.
std::string code_in_cell(std::string_view words) { return with_backslash(code(words, most_of_cell), "|"); }

/// Lines that begin with what we put there, so that none can end the block.
std::string block(const ScenarioResult& row) {
  const auto lines = around_key(row.excerpt, most_lines_shown);
  return lines.empty() ? "" : fmt::format("```text\n{}```\n\n", conversation(lines, {.width = 160}, false));
}

std::string counts(const RunResult& run) {
  std::string said;
  for (int i = 0; i < scenario::outcome_count; ++i) {
    const auto outcome = static_cast<Outcome>(i);
    if (run.count(outcome) > 0)
      said += fmt::format("{}{} {}", said.empty() ? "" : ", ", run.count(outcome), name(outcome));
  }
  return said.empty() ? "none" : said;
}

std::string cited_as(const engine::CitedRequirement& cited) {
  const std::string link = link_to(cited);
  return link.empty() ? text(place(cited)) : fmt::format("[{}]({})", text(place(cited)), link);
}

std::string table(const std::vector<Finding>& findings) {
  std::string out = "| | severity | finding | rows |\n|--:|---|---|--:|\n";
  for (std::size_t i = 0; i < std::min(findings.size(), most_in_table); ++i)
    out += fmt::format("| {} | {} | {} {} | {} |\n", i + 1, name(findings[i].severity), code_in_cell(findings[i].id),
                       text(findings[i].what, most_of_cell), findings[i].rows.size() + findings[i].consequences.size());
  if (findings.size() > most_in_table)
    out += fmt::format("\nand {} more: {}\n", findings.size() - most_in_table, by_severity(findings, most_in_table));
  return out + '\n';
}

std::string evidence(const Finding& finding, std::size_t number, const ScenarioResult* row) {
  std::string out = fmt::format("<details{}>\n<summary>{}. {} {}: {}</summary>\n\n", number == 1 ? " open" : "", number,
                                name(finding.severity), name(finding.outcome), html(finding.what, most_of_cell));
  if (!finding.requirement.id.empty())
    out += fmt::format("By {}: {}\n\n", cited_as(finding.requirement), text(sentence(finding.requirement)));
  out += fmt::format("- finding {}, shown by {}\n", code(finding.id), code(rows_of(finding)));
  if (!finding.expected.empty()) out += fmt::format("- expected {}\n", code(finding.expected));
  if (!finding.actual.empty()) out += fmt::format("- got {}\n", code(finding.actual));
  if (row != nullptr && !row->reason.empty()) out += fmt::format("- because {}\n", code(row->reason));
  if (row != nullptr && row->known) out += fmt::format("- baseline {}\n", code(against_baseline(*row)));
  if (row != nullptr && !row->file.empty())
    out += fmt::format("- at {}\n", code(fmt::format("{}:{}", row->file, row->line)));
  if (row != nullptr && !row->again.empty()) out += fmt::format("- again {}\n", code(row->again, no_limit));
  out += '\n';
  if (row != nullptr) out += block(*row);
  return out + "</details>\n\n";
}

std::string evidence_of_all(const RunResult& run, const std::vector<Finding>& findings) {
  std::string out;
  std::size_t shown = 0;
  for (; shown < std::min(findings.size(), most_shown); ++shown) {
    const std::string next = evidence(findings[shown], shown + 1, row_named(run, findings[shown].evidence));
    if (out.size() + next.size() > most_octets) break;
    out += next;
  }
  if (shown < findings.size())
    out += fmt::format("The evidence of {} is in results.json; `smtpspec show ID` shows it.\n\n",
                       counted(findings.size() - shown, "more finding"));
  return out;
}

std::string list(std::string_view heading, const std::vector<std::string>& lines) {
  if (lines.empty()) return {};
  std::string out = fmt::format("### {}\n\n", heading);
  for (std::size_t i = 0; i < std::min(lines.size(), most_of_list); ++i) out += fmt::format("- {}\n", lines[i]);
  if (lines.size() > most_of_list) out += fmt::format("- and {} more\n", lines.size() - most_of_list);
  return out + '\n';
}

std::string because(const RunResult& run, const Finding& known) {
  const ScenarioResult* const row = row_named(run, known.evidence);
  const std::string words = row == nullptr ? "" : known_because(*row);
  return words.empty() ? "" : ". Known: " + text(words);
}

std::string about_baseline(const RunResult& run) {
  std::vector<std::string> known;
  for (const Finding& finding : engine::known_findings(run))
    known.push_back(fmt::format("{}: {}{}", code(finding.id), text(finding.what), because(run, finding)));
  std::vector<std::string> fixed;
  for (const ScenarioResult& row : run.scenarios)
    if (row.expectation == engine::BaselineStatus::fixed) fixed.push_back(code(row.id));
  std::vector<std::string> notes;
  for (const std::string& note : run.baseline_notes) notes.push_back(code(note));
  std::vector<std::string> otherwise;
  for (const std::string& line : run.other_endings) otherwise.push_back(code(line));
  return list("Known failures", known) + list("Fixed: the baseline can forget these", fixed) +
         list("The baseline", notes) + list("Permitted, and otherwise than the baseline remembers", otherwise);
}

std::string about_target(const RunResult& run) {
  const engine::TargetFacts& target = run.target;
  std::vector<std::string> facts;
  if (!target.greeting.empty()) facts.push_back(fmt::format("greeting {}", code(target.greeting)));
  for (const engine::Learnt& fact : target.learnt)
    facts.push_back(fmt::format("{}: {}", code(fact.name), code(fact.value)));
  return list("What smtpspec learnt", facts);
}

}  // namespace

std::string to_markdown(const RunResult& run) {
  const std::vector<Finding> findings = engine::findings(run);
  std::string out = fmt::format("## SMTP: {}\n\n", code(run.target.name));
  out += fmt::format("**{}**\n\n", text(verdict(run, {}), 2 * most_of_text));
  out += fmt::format("{} ({}), {} in {}: {}. Seed {}, smtpspec {}.\n\n", code(run.target.address),
                     text(run.target.profile), counted(run.scenarios.size(), "row"), spoken(run.duration), counts(run),
                     run.seed, text(run.version));
  if (!findings.empty())
    out +=
        fmt::format("### {}: {}\n\n", counted(findings.size(), "finding"), by_severity(findings, 0)) + table(findings);
  out += evidence_of_all(run, findings) + about_baseline(run) + about_target(run);
  return without_commands(out);
}

}  // namespace smtpspec::reports
