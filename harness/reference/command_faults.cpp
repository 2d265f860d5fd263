#include "harness/reference/command_faults.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include <fmt/format.h>

#include "harness/smtp/octets.hpp"

namespace smtpspec::reference {
namespace {

using smtp::Command;
using smtp::Verb;

constexpr std::size_t longest_path = 256;
constexpr std::size_t longest_local_part = 64;
/// What fgets() puts into a buffer of 1024 octets.
constexpr std::size_t text_buffer = 1023;
constexpr std::string_view end_of_data = "\r\n.\r\n";

bool has_lower(std::string_view text) { return smtp::to_upper(text) != text; }

const smtp::Parameter* find(const Command& command, std::string_view keyword) {
  return smtp::find_parameter(command.parameters, keyword);
}
bool has_lower_value(const Command& command, std::string_view keyword) {
  const smtp::Parameter* const parameter = find(command, keyword);
  return parameter != nullptr && parameter->value && has_lower(*parameter->value);
}

bool has_auth(const Command& command) { return find(command, "AUTH") != nullptr; }
bool has_body(const Command& command) { return find(command, "BODY") != nullptr; }
bool has_dsn(const Command& command) {
  constexpr std::string_view keywords[] = {"RET", "ENVID", "NOTIFY", "ORCPT"};
  return std::any_of(std::begin(keywords), std::end(keywords),
                     [&](std::string_view keyword) { return find(command, keyword) != nullptr; });
}
bool has_size(const Command& command) { return find(command, "SIZE") != nullptr; }
bool has_smtputf8(const Command& command) { return find(command, "SMTPUTF8") != nullptr; }
bool has_size_zero(const Command& command) { return has_size(command) && find(command, "SIZE")->value == "0"; }
bool has_two_parameters(const Command& command) { return command.parameters.size() > 1; }
bool has_lower_parameter(const Command& command) {
  const std::size_t path = command.argument.rfind('>');
  if (path == std::string::npos) return false;
  const std::string_view parameters = std::string_view(command.argument).substr(path);
  const std::size_t size = parameters.find("size="), body = parameters.find('=');
  return size != parameters.npos || (has_body(command) && has_lower(parameters.substr(0, body))) ||
         has_lower_value(command, "BODY") || (has_smtputf8(command) && parameters.find("SMTPUTF8") == parameters.npos);
}
bool has_lower_ret(const Command& command) { return has_lower_value(command, "RET"); }
bool has_lower_notify(const Command& command) { return has_lower_value(command, "NOTIFY"); }
bool is_utf8(const Command& command) {
  return smtp::has_eight_bit(command.path.mailbox.local_part) || smtp::has_eight_bit(command.path.mailbox.domain);
}
bool has_odd_characters(const Command& command) {
  const std::string& text = command.path.mailbox.local_part;
  return std::any_of(text.begin(), text.end(), [](char octet) {
    return !smtp::is_let_dig(octet) && octet != '+' && octet != '-' && octet != '.';
  });
}
bool has_literal(const Command& command) { return command.path.mailbox.domain.starts_with('['); }
bool has_route(const Command& command) { return !command.path.source_route.empty(); }
bool is_one_label(const Command& command) { return command.domain.find_first_of(".[") == std::string::npos; }
bool always(const Command&) { return true; }

constexpr Mistake mistakes[] = {
    {Fault::mail_auth_parameter_refused, Verb::mail, has_auth, 555, "5.5.4", "AUTH is not known"},
    {Fault::body_parameter_refused, Verb::mail, has_body, 555, "5.5.4", "BODY is not known"},
    {Fault::size_parameter_refused, Verb::mail, has_size, 555, "5.5.4", "SIZE is not known"},
    {Fault::smtputf8_parameter_refused, Verb::mail, has_smtputf8, 555, "5.5.4", "SMTPUTF8 is not known"},
    {Fault::parameter_case_sensitive, Verb::mail, has_lower_parameter, 555, "5.5.4", "A parameter is not known"},
    {Fault::dsn_parameters_refused, Verb::mail, has_dsn, 555, "5.5.4", "RET and ENVID are not known"},
    {Fault::dsn_parameters_refused, Verb::rcpt, has_dsn, 555, "5.5.4", "NOTIFY and ORCPT are not known"},
    {Fault::size_zero_refused, Verb::mail, has_size_zero, 501, "5.5.4", "An empty message"},
    {Fault::second_parameter_refused, Verb::mail, has_two_parameters, 501, "5.5.4", "One parameter, please"},
    {Fault::dsn_values_case_sensitive, Verb::mail, has_lower_ret, 501, "5.5.4", "RET takes FULL or HDRS"},
    {Fault::dsn_values_case_sensitive, Verb::rcpt, has_lower_notify, 501, "5.5.4", "NOTIFY takes a list of keywords"},
    {Fault::local_part_letters_alone, Verb::mail, has_odd_characters, 501, "5.1.7", "Bad sender"},
    {Fault::mailbox_literal_refused, Verb::mail, has_literal, 501, "5.1.7", "Bad sender"},
    {Fault::reverse_source_route_refused, Verb::mail, has_route, 501, "5.1.7", "Bad sender"},
    {Fault::utf8_sender_refused, Verb::mail, is_utf8, 501, "5.1.7", "Bad sender"},
    {Fault::utf8_is_syntax_error, Verb::rcpt, is_utf8, 501, "5.1.3", "Bad recipient"},
    {Fault::vrfy_denies_everybody, Verb::vrfy, always, 550, "5.1.1", "No such user here"},
    {Fault::ehlo_wants_a_dot, Verb::ehlo, is_one_label, 501, "", "No full name"},
};

void replace_all(std::string& octets, std::string_view what, std::string_view by) {
  for (std::size_t at = octets.find(what); at != octets.npos; at = octets.find(what, at + by.size())) {
    octets.replace(at, what.size(), by);
  }
}

/// Fault::unicode_line_ends.
void end_at_unicode(std::string& octets) {
  constexpr std::string_view ends[] = {"\x0b", "\x0c",     "\x1c",         "\x1d",
                                       "\x1e", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9"};
  for (const std::string_view end : ends) {
    replace_all(octets, fmt::format("{}.{}", end, end), end_of_data);
    replace_all(octets, fmt::format("{}.\r\n", end), end_of_data);
    replace_all(octets, fmt::format("\r\n.{}", end), end_of_data);
  }
}

/// Fault::high_bit_ignored_at_the_end.
void end_at_high_bits(std::string& octets) {
  const auto is_same = [](char octet, char wanted) { return (octet & 0x7f) == wanted; };
  auto from = octets.begin();
  for (;;) {
    const auto at = std::search(from, octets.end(), end_of_data.begin(), end_of_data.end(), is_same);
    if (at == octets.end()) return;
    from = std::copy(end_of_data.begin(), end_of_data.end(), at);
  }
}

/// Fault::text_line_buffer, as far as periods are concerned.
void cut_at_buffer(std::string& octets) {
  for (std::size_t line = 0; line < octets.size();) {
    const std::size_t end = std::min(octets.find("\r\n", line), octets.size());
    const std::size_t cut = line + text_buffer;
    if (cut < end && octets[cut] == '.') {
      if (cut + 1 == end) return static_cast<void>(octets.insert(cut, "\r\n"));
      octets.erase(cut, 1);
    }
    line = end + 2;
  }
}

bool is_too_long(std::string_view line) {
  const std::size_t open = line.find('<');
  if (open == line.npos) return false;
  const std::size_t at = line.find('@', open), close = line.find('>', open);
  const bool local = at != line.npos && at - open - 1 > longest_local_part;
  return local || (close != line.npos && close - open + 1 > longest_path);
}

}  // namespace

const Mistake* mistake_about(const Command& command, const Faults& faults) {
  const auto* found = std::find_if(std::begin(mistakes), std::end(mistakes), [&](const Mistake& mistake) {
    return mistake.verb == command.verb && faults.has(mistake.fault) && mistake.applies(command);
  });
  return found == std::end(mistakes) ? nullptr : found;
}

bool crashes_on(std::string_view line, const LineFacts& facts, const Faults& faults) {
  if (faults.none()) return false;
  const bool route = line.find("<@") != line.npos && line.find(':', line.find("<@")) == line.npos;
  if (faults.has(Fault::crashes_on_broken_route) && route) return true;
  if (faults.has(Fault::crashes_on_empty_local_part) && line.find("<\"\"@") != line.npos) return true;
  if (faults.has(Fault::eight_bit_hangs_up) && smtp::has_eight_bit(line)) return true;
  if (faults.has(Fault::long_path_hangs_up) && is_too_long(line)) return true;
  const std::size_t space = line.find(' ');
  const Verb verb = smtp::verb_of(line.substr(0, space));
  if (verb != Verb::vrfy && verb != Verb::expn) return false;
  if (faults.has(Fault::commands_hang_up)) return true;
  const bool words = space != line.npos && line.find(' ', space + 1) != line.npos;
  if (faults.has(Fault::vrfy_parameter_hangs_up) && words) return true;
  return faults.has(Fault::crashes_on_utf8_vrfy) && facts.in_transaction && smtp::has_eight_bit(line);
}

bool overlooks_parameter(const smtp::CommandError& error, const Faults& faults) {
  const std::string argument = smtp::to_upper(error.command.argument);
  if (argument.ends_with(" SIZE=")) return faults.has(Fault::size_malformed_accepted);
  if (error.kind != smtp::CommandError::Kind::bad_parameter) return false;
  const std::string_view message = error.error.message;
  if (message.ends_with("given twice")) {
    return faults.has(Fault::dsn_parameter_twice) && !message.starts_with("SIZE") && !message.starts_with("BODY");
  }
  if (message.starts_with("RET")) return faults.has(Fault::ret_unchecked);
  if (message.starts_with("ENVID")) return faults.has(Fault::envid_unchecked);
  if (message.starts_with("ORCPT")) return faults.has(Fault::orcpt_unchecked);
  if (message.starts_with("SIZE")) return faults.has(Fault::size_malformed_accepted);
  if (message.starts_with("BODY")) return faults.has(Fault::body_value_unchecked);
  if (message.starts_with("SMTPUTF8")) return faults.has(Fault::smtputf8_value_accepted);
  if (!message.starts_with("NOTIFY")) return false;
  const bool never = argument.find("NEVER") != argument.npos;
  return never ? faults.has(Fault::never_with_others) : faults.has(Fault::notify_unchecked);
}

void spoil_segment(std::string& octets, const Faults& faults) {
  if (faults.has(Fault::unstuffed_before_the_end)) {
    for (const std::string_view line : {"\r\n..\r\n", "\r\n.. \r\n"}) replace_all(octets, line, end_of_data);
  }
  if (faults.has(Fault::period_crlf_ends_data)) replace_all(octets, ".\r\n", end_of_data);
  if (faults.has(Fault::c_string_ends_data)) {
    using namespace std::string_view_literals;
    for (const std::string_view line : {"\r\n.\0"sv, "\r\n..\0"sv}) replace_all(octets, line, end_of_data);
  }
  if (faults.has(Fault::unicode_line_ends)) end_at_unicode(octets);
  if (faults.has(Fault::high_bit_ignored_at_the_end)) end_at_high_bits(octets);
  if (faults.has(Fault::narrowed_text_ends_data)) {
    replace_all(octets, "\xe5\x98\x8d\xe5\x98\x8a\xe5\x98\xae\xe5\x98\x8d\xe5\x98\x8a", end_of_data);
  }
  if (faults.has(Fault::text_line_buffer)) cut_at_buffer(octets);
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

std::string cut_local_part(const std::string& path) {
  const std::size_t at = path.rfind('@');
  const std::size_t cut = path.find_first_of("+=!#");
  if (at == path.npos || cut > at) return path;
  return path.substr(0, cut) + path.substr(at);
}

}  // namespace smtpspec::reference
