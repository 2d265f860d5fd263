#include <fmt/format.h>

#include "harness/smtp/visible.hpp"
#include "reports/layout.hpp"
#include "reports/parts.hpp"
#include "reports/report.hpp"
#include "reports/terminal_style.hpp"

// GitHub's workflow commands: "::error file=...,line=...,title=...::message". Its runner shows ten of a kind a step, so
// the most serious come first and one notice tells of the rest.
namespace smtpspec::reports {
namespace {

using engine::Finding;
using engine::RunResult;
using engine::ScenarioResult;

constexpr std::size_t most_of_a_kind = 10;
constexpr std::size_t most_of_title = 200;
constexpr std::size_t most_of_message = 1500;

/// As the runner undoes it: in a message "%", CR and LF, in a property ":" and "," as well.
std::string escaped(std::string_view text, bool property) {
  std::string safe;
  for (const char c : text) {
    if (c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ',')))
      safe += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    else
      safe += c;
  }
  return safe;
}

std::string command(std::string_view kind, const ScenarioResult* row, std::string_view title,
                    std::string_view message) {
  const auto property = [](std::string_view text) {
    return escaped(cut_middle(smtp::visible(text), most_of_title), true);
  };
  std::string where;
  if (row != nullptr && !row->file.empty())
    where = fmt::format("file={},line={},", escaped(smtp::visible(row->file), true), row->line);
  return fmt::format("::{} {}title={}::{}\n", kind, where, property(title), escaped(message, false));
}

/// "expected ...; got ..." and in lines of their own what the RFC says and how to see it again.
std::string message_of(const Finding& finding, const ScenarioResult* row) {
  const auto line = [](std::string_view text) { return '\n' + cut_middle(smtp::visible(text), most_of_message); };
  std::string message = in_one_line(finding, most_of_message);
  if (!finding.requirement.id.empty())
    message += line(fmt::format("{}: {}", place(finding.requirement), sentence(finding.requirement)));
  if (row != nullptr)
    if (const std::string against = against_baseline(*row); !against.empty()) message += line(against);
  message += line(fmt::format("shown by {}", rows_of(finding)));
  if (row != nullptr && !row->again.empty()) message += line(row->again);
  return message;
}

}  // namespace

std::string to_github_annotations(const RunResult& run) {
  std::string out;
  std::size_t errors = 0;
  std::size_t warnings = 0;
  std::vector<Finding> rest;
  if (!run.complete) {
    ++errors;
    out += command("error", nullptr, "The run is incomplete",
                   cut_middle(smtp::visible(run.incomplete_because), most_of_message));
  }
  for (const Finding& finding : engine::findings(run)) {
    const bool error = finding.severity != engine::Severity::should;
    std::size_t& count = error ? errors : warnings;
    if (count == most_of_a_kind) {
      rest.push_back(finding);
      continue;
    }
    ++count;
    const ScenarioResult* const row = row_named(run, finding.evidence);
    out += command(error ? "error" : "warning", row, fmt::format("{}: {}", name(finding.severity), finding.what),
                   message_of(finding, row));
  }
  if (!rest.empty())
    out += command("notice", nullptr, fmt::format("{} than are shown here", counted(rest.size(), "more finding")),
                   fmt::format("{}; the report of the run tells of all", by_severity(rest, 0)));
  return out;
}

}  // namespace smtpspec::reports
