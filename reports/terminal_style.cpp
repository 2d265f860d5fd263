#include "reports/terminal_style.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "harness/smtp/char_class.hpp"
#include "harness/smtp/visible.hpp"

namespace smtpspec::reports {

using smtp::visible;

namespace {

std::size_t room_after(Columns at, std::string_view label, const TerminalStyle& style) {
  const std::size_t left = at.indent + std::max(at.label, columns(label));
  return style.width > left + 8 ? style.width - left : 8;
}

// Where there is little room, or a word of the text needs more, the label gets a line of its own, and is then empty.
Columns place_after_label(std::string& out, Columns at, std::string_view& label, std::string_view text,
                          const TerminalStyle& style) {
  const Columns below = {at.indent + 2, 0};
  constexpr std::size_t least = 24;
  const std::size_t room = room_after(at, label, style);
  const bool is_enough = room >= least || columns(text) <= room;
  if (at.label <= 2 || (is_enough && !has_word_between(text, room, room_after(below, "", style)))) return at;
  if (!label.empty()) put_lines(out, {at.indent, 0}, "", {painted(label, Colour::dim, style)}, style);
  label = "";
  return below;
}

}  // namespace

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

std::string painted(std::string_view text, std::size_t width, Colour colour, const TerminalStyle& style) {
  return painted(text, colour, style) + std::string(width - std::min(width, columns(text)), ' ');
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
  const std::string shown = visible(text);
  const Columns there = place_after_label(out, at, label, shown, style);
  put_lines(out, there, label, fitted(shown, room_after(there, label, style), most), style);
}

// A sentence that says what something is, as grammar does, has no such word (RFC 2119).
std::string strength(const engine::CitedRequirement& cited) {
  static constexpr std::array<std::array<std::string_view, 3>, 3> words = {
      {{"MUST", "SHALL", "REQUIRED"}, {"SHOULD", "RECOMMENDED", "SHOULD"}, {"MAY", "OPTIONAL", "MAY"}}};
  const std::string level = smtp::to_upper(name(cited.level));
  const auto has_it = [&](std::string_view word) { return cited.says.find(word) != std::string::npos; };
  for (const auto& of_level : words)
    if (of_level.front() == level && !std::any_of(of_level.begin(), of_level.end(), has_it))
      return level + " by its meaning";
  return level;
}

std::string place(const engine::CitedRequirement& cited) {
  std::string where = cited.section.empty() ? cited.id : cited.section;
  if (!cited.lines.empty()) {
    const bool several = cited.lines.find_first_of("-,") != std::string::npos;
    where += fmt::format(", line{} {}", several ? "s" : "", cited.lines);
  }
  return fmt::format("{} ({})", where, strength(cited));
}

// What no RFC says stands in no quotation marks.
std::string sentence(const engine::CitedRequirement& cited) {
  if (cited.says.empty()) return cited.id;
  return cited.section.starts_with("RFC ") ? fmt::format("\"{}\"", cited.says) : cited.says;
}

void put_where(std::string& out, Columns at, const engine::ScenarioResult& result, const TerminalStyle& style) {
  if (!result.file.empty()) {
    const std::string file = visible(fmt::format("{}:{}", result.file, result.line));
    std::string_view label = "at";
    const Columns there = place_after_label(out, at, label, file, style);
    put_lines(out, there, label, {file}, style);
  }
  if (result.again.empty()) return;
  const std::string again = visible(result.again);
  std::string_view label = "again";
  const Columns there = place_after_label(out, at, label, again, style);
  put_lines(out, there, label, command_lines(again, room_after(there, label, style)), style);
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
