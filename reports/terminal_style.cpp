#include "reports/terminal_style.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "harness/smtp/char_class.hpp"
#include "harness/smtp/visible.hpp"

namespace smtpspec::reports {

using smtp::visible;
Colour colour_of(engine::Outcome outcome) {
  switch (outcome) {
    case engine::Outcome::fail:
    case engine::Outcome::crash: return Colour::red;
    case engine::Outcome::warn: return Colour::yellow;
    case engine::Outcome::pass: return Colour::green;
    default: return Colour::dim;
  }
}

std::string painted(std::string_view text, Colour colour, const TerminalStyle& style) {
  if (!style.colour || colour == Colour::plain || text.empty()) return std::string(text);
  const char* const code = colour == Colour::red      ? "1;31"
                           : colour == Colour::yellow ? "1;33"
                           : colour == Colour::green  ? "1;32"
                                                      : "2";
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

void put_lines(std::string& out, Columns at, std::string_view label, const std::vector<std::string>& lines,
               const TerminalStyle& style) {
  const std::string gap(std::max(at.label, columns(label)) - columns(label), ' ');
  std::string shown_label = painted(label, Colour::dim, style) + gap;
  for (const std::string& line : lines) {
    out += fmt::format("{:{}}{}{}\n", "", at.indent, shown_label, line);
    shown_label.assign(at.label, ' ');
  }
}

void put_field(std::string& out, Columns at, std::string_view label, std::string_view text, const TerminalStyle& style,
               std::size_t most) {
  if (text.empty()) return;
  const std::size_t left = std::max(at.label, columns(label)) + at.indent;
  put_lines(out, at, label, fitted(visible(text), style.width > left + 8 ? style.width - left : 8, most), style);
}

std::string place(const engine::CitedRequirement& cited) {
  std::string where = cited.section.empty() ? cited.id : cited.section;
  if (!cited.lines.empty()) {
    const bool several = cited.lines.find_first_of("-,") != std::string::npos;
    where += fmt::format(", line{} {}", several ? "s" : "", cited.lines);
  }
  return fmt::format("{} ({})", where, smtp::to_upper(name(cited.level)));
}

// What no RFC says stands in no quotation marks.
std::string sentence(const engine::CitedRequirement& cited) {
  if (cited.says.empty()) return cited.id;
  return cited.section.starts_with("RFC ") ? fmt::format("\"{}\"", cited.says) : cited.says;
}

void put_where(std::string& out, Columns at, const engine::ScenarioResult& result, const TerminalStyle& style) {
  if (!result.file.empty()) put_lines(out, at, "at", {visible(fmt::format("{}:{}", result.file, result.line))}, style);
  const std::size_t left = at.indent + at.label;
  if (!result.again.empty())
    put_lines(out, at, "again", command_lines(visible(result.again), style.width > left + 8 ? style.width - left : 8),
              style);
}

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string spoken(std::chrono::milliseconds duration) {
  const auto count = duration.count();
  if (count < 1000) return fmt::format("{} ms", count);
  if (count < 60'000) return fmt::format("{}.{} s", count / 1000, count % 1000 / 100);
  return fmt::format("{} min {} s", count / 60'000, count % 60'000 / 1000);
}

}  // namespace smtpspec::reports
