// Words that smtpspec's reports and files use, and what they mean: exit codes, causes, tags. For `help` and the man
// page.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/report.hpp"

namespace smtpspec::cli {

struct Word {
  std::string_view word;
  std::string_view meaning;  ///< one line for people
};

/// By which `run` ends, in their order.
[[nodiscard]] const std::vector<Word>& exit_codes();
/// Of verdicts: what a finding's id ends in, and a baseline's `cause` asks for.
[[nodiscard]] const std::vector<Word>& causes();
/// Of the shipped suite's scenarios, by name. Suites of others may have more.
[[nodiscard]] const std::vector<Word>& tags();
/// Empty for a tag of somebody else's.
[[nodiscard]] std::string_view meaning_of_tag(std::string_view tag);

/// A line a word, or more of them where the style's lines are short.
[[nodiscard]] std::string listed(const std::vector<Word>& words, const reports::TerminalStyle& style);

}  // namespace smtpspec::cli
