#include "harness/scenario/diagnostic.hpp"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

#include "harness/smtp/visible.hpp"

namespace smtpspec::scenario {
namespace {

// A longer line is shown as a window around the caret.
constexpr std::size_t max_columns = 160;
constexpr std::size_t longest_word = 64;

/// A character each, and a column each: what cannot be shown becomes '?', for a scenario file may come from anybody.
std::string_view take_character(std::string_view& line) {
  const std::string_view one = line.substr(0, std::max<std::size_t>(smtp::utf8_sequence(line), 1));
  line.remove_prefix(one.size());
  return smtp::can_be_shown(one) ? one : one == "\t" ? " " : "?";
}

std::size_t count_characters(std::string_view line) {
  std::size_t count = 0;
  for (; !line.empty(); ++count) (void)take_character(line);
  return count;
}

/// Some of a line that may be as long as a file.
std::string printable(std::string_view text, std::size_t first = 0, std::size_t end = std::string_view::npos) {
  std::string out;
  for (std::size_t number = 0; !text.empty() && number < end; ++number) {
    const std::string_view character = take_character(text);
    if (number >= first) out += character;
  }
  return out;
}

/// Optimal string alignment: insert, drop, replace, swap two neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> rows(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        rows[i][j] = i + j;
        continue;
      }
      rows[i][j] =
          std::min({rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        rows[i][j] = std::min(rows[i][j], rows[i - 2][j - 2] + 1);
    }
  }
  return rows[a.size()][b.size()];
}

}  // namespace

std::string closest(std::string_view word, const std::vector<std::string>& candidates) {
  if (word.empty() || word.size() > longest_word) return {};
  std::size_t best = std::max<std::size_t>(1, word.size() / 3) + 1;
  std::string found;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > longest_word) continue;
    const std::size_t d = distance(word, candidate);
    if (d < best && d < candidate.size()) {
      best = d;
      found = candidate;
    }
  }
  return found;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates, std::string otherwise) {
  const std::string near = closest(word, candidates);
  return near.empty() ? otherwise : fmt::format("did you mean '{}'?", near);
}

std::string render(const Diagnostic& diagnostic, bool colour) {
  const bool error = diagnostic.severity == Diagnostic::Severity::error;
  const auto paint = [colour](const char* code, const std::string& text) {
    return colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
  };
  const char* accent = error ? "1;31" : "1;35";
  std::string out = printable(diagnostic.place.file);
  if (out.empty()) out = "smtpspec";
  if (diagnostic.place.line > 0) out += fmt::format(":{}", diagnostic.place.line);
  if (diagnostic.place.line > 0 && diagnostic.place.column > 0) out += fmt::format(":{}", diagnostic.place.column);
  out += fmt::format(": {}: {}\n", paint(accent, error ? "error" : "warning"), printable(diagnostic.message));
  const std::string help = printable(diagnostic.help);
  if (diagnostic.line.empty() || diagnostic.place.line <= 0) {
    if (!help.empty()) out += fmt::format("  {}\n", help);
    return out;
  }

  const std::size_t size = count_characters(diagnostic.line);
  auto column = static_cast<std::size_t>(std::max(1, diagnostic.place.column)) - 1;
  column = std::min(column, size);
  const std::size_t first = column > max_columns * 2 / 3 && size > max_columns ? column - max_columns / 2 : 0;
  const std::size_t end = std::min(size, first + max_columns);
  std::string shown = first > 0 ? "... " : "";
  const std::size_t indent = shown.size() + column - first;
  shown += printable(diagnostic.line, first, end);
  if (end < size) shown += " ...";
  const auto wanted = static_cast<std::size_t>(std::max(1, diagnostic.width));
  const std::size_t width = std::max<std::size_t>(1, std::min(wanted, end > column ? end - column : 1));
  const std::string number = std::to_string(diagnostic.place.line);
  out += fmt::format("  {} | {}\n", number, shown);
  out += fmt::format("  {} | {}{}{}\n", std::string(number.size(), ' '), std::string(indent, ' '),
                     paint(accent, std::string(width, '^')), help.empty() ? "" : " " + help);
  return out;
}

}  // namespace smtpspec::scenario
