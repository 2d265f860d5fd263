// How texts are fitted into lines. A column is a code point; escapes (`\r`, `\x1b`) are never torn apart, and
// what switches a colour takes no room.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace smtpspec::reports {

[[nodiscard]] std::size_t columns(std::string_view text);
/// Whether it has a word of more than `least` columns, and at most so many.
[[nodiscard]] bool has_word_between(std::string_view text, std::size_t least, std::size_t most);

/// Broken between words into lines of at most `width` columns; a word that is longer is broken as well. An empty text
/// is one empty line.
[[nodiscard]] std::vector<std::string> wrap(std::string_view text, std::size_t width);

/// A text of more than `width` columns loses its middle, and says how many octets those were (an escape is one octet)
/// where there is room for it.
[[nodiscard]] std::string cut_middle(std::string_view text, std::size_t width);

inline constexpr std::size_t no_limit = 10'000;
/// Broken as by `wrap`, into `most` lines at most: a word that is too long loses its middle, a text ends in "...".
[[nodiscard]] std::vector<std::string> fitted(std::string_view text, std::size_t width, std::size_t most = no_limit);
/// A command broken between its words into lines that a shell reads as one.
[[nodiscard]] std::vector<std::string> command_lines(std::string_view command, std::size_t width);

/// Lines of a text that are longer than `width`, broken between words and nowhere else; what goes on is indented, below
/// its column where the line has two. A word that is longer stays whole. Colours are closed at each break.
[[nodiscard]] std::string folded(std::string_view text, std::size_t width);

/// How many lines a terminal of `width` columns shows of a report, colours and all.
[[nodiscard]] std::size_t screen_lines(std::string_view report, std::size_t width);

/// No line begins with "::", which GitHub's runner takes for a command even after blanks; such a line begins with
/// `\x3a:`.
[[nodiscard]] std::string without_commands(std::string_view report);

}  // namespace smtpspec::reports
