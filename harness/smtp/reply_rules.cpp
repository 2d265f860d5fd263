#include "harness/smtp/reply_rules.hpp"

#include <algorithm>

#include "harness/smtp/bytes.hpp"
#include "harness/smtp/enhanced_code.hpp"
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
  if (reply.code != 220 || parse_domain(text.substr(0, text.find(' ')), false)) return {};
  return {{Rule::greeting_domain, show(reply.lines.front().bytes), ""}};
}

std::vector<Finding> judge_ehlo(const Reply& reply, const Ehlo& ehlo, bool tls) {
  std::vector<Finding> findings;
  for (const SyntaxError& error : ehlo.errors) {
    const ReplyLine& line = reply.lines[std::min(error.at, reply.lines.size() - 1)];
    if (line.code < 0) continue;  // a defect already
    findings.push_back({error.at == 0 ? Rule::ehlo_domain : Rule::ehlo_keyword, show(line.bytes), ""});
  }
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

std::vector<Finding> judge_challenge(const Reply& reply) {
  for (const ReplyLine& line : reply.lines) {
    if (line.separator == 0 || !is_base64(line.text)) return {{Rule::challenge_base64, show(line.bytes), ""}};
  }
  return {};
}

}  // namespace smtpspec::smtp
