// What the pages of the terminal report share: colours, labelled lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/engine/findings.hpp"
#include "harness/engine/result.hpp"
#include "reports/layout.hpp"
#include "reports/report.hpp"

namespace smtpspec::reports {

enum class Colour { plain, red, yellow, green, dim };
[[nodiscard]] Colour colour_of(engine::Outcome outcome);
/// Without `style.colour` this is the text itself: no escape sequence at all.
[[nodiscard]] std::string painted(std::string_view text, Colour colour, const TerminalStyle& style);
/// The same, and blanks after it that have no colour.
[[nodiscard]] std::string painted(std::string_view text, std::size_t width, Colour colour, const TerminalStyle& style);

/// Where labels and their texts stand.
struct Columns {
  std::size_t indent;
  std::size_t label;  ///< width, the gap after it included
};
/// Adds "label     text", broken between words at the style's width with the text under itself, or below the label
/// where there is little room after it, or a word needs more, in `most` lines at most. Nothing where the text is
/// empty. The text is made visible here.
void put_field(std::string& out, Columns at, std::string_view label, std::string_view text, const TerminalStyle& style,
               std::size_t most = no_limit);
/// The same of lines that are broken already, or must not be.
void put_lines(std::string& out, Columns at, std::string_view label, const std::vector<std::string>& lines,
               const TerminalStyle& style);

/// "1 scenario", "3 scenarios"
[[nodiscard]] std::string counted(std::size_t count, std::string_view noun);
/// "850 ms", "12.3 s", "3 min 20 s"
[[nodiscard]] std::string spoken(std::chrono::milliseconds duration);

/// "RFC 5321 section 4.1.1.4, lines 2028-2032 (MUST)"
[[nodiscard]] std::string place(const engine::CitedRequirement& cited);
/// "MUST", where its sentence says so, else "MUST by its meaning".
[[nodiscard]] std::string strength(const engine::CitedRequirement& cited);
/// Its sentence in quotation marks; the id where there is none.
[[nodiscard]] std::string sentence(const engine::CitedRequirement& cited);
/// Where it stands and the command that runs it again: what is to be copied is never cut.
void put_where(std::string& out, Columns at, const engine::ScenarioResult& result, const TerminalStyle& style);

/// "2 security, 1 loss, 4 must", of those from the given one on.
[[nodiscard]] std::string by_severity(const std::vector<engine::Finding>& findings, std::size_t from);
/// The lines around the one that decided, at most so many.
[[nodiscard]] std::vector<engine::ExcerptLine> around_key(const std::vector<engine::ExcerptLine>& lines,
                                                          std::size_t most);
/// The findings in a line or two each, in `most` lines at most.
[[nodiscard]] std::string table_of(const std::vector<engine::Finding>& findings, std::size_t most,
                                   const TerminalStyle& style);
/// The evidence of the first ten, in `most` lines at most.
[[nodiscard]] std::string evidence_of(const std::vector<engine::Finding>& findings, const engine::RunResult& run,
                                      std::size_t most, const TerminalStyle& style);
/// The end of the report: target, what was learnt of it, counts, what was not tested and why, the verdict.
[[nodiscard]] std::string summary(const engine::RunResult& run, const TerminalStyle& style);
struct VerdictPart {
  std::string_view kind;  ///< an outcome's name, or "incomplete", "nothing", "known"
  std::string text;       ///< without a capital in front and a full stop after
};
[[nodiscard]] std::vector<VerdictPart> verdict_parts(const engine::RunResult& run, const TerminalStyle& style);
/// Its parts in one sentence.
[[nodiscard]] std::string verdict(const engine::RunResult& run, const TerminalStyle& style);

}  // namespace smtpspec::reports
