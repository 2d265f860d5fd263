// Base64 of RFC 4648 section 4 without line breaks, as AUTH carries it (RFC 4954 sections 4 and 8).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace smtpspec::smtp {

/// Whole groups of four letters of the alphabet, '=' at the end alone; the empty text is base64 of nothing.
[[nodiscard]] bool is_base64(std::string_view text);
[[nodiscard]] std::string base64_encode(std::string_view octets);
/// nullopt where the text is not the one encoding of its octets (alphabet, length, padding and the bits that it leaves
/// over: RFC 4648 section 3.5).
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);

}  // namespace smtpspec::smtp
