#include "reports/terminal_style.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "reports/layout.hpp"
#include "reports/visible.hpp"

namespace smtpspec::reports {
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

void put_field(std::string& out, Columns at, std::string_view label, std::string_view text, const TerminalStyle& style,
               bool wrapped) {
  if (text.empty()) return;
  const std::string gap(std::max(at.label, label.size()) - label.size(), ' ');
  std::string shown_label = painted(label, Colour::dim, style) + gap;
  const std::size_t width = page_width - at.indent - at.label;
  const std::string whole = visible(text);
  for (const std::string& line : wrapped ? wrap(whole, width) : std::vector{whole}) {
    out += fmt::format("{:{}}{}{}\n", "", at.indent, shown_label, line);
    shown_label.assign(at.label, ' ');
  }
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
