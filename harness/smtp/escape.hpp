// Bytes made visible, and back. The one notation for octets used in transcripts, reports and scenario files.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace smtpspec::smtp {

/// Writes any octets as printable ASCII: `\r` `\n` `\t` `\0` `\\`, every other octet outside 0x20-0x7e as `\xNN`.
/// The result holds no control character, so it is safe on a terminal, in XML and in JSON. `unescape` undoes it.
/// A `\0` followed by a digit is written `\x00`, so the text stays readable by eye.
[[nodiscard]] std::string escape(std::string_view octets);

/// Where `unescape` stopped: `at` is the offset of the offending backslash, `message` says what is wrong with it.
struct BadEscape {
  std::size_t at = 0;
  std::string message;
};

/// Reads the notation of `escape`: `\r \n \t \0 \\ \xNN`. Any other octet stands for itself.
/// Returns nullopt, with `problem` filled when given, at an unknown escape or an incomplete `\x`.
[[nodiscard]] std::optional<std::string> unescape(std::string_view text, BadEscape* problem = nullptr);

}  // namespace smtpspec::smtp
