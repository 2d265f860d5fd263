// Enhanced mail system status codes, RFC 3463 section 2 and RFC 2034 section 3.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace smtpspec::smtp {

/// `class.subject.detail`; class is 2, 4 or 5, subject and detail have one to three digits without leading zeros.
struct EnhancedCode {
  int klass = 0;
  int subject = 0;
  int detail = 0;
  auto operator<=>(const EnhancedCode&) const = default;
};

/// Reads an enhanced code at the start of a reply text. It must be followed by a space or the end of the text
/// (RFC 2034 section 3). Returns nullopt where there is none.
[[nodiscard]] std::optional<EnhancedCode> leading_enhanced_code(std::string_view text);

[[nodiscard]] std::string to_string(const EnhancedCode& code);

}  // namespace smtpspec::smtp
