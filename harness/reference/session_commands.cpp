// The commands that are no part of a mail transaction, and the table that all of them are found by.
#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "harness/reference/command_faults.hpp"
#include "harness/reference/session_impl.hpp"
#include "harness/smtp/octets.hpp"

namespace smtpspec::reference {
namespace {

using smtp::Command;
using smtp::CommandError;
using smtp::Verb;

/// Octets of a path or domain, for the faults that take no more.
constexpr std::size_t short_limit = 64;

}  // namespace

void Session::Impl::dispatch(const Command& command) {
  struct Row {
    Verb verb;
    void (Impl::*run)(const Command&);
  };
  static constexpr Row rows[] = {
      {Verb::ehlo, &Impl::ehlo}, {Verb::lhlo, &Impl::ehlo},         {Verb::helo, &Impl::helo},
      {Verb::mail, &Impl::mail}, {Verb::rcpt, &Impl::rcpt},         {Verb::data, &Impl::data},
      {Verb::bdat, &Impl::bdat}, {Verb::rset, &Impl::rset},         {Verb::vrfy, &Impl::vrfy},
      {Verb::expn, &Impl::expn}, {Verb::help, &Impl::help},         {Verb::noop, &Impl::noop},
      {Verb::quit, &Impl::quit}, {Verb::starttls, &Impl::starttls}, {Verb::auth, &Impl::auth},
  };
  const auto* row =
      std::find_if(std::begin(rows), std::end(rows), [&](const Row& r) { return r.verb == command.verb; });
  if (row == std::end(rows)) return say(500, "5.5.2", "Command not recognized");
  const bool neutral = command.verb == Verb::noop || command.verb == Verb::help || command.verb == Verb::vrfy ||
                       command.verb == Verb::expn;
  if (neutral && faults.has(Fault::other_commands_reset)) end_transaction();
  if (neutral && faults.has(Fault::input_lost_behind_noop)) discard_unread();
  if (neutral && transaction.open && faults.has(Fault::busy_in_transaction)) return say(503, "5.5.1", "Not now");
  const bool early = client.domain.empty() && (neutral || command.verb == Verb::rset);
  if (early && faults.has(Fault::commands_wait_for_ehlo)) return say(503, "5.5.1", "EHLO first");
  const Mistake* const mistake = mistake_about(command, faults);
  if (mistake != nullptr && command.verb != Verb::mail && command.verb != Verb::rcpt) {
    return say(mistake->code, mistake->enhanced, mistake->text);
  }
  (this->*row->run)(command);
}

/// RFC 5321 section 4.2.4: 500 for what is no command, 501 for arguments that do not fit, 555 for parameters.
void Session::Impl::refuse(const CommandError& error) {
  const Verb verb = error.command.verb;
  if (error.kind == CommandError::Kind::unknown_verb) {
    if (faults.has(Fault::unknown_command_hangs_up)) return end(Want::close);
    if (faults.has(Fault::unknown_command_resets)) end_transaction();
    return say(500, "5.5.2", "Command not recognized");
  }
  const bool path = verb == Verb::mail || verb == Verb::rcpt;
  const bool greeting = verb == Verb::ehlo || verb == Verb::helo || verb == Verb::lhlo;
  if (greeting && faults.has(Fault::bare_ehlo_crashes) && error.command.argument.empty()) return end(Want::close);
  if (greeting && faults.has(Fault::refused_ehlo_resets)) end_transaction();
  if (hangs_up_on(error)) return end(Want::close);
  if (accepts_path(error)) return say(250, verb == Verb::mail ? "2.1.0" : "2.1.5", "Accepted");
  if (verb == Verb::bdat && faults.has(Fault::bdat_size_by_atoi)) return say(250, "2.0.0", "Chunk taken");
  if (verb == Verb::rcpt && faults.has(Fault::refused_rcpt_resets)) end_transaction();
  if (!path && faults.has(Fault::syntax_error_resets)) end_transaction();
  if (faults.has(Fault::syntax_error_forgets_ehlo)) client.domain.clear();
  if (verb == Verb::rcpt && transaction.open) ++transaction.rcpts;
  if (verb == Verb::mail && faults.has(Fault::refused_mail_opens_transaction)) transaction.open = true;
  if (path && client.extended && smtp::has_eight_bit(error.command.argument)) {  // RFC 6531 section 3.5
    return say(verb == Verb::mail ? 550 : 553, "5.6.7", "An address outside ASCII, and no SMTPUTF8");
  }
  if (error.kind == CommandError::Kind::unknown_parameter) return say(555, "5.5.4", error.error.message);
  say(501,
      greeting             ? ""
      : verb == Verb::auth ? "5.5.2"
                           : "5.5.4",
      fmt::format("{} (octet {})", error.error.message, error.error.at));
  if (path && faults.has(Fault::syntax_refused_then_accepted)) say(250, "2.1.0", "Accepted");
}

/// Faults that see a command in what is none.
std::optional<Command> Session::Impl::misread(const CommandError& error) const {
  Command command = error.command;
  const bool bare = command.verb == Verb::rset || command.verb == Verb::data || command.verb == Verb::quit;
  if (faults.has(Fault::argument_overlooked) && bare) return command;
  if (faults.has(Fault::starttls_with_argument) && command.verb == Verb::starttls) return command;
  if (faults.has(Fault::unknown_parameter_accepted) && error.kind == CommandError::Kind::unknown_parameter)
    return command;
  if (overlooks_parameter(error, faults)) return command;
  if (faults.has(Fault::null_forward_path_accepted) && command.verb == Verb::rcpt &&
      smtp::same_word(command.argument, "TO:<>")) {
    command.path.null = true;
    return command;
  }
  if (faults.has(Fault::auth_skips_bad_base64) && command.verb == Verb::auth && !command.mechanism.empty()) {
    command.initial_response = command.argument.substr(command.argument.find(' ') + 1);
    return command;
  }
  return std::nullopt;
}

bool Session::Impl::hangs_up_on(const CommandError& error) const {
  const Verb verb = error.command.verb;
  const bool path = verb == Verb::mail || verb == Verb::rcpt;
  if (path && error.kind == CommandError::Kind::syntax && faults.has(Fault::broken_path_hangs_up)) return true;
  const bool greeting = verb == Verb::ehlo || verb == Verb::helo || verb == Verb::lhlo;
  return greeting && !error.command.argument.empty() && faults.has(Fault::malformed_name_hangs_up);
}

/// Faults that take a path that is none, or one with UTF-8 where there is no SMTPUTF8.
bool Session::Impl::accepts_path(const CommandError& error) {
  const Verb verb = error.command.verb;
  const bool path = verb == Verb::mail || verb == Verb::rcpt;
  if (!path || error.kind != CommandError::Kind::syntax) return false;
  const bool utf8 = verb == Verb::mail && smtp::has_eight_bit(error.command.argument);
  const bool bracket = error.command.argument.find(":<") != std::string::npos;
  const bool taken =
      (utf8 && faults.has(Fault::utf8_mail_without_parameter)) || (bracket && faults.has(Fault::broken_path_accepted));
  if (taken && verb == Verb::mail) transaction.open = true;
  return taken;
}

/// Faults that do not know a command where there is one.
bool Session::Impl::misjudged(const Command& command, std::string_view line) const {
  const auto has_lower = [](std::string_view text) { return smtp::to_upper(text) != text; };
  if (faults.has(Fault::verbs_case_sensitive) && has_lower(command.word)) return true;
  if (faults.has(Fault::short_path_limit) && smtp::to_string(command.path).size() > short_limit) return true;
  if (faults.has(Fault::short_domain_limit) && command.domain.size() > short_limit) return true;
  if (faults.has(Fault::address_literal_refused) && command.domain.starts_with('[')) return true;
  const bool trails = line.ends_with(' ') || line.ends_with('\t');
  if (faults.has(Fault::trailing_space_refused) && trails) return true;
  if (faults.has(Fault::keywords_case_sensitive) && command.verb == Verb::mail) {
    return has_lower(std::string_view(command.argument).substr(0, 5));
  }
  return false;
}

std::vector<std::string> Session::Impl::keywords() const {
  std::vector<std::string> words = {"ENHANCEDSTATUSCODES", "DSN", "SMTPUTF8"};
  words.emplace_back("PIPELINING");
  if (!faults.has(Fault::smtputf8_without_8bitmime)) words.emplace_back("8BITMIME");
  if (faults.has(Fault::keyword_listed_twice)) words.emplace_back("8BITMIME");
  if (settings.chunking && !faults.has(Fault::binarymime_without_chunking)) words.emplace_back("CHUNKING");
  if (settings.chunking) words.emplace_back("BINARYMIME");
  if (settings.starttls && (!under_tls || faults.has(Fault::starttls_advertised_under_tls)))
    words.emplace_back("STARTTLS");
  if (faults.has(Fault::expn_listed_unimplemented)) words.emplace_back("EXPN");
  if (faults.has(Fault::keyword_with_parameter)) {
    for (std::string& word : words) word += " yes";
  }
  words.push_back(faults.has(Fault::size_keyword_not_a_number) ? "SIZE 10M"
                                                               : fmt::format("SIZE {}", settings.max_message));
  words.push_back(fmt::format("LIMITS RCPTMAX={} MAILMAX={}", settings.max_recipients, settings.max_mails));
  if (faults.has(Fault::auth_lists_no_mechanism)) {
    words.emplace_back("AUTH");
  } else if (offers_auth()) {
    words.emplace_back("AUTH PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256");
  }
  words.emplace_back("HELP");
  return words;
}

/// RFC 5321 section 4.1.1.1, RFC 2033 section 4.1.
void Session::Impl::ehlo(const Command& command) {
  const bool mistaken = settings.lmtp && faults.has(Fault::ehlo_in_lmtp);
  if (settings.lmtp != (command.verb == Verb::lhlo) && !mistaken)
    return say(500, "5.5.1", "Not a command of this protocol");
  if (!client.domain.empty() && faults.has(Fault::second_ehlo_refused)) return say(503, "5.5.1", "Known already");
  std::string chunks;
  if (faults.has(Fault::ehlo_keeps_chunks) && transaction.chunked) chunks = std::move(transaction.mail.message);
  if (!faults.has(Fault::ehlo_keeps_transaction)) end_transaction();
  transaction.mail.message += chunks;
  if (faults.has(Fault::login_lost_by_ehlo)) client.user.clear();
  client.domain = command.domain;
  client.extended = true;
  const bool again = std::exchange(memory.listed, true);
  std::vector<std::string> reply;
  if (!again || !faults.has(Fault::keywords_once)) reply = keywords();
  const char* const enhanced = faults.has(Fault::enhanced_in_ehlo) ? "2.0.0 " : "";
  reply.insert(reply.begin(), fmt::format("{}{} greets {}", enhanced, settings.hostname, command.domain));
  say_lines(250, reply);
}

void Session::Impl::helo(const Command& command) {
  const bool mistaken = settings.lmtp && !faults.has(Fault::ehlo_in_lmtp);
  if (mistaken || faults.has(Fault::helo_refused)) return say(500, "5.5.1", "Not a command of this protocol");
  if (!faults.has(Fault::helo_keeps_transaction)) end_transaction();
  client.domain = command.domain;
  client.extended = false;
  if (faults.has(Fault::helo_lists_keywords)) return say_lines(250, keywords());
  const char* const enhanced = faults.has(Fault::enhanced_in_ehlo) ? "2.0.0" : "";
  say(250, enhanced, fmt::format("{} greets {}", settings.hostname, command.domain));
}

void Session::Impl::rset(const Command&) {
  if (faults.has(Fault::rset_unknown)) return say(500, "5.5.2", "Command not recognized");
  std::string chunks;
  if (faults.has(Fault::rset_keeps_chunks) && transaction.chunked) chunks = std::move(transaction.mail.message);
  if (!faults.has(Fault::rset_keeps_transaction)) end_transaction();
  transaction.mail.message += chunks;
  if (faults.has(Fault::rset_forgets_ehlo)) client.domain.clear();
  if (faults.has(Fault::login_lost_by_rset)) client.user.clear();
  say(250, faults.has(Fault::enhanced_missing) ? "" : "2.0.0", "Reset");
}

/// 252 tells nobody who is here (RFC 5321 sections 3.5.3 and 7.3).
void Session::Impl::vrfy(const Command& command) {
  if (faults.has(Fault::vrfy_becomes_recipient) && !transaction.mail.recipients.empty()) {
    transaction.mail.recipients.push_back({command.argument, {}});
  }
  if (faults.has(Fault::vrfy_unknown)) return say(500, "5.5.2", "Command not recognized");
  if (faults.has(Fault::vrfy_confirms_anybody)) return say(250, "2.1.5", command.argument);
  say(252, "2.5.0", "Cannot verify, but will take a message and try");
}

void Session::Impl::expn(const Command& command) {
  if (faults.has(Fault::expn_listed_unimplemented)) return say(502, "5.5.1", "EXPN is not implemented");
  if (faults.has(Fault::vrfy_confirms_anybody)) return say(250, "2.1.5", command.argument);
  say(252, "2.5.0", "Cannot expand, but will take a message and try");
}

void Session::Impl::help(const Command&) {
  if (faults.has(Fault::enhanced_on_last_line_alone)) output += "214-Commands are those of\r\n";
  say(214, "2.0.0", "RFC 5321 says it all");
  if (faults.has(Fault::reply_too_long)) output.insert(output.size() - 2, 512, '.');
}

void Session::Impl::noop(const Command& command) {
  if (faults.has(Fault::noop_unanswered)) return;
  if (faults.has(Fault::noop_ends_chunks)) transaction.mail.message.clear();
  if (faults.has(Fault::noop_argument_refused) && !command.argument.empty()) {
    return say(501, "5.5.4", "NOOP takes no argument");
  }
  say(250, faults.has(Fault::enhanced_missing) ? "" : "2.0.0", "Nothing done");
  if (faults.has(Fault::reply_ends_in_lf)) output.erase(output.size() - 2, 1);
}

void Session::Impl::quit(const Command&) {
  if (!faults.has(Fault::quit_without_reply))
    say(221, "2.0.0", fmt::format("{} closes the connection", settings.hostname));
  end(Want::close);
  if (!faults.has(Fault::quit_delivers_chunks) || !transaction.chunked) return;
  gone = true;
  accept();
}

/// RFC 3207 section 4. What stands behind the command in plain text is thrown away: it may come from someone else.
void Session::Impl::starttls(const Command&) {
  if (under_tls && faults.has(Fault::starttls_twice)) return say(220, "2.0.0", "Ready to start TLS");
  if (under_tls) return say(503, "5.5.1", "TLS is in use already");
  if (!settings.starttls) return say(502, "5.5.1", "STARTTLS is not offered");
  if (client.domain.empty()) return say(503, "5.5.1", settings.lmtp ? "LHLO first" : "EHLO first");
  say(220, "2.0.0", "Ready to start TLS");
  want = Want::tls;
  if (!faults.has(Fault::starttls_keeps_buffer)) discard_unread();
}

}  // namespace smtpspec::reference
