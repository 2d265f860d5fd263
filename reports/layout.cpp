#include "reports/layout.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "harness/smtp/char_class.hpp"
#include "harness/smtp/visible.hpp"

namespace smtpspec::reports {
namespace {

// The smallest thing that is shown as a whole: a character, or an escape.
struct Unit {
  std::size_t length = 0;   ///< in octets of the text
  std::size_t columns = 0;  ///< on the terminal
  std::size_t octets = 0;   ///< that it stands for
};

bool is_plain(char octet) { return octet >= ' ' && octet <= '~' && octet != '\\'; }

Unit unit_at(std::string_view text) {
  const char first = text[0];
  if (is_plain(first)) return {1, 1, 1};
  const char second = text.size() >= 2 ? text[1] : '\0';
  if (first == '\x1b' && second == '[') return {std::min(text.find('m'), text.size() - 1) + 1, 0, 0};
  if (first == '\\') {
    if (second == 'x' && text.size() >= 4 && smtp::is_hexdig(text[2]) && smtp::is_hexdig(text[3])) return {4, 4, 1};
    if (second == 'r' || second == 'n' || second == 't' || second == '0' || second == '\\') return {2, 2, 1};
    return {1, 1, 1};
  }
  const std::size_t length = std::max<std::size_t>(smtp::utf8_sequence(text), 1);
  return {length, 1, length};
}

Unit sum_of(std::string_view text) {
  Unit sum;
  while (sum.length < text.size()) {
    const std::string_view rest = text.substr(sum.length);
    const auto plain = static_cast<std::size_t>(std::find_if_not(rest.begin(), rest.end(), is_plain) - rest.begin());
    const Unit unit = plain > 0 ? Unit{plain, plain, plain} : unit_at(rest);
    sum = {sum.length + unit.length, sum.columns + unit.columns, sum.octets + unit.octets};
  }
  return sum;
}

// The longest beginning of at most `width` columns, but at least one unit.
std::string_view beginning(std::string_view text, std::size_t width) {
  std::size_t used = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const Unit unit = unit_at(text.substr(at));
    if (at > 0 && used + unit.columns > width) break;
    used += unit.columns;
    at += unit.length;
  }
  return text.substr(0, at);
}

// The longest end of at most `width` columns that begins with a whole unit.
std::string_view ending(std::string_view text, std::size_t width) {
  std::size_t left = columns(text);
  while (left > width) {
    const Unit unit = unit_at(text);
    left -= unit.columns;
    text.remove_prefix(unit.length);
  }
  return text;
}

// Blanks between two words of a line.
struct Gap {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// The last one of a line that begins within `width` columns, or else the first.
std::optional<Gap> place_to_break(std::string_view line, std::size_t width) {
  std::optional<Gap> found;
  std::size_t at = line.find_first_not_of(' ');
  while (at < line.size()) {
    const std::size_t begin = line.find(' ', at);
    const std::size_t end = line.find_first_not_of(' ', begin);
    if (end >= line.size()) break;
    if (found && columns(line.substr(0, begin)) > width) break;
    found = {begin, end};
    at = end;
  }
  return found;
}

// How far what goes on is indented: as what stands after the first wide gap, where there is room.
std::size_t indent_of_rest(std::string_view line, std::size_t width) {
  constexpr std::size_t least = 4;
  const std::size_t begin = std::min(line.find_first_not_of(' '), line.size());
  const std::size_t indent = begin <= width / 2 ? begin : least;
  const std::size_t gap = line.find("  ", begin);
  const std::size_t second = gap == std::string_view::npos ? gap : line.find_first_not_of(' ', gap);
  if (second == std::string_view::npos) return indent + 2;
  const std::size_t column = columns(line.substr(0, second));
  return column <= width / 2 && !has_word_between(line.substr(second), width - column, width) ? column : indent + 2;
}

// The colour that is switched on at the end of a text; empty where none is.
std::string_view colour_at_end(std::string_view text, std::string_view before) {
  constexpr std::string_view off = "\x1b[0m";
  const std::size_t last = text.rfind('\x1b');
  if (last == std::string_view::npos) return before;
  const std::string_view code = text.substr(last, unit_at(text.substr(last)).length);
  return code == off ? std::string_view() : code;
}

void fold_line(std::string& out, std::string_view line, std::size_t width) {
  const std::size_t rest = indent_of_rest(line, width);
  std::size_t used = 0;
  if (const std::size_t begin = line.find_first_not_of(' '); columns(line) > width && begin + 2 > rest) {
    used = rest;  // it begins too far in
    out.append(rest, ' ');
    line.remove_prefix(begin);
  }
  std::string_view colour;
  while (used + columns(line) > width) {
    const auto gap = place_to_break(line, width - std::min(width, used));
    if (!gap) break;
    const std::string_view part = line.substr(0, gap->begin);
    colour = colour_at_end(part, colour);
    out.append(part).append(colour.empty() ? "" : "\x1b[0m").append("\n").append(rest, ' ').append(colour);
    line.remove_prefix(gap->end);
    used = rest;
  }
  out += line;
}

}  // namespace

std::size_t columns(std::string_view text) { return sum_of(text).columns; }

bool has_word_between(std::string_view text, std::size_t least, std::size_t most) {
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    if (const std::size_t length = columns(word); length > least && length <= most) return true;
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  return false;
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines(1);
  std::size_t used = 0;
  std::size_t spaces = 0;  // before the word: octets of a server may be more than one
  while (!text.empty()) {
    std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (word.empty()) {
      ++spaces;
      continue;
    }
    if (used > 0 && used + spaces + columns(word) > width) {
      lines.emplace_back();
      used = 0;
    }
    if (used > 0) {
      lines.back().append(spaces, ' ');
      used += spaces;
    }
    while (used == 0) {
      const std::string_view part = beginning(word, width);
      if (part.size() == word.size()) break;
      word.remove_prefix(part.size());
      lines.back() = part;
      lines.emplace_back();
    }
    lines.back() += word;
    used += columns(word);
    spaces = 1;
  }
  return lines;
}

std::string cut_middle(std::string_view text, std::size_t width) {
  if (columns(text) <= width) return std::string(text);
  constexpr std::size_t note_width = 30;  // " ...1048576 octets left out... "
  const bool noted = width > 2 * note_width;
  const std::size_t room = width - std::min(width, noted ? note_width : 5);
  const std::string_view head = beginning(text, room - room / 3);
  const std::string_view tail = ending(text.substr(head.size()), room / 3);
  if (!noted) return fmt::format("{} ... {}", head, tail);
  const std::string_view middle = text.substr(head.size(), text.size() - head.size() - tail.size());
  const std::size_t lost = sum_of(middle).octets;
  return fmt::format("{} ...{} octet{} left out... {}", head, lost, lost == 1 ? "" : "s", tail);
}

std::vector<std::string> fitted(std::string_view text, std::size_t width, std::size_t most) {
  if (most == no_limit) return wrap(text, width);
  std::string cut;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view word = text.substr(at, text.find(' ', at) - at);
    cut += (at > 0 ? " " : "") + cut_middle(word, width);
    at += word.size() + 1;
  }
  std::vector<std::string> lines = wrap(cut, width);
  if (lines.size() <= most) return lines;
  lines.resize(most);
  std::string& last = lines.back();
  while (columns(last) + 4 > width && last.find(' ') != std::string::npos) last.resize(last.rfind(' '));
  last = columns(last) + 4 > width ? "..." : last + " ...";
  return lines;
}

std::vector<std::string> command_lines(std::string_view command, std::size_t width) {
  std::vector<std::string> lines;
  while (!command.empty()) {
    bool quoted = false;
    bool option = command.starts_with("--");  // stays with its value
    std::size_t end = 0;
    for (; end < command.size() && (quoted || option || command[end] != ' '); ++end) {
      quoted = quoted != (command[end] == '\'');
      option = option && command[end] != ' ';
    }
    if (command.starts_with("--") && columns(command.substr(0, end)) + 2 > width) end = command.find(' ');
    const std::string_view word = command.substr(0, end);
    command.remove_prefix(std::min(command.size(), end + 1));
    if (word.empty()) continue;
    if (lines.empty() || columns(lines.back()) + 1 + columns(word) + 2 > width) {
      if (!lines.empty()) lines.back() += " \\";
      lines.emplace_back(word);
    } else {
      lines.back().append(" ").append(word);
    }
  }
  return lines;
}

std::string folded(std::string_view text, std::size_t width) {
  std::string out;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    fold_line(out, line, width);
    text.remove_prefix(line.size());
    if (text.empty()) break;
    out += '\n';
    text.remove_prefix(1);
  }
  return out;
}

std::size_t screen_lines(std::string_view report, std::size_t width) {
  std::size_t lines = 0;
  std::size_t used = 0;
  while (!report.empty()) {
    if (report.front() == '\x1b') {
      report.remove_prefix(std::min(report.size(), report.find('m') + 1));
    } else if (report.front() == '\n') {
      lines += used == 0 ? 1 : (used + width - 1) / width;
      used = 0;
      report.remove_prefix(1);
    } else {
      const std::string_view text = report.substr(0, report.find_first_of("\x1b\n"));
      used += columns(text);
      report.remove_prefix(text.size());
    }
  }
  return lines + (used > 0 ? 1 : 0);
}

std::string without_commands(std::string_view report) {
  std::string guarded;
  while (!report.empty()) {
    const std::size_t end = std::min(report.find('\n'), report.size() - 1) + 1;
    const std::string_view line = report.substr(0, end);
    const std::size_t begin = std::min(line.find_first_not_of(" \t"), line.size());
    const bool command = line.substr(begin, 2) == "::";
    guarded.append(line.substr(0, begin)).append(command ? "\\x3a" : "").append(line.substr(begin + (command ? 1 : 0)));
    report.remove_prefix(end);
  }
  return guarded;
}

}  // namespace smtpspec::reports
