#include "harness/smtp/command.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "harness/smtp/base64.hpp"
#include "harness/smtp/char_class.hpp"

namespace smtpspec::smtp {
namespace {

using Kind = CommandError::Kind;

std::string_view without_trailing_space(std::string_view line) {
  const std::size_t last = line.find_last_not_of(" \t");
  return line.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

/// RFC 4422 section 3.1: 1 to 20 letters, digits, hyphens, underscores. Small letters are taken as well, as servers do.
bool is_mechanism(std::string_view word) {
  const auto fits = [](char octet) { return is_let_dig(octet) || octet == '-' || octet == '_'; };
  return !word.empty() && word.size() <= 20 && std::all_of(word.begin(), word.end(), fits);
}

bool declares_utf8(const Parsed<std::vector<Parameter>>& parameters) {
  return parameters && find_parameter(*parameters, "SMTPUTF8") != nullptr;
}

/// Reads the argument of one line. The functions of the table below return false with `error` filled.
struct Arguments {
  std::string_view line;  ///< without trailing white space
  std::size_t at = 0;     ///< where the argument begins; line.size() where there is none
  CommandRules rules;
  Command command;
  Kind kind = Kind::syntax;
  SyntaxError error;

  [[nodiscard]] std::string_view rest() const { return line.substr(at); }
  bool fail(Kind what, std::size_t where, std::string message) {
    kind = what;
    error = {where, std::move(message)};
    return false;
  }
  bool fail(std::size_t where, std::string message) { return fail(Kind::syntax, where, std::move(message)); }

  bool none() { return at == line.size() || fail(at, std::string(name(command.verb)) + " takes no argument"); }

  /// The grammar says String (an atom or a quoted-string), yet section 3.5.1 has mailboxes in VRFY, and the argument of
  /// NOOP is to be ignored (section 4.1.1.9): any printable text is taken, and UTF-8 as RFC 6531 section 3.7.4.2 has
  /// it.
  bool optional_text() {
    while (at < line.size()) {
      const bool printable = !is_control(line[at]) && !is_eight_bit(line[at]);
      const std::size_t octets = printable ? 1 : rules.utf8 ? utf8_non_ascii(rest()) : 0;
      if (octets == 0) return fail(at, "octet not allowed in a string");
      at += octets;
    }
    return true;
  }

  bool text() {
    if (at == line.size()) return fail(at, std::string(name(command.verb)) + " needs an argument");
    return optional_text();
  }

  /// RFC 5321 section 4.1.1.1 gives HELO a Domain alone. An address literal is taken there too: a host without a name
  /// has nothing else to say (sections 2.3.5 and 4.1.3), and a server is not to refuse mail for it (section 4.1.4).
  bool domain() {
    auto domain = parse_domain(rest(), false);
    if (!domain) return fail(at + domain.error().at, domain.error().message);
    command.domain = *std::move(domain);
    return true;
  }
  bool mail() { return path_and_parameters("FROM:", ParameterOf::mail); }
  bool rcpt() { return path_and_parameters("TO:", ParameterOf::rcpt); }

  /// RFC 3030 section 2: "BDAT" SP chunk-size [SP "LAST"].
  bool bdat() {
    const auto is_end = std::find_if_not(rest().begin(), rest().end(), is_digit);
    const auto digits = static_cast<std::size_t>(is_end - rest().begin());
    if (digits == 0) return fail(at, "expected the size of the chunk in digits");
    const char* first = line.data() + at;
    if (std::from_chars(first, first + digits, command.chunk_size).ec != std::errc()) {
      command.chunk_size = 0;
      return fail(at, "the size of the chunk does not fit 64 bits");
    }
    at += digits;
    if (rest().empty()) return true;
    if (!same_word(rest(), " LAST")) return fail(at, "expected a space and LAST, or the end of the command");
    command.last_chunk = true;
    return true;
  }

  /// RFC 4954 section 4.
  bool auth() {
    const std::string_view mechanism = rest().substr(0, rest().find(' '));
    if (!is_mechanism(mechanism)) return fail(at, "expected the name of a SASL mechanism");
    command.mechanism = to_upper(mechanism);
    at += mechanism.size();
    if (rest().empty()) return true;
    ++at;
    if (rest() != "=" && (rest().empty() || !is_base64(rest())))
      return fail(at, "the initial response is neither base64 nor a single '='");
    command.initial_response = std::string(rest());
    return true;
  }

 private:
  bool path_and_parameters(std::string_view word, ParameterOf which) {
    if (!same_word(rest().substr(0, word.size()), word)) return fail(at, "expected " + std::string(word));
    at += word.size();
    if (at < line.size() && line[at] == ' ') return fail(at, "no space is allowed after " + std::string(word));
    const std::size_t extent = path_extent(rest());
    const bool is_mail = which == ParameterOf::mail;
    // The parameters are read first: among them is the one that lets UTF-8 into the path.
    const std::size_t after = extent == 0 ? line.size() : at + extent;
    auto parameters = parse_parameters(line.substr(after), rules.utf8);
    const bool utf8 = rules.utf8 && (!is_mail || declares_utf8(parameters));
    if (utf8 != rules.utf8) parameters = parse_parameters(line.substr(after), utf8);
    if (parameters) command.parameters = *parameters;
    const PathRules path_rules{.utf8 = utf8, .bare_postmaster = !is_mail, .null = is_mail};
    auto path = parse_path(line.substr(at, after - at), path_rules);
    if (!path) return fail(at + path.error().at, path.error().message);
    command.path = *std::move(path);
    if (!parameters) return fail(after + parameters.error().at, parameters.error().message);
    return check_parameters(after, which);
  }

  bool check_parameters(std::size_t where, ParameterOf which) {
    const std::vector<Parameter>& all = command.parameters;
    for (auto parameter = all.begin(); parameter != all.end(); ++parameter) {
      ++where;  // the space in front of it
      const bool offered = rules.parameters && (parameter->keyword != "SMTPUTF8" || rules.utf8);
      if (!offered) return fail(Kind::unknown_parameter, where, parameter->keyword + " is not offered in this session");
      const auto problem = check_parameter(*parameter, which);
      if (problem) {
        return fail(problem->unknown ? Kind::unknown_parameter : Kind::bad_parameter, where, problem->message);
      }
      const auto is_same = [&](const Parameter& earlier) { return earlier.keyword == parameter->keyword; };
      if (std::any_of(all.begin(), parameter, is_same)) {
        return fail(Kind::bad_parameter, where, parameter->keyword + " is given twice");
      }
      where += parameter->keyword.size() + (parameter->value ? 1 + parameter->value->size() : 0);
    }
    return true;
  }
};

struct VerbRule {
  Verb verb;
  std::string_view word;
  bool (Arguments::*read)();
};
constexpr VerbRule verbs[] = {
    {Verb::ehlo, "EHLO", &Arguments::domain},        {Verb::helo, "HELO", &Arguments::domain},
    {Verb::lhlo, "LHLO", &Arguments::domain},        {Verb::mail, "MAIL", &Arguments::mail},
    {Verb::rcpt, "RCPT", &Arguments::rcpt},          {Verb::data, "DATA", &Arguments::none},
    {Verb::bdat, "BDAT", &Arguments::bdat},          {Verb::rset, "RSET", &Arguments::none},
    {Verb::vrfy, "VRFY", &Arguments::text},          {Verb::expn, "EXPN", &Arguments::text},
    {Verb::help, "HELP", &Arguments::optional_text}, {Verb::noop, "NOOP", &Arguments::optional_text},
    {Verb::quit, "QUIT", &Arguments::none},          {Verb::starttls, "STARTTLS", &Arguments::none},
    {Verb::auth, "AUTH", &Arguments::auth},
};

}  // namespace

Verb verb_of(std::string_view word) {
  for (const VerbRule& rule : verbs) {
    if (same_word(rule.word, word)) return rule.verb;
  }
  return Verb::unknown;
}

std::string_view name(Verb verb) {
  for (const VerbRule& rule : verbs) {
    if (rule.verb == verb) return rule.word;
  }
  return "unknown";
}

std::optional<CommandLine> LineReader::take(std::string_view& octets) {
  while (!octets.empty()) {
    const std::size_t lf = octets.find('\n');
    const std::size_t taken = lf == std::string_view::npos ? octets.size() : lf + 1;
    const bool crlf = taken > 1 ? octets[taken - 2] == '\r' : last_was_cr_;
    line_.append(octets.substr(0, std::min(taken, max_line - line_.size())));
    octets_ += taken;
    last_was_cr_ = octets[taken - 1] == '\r';
    octets.remove_prefix(taken);
    if (lf == std::string_view::npos || (!crlf && ends_ == Ends::crlf_only)) continue;
    CommandLine line{std::move(line_), crlf ? LineEnd::crlf : LineEnd::lf, octets_};
    line.bytes.resize(std::min(line.bytes.size(), octets_ - (crlf ? 2 : 1)));
    clear();
    return line;
  }
  return std::nullopt;
}

void LineReader::clear() {
  line_.clear();
  octets_ = 0;
  last_was_cr_ = false;
}

std::variant<Command, CommandError> parse_command(std::string_view line, const CommandRules& rules) {
  Arguments arguments;
  arguments.line = without_trailing_space(line);
  arguments.rules = rules;
  Command& command = arguments.command;
  const std::size_t space = std::min(arguments.line.find(' '), arguments.line.size());
  command.word = arguments.line.substr(0, space);
  command.verb = verb_of(command.word);
  arguments.at = std::min(space + 1, arguments.line.size());
  command.argument = arguments.rest();
  const auto* rule = std::find_if(std::begin(verbs), std::end(verbs),
                                  [&](const VerbRule& entry) { return entry.verb == command.verb; });
  const bool fits = rule != std::end(verbs) ? (arguments.*(rule->read))()
                                            : arguments.fail(Kind::unknown_verb, 0, "not a known command");
  if (fits) return std::move(command);
  return CommandError{arguments.kind, std::move(arguments.error), std::move(command)};
}

bool has_forbidden_octets(std::string_view line) {
  line = without_trailing_space(line);
  while (!line.empty()) {
    const std::size_t octets = is_eight_bit(line.front()) ? utf8_non_ascii(line) : is_control(line.front()) ? 0 : 1;
    if (octets == 0) return true;
    line.remove_prefix(octets);
  }
  return false;
}

}  // namespace smtpspec::smtp
