#include "harness/smtp/enhanced_code.hpp"

#include "harness/smtp/octets.hpp"

namespace smtpspec::smtp {
namespace {

/// One to three digits without a leading zero, taken off the front of `text`.
std::optional<int> take_number(std::string_view& text) {
  std::size_t digits = 0;
  int value = 0;
  while (digits < text.size() && is_digit(text[digits])) {
    if (digits == 3) return std::nullopt;
    value = value * 10 + (text[digits] - '0');
    ++digits;
  }
  if (digits == 0 || (digits > 1 && text[0] == '0')) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

bool take_period(std::string_view& text) {
  if (text.empty() || text.front() != '.') return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::optional<EnhancedCode> leading_enhanced_code(std::string_view text) {
  if (text.empty() || (text[0] != '2' && text[0] != '4' && text[0] != '5')) return std::nullopt;
  EnhancedCode code;
  code.klass = text[0] - '0';
  text.remove_prefix(1);
  if (!take_period(text)) return std::nullopt;
  const auto subject = take_number(text);
  if (!subject || !take_period(text)) return std::nullopt;
  const auto detail = take_number(text);
  if (!detail || (!text.empty() && text.front() != ' ')) return std::nullopt;
  code.subject = *subject;
  code.detail = *detail;
  return code;
}

std::string to_string(const EnhancedCode& code) {
  return std::to_string(code.klass) + '.' + std::to_string(code.subject) + '.' + std::to_string(code.detail);
}

}  // namespace smtpspec::smtp
