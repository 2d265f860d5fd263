#include "harness/smtp/enhanced_code.hpp"

#include <algorithm>

namespace smtpspec::smtp {
namespace {

/// One to three digits without a leading zero, taken off the front of `text`; -1 where there are none.
int take_number(std::string_view& text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0 || digits > 3 || (digits > 1 && text[0] == '0')) return -1;
  const int value = std::stoi(std::string(text.substr(0, digits)));
  text.remove_prefix(digits);
  return value;
}

bool take_period(std::string_view& text) {
  if (!text.starts_with('.')) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::optional<EnhancedCode> leading_enhanced_code(std::string_view text) {
  EnhancedCode code;
  code.klass = take_number(text);
  if ((code.klass != 2 && code.klass != 4 && code.klass != 5) || !take_period(text)) return std::nullopt;
  code.subject = take_number(text);
  if (code.subject < 0 || !take_period(text)) return std::nullopt;
  code.detail = take_number(text);
  if (code.detail < 0 || (!text.empty() && text.front() != ' ')) return std::nullopt;
  return code;
}

std::string to_string(const EnhancedCode& code) {
  return std::to_string(code.klass) + '.' + std::to_string(code.subject) + '.' + std::to_string(code.detail);
}

}  // namespace smtpspec::smtp
