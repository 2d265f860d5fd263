#include <algorithm>
#include <limits>
#include <utility>

#include "harness/reference/faulty_core.hpp"
#include "harness/smtp/char_class.hpp"

namespace smtpspec::reference {
namespace {

using smtp::Command;

constexpr std::size_t buffer = 1024;
constexpr std::size_t small_message = 50000;

std::string lower_local_part(std::string_view path) {
  const std::size_t at = std::min(path.rfind('@'), path.size());
  return smtp::to_lower(path.substr(0, at)) + std::string(path.substr(at));
}

/// The first LF after another octet than CR; `before` is the octet before the text.
std::size_t find_bare_lf(std::string_view text, char before) {
  for (std::size_t at = 0; at < text.size(); before = text[at++])
    if (text[at] == '\n' && before != '\r') return at;
  return text.npos;
}

/// The first CR in front of another octet than LF.
std::size_t find_bare_cr(std::string_view text) {
  for (std::size_t at = 0; at + 1 < text.size(); ++at)
    if (text[at] == '\r' && text[at + 1] != '\n') return at;
  return text.npos;
}

}  // namespace

void FaultyCore::mail(const Command& command) {
  transaction.rcpts = 0;
  memory.last_chunk = memory.mail_refused = false;
  if (has(Fault::mail_begins_anew)) end_transaction();
  Core::mail(command);
  if (has(Fault::starttls_keeps_chunks)) transaction.mail.message = std::exchange(memory.chunks, {});
  memory.utf8 = memory.utf8 || transaction.utf8;
  memory.binary = memory.binary || transaction.binary;
  if (has(Fault::body_kept_for_next_message)) transaction.binary = memory.binary;
  if (const auto size = declared_size(command.parameters)) memory.declared = size;
  keep_dsn(memory.mail_dsn, transaction.mail.mail_parameters);
  std::string& path = transaction.mail.reverse_path;
  if (has(Fault::reverse_path_case_lost)) path = lower_local_part(path);
  if (!memory.reverse_path) memory.reverse_path = path;
  if (has(Fault::reverse_path_kept)) path = *memory.reverse_path;
  if (has(Fault::long_local_part_cut)) rewrite(path, R"(\A(.{63}).*(@[^@]*)\z)", "\\1\\2");
  if (has(Fault::reverse_path_cut)) rewrite(path, R"([+=!#].*(@[^@]*)\z)", "\\1");
}

void FaultyCore::rcpt(const Command& command) {
  if (has(Fault::last_recipient_alone)) transaction.mail.recipients.clear();
  taken.push_back(true);
  rcpt_octets += command.argument.size();
  Core::rcpt(command);
  keep_dsn(memory.rcpt_dsn, transaction.mail.recipients.back().parameters);
  const smtp::Parameter* const orcpt = smtp::find_parameter(command.parameters, "ORCPT");
  if (!has(Fault::orcpt_takes_the_message) || orcpt == nullptr || !orcpt->value) return;
  const auto address = smtp::decode_xtext(std::string_view(*orcpt->value).substr(orcpt->value->find(';') + 1));
  if (address) transaction.mail.recipients.back().forward_path = *address;
}

void FaultyCore::data(const Command& command) {
  Core::data(command);
  decoder = smtp::DataDecoder(data_rules());
  data_octets = 0;
  text_at_once = used < input.size();
}

void FaultyCore::bdat(const Command& given) {
  ++chunks;
  empty_chunk = given.chunk_size == 0;
  Command command = given;
  if (has(Fault::bdat_size_wraps)) command.chunk_size &= 0xffffffffU;
  if (has(Fault::bdat_size_off_by_one) && command.chunk_size > 0) --command.chunk_size;
  if (has(Fault::last_in_lower_case_overlooked) && command.argument.ends_with("last")) command.last_chunk = false;
  if (has(Fault::bdat_chunk_not_consumed)) {
    if (const auto refusal = refusal_of(command)) return refuse(*refusal, command);
  }
  if (has(Fault::end_of_data_ends_chunk)) end_at_end_of_data(command);
  if (has(Fault::chunk_lost_in_segment)) discard_unread();
  const bool after_mail = fits(std::string_view(input).substr(0, used), "(?i)MAIL FROM:.*\n.*\n");
  if (after_mail && has(Fault::chunk_out_of_turn_ends)) {
    reply(421, "4.5.0", "Out of turn");
    return end(Want::close);
  }
  Core::bdat(command);
  memory.chunk_refused = memory.chunk_refused || chunk_refusal;
  if (reading != Reading::chunk || chunk_refusal || !has(Fault::bdat_answered_early)) return;
  reply(250, "2.0.0", "Chunk taken");
  answered_early = true;
}

/// Fault::end_of_data_ends_chunk, as far as the chunk came with its command.
void FaultyCore::end_at_end_of_data(Command& command) const {
  for (const std::string_view end : {"\r\n.\r\n", "\n.\n", "\n.\r\n", "\r.\r"}) {
    const std::size_t at = input.find(end, used);
    if (at == input.npos || at + end.size() - used >= command.chunk_size) continue;
    command.chunk_size = at + end.size() - used;
    command.last_chunk = true;
  }
}

bool FaultyCore::decode(std::string_view& octets) {
  die_of_text(octets);
  std::string& message = transaction.mail.message;
  if (has(Fault::commands_in_data_obeyed) && obeys(octets)) return false;
  if (gives_up(octets)) return false;
  if (data_octets == 0 && has(Fault::lf_mode_by_first_line) && fits(octets, R"(\A(?:[^\n]*[^\r\n])?\n)")) {
    decoder = smtp::DataDecoder({.lf_is_line_end = true});
  }
  std::string segment(octets);
  keep_periods(segment, octets.size() == input.size());
  std::string_view rest = segment;
  const bool ended = Core::decode(rest);
  data_octets += octets.size() - rest.size();
  octets.remove_prefix(octets.size() - rest.size());
  if (ended && overlooks_end()) {
    message += ".\r\n";
    return false;
  }
  if (!ended && has(Fault::oversize_refused_at_once) && decoder.decoded() > settings.max_message) {
    reading = Reading::commands;
    refuse_message({Why::too_large, 552, "5.3.4", "The message is larger than the limit"});
  }
  return ended;
}

/// Fault::commands_in_data_obeyed: where a line of the segment begins with a verb, what is left of the segment from
/// there on is read as commands.
bool FaultyCore::obeys(std::string_view& octets) {
  for (std::size_t at = 0; at < octets.size();) {
    const std::string_view line = octets.substr(at, octets.find('\n', at) - at);
    if (smtp::verb_of(line.substr(0, line.find_first_of(" \r"))) != smtp::Verb::unknown) {
      octets.remove_prefix(at);
      reading = Reading::commands;
      return true;
    }
    at += line.size() + 1;
  }
  return false;
}

/// Faults that do not bear an octet of the message: what stands after it is read as commands.
bool FaultyCore::gives_up(std::string_view& octets) {
  const char before = transaction.mail.message.ends_with('\r') ? '\r' : '\0';
  const std::size_t lf = find_bare_lf(octets, before), cr = find_bare_cr(octets);
  if ((has(Fault::bare_line_end_hangs_up) && (lf != octets.npos || cr != octets.npos)) ||
      (has(Fault::long_text_line_hangs_up) && fits(octets, R"([^\r\n]{999})"))) {
    end(Want::close);
    return true;
  }
  std::size_t at = octets.npos;
  if (has(Fault::bare_lf_error_in_data)) at = lf;
  if (has(Fault::bare_cr_error_in_data)) at = cr;
  if (has(Fault::nul_error_in_data)) at = octets.find('\0');
  if (at == octets.npos) return false;
  octets.remove_prefix(at + 1);
  reading = Reading::commands;
  refuse_message({Why::fault, 451, "4.5.2", "An octet that no message has"});
  return true;
}

/// Faults that do not see the end of data where it is. `input` is the segment that is being read.
bool FaultyCore::overlooks_end() const {
  const std::string_view message = transaction.mail.message;
  // CRLF.CRLF lies across a border, or next to it, where the count after it is up to 6 octets beyond.
  const std::size_t beyond = data_octets % buffer;
  return (has(Fault::end_at_segment_start_overlooked) && input.starts_with("\r\n.\r\n")) ||
         (has(Fault::end_after_odd_line_overlooked) && message.ends_with("\r\n") &&
          !fits(message, R"((?:\A|\r\n)[A-Za-z0-9]{1,900}\r\n\z)")) ||
         (has(Fault::end_of_data_in_one_segment) && input.find("\r\n.\r\n") == input.npos) ||
         (has(Fault::empty_message_overlooked) && message.empty()) ||
         (has(Fault::end_lost_at_buffer_border) && beyond <= 6) ||
         (has(Fault::second_cr_hides_the_end) && message.ends_with("\r\r\n"));
}

void FaultyCore::data_ended() {
  if (has(Fault::input_lost_after_data)) discard_unread();
  if (has(Fault::message_lost_with_client)) {
    reading = Reading::commands;
    waiting = Waiting::to_accept;
    return;
  }
  const bool quits = smtp::same_word(std::string_view(input).substr(used, 4), "QUIT");
  if (!quits || !has(Fault::quit_after_data_loses_message)) return Core::data_ended();
  reading = Reading::commands;
  answer_delivered(std::vector<bool>(transaction.mail.recipients.size(), true));
  end_transaction();
}

bool FaultyCore::chunk_is_whole() const {
  return Core::chunk_is_whole() || (has(Fault::chunk_ends_with_segment) && used == input.size()) ||
         (has(Fault::large_chunk_becomes_commands) && transaction.octets > message_limit());
}

void FaultyCore::chunk_ended() {
  std::string& message = transaction.mail.message;
  const bool whole_lines = message.empty() || message.ends_with("\r\n");
  if (!chunk_refusal && !whole_lines && has(Fault::bdat_crlf_added)) message += "\r\n";
  if (empty_chunk && !chunk_refusal && has(Fault::empty_chunk_unanswered)) {
    reading = Reading::commands;
    return;
  }
  if (settings.lmtp && last_chunk && transaction.mail.recipients.empty() && has(Fault::lmtp_last_chunk_unanswered)) {
    reading = Reading::commands;
    return;
  }
  if (!chunk_refusal && last_chunk) memory.last_chunk = true;
  Core::chunk_ended();
}

void FaultyCore::accept() {
  const Accepted& mail = transaction.mail;
  const bool for_nobody =
      mail.recipients.empty() && (has(Fault::message_for_nobody_answered_250) || has(Fault::chunk_taken_for_nobody));
  const bool dropped =
      has(Fault::suspicious_message_dropped) && fits(mail.message, R"((?s)MAIL FROM:.*\r\nRCPT TO:.*\r\nDATA\r\n)");
  const bool lost = for_nobody || dropped || (has(Fault::message_lost_under_tls) && under_tls) ||
                    (has(Fault::second_message_lost) && memory.messages == 1);
  if (!lost || message_refusal()) return Core::accept();
  ++memory.messages;
  answer_delivered(std::vector<bool>(transaction.mail.recipients.size(), true));
  end_transaction();
}

std::optional<Refusal> FaultyCore::message_refusal() const {
  const std::string_view message = transaction.mail.message;
  const auto refusal = Core::message_refusal();
  const auto& to = transaction.mail.recipients;
  if (has(Fault::data_answered_354) && to.empty()) return Refusal{Why::fault, 554, "5.5.1", "No valid recipients"};
  if (has(Fault::relay_refused_after_data) && std::any_of(to.begin(), to.end(), [&](const auto& one) {
        return one.forward_path.find('@') != std::string::npos && !one.forward_path.ends_with(settings.domain);
      })) {
    return Refusal{Why::fault, 550, "5.7.1", "Relaying denied"};
  }
  if (has(Fault::suspicious_message_refused) && fits(message, R"(\n(?:[A-Z]{4}|STARTTLS)(?: [^\r]*)?\r\n)")) {
    return Refusal{Why::fault, 554, "5.7.1", "Commands in the text"};
  }
  if (is_disliked()) return Refusal{Why::fault, 554, "5.6.0", "Not such a message"};
  if (has(Fault::text_out_of_turn_refused) && text_at_once && !transaction.chunked) {
    return Refusal{Why::fault, 554, "5.5.0", "The text came before 354 was sent"};
  }
  if (has(Fault::utf8_refused_after_data) && transaction.utf8) {
    return Refusal{Why::fault, 554, "5.6.9", "This mailbox takes ASCII alone"};
  }
  const auto declared = declared_size(transaction.mail.mail_parameters);
  constexpr std::size_t end_of_data = 3;
  if ((has(Fault::size_kept_for_next_message) && !declared && transaction.octets > memory.declared.value_or(-1)) ||
      (has(Fault::agreed_size_refused) && transaction.octets > small_message) ||
      (has(Fault::stuffed_periods_counted) && !transaction.chunked && data_octets > message_limit() + end_of_data)) {
    return Refusal{Why::fault, 552, "5.3.4", "The message is too large"};
  }
  if (has(Fault::undeclared_binary_refused) && !transaction.binary &&
      fits(message, "(?i)\r\nContent-Transfer-Encoding: binary\r\n")) {
    return Refusal{Why::fault, 554, "5.6.1", "Binary, and not declared so"};
  }
  if (has(Fault::larger_than_declared_answered_554) && declared && *declared < transaction.octets) {
    return Refusal{Why::fault, 554, "5.6.0", "Larger than declared"};
  }
  const bool utf8 = transaction.utf8 && smtp::has_eight_bit(message.substr(0, message.find("\r\n\r\n")));
  if (refusal || !utf8 || !has(Fault::utf8_header_refused)) return refusal;
  return Refusal{Why::fault, 501, "5.6.0", "Octets outside ASCII in the header section"};
}

void FaultyCore::refuse_message(const Refusal& refusal) {
  Transaction kept = transaction;
  Core::refuse_message(refusal);
  memory.message_refused = true;
  if (!has(Fault::refused_message_keeps_transaction)) return;
  kept.mail.message.clear();
  kept.octets = 0;
  transaction = std::move(kept);
}

void FaultyCore::answer_delivered(const std::vector<bool>& success) {
  const bool all = std::find(success.begin(), success.end(), false) == success.end();
  if (settings.lmtp && has(Fault::lmtp_single_reply)) return answer_one(all);
  if (settings.lmtp && has(Fault::lmtp_reply_for_refused)) {
    std::size_t i = 0;
    for (const bool one : taken) {
      if (!one) reply(550, "5.1.1", "No such user here");
      if (one) answer_one(success.at(i++));
    }
    return;
  }
  Core::answer_delivered(success);
  if (!settings.lmtp && has(Fault::reply_twice)) answer_one(all);
}

void FaultyCore::end_transaction() {
  std::vector<Accepted::Recipient> recipients = std::move(transaction.mail.recipients);
  Core::end_transaction();
  refused.clear();
  taken.clear();
  chunks = 0;
  rcpt_octets = 0;
  if (has(Fault::recipients_kept)) transaction.mail.recipients = std::move(recipients);
}

std::uint64_t FaultyCore::message_limit() const {
  if (has(Fault::size_never_enforced)) return std::numeric_limits<std::uint64_t>::max();
  if (has(Fault::limit_of_64k)) return 65'536;
  return Core::message_limit() - (has(Fault::message_limit_off_by_one) ? 1 : 0);
}

}  // namespace smtpspec::reference
