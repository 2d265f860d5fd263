// Octets with holes: the strings of a scenario file, parsed once at load and filled in when played.
//   escapes      \r \n \t \0 \\ \xNN, and \{ \} for braces
//   {name}       a value known when the scenario is played ({accepted}, {token}, a captured value ...)
//   {x*1000}     the octets before '*' a thousand times (escapes allowed: {ab\r\n*3})
//   {x..512}     the octets before '..' repeated and cut so that the whole text has 512 octets
//   {x*{n}}      either count may be a value: {x..{limit}} with a limit that was captured; or a sum: {x..{limit+1}}
//   {limit+1}    the number that a value is, and so many more
//   {base64:...} base64 of what follows, which may hold holes of its own ({base64:\0{user}\0{password}})
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/smtp/parsed.hpp"

namespace smtpspec::scenario {

struct Piece {
  enum class Kind { literal, value, sum, repeat, fill, base64 };
  Kind kind = Kind::literal;
  std::string octets;  ///< literal octets, or the unit of repeat and fill
  std::string name;  ///< of value and sum; of repeat and fill: the value that gives the count, empty where `count` does
  std::size_t count = 0;     ///< of repeat; the wanted total of fill; where a value gives that: what is added to it
  std::vector<Piece> inner;  ///< of base64
  bool operator==(const Piece&) const = default;
};

struct Text {
  std::vector<Piece> pieces;
  bool operator==(const Text&) const = default;
  [[nodiscard]] bool empty() const { return pieces.empty(); }
};

/// Most octets one text may grow to; `expand` refuses more, so that no scenario can eat the memory.
inline constexpr std::size_t max_text = std::size_t{32} << 20;

/// Most base64 within base64: more serves nobody, and the bound keeps hostile input off the stack.
inline constexpr int max_nesting = 4;

/// `at` of the error counts octets of `source`.
[[nodiscard]] smtp::Parsed<Text> parse_text(std::string_view source);
/// A text that is just these octets.
[[nodiscard]] Text literal(std::string_view octets);

/// Puts `columns(name)` in the place of each value that it knows, also within base64; literals beside each other become
/// one. In the place of a count, and of a sum, only a text of digits fits. `at` of the error is 0.
using Columns = std::function<std::optional<Text>(std::string_view name)>;
[[nodiscard]] smtp::Parsed<Text> fill_columns(const Text& text, const Columns& columns);

using Lookup = std::function<std::optional<std::string>(std::string_view name)>;
/// Fills the holes. The error's message names the value that is unknown, or no count, or no number; `at` is 0.
/// `extra`: octets that will be added after (a line's CRLF), counted by a fill.
[[nodiscard]] smtp::Parsed<std::string> expand(const Text& text, const Lookup& lookup, std::size_t extra = 0);
/// The text as a scenario file would have it; `parse_text` gives the same text again.
[[nodiscard]] std::string to_source(const Text& text);
/// The names of all values a text asks for, also within base64.
[[nodiscard]] std::vector<std::string> names_in(const Text& text);

/// A value that the engine provides to every scenario.
struct KnownValue {
  std::string_view name;
  std::string_view meaning;
};
/// accepted, accepted2, rejected, foreign, sender, smuggled, token, domain, client, header, user, password.
/// `header` is a standard header block with From, To, Subject, Date and Message-ID, the token in it, ending with the
/// empty line.
[[nodiscard]] const std::vector<KnownValue>& known_values();

}  // namespace smtpspec::scenario
