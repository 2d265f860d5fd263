// Report writers: pure functions from the one result value to text. Adding a format is a file here and a row in
// report.cpp. Everything in a result is untrusted: each writer escapes for its own format.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "harness/engine/findings.hpp"
#include "harness/engine/result.hpp"
#include "harness/record/transcript.hpp"

namespace smtpspec::reports {

[[nodiscard]] std::string to_json(const engine::RunResult& run);
/// Most octets of a results.json that is read.
inline constexpr std::size_t max_results_file = std::size_t{32} << 20;
/// Reads what `to_json` wrote; nullopt, with `problem` filled, where it is not such a file. Takes no more memory than
/// the text and its rows have octets, whatever the text is.
[[nodiscard]] std::optional<engine::RunResult> from_json(std::string_view json, std::string& problem);
[[nodiscard]] std::string to_junit(const engine::RunResult& run);
[[nodiscard]] std::string to_sarif(const engine::RunResult& run);
[[nodiscard]] std::string to_tap(const engine::RunResult& run);
[[nodiscard]] std::string to_markdown(const engine::RunResult& run);
[[nodiscard]] std::string to_csv(const engine::RunResult& run);
[[nodiscard]] std::string to_badge(const engine::RunResult& run);
/// Workflow commands that make GitHub show the findings beside the code: for a log, never for a file.
[[nodiscard]] std::string to_github_annotations(const engine::RunResult& run);

/// The transcript of that path in the run's folder; nullopt where there is none that can be read.
using Transcripts = std::function<std::optional<record::Transcript>(const std::string& path)>;
/// One page for people, of at most a few MB: findings, rows, requirements, and the conversations that there is room
/// for.
[[nodiscard]] std::string to_html(const engine::RunResult& run, const Transcripts& transcripts);

struct TerminalStyle {
  bool colour = false;
  bool verbose = false;  ///< every scenario, not only the findings
  bool strict = false;   ///< warnings are findings
  std::size_t width = 80;
};
/// Lines of the report at most, on a terminal of any width that one can read on, unless it is verbose.
inline constexpr std::size_t most_lines = 200;
/// The whole report as the terminal shows it at the end of a run: findings, most serious first, the evidence of the
/// worst, what was learnt, the summary. A verbose one begins with every row.
[[nodiscard]] std::string to_terminal(const engine::RunResult& run, const TerminalStyle& style);
/// One row: id, requirement and section, expected, actual, the conversation around it, source, the command to rerun.
[[nodiscard]] std::string row_report(const engine::ScenarioResult& result, const TerminalStyle& style);
/// Of `smtpspec show --all`: all findings, by a line or two each, however many there are.
[[nodiscard]] std::string all_findings(const engine::RunResult& run, const TerminalStyle& style);
/// Of `smtpspec show`: what one row asked, why, by which RFC, and what came, up to the conversation.
[[nodiscard]] std::string row_shown(const engine::ScenarioResult& result, const TerminalStyle& style);
/// And of a finding: what it is and the rows that show it; its evidence is to be shown after it.
[[nodiscard]] std::string finding_shown(const engine::Finding& finding, const TerminalStyle& style);
/// Lines of a conversation, `whole` or cut to the width.
[[nodiscard]] std::string conversation(const std::vector<engine::ExcerptLine>& lines, const TerminalStyle& style,
                                       bool whole);
/// One of them, where the names of sessions take so many columns: 0 where there is but one session.
[[nodiscard]] std::string conversation_line(const engine::ExcerptLine& line, std::size_t session_width,
                                            const TerminalStyle& style, bool whole);
/// "C:", "S:", and "--" of what is neither's.
[[nodiscard]] std::string_view side_mark(engine::ExcerptLine::Side side);
[[nodiscard]] std::size_t session_width(const std::vector<std::string>& sessions);

struct Format {
  std::string_view name;         ///< "json", "junit"
  std::string_view file_name;    ///< in the run's folder: "results.json", "junit.xml"
  std::string_view description;  ///< for the help: "test cases for Jenkins, GitLab and others"
  std::string (*write)(const engine::RunResult&);
  /// In its place, where the format shows conversations.
  std::string (*write_with)(const engine::RunResult&, const Transcripts&) = nullptr;
};
[[nodiscard]] std::string written(const Format& format, const engine::RunResult& run, const Transcripts& transcripts);
[[nodiscard]] std::span<const Format> formats();
[[nodiscard]] const Format* format_named(std::string_view name);
/// "json, junit, sarif"
[[nodiscard]] std::string format_names();

/// Writes to a path that the user has named, by a temporary file and a rename, so that a killed run leaves a whole
/// file. Returns what went wrong, or nothing.
[[nodiscard]] std::optional<std::string> write_file(const std::filesystem::path& path, std::string_view content);
/// What would go wrong if one were written there now. Where nothing would, an earlier file is taken away, so that it
/// does not pass for what is to come.
[[nodiscard]] std::optional<std::string> clear_for_file(const std::filesystem::path& path);

}  // namespace smtpspec::reports
