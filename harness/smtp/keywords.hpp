// The EHLO reply: RFC 5321 section 4.1.1.1 (ehlo-line, ehlo-keyword, ehlo-param).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/smtp/parsed.hpp"
#include "harness/smtp/reply.hpp"

namespace smtpspec::smtp {

struct Keyword {
  std::string name;                     ///< upper case
  std::vector<std::string> parameters;  ///< as written
  bool operator==(const Keyword&) const = default;
};

struct Ehlo {
  std::string domain;               ///< first word of the first line
  std::vector<Keyword> keywords;    ///< in order; of lines that do not fit the grammar what they are meant to say
  std::vector<SyntaxError> errors;  ///< those lines; `at` is the number of the line, from 0

  [[nodiscard]] const Keyword* find(std::string_view name) const;  ///< any case; nullptr where absent
};

/// Reads a 250 reply to EHLO or LHLO. Never fails: lines outside the grammar go into `errors`, and, where their first
/// word is a keyword, into `keywords` as well.
[[nodiscard]] Ehlo parse_ehlo(const Reply& reply);
[[nodiscard]] Parsed<Keyword> parse_keyword(std::string_view text);

}  // namespace smtpspec::smtp
