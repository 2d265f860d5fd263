#include "harness/smtp/parameters.hpp"

#include <algorithm>
#include <utility>

#include "harness/smtp/char_class.hpp"
#include "harness/smtp/path.hpp"

namespace smtpspec::smtp {
namespace {

using Problem = std::optional<std::string>;

constexpr std::size_t max_envid = 100;  // characters, RFC 3461 section 4.4
constexpr std::size_t max_orcpt = 500;  // characters, RFC 3461 section 4.2

bool is_xchar(char octet) { return octet >= '!' && octet <= '~' && octet != '+' && octet != '='; }

/// Printable (graphic and white space) US-ASCII, as RFC 3461 sections 4.2 and 4.4 want what xtext stands for.
bool is_printable(std::string_view octets) {
  return std::all_of(octets.begin(), octets.end(),
                     [](char octet) { return octet == '\t' || (!is_control(octet) && !is_eight_bit(octet)); });
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view entry) { return same_word(word, entry); });
}

Problem unless(bool fits, std::string problem) { return fits ? std::nullopt : Problem(std::move(problem)); }

/// RFC 1870 section 3: 1*20DIGIT.
Problem check_size(std::string_view value) {
  const bool digits = !value.empty() && std::all_of(value.begin(), value.end(), is_digit);
  return unless(digits && value.size() <= 20, "SIZE takes 1 to 20 digits");
}

/// RFC 6152 section 2 and RFC 3030 section 3.
Problem check_body(std::string_view value) {
  return unless(is_one_of(value, {"7BIT", "8BITMIME", "BINARYMIME"}), "BODY takes 7BIT, 8BITMIME or BINARYMIME");
}

/// RFC 3461 section 4.3.
Problem check_ret(std::string_view value) {
  return unless(is_one_of(value, {"FULL", "HDRS"}), "RET takes FULL or HDRS");
}

/// RFC 3461 section 4.4.
Problem check_envid(std::string_view value) {
  if (value.size() > max_envid) return "ENVID is longer than 100 characters";
  const auto decoded = decode_xtext(value);
  if (!decoded) return "ENVID is not xtext: " + decoded.error().message;
  return unless(is_printable(*decoded), "ENVID stands for octets that are not printable US-ASCII");
}

/// RFC 3461 section 4.1. NEVER stands alone.
Problem check_notify(std::string_view value) {
  if (same_word(value, "NEVER")) return std::nullopt;
  while (true) {
    const std::size_t comma = value.find(',');
    if (!is_one_of(value.substr(0, comma), {"SUCCESS", "FAILURE", "DELAY"})) {
      return "NOTIFY takes NEVER alone, or a list of SUCCESS, FAILURE and DELAY";
    }
    if (comma == std::string_view::npos) return std::nullopt;
    value.remove_prefix(comma + 1);
  }
}

/// The address of ORCPT=utf-8;...: RFC 6533 section 3, utf-8-enc-addr. `\x{HEX}` stands for a character.
bool is_utf8_address(std::string_view text) {
  if (text.empty()) return false;
  while (!text.empty()) {
    std::size_t octets = is_xchar(text.front()) ? 1 : utf8_non_ascii(text);
    if (text.front() == '\\') {
      const std::size_t close = text.find('}');
      if (!text.starts_with("\\x{") || close == std::string_view::npos || close < 5 || close > 9) return false;
      if (!std::all_of(text.begin() + 3, text.begin() + static_cast<std::ptrdiff_t>(close), is_hexdig)) return false;
      octets = close + 1;
    }
    if (octets == 0) return false;
    text.remove_prefix(octets);
  }
  return true;
}

/// RFC 3461 section 4.2: addr-type ";" xtext.
Problem check_orcpt(std::string_view value) {
  if (value.size() > max_orcpt) return "ORCPT is longer than 500 characters";
  const std::size_t semicolon = value.find(';');
  if (semicolon == std::string_view::npos) return "ORCPT takes an address type, ';' and an address";
  const std::string_view type = value.substr(0, semicolon);
  const std::string_view address = value.substr(semicolon + 1);
  if (type.empty() || !std::all_of(type.begin(), type.end(), is_atext)) return "ORCPT's address type is not an atom";
  if (same_word(type, "utf-8"))
    return unless(is_utf8_address(address), "ORCPT's address does not fit the address type utf-8");
  const auto decoded = decode_xtext(address);
  if (!decoded) return "ORCPT's address is not xtext: " + decoded.error().message;
  return unless(is_printable(*decoded), "ORCPT's address stands for octets that are not printable US-ASCII");
}

/// RFC 4954 section 5: what the xtext stands for is a mailbox or `<>`.
Problem check_auth(std::string_view value) {
  const auto decoded = decode_xtext(value);
  if (!decoded) return "AUTH is not xtext: " + decoded.error().message;
  if (*decoded == "<>") return std::nullopt;
  const auto mailbox = parse_mailbox(*decoded, PathRules{.utf8 = true, .bare_postmaster = false, .null = false});
  if (!mailbox) return "AUTH takes a mailbox or <>, in xtext: " + mailbox.error().message;
  return std::nullopt;
}

struct Rule {
  ParameterOf command;
  std::string_view keyword;
  Problem (*check)(std::string_view value);  ///< nullptr where a value is not allowed
};
constexpr Rule rules[] = {
    {ParameterOf::mail, "SIZE", check_size},     {ParameterOf::mail, "BODY", check_body},
    {ParameterOf::mail, "RET", check_ret},       {ParameterOf::mail, "ENVID", check_envid},
    {ParameterOf::mail, "AUTH", check_auth},     {ParameterOf::mail, "SMTPUTF8", nullptr},
    {ParameterOf::rcpt, "NOTIFY", check_notify}, {ParameterOf::rcpt, "ORCPT", check_orcpt},
};

/// The length of the esmtp-keyword at the start of `text`; 0 where there is none.
std::size_t keyword_length(std::string_view text) {
  if (text.empty() || !is_let_dig(text.front())) return 0;
  const auto* end = std::find_if_not(text.begin(), text.end(), [](char c) { return is_let_dig(c) || c == '-'; });
  return static_cast<std::size_t>(end - text.begin());
}

/// The length of the esmtp-value at the start of `text`.
std::size_t value_length(std::string_view text, bool utf8) {
  std::size_t length = 0;
  while (length < text.size()) {
    const char octet = text[length];
    const bool fits = octet >= 33 && octet <= 126 && octet != '=';
    const std::size_t octets = fits ? 1 : utf8 ? utf8_non_ascii(text.substr(length)) : 0;
    if (octets == 0) break;
    length += octets;
  }
  return length;
}

}  // namespace

const Parameter* find_parameter(const std::vector<Parameter>& parameters, std::string_view keyword) {
  const auto found = std::find_if(parameters.begin(), parameters.end(),
                                  [&](const Parameter& parameter) { return parameter.keyword == keyword; });
  return found == parameters.end() ? nullptr : &*found;
}

Parsed<std::vector<Parameter>> parse_parameters(std::string_view text, bool utf8) {
  std::vector<Parameter> parameters;
  std::size_t at = 0;
  while (at < text.size()) {
    if (text[at] != ' ') return SyntaxError{at, "expected a space or the end of the parameters"};
    ++at;
    const std::size_t keyword = keyword_length(text.substr(at));
    if (keyword == 0) return SyntaxError{at, "expected the keyword of a parameter after exactly one space"};
    Parameter parameter{to_upper(text.substr(at, keyword)), std::nullopt};
    at += keyword;
    if (at < text.size() && text[at] == '=') {
      ++at;
      const std::size_t value = value_length(text.substr(at), utf8);
      if (value == 0) return SyntaxError{at, "expected a value after '='"};
      parameter.value = text.substr(at, value);
      at += value;
    }
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

std::optional<ParameterProblem> check_parameter(const Parameter& parameter, ParameterOf command) {
  for (const Rule& rule : rules) {
    if (rule.command != command || !same_word(rule.keyword, parameter.keyword)) continue;
    if (rule.check == nullptr && !parameter.value) return std::nullopt;
    if (rule.check == nullptr) return ParameterProblem{false, parameter.keyword + " takes no value"};
    if (!parameter.value) return ParameterProblem{false, parameter.keyword + " needs a value"};
    Problem problem = rule.check(*parameter.value);
    if (!problem) return std::nullopt;
    return ParameterProblem{false, std::move(*problem)};
  }
  return ParameterProblem{true, parameter.keyword + " is not a known parameter of this command"};
}

Parsed<std::string> decode_xtext(std::string_view text) {
  const auto is_upper_hex = [](char octet) { return is_digit(octet) || (octet >= 'A' && octet <= 'F'); };
  std::string octets;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (is_xchar(text[at])) {
      octets += text[at];
      continue;
    }
    if (text[at] != '+') return SyntaxError{at, "this octet must be written +HH"};
    if (text.size() - at < 3 || !is_upper_hex(text[at + 1]) || !is_upper_hex(text[at + 2])) {
      return SyntaxError{at, "expected two upper case hexadecimal digits after '+'"};
    }
    octets += static_cast<char>(hex_value(text[at + 1]) * 16 + hex_value(text[at + 2]));
    at += 2;
  }
  return octets;
}

}  // namespace smtpspec::smtp
