// ESMTP parameters of MAIL and RCPT: RFC 5321 section 4.1.2 (esmtp-param), xtext by RFC 3461 section 4.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/smtp/parsed.hpp"

namespace smtpspec::smtp {

struct Parameter {
  std::string keyword;               ///< upper case
  std::optional<std::string> value;  ///< as written; nullopt where there is no '='
  bool operator==(const Parameter&) const = default;
};

/// Splits ` KEY=value KEY ...` (each preceded by exactly one SP). Only the generic grammar is checked here; a keyword
/// given twice is left to the caller. `utf8`: values may hold UTF-8 (RFC 6531 section 3.3).
[[nodiscard]] Parsed<std::vector<Parameter>> parse_parameters(std::string_view text, bool utf8 = false);

/// The first of that keyword (in upper case), or null.
[[nodiscard]] const Parameter* find_parameter(const std::vector<Parameter>& parameters, std::string_view keyword);

/// The command that carries a parameter.
enum class ParameterOf { mail, rcpt };
/// Checks the value of a known parameter by its own RFC: SIZE (1870), BODY (6152, 3030), RET and ENVID, NOTIFY and
/// ORCPT (3461), AUTH (4954), SMTPUTF8 (6531). Returns nullopt when it is fine, else what is wrong; an unknown keyword
/// is `unknown_parameter`.
struct ParameterProblem {
  bool unknown = false;  ///< the keyword is not one of ours, or not one of this command's
  std::string message;
};
[[nodiscard]] std::optional<ParameterProblem> check_parameter(const Parameter& parameter, ParameterOf command);

/// xtext of RFC 3461 section 4: `+HH` for each octet outside '!'-'~' and for '+' and '='.
[[nodiscard]] Parsed<std::string> decode_xtext(std::string_view text);

}  // namespace smtpspec::smtp
