// Invariant: each line of an EHLO reply is the domain, a keyword by the letter of the grammar, or an error; a keyword
// that was read is written so that it reads the same.
#include <algorithm>

#include "fuzz/require.hpp"
#include "harness/smtp/keywords.hpp"

using namespace smtpspec::fuzz;
using namespace smtpspec::smtp;

namespace {

bool is_one_of(char octet, std::string_view octets) { return octets.find(octet) != std::string_view::npos; }

/// RFC 5321 section 4.1.1.1 word by word: ehlo-keyword *( SP ehlo-param ).
bool fits_by_the_letter(std::string_view text) {
  constexpr std::string_view let_dig = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::size_t at = 0;
  while (at < text.size() && (is_one_of(text[at], let_dig) || (at > 0 && text[at] == '-'))) ++at;
  if (at == 0) return false;
  while (at < text.size()) {
    if (text[at] != ' ') return false;
    const std::size_t begin = ++at;
    while (at < text.size() && text[at] >= 33 && text[at] <= 126) ++at;
    if (at == begin) return false;
  }
  return true;
}

std::string written(const Keyword& keyword) {
  std::string text = keyword.name;
  for (const std::string& parameter : keyword.parameters) text += " " + parameter;
  return text;
}

void check_keyword(std::string_view text) {
  const auto keyword = parse_keyword(text);
  require(bool(keyword) == fits_by_the_letter(text), "a keyword is what the grammar says");
  if (!keyword) return require(keyword.error().at <= text.size(), "an error names a place in the text");
  const std::string again = written(*keyword);
  require(again.size() == text.size(), "nothing of a keyword is lost");
  const auto reread = parse_keyword(again);
  require(reread && *reread == *keyword, "a keyword that was written reads the same");
}

void check_ehlo(const Reply& reply) {
  const Ehlo ehlo = parse_ehlo(reply);
  require(ehlo.keywords.size() <= reply.lines.size(), "a line has one keyword");
  require(ehlo.errors.size() <= reply.lines.size(), "a line is one error");
  require(ehlo.keywords.size() + ehlo.errors.size() + 1 >= reply.lines.size(), "every line is something");
  for (const Keyword& keyword : ehlo.keywords) {
    std::string lower = keyword.name;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    const Keyword* found = ehlo.find(lower);
    require(found != nullptr && found->name == keyword.name, "a keyword is found in any case");
  }
  for (const SyntaxError& error : ehlo.errors)
    require(error.at < reply.lines.size() && !error.message.empty(), "an error names a line");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ReplyParser parser;
  parser.feed(octets_of(data, size));
  parser.finish();
  while (const auto reply = parser.next()) {
    check_ehlo(*reply);
    for (const ReplyDefect defect : reply->defects.all()) require(!name(defect).empty(), "a defect has a name");
    for (const ReplyLine& line : reply->lines) check_keyword(line.text());
  }
  return 0;
}
