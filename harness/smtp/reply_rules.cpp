#include "harness/smtp/reply_rules.hpp"

#include <algorithm>
#include <iterator>

#include "harness/smtp/base64.hpp"
#include "harness/smtp/char_class.hpp"
#include "harness/smtp/enhanced_code.hpp"
#include "harness/smtp/escape.hpp"
#include "harness/smtp/path.hpp"

namespace smtpspec::smtp {
namespace {

constexpr std::size_t longest_shown = 400;

/// What the RFC of an extension lets stand after its keyword. An extension may be given parameters later, unless its
/// RFC says that there are none: only these are here.
struct KeywordForm {
  std::string_view name;
  std::string_view rfc;
  bool (*fits)(const std::vector<std::string>& parameters);
};
bool has_none(const std::vector<std::string>& parameters) { return parameters.empty(); }
/// RFC 1870 section 3: at most one number. The bound of 20 digits is that of MAIL's parameter.
bool is_size(const std::vector<std::string>& parameters) {
  if (parameters.empty()) return true;
  const std::string& size = parameters.front();
  return parameters.size() == 1 && std::all_of(size.begin(), size.end(), is_digit);
}
/// RFC 4954 section 3: the names of the mechanisms.
bool has_some(const std::vector<std::string>& parameters) { return !parameters.empty(); }

/// By the defects of a reply; `too_many_lines` is no rule's, the reader alone is to blame.
struct GrammarRule {
  ReplyDefect defect;
  Rule rule;
};
constexpr GrammarRule grammar[] = {
    {ReplyDefect::no_code, Rule::reply_code},      {ReplyDefect::code_out_of_range, Rule::code_range},
    {ReplyDefect::bad_separator, Rule::separator}, {ReplyDefect::line_ends_in_lf, Rule::crlf},
    {ReplyDefect::bare_cr, Rule::bare_cr},         {ReplyDefect::cut_short, Rule::whole_reply},
};

constexpr KeywordForm keyword_forms[] = {
    {"PIPELINING", "rfc2920/", has_none},           // section 2
    {"8BITMIME", "rfc6152/", has_none},             // section 2
    {"BINARYMIME", "rfc3030/", has_none},           // section 3
    {"STARTTLS", "rfc3207/", has_none},             // section 2
    {"DSN", "rfc3461/", has_none},                  // section 2
    {"ENHANCEDSTATUSCODES", "rfc2034/", has_none},  // section 3
    {"SMTPUTF8", "rfc6531/", has_none},             // section 3.1
    {"SIZE", "rfc1870/", is_size},                  // section 3
    {"AUTH", "rfc4954/", has_some},                 // section 3
};

/// Keywords that nobody says by chance in the text of a reply to HELO.
constexpr std::string_view extensions[] = {"PIPELINING", "8BITMIME", "CHUNKING", "BINARYMIME",
                                           "STARTTLS",   "DSN",      "SMTPUTF8", "ENHANCEDSTATUSCODES",
                                           "SIZE",       "AUTH"};

/// The registry of SMTP service extensions, and VRFY, which RFC 5321 section 3.5.2 lets be listed.
constexpr std::string_view registered[] = {
    "8BITMIME",  "ATRN",          "AUTH",          "BINARYMIME", "BURL",       "CHECKPOINT",
    "CHUNKING",  "CONNEG",        "CONPERM",       "DELIVERBY",  "DSN",        "ENHANCEDSTATUSCODES",
    "ETRN",      "EXPN",          "FUTURERELEASE", "HELP",       "LIMITS",     "MT-PRIORITY",
    "MTRK",      "NO-SOLICITING", "ONEX",          "PIPELINING", "REQUIRETLS", "RRVS",
    "SAML",      "SEND",          "SIZE",          "SMTPUTF8",   "SOML",       "STARTTLS",
    "SUBMITTER", "TURN",          "UTF8SMTP",      "VERB",       "VRFY"};

void judge_keywords(Rulings& rulings, const Reply& reply, const Ehlo& ehlo) {
  const auto all = [&] { return show(reply.bytes()); };
  for (auto keyword = ehlo.keywords.begin(); keyword != ehlo.keywords.end(); ++keyword) {
    const auto is_same = [&](const Keyword& other) { return other.name == keyword->name; };
    rulings.check(Rule::keyword_once, std::none_of(ehlo.keywords.begin(), keyword, is_same),
                  [&] { return keyword->name + " twice in " + all(); });
    const bool known = keyword->name.starts_with('X') ||
                       std::find(std::begin(registered), std::end(registered), keyword->name) != std::end(registered);
    rulings.check(Rule::keyword_registered, known, [&] { return keyword->name + " in " + all(); });
    const auto form = std::find_if(std::begin(keyword_forms), std::end(keyword_forms),
                                   [&](const KeywordForm& one) { return one.name == keyword->name; });
    if (form == std::end(keyword_forms)) continue;
    constexpr Rule rule = Rule::keyword_parameters;
    if (form->fits(keyword->parameters))
      rulings.kept(rule);
    else
      rulings.broken({rule, std::string(row_of(rule).asks), keyword->name + " in " + all(), rulings.event,
                      std::string(form->rfc)});
  }
  const auto needs = [&](Rule rule, std::string_view one, std::string_view other) {
    if (ehlo.find(one) != nullptr) rulings.check(rule, ehlo.find(other) != nullptr, all);
  };
  needs(Rule::utf8_with_8bitmime, "SMTPUTF8", "8BITMIME");
  needs(Rule::binary_with_chunking, "BINARYMIME", "CHUNKING");
}

}  // namespace

std::string show(std::string_view octets) {
  return escape(octets.substr(0, longest_shown)) + (octets.size() > longest_shown ? "..." : "");
}

/// Beyond the first line, whose text is a greet.
bool has_control_in_keywords(const Reply& reply) {
  const auto is_bad = [](char octet) { return is_control(octet) && octet != '\t' && octet != '\r'; };
  return std::any_of(reply.lines.begin() + 1, reply.lines.end(), [&](const ReplyLine& line) {
    const std::string_view text = line.text();
    return std::any_of(text.begin(), text.end(), is_bad);
  });
}

/// The connection ended within the code of the last line, and no other lacks one.
bool is_cut_in_code(const Reply& reply) {
  const auto is_coded = [](const ReplyLine& line) { return line.code >= 0; };
  const std::string& last = reply.lines.back().bytes;
  return reply.has(ReplyDefect::cut_short) && last.size() < 3 && std::all_of(last.begin(), last.end(), is_digit) &&
         std::all_of(reply.lines.begin(), reply.lines.end() - 1, is_coded);
}

/// Of a line that was not kept whole, or did not come whole, the last character may be cut.
bool is_utf8(const Reply& reply) {
  constexpr std::size_t longest = 4;
  return std::all_of(reply.lines.begin(), reply.lines.end(), [](const ReplyLine& line) {
    const bool is_cut = line.octets > line.bytes.size() || line.end == LineEnd::none;
    std::string_view text = line.text();
    while (!text.empty()) {
      const std::size_t octets = is_eight_bit(text.front()) ? utf8_non_ascii(text) : 1;
      if (octets == 0) return is_cut && text.size() < longest;
      text.remove_prefix(octets);
    }
    return true;
  });
}

void judge_grammar(Rulings& rulings, const Reply& reply, Latitude latitude) {
  const auto lacks = [&](ReplyDefect defect) { return !reply.has(defect); };
  const auto all = [&] { return show(reply.bytes()); };
  for (const GrammarRule& row : grammar)
    if (row.defect != ReplyDefect::no_code || !is_cut_in_code(reply)) rulings.check(row.rule, lacks(row.defect), all);
  const bool greet = latitude.greets && reply.code == 250 && !has_control_in_keywords(reply);
  rulings.check(Rule::text_octets, greet || lacks(ReplyDefect::control_character), all);
  if (reply.lines.size() > 1) rulings.check(Rule::one_code, lacks(ReplyDefect::code_changes), all);
  // A challenge is as long as its mechanism makes it (RFC 4954 section 4).
  if (reply.code != 334) rulings.check(Rule::line_length, lacks(ReplyDefect::line_too_long), all);
  const bool ascii = lacks(ReplyDefect::eight_bit);
  if (!latitude.utf8 || !ascii) rulings.check(Rule::ascii, ascii || (latitude.utf8 && is_utf8(reply)), all);
  const ReplyLine& first = reply.lines.front();
  const bool whole = first.end != LineEnd::none && first.code >= 0 && (first.separator == 0 || first.separator == ' ');
  if (whole && reply.lines.size() == 1 && reply.code != 334) rulings.check(Rule::bare_code, !first.text().empty(), all);
}

void judge_greeting(Rulings& rulings, const Reply& reply) {
  if (reply.code != 220) return;
  const ReplyLine& first = reply.lines.front();
  const std::string_view text = first.text();
  const bool domain{parse_domain(text.substr(0, text.find(' ')), false)};
  rulings.check(Rule::greeting_domain, domain, [&] { return show(first.bytes); });
  judge_codeless(rulings, reply);
}

void judge_ehlo(Rulings& rulings, const Reply& reply, const Ehlo& ehlo, bool tls) {
  const ReplyLine* misnamed = nullptr;
  const ReplyLine* misspelt = nullptr;
  for (const SyntaxError& error : ehlo.errors) {
    const ReplyLine& line = reply.lines[std::min(error.at, reply.lines.size() - 1)];
    if (line.code < 0) continue;  // a defect already
    const ReplyLine*& first = error.at == 0 ? misnamed : misspelt;
    if (first == nullptr) first = &line;
  }
  rulings.check(Rule::ehlo_domain, misnamed == nullptr, [&] { return show(misnamed->bytes); });
  if (reply.lines.size() > 1)
    rulings.check(Rule::ehlo_keyword, misspelt == nullptr, [&] { return show(misspelt->bytes); });
  judge_keywords(rulings, reply, ehlo);
  judge_codeless(rulings, reply);
  if (tls)
    rulings.check(Rule::no_starttls_in_tls, ehlo.find("STARTTLS") == nullptr, [&] { return show(reply.bytes()); });
}

void judge_enhanced_codes(Rulings& rulings, const Reply& reply) {
  if (reply.klass() != 2 && reply.klass() != 4 && reply.klass() != 5) return;
  const ReplyLine* without = nullptr;
  const ReplyLine* disagreeing = nullptr;
  std::optional<EnhancedCode> first;
  bool several = false;
  bool same = true;
  for (const ReplyLine& line : reply.lines) {
    if (line.code < 0) continue;
    const auto code = leading_enhanced_code(line.text());
    if (!code) {
      if (without == nullptr) without = &line;
      continue;
    }
    if (code->klass != line.code / 100 && disagreeing == nullptr) disagreeing = &line;
    several = first.has_value();
    same = same && (!first || *code == *first);
    if (!first) first = code;
  }
  rulings.check(Rule::enhanced_present, without == nullptr, [&] { return show(without->bytes); });
  if (first) rulings.check(Rule::enhanced_class, disagreeing == nullptr, [&] { return show(disagreeing->bytes); });
  if (several) rulings.check(Rule::enhanced_same, same, [&] { return show(reply.bytes()); });
}

void judge_helo(Rulings& rulings, const Reply& reply) {
  const auto is_listed = [](const ReplyLine& line) {
    const std::string_view word = line.text().substr(0, line.text().find(' '));
    return std::any_of(std::begin(extensions), std::end(extensions),
                       [&](std::string_view extension) { return same_word(extension, word); });
  };
  rulings.check(Rule::helo_not_extended, std::none_of(reply.lines.begin() + 1, reply.lines.end(), is_listed),
                [&] { return show(reply.bytes()); });
}

void judge_codeless(Rulings& rulings, const Reply& reply) {
  const auto coded = std::find_if(reply.lines.begin(), reply.lines.end(),
                                  [](const ReplyLine& line) { return leading_enhanced_code(line.text()).has_value(); });
  rulings.check(Rule::enhanced_absent, coded == reply.lines.end(), [&] { return show(coded->bytes); });
}

void judge_chunk(Rulings& rulings, const PendingReply& what, const Reply& reply) {
  constexpr Rule rule = Rule::reply_after_chunk;
  if (what.complete) return rulings.kept(rule);
  rulings.broken({rule, std::string(row_of(rule).asks), show(reply.bytes()) + " to " + show(what.shown), rulings.event,
                  reply.klass() == 2 ? "rfc3030/2/size-is-exact" : "rfc3030/2/refused-chunk-is-discarded"});
}

void judge_challenge(Rulings& rulings, const Reply& reply) {
  const bool right =
      reply.lines.size() == 1 && reply.lines.front().separator == ' ' && is_base64(reply.lines.front().text());
  rulings.check(Rule::challenge_base64, right, [&] { return show(reply.bytes()); });
}

}  // namespace smtpspec::smtp
