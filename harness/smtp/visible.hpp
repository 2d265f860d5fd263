// Texts of unknown origin made fit to be shown. Results are escaped where they are made; reports do not rely on it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace smtpspec::smtp {

/// Length in octets of the well-formed UTF-8 sequence at the beginning of `text`; 0 where there is none.
[[nodiscard]] std::size_t utf8_sequence(std::string_view text);

/// What is not well-formed UTF-8 becomes `\xNN`; everything else stays. Never fails.
[[nodiscard]] std::string well_formed(std::string_view text);

/// Fit for a terminal, for XML 1.0 and for the log of a CI system: printable UTF-8 on one line. Control characters,
/// ill-formed octets and characters that are invisible or turn the writing direction become `\r`, `\n`, `\t` or `\xNN`,
/// octet by octet. The first of two number signs becomes `\x23`: "##[" and "##vso[" are commands in some CI logs.
/// Backslashes stay as they are, for octets of the wire come in that notation already.
[[nodiscard]] std::string visible(std::string_view text);
/// The same of a text in lines: their ends stay.
[[nodiscard]] std::string visible_lines(std::string_view text);

/// One well-formed character of any script that `visible` leaves as it is.
[[nodiscard]] bool can_be_shown(std::string_view character);

}  // namespace smtpspec::smtp
