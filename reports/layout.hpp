// How texts are fitted into lines. A column is a code point; escapes (`\r`, `\x1b`) are never torn apart.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace smtpspec::reports {

inline constexpr std::size_t page_width = 100;     ///< columns; running text is wrapped here
inline constexpr std::size_t excerpt_width = 120;  ///< columns; longer lines of an excerpt are cut in the middle

[[nodiscard]] std::size_t columns(std::string_view text);

/// Broken between words into lines of at most `width` columns; a word that is longer is broken as well. An empty text
/// is one empty line.
[[nodiscard]] std::vector<std::string> wrap(std::string_view text, std::size_t width);

/// A text of more than `width` columns loses its middle, and says how many octets those were (an escape is one octet).
[[nodiscard]] std::string cut_middle(std::string_view text, std::size_t width);

/// No line begins with "::", which GitHub's runner takes for a command even after blanks; such a line begins with
/// `\x3a:`.
[[nodiscard]] std::string without_commands(std::string_view report);

}  // namespace smtpspec::reports
