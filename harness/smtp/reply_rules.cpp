#include "harness/smtp/reply_rules.hpp"

#include <algorithm>
#include <iterator>

#include "harness/smtp/bytes.hpp"
#include "harness/smtp/enhanced_code.hpp"
#include "harness/smtp/octets.hpp"
#include "harness/smtp/path.hpp"

namespace smtpspec::smtp {
namespace {

constexpr std::size_t longest_shown = 400;

bool is_base64(std::string_view text) {
  const auto is_digit_of_it = [](char octet) {
    return (octet >= 'A' && octet <= 'Z') || (octet >= 'a' && octet <= 'z') || (octet >= '0' && octet <= '9') ||
           octet == '+' || octet == '/';
  };
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  return text.size() % 4 == 0 &&
         std::all_of(text.begin(), text.end() - static_cast<std::ptrdiff_t>(padding), is_digit_of_it);
}

/// What the RFC of an extension lets stand behind its keyword. An extension may be given parameters later, unless its
/// RFC says that there are none: only these are here.
struct KeywordForm {
  std::string_view name;
  bool (*fits)(const std::vector<std::string>& parameters);
};
bool has_none(const std::vector<std::string>& parameters) { return parameters.empty(); }
/// RFC 1870 section 3: at most one number, of 1 to 20 digits.
bool is_size(const std::vector<std::string>& parameters) {
  if (parameters.empty()) return true;
  const std::string& size = parameters.front();
  return parameters.size() == 1 && size.size() <= 20 && std::all_of(size.begin(), size.end(), is_digit);
}
/// RFC 4954 section 3: the names of the mechanisms.
bool has_some(const std::vector<std::string>& parameters) { return !parameters.empty(); }

constexpr KeywordForm keyword_forms[] = {
    {"PIPELINING", has_none},           // RFC 2920 section 2
    {"8BITMIME", has_none},             // RFC 6152 section 2
    {"BINARYMIME", has_none},           // RFC 3030 section 3
    {"STARTTLS", has_none},             // RFC 3207 section 2
    {"DSN", has_none},                  // RFC 3461 section 2
    {"ENHANCEDSTATUSCODES", has_none},  // RFC 2034 section 3
    {"SIZE", is_size},
    {"AUTH", has_some},
};

/// Keywords that nobody says by chance in the text of a reply to HELO.
constexpr std::string_view extensions[] = {"PIPELINING", "8BITMIME", "CHUNKING", "BINARYMIME",
                                           "STARTTLS",   "DSN",      "SMTPUTF8", "ENHANCEDSTATUSCODES",
                                           "SIZE",       "AUTH"};

void judge_keywords(const Reply& reply, const Ehlo& ehlo, std::vector<Finding>& findings) {
  for (std::size_t i = 0; i < ehlo.keywords.size(); ++i) {
    const Keyword& keyword = ehlo.keywords[i];
    const auto is_same = [&](const Keyword& other) { return other.name == keyword.name; };
    const auto here = ehlo.keywords.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::any_of(ehlo.keywords.begin(), here, is_same)) {
      findings.push_back({Rule::keyword_once, keyword.name + " twice in " + show(reply.bytes()), ""});
    }
    for (const KeywordForm& form : keyword_forms) {
      if (form.name != keyword.name || form.fits(keyword.parameters)) continue;
      findings.push_back({Rule::keyword_parameters, keyword.name + " in " + show(reply.bytes()), ""});
    }
  }
  const auto lacks = [&](std::string_view one, std::string_view other) {
    return ehlo.find(one) != nullptr && ehlo.find(other) == nullptr;
  };
  if (lacks("SMTPUTF8", "8BITMIME")) findings.push_back({Rule::utf8_with_8bitmime, show(reply.bytes()), ""});
  if (lacks("BINARYMIME", "CHUNKING")) findings.push_back({Rule::binary_with_chunking, show(reply.bytes()), ""});
}

/// A defect that a rule of its own excuses in this reply.
bool is_excused(const Reply& reply, ReplyDefect defect, bool utf8) {
  switch (defect) {
    case ReplyDefect::eight_bit: return utf8;
    // A challenge is as long as its mechanism makes it (RFC 4954 section 4).
    case ReplyDefect::line_too_long: return reply.code == 334;
    default: return false;
  }
}

}  // namespace

std::string show(std::string_view octets) {
  return escape(octets.substr(0, longest_shown)) + (octets.size() > longest_shown ? "..." : "");
}

std::vector<Finding> judge_grammar(const Reply& reply, bool utf8) {
  std::vector<Finding> findings;
  for (const ReplyDefect defect : reply.defects) {
    const auto broken = rule_of(defect);
    if (broken && !is_excused(reply, defect, utf8)) findings.push_back({*broken, show(reply.bytes()), ""});
  }
  const ReplyLine& first = reply.lines.front();
  const bool whole = first.end != LineEnd::none && first.code >= 0 && (first.separator == 0 || first.separator == ' ');
  if (whole && reply.lines.size() == 1 && first.text.empty() && reply.code != 334) {
    findings.push_back({Rule::bare_code, show(first.bytes), ""});
  }
  return findings;
}

std::vector<Finding> judge_greeting(const Reply& reply) {
  const std::string& text = reply.lines.front().text;
  // "2.1.5" would pass for a domain; here it is an enhanced code, which has no place in a greeting (RFC 2034 section
  // 4).
  const bool domain = parse_domain(text.substr(0, text.find(' ')), false) && !leading_enhanced_code(text);
  if (reply.code != 220 || domain) return {};
  return {{Rule::greeting_domain, show(reply.lines.front().bytes), ""}};
}

std::vector<Finding> judge_ehlo(const Reply& reply, const Ehlo& ehlo, bool tls) {
  std::vector<Finding> findings;
  for (const SyntaxError& error : ehlo.errors) {
    const ReplyLine& line = reply.lines[std::min(error.at, reply.lines.size() - 1)];
    if (line.code < 0) continue;  // a defect already
    findings.push_back({error.at == 0 ? Rule::ehlo_domain : Rule::ehlo_keyword, show(line.bytes), ""});
  }
  const ReplyLine& first = reply.lines.front();
  if (leading_enhanced_code(first.text)) findings.push_back({Rule::ehlo_domain, show(first.bytes), ""});
  judge_keywords(reply, ehlo, findings);
  if (tls && ehlo.find("STARTTLS") != nullptr) findings.push_back({Rule::no_starttls_in_tls, show(reply.bytes()), ""});
  return findings;
}

std::vector<Finding> judge_enhanced_codes(const Reply& reply) {
  if (reply.klass() != 2 && reply.klass() != 4 && reply.klass() != 5) return {};
  std::vector<Finding> findings;
  std::optional<EnhancedCode> first;
  for (const ReplyLine& line : reply.lines) {
    if (line.code < 0) continue;
    const auto code = leading_enhanced_code(line.text);
    if (!code) {
      findings.push_back({Rule::enhanced_present, show(line.bytes), ""});
      continue;
    }
    if (code->klass != line.code / 100) findings.push_back({Rule::enhanced_class, show(line.bytes), ""});
    if (first && *code != *first) findings.push_back({Rule::enhanced_same, show(reply.bytes()), ""});
    if (!first) first = code;
  }
  return findings;
}

std::vector<Finding> judge_helo(const Reply& reply) {
  for (std::size_t line = 1; line < reply.lines.size(); ++line) {
    const std::string& text = reply.lines[line].text;
    const std::string_view word = std::string_view(text).substr(0, text.find(' '));
    const bool listed = std::any_of(std::begin(extensions), std::end(extensions),
                                    [&](std::string_view extension) { return same_word(extension, word); });
    if (listed) return {{Rule::helo_not_extended, show(reply.bytes()), ""}};
  }
  return {};
}

std::vector<Finding> judge_go_ahead(const Reply& reply) {
  for (const ReplyLine& line : reply.lines) {
    if (leading_enhanced_code(line.text)) return {{Rule::enhanced_absent, show(line.bytes), ""}};
  }
  return {};
}

std::vector<Finding> judge_challenge(const Reply& reply) {
  for (const ReplyLine& line : reply.lines) {
    if (line.separator == 0 || !is_base64(line.text)) return {{Rule::challenge_base64, show(line.bytes), ""}};
  }
  return {};
}

}  // namespace smtpspec::smtp
