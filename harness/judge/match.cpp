#include "harness/judge/match.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <re2/re2.h>

#include "harness/smtp/enhanced_code.hpp"
#include "harness/smtp/escape.hpp"

namespace smtpspec::judge {

using scenario::Alternative;
using scenario::Expectation;
using scenario::Outcome;

bool allows(const Expectation& expectation, Alternative::Kind kind) {
  return std::any_of(expectation.alternatives.begin(), expectation.alternatives.end(),
                     [kind](const Alternative& one) { return one.kind == kind; });
}

bool handshake_may_fail(const scenario::Step& step) {
  return std::any_of(step.replies.begin(), step.replies.end(),
                     [](const Expectation& one) { return allows(one, Alternative::Kind::close); });
}

bool code_fits(std::string_view pattern, int code) {
  if (pattern.size() != 3 || code < 0 || code > 999) return false;
  const int digits[] = {code / 100, code / 10 % 10, code % 10};
  for (std::size_t i = 0; i < 3; ++i) {
    const bool any = pattern[i] < '0' || pattern[i] > '9';
    if (!any && pattern[i] - '0' != digits[i]) return false;
  }
  return true;
}

bool has_keyword(const smtp::Ehlo& ehlo, const std::string& wanted) {
  const auto space = wanted.find(' ');
  const smtp::Keyword* keyword = ehlo.find(wanted.substr(0, space));
  if (keyword == nullptr) return false;
  if (space == std::string::npos) return true;
  const auto& parameters = keyword->parameters;
  return std::find(parameters.begin(), parameters.end(), wanted.substr(space + 1)) != parameters.end();
}

namespace {

constexpr std::string_view any_reply_in_words = "any reply";

/// "5.1.1" against "5.1.z": each part equal, or a letter for any number.
bool enhanced_fits(std::string_view pattern, const smtp::Reply& reply) {
  const auto code = smtp::leading_enhanced_code(reply.lines.front().text());
  if (!code) return false;
  const std::string seen = smtp::to_string(*code);
  std::size_t at = 0;
  for (const char c : pattern) {
    if (c >= 'a' && c <= 'z') {
      if (at >= seen.size() || seen[at] == '.') return false;
      while (at < seen.size() && seen[at] != '.') ++at;
    } else if (at >= seen.size() || seen[at++] != c) {
      return false;
    }
  }
  return at == seen.size();
}

bool keywords_fit(const Alternative& alternative, const smtp::Reply& reply) {
  if (alternative.keywords.empty() && alternative.without.empty()) return true;
  const smtp::Ehlo ehlo = smtp::parse_ehlo(reply);
  const auto there = [&](const std::string& wanted) { return has_keyword(ehlo, wanted); };
  return std::all_of(alternative.keywords.begin(), alternative.keywords.end(), there) &&
         std::none_of(alternative.without.begin(), alternative.without.end(), there);
}

std::string text_of(const smtp::Reply& reply) {
  std::string text;
  for (const smtp::ReplyLine& line : reply.lines) text.append(text.empty() ? "" : "\n").append(line.text());
  return text;
}

/// RE2 takes time in proportion to the text, whatever the server makes of it.
bool capture(const Alternative& alternative, const smtp::Reply& reply, Captures& captures) {
  if (alternative.capture.empty()) return true;
  const std::string text = text_of(reply);
  for (const auto& [value, pattern] : alternative.capture) {
    const RE2 expression(pattern, RE2::Quiet);
    re2::StringPiece groups[2];
    const int count = expression.NumberOfCapturingGroups() > 0 ? 2 : 1;
    if (!expression.ok() || !expression.Match(text, 0, text.size(), RE2::UNANCHORED, groups, count)) return false;
    captures[value] = std::string(groups[count - 1]);
  }
  return true;
}

bool reply_fits(const Alternative& alternative, const Observed& observed, const scenario::Lookup& lookup,
                Captures& captures) {
  const smtp::Reply& reply = observed.reply;
  if (!code_fits(alternative.code, reply.code)) return false;
  if (alternative.closes && !observed.closed) return false;
  if (!alternative.enhanced.empty() && !enhanced_fits(alternative.enhanced, reply)) return false;
  if (alternative.lines && *alternative.lines != reply.lines.size()) return false;
  if (!keywords_fit(alternative, reply)) return false;
  if (alternative.contains) {
    const auto wanted = scenario::expand(*alternative.contains, lookup);
    if (!wanted || text_of(reply).find(*wanted) == std::string::npos) return false;
  }
  return capture(alternative, reply, captures);
}

bool fits(const Alternative& alternative, const Observed& observed, const scenario::Lookup& lookup,
          Captures& captures) {
  switch (alternative.kind) {
    case Alternative::Kind::reply:
      return observed.what == Observed::What::reply && reply_fits(alternative, observed, lookup, captures);
    case Alternative::Kind::close: return observed.what == Observed::What::closed && !observed.incomplete;
    case Alternative::Kind::silence: return observed.what == Observed::What::nothing && !observed.incomplete;
  }
  return false;
}

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, ", ")); }

}  // namespace

const Expectation& any_reply() {
  static const Expectation expectation = [] {
    Alternative alternative;
    alternative.code = "xyz";
    Expectation made;
    made.alternatives.push_back(std::move(alternative));
    return made;
  }();
  return expectation;
}

const Expectation& any_reply_or_none() {
  static const Expectation expectation = [] {
    Expectation made = any_reply();
    made.alternatives.emplace_back().kind = Alternative::Kind::silence;
    return made;
  }();
  return expectation;
}

std::optional<std::size_t> choose(const Expectation& expectation, const Observed& observed,
                                  const scenario::Lookup& lookup, Captures& captures) {
  for (std::size_t i = 0; i < expectation.alternatives.size(); ++i)
    if (fits(expectation.alternatives[i], observed, lookup, captures)) return i;
  return std::nullopt;
}

std::string describe(const Alternative& alternative) {
  if (alternative.kind == Alternative::Kind::close) return "the connection closed";
  if (alternative.kind == Alternative::Kind::silence) return "no reply";
  std::string text = alternative.code == "xyz" ? std::string(any_reply_in_words) : alternative.code;
  if (!alternative.enhanced.empty()) text += " " + alternative.enhanced;
  if (alternative.lines) text += fmt::format(" of {} line{}", *alternative.lines, *alternative.lines == 1 ? "" : "s");
  if (!alternative.keywords.empty()) text += " with " + joined(alternative.keywords);
  if (!alternative.without.empty()) text += " without " + joined(alternative.without);
  if (alternative.closes) text += " and close";
  return text;
}

bool wants_close(const Expectation& expectation, const smtp::Reply& reply) {
  return std::any_of(expectation.alternatives.begin(), expectation.alternatives.end(), [&](const Alternative& one) {
    return one.kind == Alternative::Kind::reply && one.closes && code_fits(one.code, reply.code);
  });
}

bool lacks_close(const Expectation& expectation, const Observed& observed) {
  return observed.what == Observed::What::reply && !observed.closed && wants_close(expectation, observed.reply);
}

/// What is asked for, and what else is permitted; an ending that is held against the server is not expected of it.
std::string describe(const Expectation& expectation) {
  std::vector<std::string> asked;
  std::vector<std::string> permitted;
  std::vector<std::string> but;  // of what else would be any reply
  for (const Alternative& alternative : expectation.alternatives) {
    const Outcome as = alternative.as.value_or(Outcome::pass);
    if (as == Outcome::fail || as == Outcome::crash) but.push_back(describe(alternative));
    if (as == Outcome::warn || as == Outcome::fail || as == Outcome::crash) continue;
    const bool is_asked = as == Outcome::pass;
    std::string word = describe(alternative);
    if (is_asked && alternative.code == "xyz" && !alternative.because.empty())
      word += fmt::format(" ({})", alternative.because);
    std::vector<std::string>& words = is_asked ? asked : permitted;
    if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(std::move(word));
  }
  if (asked.empty()) std::swap(asked, permitted);
  if (asked.empty()) return "anything else";
  for (std::string& one : permitted)
    if (one == any_reply_in_words && !but.empty()) one += fmt::format(" but {}", fmt::join(but, " or "));
  return fmt::format("{}{}{}", fmt::join(asked, " or "),
                     permitted.empty() ? "" : "; permitted too: ", fmt::join(permitted, " or "));
}

std::string describe(const Observed& observed) {
  switch (observed.what) {
    case Observed::What::reply: {
      std::string text = smtp::escape(observed.reply.bytes().substr(0, 400));
      if (observed.closed) text += ", then the connection closed";
      return text;
    }
    case Observed::What::closed:
      return observed.incomplete ? "the connection closed in a reply: " + smtp::escape(observed.octets.substr(0, 400))
                                 : "the connection closed without a reply";
    case Observed::What::nothing:
      return observed.incomplete ? "an incomplete reply in the time: " + smtp::escape(observed.octets.substr(0, 400))
                                 : "no reply in the time";
    case Observed::What::unknown: return "the transcript ends before that";
  }
  return {};
}

}  // namespace smtpspec::judge
