// Invariant: parameters that were parsed are written so that they parse the same; xtext is what RFC 3461 says, and
// comes back from its encoding; SMTPUTF8 changes nothing that is ASCII.
#include "harness/smtp/parameters.hpp"

#include <string>

#include "fuzz/require.hpp"

using namespace smtpspec::fuzz;
using namespace smtpspec::smtp;

namespace {

std::string written(const std::vector<Parameter>& parameters) {
  std::string text;
  for (const Parameter& parameter : parameters) {
    text += " " + parameter.keyword;
    if (parameter.value) text += "=" + *parameter.value;
  }
  return text;
}

/// RFC 3461 section 4 word by word; nullopt where the text is no xtext.
std::optional<std::string> xtext_by_the_letter(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string octets;
  while (!text.empty()) {
    const char octet = text.front();
    text.remove_prefix(1);
    if (octet < '!' || octet > '~' || octet == '=') return std::nullopt;
    if (octet != '+') {
      octets += octet;
      continue;
    }
    if (text.size() < 2 || digits.find(text[0]) == digits.npos || digits.find(text[1]) == digits.npos) return {};
    octets += static_cast<char>(digits.find(text[0]) << 4U | digits.find(text[1]));
    text.remove_prefix(2);
  }
  return octets;
}

std::string xtext_of(std::string_view octets) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text;
  for (const char octet : octets) {
    const auto value = static_cast<unsigned char>(octet);
    if (octet >= '!' && octet <= '~' && octet != '+' && octet != '=')
      text += octet;
    else
      text += {'+', digits[value >> 4U], digits[value & 15U]};
  }
  return text;
}

void check_xtext(std::string_view text) {
  const auto decoded = decode_xtext(text);
  const auto letter = xtext_by_the_letter(text);
  require(bool(decoded) == letter.has_value(), "xtext is what RFC 3461 says");
  if (decoded) require(*decoded == *letter, "xtext stands for what RFC 3461 says");
  if (!decoded) require(decoded.error().at <= text.size(), "an error names a place in the text");
  const auto again = decode_xtext(xtext_of(text));
  require(again && *again == text, "octets come back from their xtext");
}

void check_values(const std::vector<Parameter>& parameters) {
  for (const Parameter& parameter : parameters) {
    const Parameter* found = find_parameter(parameters, parameter.keyword);
    require(found != nullptr && found->keyword == parameter.keyword, "a parameter is found");
    const auto of_mail = check_parameter(parameter, ParameterOf::mail);
    const auto of_rcpt = check_parameter(parameter, ParameterOf::rcpt);
    require((of_mail && of_mail->unknown) || (of_rcpt && of_rcpt->unknown), "a parameter is of one command");
    for (const auto& problem : {of_mail, of_rcpt}) require(!problem || !problem->message.empty(), "a problem is told");
    if (parameter.value) check_xtext(*parameter.value);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = octets_of(data, size);
  check_xtext(text);
  const auto wide = parse_parameters(text, true);
  const auto ascii = parse_parameters(text);
  if (ascii) require(wide && *wide == *ascii, "SMTPUTF8 changes no parameter in ASCII");
  if (!wide) {
    require(!ascii && wide.error().at <= size && !wide.error().message.empty(), "an error names a place in the text");
    return 0;
  }
  const auto again = parse_parameters(written(*wide), true);
  require(again && *again == *wide && written(*wide).size() == size, "parameters that were written parse the same");
  check_values(*wide);
  return 0;
}
