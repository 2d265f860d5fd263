// What the pages of the terminal report share: colours, labelled lines.
#pragma once

#include <string>
#include <string_view>

#include "harness/engine/result.hpp"
#include "reports/report.hpp"

namespace smtpspec::reports {

enum class Colour { plain, red, yellow, green, dim };
[[nodiscard]] Colour colour_of(engine::Outcome outcome);
/// Without `style.colour` this is the text itself: no escape sequence at all.
[[nodiscard]] std::string painted(std::string_view text, Colour colour, const TerminalStyle& style);

/// Where labels and their texts stand.
struct Columns {
  std::size_t indent;
  std::size_t label;  ///< width, the gap after it included
};
/// Adds "label     text", wrapped at the page's width with the text under itself. Nothing where the text is empty. The
/// text is made visible here. What is to be copied or clicked on is not `wrapped`.
void put_field(std::string& out, Columns at, std::string_view label, std::string_view text, const TerminalStyle& style,
               bool wrapped = true);

/// "1 scenario", "3 scenarios"
[[nodiscard]] std::string counted(std::size_t count, std::string_view noun);
/// "850 ms", "12.3 s", "3 min 20 s"
[[nodiscard]] std::string spoken(std::chrono::milliseconds duration);

/// The end of the report: target, counts, what was not tested and why, the verdict.
[[nodiscard]] std::string summary(const engine::RunResult& run, const TerminalStyle& style);
/// The verdict in plain words, one paragraph.
[[nodiscard]] std::string verdict(const engine::RunResult& run, const TerminalStyle& style);

}  // namespace smtpspec::reports
