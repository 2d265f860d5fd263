// What faults make of command lines, and of commands that break the grammar.
#include <algorithm>
#include <iterator>

#include "harness/reference/faulty_core.hpp"
#include "harness/smtp/char_class.hpp"
#include "harness/smtp/server_state.hpp"

namespace smtpspec::reference {
namespace {

using smtp::Command;
using smtp::CommandError;
using smtp::Verb;

constexpr std::size_t line_buffer = 512;
constexpr std::size_t short_line = 256;
constexpr std::size_t max_echo = 300;
/// Octets of a path or domain, for the faults that take no more.
constexpr std::size_t short_limit = 64;

struct Unchecked {
  std::string_view keyword;
  Fault fault;
};
constexpr Unchecked unchecked[] = {
    {"RET", Fault::ret_unchecked},         {"ENVID", Fault::envid_unchecked},
    {"ORCPT", Fault::orcpt_unchecked},     {"SIZE", Fault::size_malformed_accepted},
    {"BODY", Fault::body_value_unchecked}, {"SMTPUTF8", Fault::smtputf8_value_accepted},
};

/// What stands before is a path.
bool goes_wrong_after_path(const CommandError& error) {
  const std::size_t end = error.command.argument.find('>');
  return error.kind == CommandError::Kind::syntax && end != std::string::npos &&
         error.error.at > error.command.word.size() + 1 + end;
}

/// The parameter whose value does not fit; null where each does, and so one stands there twice.
const smtp::Parameter* wrong_parameter(const Command& command) {
  const auto which = command.verb == Verb::mail ? smtp::ParameterOf::mail : smtp::ParameterOf::rcpt;
  const auto wrong = std::find_if(command.parameters.begin(), command.parameters.end(),
                                  [&](const auto& parameter) { return check_parameter(parameter, which).has_value(); });
  return wrong == command.parameters.end() ? nullptr : &*wrong;
}

/// Lines that close the connection without a reply.
struct Crash {
  Fault fault;
  const char* pattern;
};
constexpr Crash crashes[] = {
    {Fault::crashes_on_broken_route, "<@[^:]*\\z"},
    {Fault::crashes_on_empty_local_part, "<\"\"@"},
    {Fault::eight_bit_hangs_up, "[\\x80-\\xff]"},
    {Fault::long_path_hangs_up, "\\A[^<]*<(?:[^@]{65,}@|[^>]{255,}>)"},
    {Fault::trailing_tab_hangs_up, "\\t\\z"},
    {Fault::commands_hang_up, "(?i)\\A(?:VRFY|EXPN)(?: |\\z)"},
    {Fault::vrfy_parameter_hangs_up, "(?i)\\A(?:VRFY|EXPN) .* "},
};

bool crashes_on(std::string_view line, bool in_transaction, const Faults& faults) {
  return std::any_of(std::begin(crashes), std::end(crashes),
                     [&](const Crash& crash) { return faults.has(crash.fault) && fits(line, crash.pattern); }) ||
         (faults.has(Fault::crashes_on_utf8_vrfy) && in_transaction &&
          fits(line, "(?i)\\A(?:VRFY|EXPN) .*[\\x80-\\xff]"));
}

bool overlooks_parameter(const CommandError& error, const Faults& faults) {
  // "SIZE=" is no parameter at all by the grammar.
  if (smtp::to_upper(error.command.argument).ends_with(" SIZE=")) return faults.has(Fault::size_malformed_accepted);
  if (error.kind != CommandError::Kind::bad_parameter) return false;
  const smtp::Parameter* const wrong = wrong_parameter(error.command);
  if (wrong == nullptr) {
    return faults.has(Fault::parameter_twice_accepted) ||
           (faults.has(Fault::dsn_parameter_twice) && is_of_dsn(error.command.parameters.back()));
  }
  if (wrong->keyword == "NOTIFY") {
    const bool never = wrong->value && smtp::to_upper(*wrong->value).find("NEVER") != std::string::npos;
    return faults.has(never ? Fault::never_with_others : Fault::notify_unchecked);
  }
  return std::any_of(std::begin(unchecked), std::end(unchecked), [&](const Unchecked& value) {
    return value.keyword == wrong->keyword && faults.has(value.fault);
  });
}

std::string with_four_letters(std::string_view line) {
  constexpr std::size_t letters = 4;
  const std::size_t space = std::min(line.find(' '), line.size());
  const Verb verb = smtp::verb_of(line.substr(0, std::min(letters, line.size())));
  const bool longer = space > letters && smtp::verb_of(line.substr(0, space)) == Verb::unknown;
  if (!longer || verb == Verb::unknown) return std::string(line);
  // "MAILFROM:<...>" is MAIL with its argument, "MAILS FROM:<...>" as well.
  const bool path = line.substr(0, space).find(':') != line.npos;
  const std::string_view rest = line.substr(path ? letters : space);
  return std::string(line.substr(0, letters)).append(path ? " " : "").append(rest);
}

}  // namespace

/// Faults that do not know a command where there is one.
bool FaultyCore::misjudged(const Command& command) const {
  const bool mail = command.verb == Verb::mail;
  const bool lower_keyword = mail && fits(command.argument.substr(0, 5), "[a-z]");
  return (has(Fault::verbs_case_sensitive) && fits(command.word, "[a-z]")) ||
         (has(Fault::short_path_limit) && smtp::to_string(command.path).size() > short_limit) ||
         (has(Fault::short_domain_limit) && command.domain.size() > short_limit) ||
         (has(Fault::address_literal_refused) && command.domain.starts_with('[')) ||
         (has(Fault::trailing_space_refused) && trails) || (has(Fault::keywords_case_sensitive) && lower_keyword);
}

void FaultyCore::read_command(std::string_view line, std::size_t octets) {
  die_of_line(line);
  answering = Verb::unknown;
  std::string printable(line), shortened;
  if (has(Fault::control_octets_accepted)) rewrite(printable, R"([\x00-\x1f\x7f])", "");
  if (has(Fault::letters_folded_by_unicode)) {
    rewrite(printable, "\xc5\xbf", "S");
    rewrite(printable, "\xc4\xb1", "I");
    rewrite(printable, "\xe2\x84\xaa", "K");
  }
  line = printable;
  if (has(Fault::verbs_of_four_letters)) line = shortened = with_four_letters(line);
  if (crashes_on(line, transaction.open, faults)) return end(Want::close);
  if (line.empty() && has(Fault::empty_line_unanswered)) return;
  if (answers_freely(line)) return;
  if (memory.refusals >= few_refusals && has(Fault::errors_answered_421)) {
    reply(421, "4.7.0", settings.hostname + " Too many errors");
    return end(Want::close);
  }
  const Verb verb = smtp::verb_of(line.substr(0, line.find(' ')));
  const bool refuses_long = (has(Fault::long_orcpt_refused) && verb == Verb::rcpt) ||
                            (has(Fault::long_mail_line_refused) && verb == Verb::mail);
  if ((refuses_long && octets > line_buffer) || (has(Fault::short_line_limit) && octets > short_line)) {
    return reply(500, "5.5.2", "Line too long");
  }
  trails = line.ends_with(' ') || line.ends_with('\t');
  Core::read_command(line, octets);
}

void FaultyCore::refuse_syntax(const CommandError& error) {
  const Verb verb = error.command.verb;
  if (const auto command = misread(error)) return dispatch(*command);
  if (hangs_up_on(error)) return end(Want::close);
  if (accepts_path(error)) return reply(250, verb == Verb::mail ? "2.1.0" : "2.1.5", "Accepted");
  if (verb == Verb::bdat && has(Fault::bdat_size_by_atoi)) return reply(250, "2.0.0", "Chunk taken");
  if (verb == Verb::mail) memory.mail_refused = true;
  spoil_state(error);
  const std::size_t before = output.size();
  Core::refuse_syntax(error);
  if (has(Fault::refusals_repeat_the_line))
    output.insert(output.size() - 2, ": " + error.command.word + " " + error.command.argument);
  const bool is_501 = output.compare(before, 3, "501") == 0;
  if (error.kind == CommandError::Kind::unknown_verb && has(Fault::unknown_command_ends_session)) end(Want::close);
  if (has_path(verb) && is_501 && has(Fault::syntax_refused_then_accepted)) reply(250, "2.1.0", "Accepted");
}

void FaultyCore::refuse_octets(std::string_view line) {
  const Verb verb = smtp::verb_of(line.substr(0, line.find(' ')));
  if (has_path(verb) && has(Fault::invalid_utf8_accepted)) {
    if (verb == Verb::mail) transaction.open = true;
    return reply(250, "2.1.0", "Accepted");
  }
  if (has(Fault::control_octets_hang_up)) return end(Want::close);
  Core::refuse_octets(line);
  if (has(Fault::reply_echoes_control)) output.insert(output.size() - 2, ": " + std::string(line.substr(0, max_echo)));
}

/// Faults that let a refusal change the session's state.
void FaultyCore::spoil_state(const CommandError& error) {
  const Verb verb = error.command.verb;
  if (error.kind == CommandError::Kind::unknown_verb) {
    if (has(Fault::unknown_command_resets)) end_transaction();
    return;
  }
  if (smtp::is_hello(verb)) memory.ehlo_refused = true;
  if ((smtp::is_hello(verb) && has(Fault::refused_ehlo_resets)) ||
      (verb == Verb::rcpt && has(Fault::refused_rcpt_resets)) || (!has_path(verb) && has(Fault::syntax_error_resets))) {
    end_transaction();
  }
  if (has(Fault::syntax_error_forgets_ehlo)) client.domain.clear();
  if (verb == Verb::mail && has(Fault::refused_mail_opens_transaction)) transaction.open = true;
}

/// Faults that see a command in what is none.
std::optional<Command> FaultyCore::misread(const CommandError& error) const {
  Command command = error.command;
  const bool bare = command.verb == Verb::rset || command.verb == Verb::data || command.verb == Verb::quit;
  const bool unknown_parameter = error.kind == CommandError::Kind::unknown_parameter;
  if ((has(Fault::argument_overlooked) && bare) ||
      (has(Fault::starttls_with_argument) && command.verb == Verb::starttls) ||
      (has(Fault::unknown_parameter_accepted) && unknown_parameter) || overlooks_parameter(error, faults)) {
    return command;
  }
  if (has(Fault::null_forward_path_accepted) && command.verb == Verb::rcpt &&
      smtp::same_word(command.argument, "TO:<>")) {
    command.path.null = true;
    return command;
  }
  if (has(Fault::bare_ehlo_taken) && smtp::is_hello(command.verb) && command.argument.empty()) {
    command.domain = "unknown";
    return command;
  }
  if (has(Fault::auth_syntax_unchecked) && command.verb == Verb::auth) {
    command.mechanism = "PLAIN";
    return command;
  }
  const std::string& argument = command.argument;
  if (has(Fault::closing_brackets_overlooked) && has_path(command.verb) && fits(argument, R"(\A[^<]*<[^<>]*>>+\z)")) {
    const std::size_t open = argument.find('<');
    const std::string path = argument.substr(open, argument.find('>') - open + 1);
    if (const auto parsed = smtp::parse_path(path, {.bare_postmaster = true, .null = true})) {
      command.path = *parsed;
      return command;
    }
  }
  if (has(Fault::malformed_parameter_accepted) && has_path(command.verb) && goes_wrong_after_path(error))
    return command;
  if (has(Fault::auth_skips_bad_base64) && command.verb == Verb::auth && !command.mechanism.empty()) {
    command.initial_response = command.argument.substr(command.argument.find(' ') + 1);
    return command;
  }
  return std::nullopt;
}

bool FaultyCore::hangs_up_on(const CommandError& error) const {
  if (error.kind == CommandError::Kind::unknown_verb) return has(Fault::unknown_command_hangs_up);
  const Verb verb = error.command.verb;
  if (error.kind == CommandError::Kind::bad_parameter && wrong_parameter(error.command) == nullptr) {
    return has(Fault::parameter_twice_hangs_up);
  }
  if (has_path(verb)) return error.kind == CommandError::Kind::syntax && has(Fault::broken_path_hangs_up);
  if (!smtp::is_hello(verb)) return false;
  return has(error.command.argument.empty() ? Fault::bare_ehlo_crashes : Fault::malformed_name_hangs_up);
}

/// Faults that take a path that is none, or one with UTF-8 where there is no SMTPUTF8.
bool FaultyCore::accepts_path(const CommandError& error) {
  const Verb verb = error.command.verb;
  if (!has_path(verb) || error.kind != CommandError::Kind::syntax) return false;
  const bool utf8 = verb == Verb::mail && smtp::has_eight_bit(error.command.argument);
  const std::string& argument = error.command.argument;
  const bool bracket = argument.find(":<") != argument.npos || argument.find('@') != argument.npos;
  const bool is_accepted = (utf8 && has(Fault::utf8_mail_without_parameter)) ||
                           (bracket && has(Fault::broken_path_accepted)) ||
                           (has(Fault::unclosed_path_taken) && fits(argument, R"(\A[A-Za-z]+:<[^>]*\z)"));
  if (is_accepted && verb == Verb::mail) transaction.open = true;
  return is_accepted;
}

}  // namespace smtpspec::reference
