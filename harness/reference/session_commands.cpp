// The commands that are no part of a mail transaction, and the table that all of them are found by.
#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "harness/reference/core.hpp"
#include "harness/smtp/char_class.hpp"
#include "harness/smtp/server_state.hpp"

namespace smtpspec::reference {

using smtp::Command;
using smtp::CommandError;
using smtp::Verb;

void Core::dispatch(const Command& command) {
  if (command.verb != Verb::bdat) {  // its chunk comes before its reply
    if (const auto refusal = refusal_of(command)) return refuse(*refusal, command);
  }
  carry_out(command);
}

void Core::carry_out(const Command& command) {
  struct Row {
    Verb verb;
    void (Core::*run)(const Command&);
  };
  static constexpr Row rows[] = {
      {Verb::ehlo, &Core::ehlo}, {Verb::lhlo, &Core::ehlo},         {Verb::helo, &Core::helo},
      {Verb::mail, &Core::mail}, {Verb::rcpt, &Core::rcpt},         {Verb::data, &Core::data},
      {Verb::bdat, &Core::bdat}, {Verb::rset, &Core::rset},         {Verb::vrfy, &Core::vrfy},
      {Verb::expn, &Core::expn}, {Verb::help, &Core::help},         {Verb::noop, &Core::noop},
      {Verb::quit, &Core::quit}, {Verb::starttls, &Core::starttls}, {Verb::auth, &Core::auth},
  };
  const auto* row =
      std::find_if(std::begin(rows), std::end(rows), [&](const Row& r) { return r.verb == command.verb; });
  (this->*row->run)(command);
}

void Core::refuse(const Refusal& refusal, const Command&) { reply(refusal.code, refusal.enhanced, refusal.text); }

/// RFC 5321 section 4.2.4: 500 for what is no command, 501 for arguments that do not fit, 555 for parameters.
void Core::refuse_syntax(const CommandError& error) {
  const Verb verb = error.command.verb;
  if (error.kind == CommandError::Kind::unknown_verb) return reply(500, "5.5.2", "Command not recognized");
  if (has_path(verb) && client.extended && smtp::has_eight_bit(error.command.argument)) {  // RFC 6531 section 3.5
    return reply(verb == Verb::mail ? 550 : 553, "5.6.7", "An address outside ASCII, and no SMTPUTF8");
  }
  if (error.kind == CommandError::Kind::unknown_parameter) return reply(555, "5.5.4", error.error.message);
  const char* const enhanced = smtp::is_hello(verb) ? "" : verb == Verb::auth ? "5.5.2" : "5.5.4";
  reply(501, enhanced, fmt::format("{} (octet {})", error.error.message, error.error.at));
}

/// RFC 5321 section 4.1.2 asks for 501 where nothing else is wrong, section 2.4 for 500 where they are not ASCII.
void Core::refuse_octets(std::string_view line) {
  const bool known = smtp::verb_of(line.substr(0, line.find(' '))) != Verb::unknown;
  const bool ascii = std::none_of(line.begin(), line.end(), smtp::is_eight_bit);
  reply(known && ascii ? 501 : 500, "5.5.2", "Octets that no command may hold");
}

std::vector<std::string> Core::keywords() const {
  std::vector<std::string> words = {"ENHANCEDSTATUSCODES", "DSN", "SMTPUTF8", "PIPELINING", "8BITMIME"};
  if (settings.chunking) words.insert(words.end(), {"CHUNKING", "BINARYMIME"});
  if (settings.starttls && !under_tls) words.emplace_back("STARTTLS");
  if (settings.takes_everything) {
    words.emplace_back("SIZE");  // without a number it says nothing of a limit (RFC 1870 section 4)
  } else {
    words.push_back(fmt::format("SIZE {}", settings.max_message));
    words.push_back(fmt::format("LIMITS RCPTMAX={} MAILMAX={}", settings.max_recipients, settings.max_mails));
  }
  if (offers_auth()) words.emplace_back("AUTH PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256");
  words.emplace_back("HELP");
  return words;
}

/// RFC 5321 section 4.1.1.1, RFC 2033 section 4.1.
void Core::ehlo(const Command& command) {
  end_transaction();
  client.domain = command.domain;
  client.extended = true;
  std::vector<std::string> texts = keywords();
  texts.insert(texts.begin(), fmt::format("{} greets {}", settings.hostname, command.domain));
  reply_lines(250, std::move(texts));
}

void Core::helo(const Command& command) {
  end_transaction();
  client.domain = command.domain;
  client.extended = false;
  reply(250, "", fmt::format("{} greets {}", settings.hostname, command.domain));
}

void Core::rset(const Command&) {
  end_transaction();
  reply(250, "2.0.0", "Reset");
}

/// 252 tells nobody who is here (RFC 5321 sections 3.5.3 and 7.3).
void Core::vrfy(const Command&) { reply(252, "2.5.0", "Cannot verify, but will take a message and try"); }

void Core::expn(const Command&) { reply(252, "2.5.0", "Cannot expand, but will take a message and try"); }

/// An enhanced code stands in each line of a reply (RFC 2034 section 4).
void Core::help(const Command&) { reply_lines(214, {"2.0.0 Commands are those of RFC 5321", "2.0.0 and that is all"}); }

void Core::noop(const Command&) { reply(250, "2.0.0", "Nothing done"); }

void Core::quit(const Command&) {
  reply(221, "2.0.0", fmt::format("{} closes the connection", settings.hostname));
  end(Want::close);
}

/// RFC 3207 section 4. What stands after the command in plain text is thrown away: it may come from someone else.
void Core::starttls(const Command&) {
  reply(220, "2.0.0", "Ready to start TLS");
  end(Want::tls);
}

}  // namespace smtpspec::reference
