#include "harness/smtp/keywords.hpp"

#include <algorithm>
#include <utility>

#include "harness/smtp/char_class.hpp"
#include "harness/smtp/path.hpp"

namespace smtpspec::smtp {
namespace {

bool is_keyword(std::string_view word) {
  const auto fits = [](char octet) { return is_let_dig(octet) || octet == '-'; };
  return !word.empty() && is_let_dig(word.front()) && std::all_of(word.begin(), word.end(), fits);
}

bool is_graphic(char octet) { return octet >= 33 && octet <= 126; }

/// What a reader makes of a line outside the grammar who knows its first word: a server that puts a space after each
/// keyword offers them all the same. No name where the first word is no keyword.
Keyword as_meant(std::string_view text) {
  Keyword keyword;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (keyword.name.empty() && !is_keyword(word)) return {};
    if (keyword.name.empty())
      keyword.name = to_upper(word);
    else if (!word.empty() && std::all_of(word.begin(), word.end(), is_graphic))
      keyword.parameters.emplace_back(word);
  }
  return keyword;
}

}  // namespace

const Keyword* Ehlo::find(std::string_view name) const {
  const auto found = std::find_if(keywords.begin(), keywords.end(),
                                  [&](const Keyword& keyword) { return same_word(keyword.name, name); });
  return found == keywords.end() ? nullptr : &*found;
}

Parsed<Keyword> parse_keyword(std::string_view text) {
  std::size_t at = 0;
  std::size_t space = text.find(' ');
  if (!is_keyword(text.substr(0, space))) return SyntaxError{0, "expected a keyword of letters, digits and hyphens"};
  Keyword keyword{to_upper(text.substr(0, space)), {}};
  while (space != std::string_view::npos) {
    at = space + 1;
    space = text.find(' ', at);
    const std::string_view parameter = text.substr(at, space == std::string_view::npos ? space : space - at);
    if (parameter.empty()) return SyntaxError{at, "expected a parameter after the space"};
    const auto* bad = std::find_if_not(parameter.begin(), parameter.end(), is_graphic);
    if (bad != parameter.end()) {
      return SyntaxError{at + static_cast<std::size_t>(bad - parameter.begin()), "octet not allowed in a parameter"};
    }
    keyword.parameters.emplace_back(parameter);
  }
  return keyword;
}

Ehlo parse_ehlo(const Reply& reply) {
  Ehlo ehlo;
  for (std::size_t number = 0; number < reply.lines.size(); ++number) {
    const ReplyLine& line = reply.lines[number];
    if (line.code < 0) {
      ehlo.errors.push_back({number, "the line has no reply code"});
    } else if (number == 0) {
      // The grammar says Domain; a server without a name has but an address literal, as its greeting may (section 4.2).
      ehlo.domain = line.text().substr(0, line.text().find(' '));
      const auto domain = parse_domain(ehlo.domain, false);
      if (!domain) ehlo.errors.push_back({number, "the first line has no domain: " + domain.error().message});
    } else if (auto keyword = parse_keyword(line.text())) {
      ehlo.keywords.push_back(*keyword);
    } else {
      ehlo.errors.push_back({number, keyword.error().message});
      if (Keyword meant = as_meant(line.text()); !meant.name.empty()) ehlo.keywords.push_back(std::move(meant));
    }
  }
  return ehlo;
}

}  // namespace smtpspec::smtp
