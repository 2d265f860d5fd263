// Faults that spoil the octets of a message on their way through the server.
#include <algorithm>
#include <iterator>
#include <utility>

#include <re2/re2.h>

#include "harness/reference/faulty_core.hpp"
#include "harness/smtp/base64.hpp"

namespace smtpspec::reference {
namespace {

/// As some mail programs have it for their transports.
constexpr std::size_t max_text_line = 990;
constexpr std::size_t max_cut_message = 32768;
constexpr std::size_t lossy_border = 16384;
/// What fgets() puts into a buffer of 1024 octets.
constexpr std::size_t text_buffer = 1023;

RE2::Options options() {
  RE2::Options octetwise(RE2::Latin1);
  octetwise.set_dot_nl(true);
  octetwise.set_log_errors(false);  // of its memory, which a slower way makes do with
  return octetwise;
}

enum class Way { any, data, chunks };
/// A fault that is told by what it makes of octets. Lines end in CRLF for it, so that ^ and $ are of no use.
struct Rewriting {
  Fault fault;
  const char* pattern;
  const char* by;
  Way way = Way::any;  ///< in which a message has to come
};

constexpr char end_of_data[] = "\r\n.\r\n";
/// Of a segment of DATA: what is taken for the end of data.
constexpr Rewriting of_segments[] = {
    {Fault::unstuffed_before_the_end, R"(\r\n\.\. ?\r\n)", end_of_data},
    {Fault::period_crlf_ends_data, R"(\.\r\n)", end_of_data},
    {Fault::c_string_ends_data, R"(\r\n\.\.?\x00)", end_of_data},
    {Fault::narrowed_text_ends_data, R"(\xe5\x98\x8d\xe5\x98\x8a\xe5\x98\xae\xe5\x98\x8d\xe5\x98\x8a)", end_of_data},
    {Fault::unicode_line_ends,
     R"((?:[\x0b\x0c\x1c-\x1e]|\xc2\x85|\xe2\x80[\xa8\xa9]|\r\n)\.)"
     R"((?:[\x0b\x0c\x1c-\x1e]|\xc2\x85|\xe2\x80[\xa8\xa9]|\r\n))",
     end_of_data},
    {Fault::end_of_data_trimmed, R"((\A|\r\n)[ \t]*\.[ \t]*\r\n)", "\\1.\r\n"},
    {Fault::second_empty_line_ends_data, R"(\A(.*?\r\n(?:\r\n.*?)??)\r\n\r\n)", "\\1\r\n.\r\n"},
    {Fault::line_end_not_checked, R"((\A|\n)\.[^\r\n]\n)", "\\1\r\n.\r\n"},
    {Fault::eight_bit_lost_at_segment_end,
     R"(\A[\x80-\xbf]+|(?:[\xc0-\xff]|[\xe0-\xff][\x80-\xbf]|[\xf0-\xff][\x80-\xbf]{2})\z)", "?"},
    {Fault::high_bit_ignored_at_the_end, R"([\r\x8d][\n\x8a][.\xae][\r\x8d][\n\x8a])", end_of_data},
};
constexpr Rewriting of_messages[] = {
    {Fault::last_line_end_lost, R"(\r\n\z)", "", Way::data},
    {Fault::chunk_ends_at_period, R"((?:\r\n\.\r\n|\n\.\n|\n\.\r\n|\r\.\r).*)", "", Way::chunks},
    {Fault::drops_lone_dots, R"((\A|\r\n)(?:\.\r\n)+)", "\\1", Way::data},
    {Fault::bdat_unstuffs, R"((\A|\r\n)\.)", "\\1", Way::chunks},
    {Fault::protocol_line_lost, R"((\A|\r\n)(?:[0-9]{3} .*?(?:\r\n|\z)|[A-Z]{2,}\r\n)+)", "\\1"},
    {Fault::trailing_white_space_cut, R"([ \t]+(\r\n|\z))", "\\1"},
    {Fault::from_line_escaped, R"((\A|\r\n)(>*From ))", "\\1>\\2"},
    {Fault::message_cut_at_nul, R"(\x00.*)", ""},
    {Fault::control_octets_dropped, R"([\x00-\x08\x0b\x0c\x0e-\x1f\x7f])", ""},
    {Fault::bare_lf_repaired, R"(\r?\n)", "\r\n"},
    {Fault::bare_cr_repaired, R"(\r\n?)", "\r\n"},
    {Fault::backslash_taken_off, R"(\\)", ""},
    {Fault::blank_lines_at_the_start_cut, R"(\A(.*?\r\n\r\n)(?:\r\n)+)", "\\1"},
    {Fault::blank_lines_at_the_end_cut, R"(\r\n(?:\r\n)+\z)", "\r\n"},
    {Fault::eight_bit_replaced, R"([\x80-\xff])", "?"},
    {Fault::from_line_ends_header, R"(\AFrom .*?(?:\r\n\r\n|\z))", ""},
};

/// What a line has beyond `most` octets is lost, or becomes a line of its own.
void cut_long_lines(std::string& message, std::size_t most, bool is_lost) {
  for (std::size_t line = 0; line < message.size();) {
    const std::size_t end = std::min(message.find("\r\n", line), message.size());
    const std::size_t cut = line + most;
    if (end > cut && is_lost) message.erase(cut, end - cut);
    if (end > cut && !is_lost) message.insert(cut, "\r\n");
    line = std::min(end, cut) + 2;
  }
}

void lose_last_line(std::string& message) {
  if (message.size() < 2) return;
  const std::size_t before = message.rfind("\r\n", message.size() - 3);
  message.resize(before == message.npos ? 0 : before + 2);
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

}  // namespace

smtp::DataRules FaultyCore::data_rules() const {
  smtp::DataRules rules;
  const bool any = has(Fault::any_line_end_ends_data);
  rules.lf_is_line_end = any || has(Fault::lf_ends_data);
  rules.lf_before_dot = has(Fault::lf_crlf_ends_data);
  rules.lf_after_dot = has(Fault::crlf_lf_ends_data);
  rules.cr_is_line_end = any || has(Fault::cr_ends_data);
  rules.nul_is_dropped = has(Fault::nul_dropped_from_data);
  rules.unstuff_only_double = has(Fault::single_period_kept);
  rules.keep_stuffing = has(Fault::keeps_stuffing);
  return rules;
}

bool fits(std::string_view octets, const char* pattern) {
  return RE2::PartialMatch(re2::StringPiece(octets.data(), octets.size()), RE2(pattern, options()));
}

void rewrite(std::string& octets, const char* pattern, const char* by) {
  RE2::GlobalReplace(&octets, RE2(pattern, options()), by);
}

void FaultyCore::spoil(std::string& message) const {
  const bool by_data = !transaction.chunked;
  const auto declared = static_cast<std::size_t>(declared_size(transaction.mail.mail_parameters).value_or(-1));
  const bool loses = has(by_data ? Fault::octet_lost_at_16k : Fault::chunk_octet_lost_at_16k) ||
                     (under_tls && has(Fault::octet_lost_under_tls));
  if (loses && message.size() > lossy_border) message.erase(lossy_border - 1, 1);
  const std::size_t body = message.find("\r\n\r\n") + 4;
  constexpr const char* binary = "(?i)Content-Transfer-Encoding: (?:8bit|binary)\r\n";
  if (has(Fault::eight_bit_encoded) && body >= 4 && fits(std::string_view(message).substr(0, body), binary)) {
    message = message.substr(0, body) + smtp::base64_encode(message.substr(body)) + "\r\n";
    rewrite(message, binary, "Content-Transfer-Encoding: base64\r\n");
  }
  if (memory.messages == 2 && has(Fault::second_message_line_lost)) rewrite(message, R"(\A.*?\r\n)", "");
  for (const Rewriting& row : of_messages) {
    const bool comes = row.way == Way::any || row.way == (by_data ? Way::data : Way::chunks);
    if (comes && has(row.fault)) rewrite(message, row.pattern, row.by);
  }
  const std::size_t header = message.find("\r\n\r\n");
  if (has(Fault::bodiless_header_cut) && message.ends_with("\r\n\r\n") && header + 4 == message.size()) {
    message.resize(message.size() - 2);
    lose_last_line(message);
  }
  if (has(Fault::last_header_line_lost) && header == message.npos) lose_last_line(message);
  if (has(Fault::long_text_line_split)) cut_long_lines(message, max_text_line, false);
  if (by_data && has(Fault::text_line_cut_at_2048)) cut_long_lines(message, 2048, true);
  if (!by_data && has(Fault::chunk_long_line_cut)) cut_long_lines(message, 998, true);
  if (message.size() > declared && has(Fault::size_ends_data)) message.resize(declared);
  if (has(Fault::message_cut_at_32k)) message.resize(std::min(message.size(), max_cut_message));
  if (has(Fault::eight_bit_stripped))
    for (char& octet : message) octet = static_cast<char>(octet & 0x7f);
}

void FaultyCore::spoil_segment(std::string& octets) const {
  for (const Rewriting& row : of_segments)
    if (has(row.fault)) rewrite(octets, row.pattern, row.by);
  if (has(Fault::text_line_buffer)) cut_at_buffer(octets);
  if (has(Fault::high_bit_cleared) && !has_body())
    for (char& octet : octets) octet = static_cast<char>(octet & 0x7f);
}

/// Not for the faults that make something else of them.
void FaultyCore::mend_line_ends() {
  const bool spoils =
      has(Fault::bare_line_ends_passed_on) || has(Fault::bare_lf_repaired) || has(Fault::bare_cr_repaired);
  if (!spoils) Core::mend_line_ends();
}

void FaultyCore::add_received() {
  Accepted& mail = transaction.mail;
  ++memory.messages;
  spoil(mail.message);
  spoil_envelope();
  if (has(Fault::submission_rewritten) && settings.submission && !client.user.empty()) rewrite_submission();
  std::move(refused.begin(), refused.end(), std::back_inserter(mail.recipients));
  if (has(Fault::no_received_field) || (has(Fault::second_trace_lost) && memory.messages > 1) || !settings.trace_header)
    return;
  std::string message = std::exchange(mail.message, {});
  Core::add_received();
  std::string& field = mail.message;
  if (has(Fault::received_without_utf8)) rewrite(field, "UTF8SMTP", "ESMTP");
  if (has(Fault::received_without_date)) field = field.substr(0, field.rfind(';')) + "\r\n";
  if (has(Fault::trace_in_capitals))
    rewrite(field, "Received: from (\\S+) by ", "Received:\tFROM \\1 (a host; so it says)\r\n\tBY ");
  const bool poor = has(Fault::second_trace_poor) && memory.messages > 1;
  if (has(Fault::received_with_smtp) || poor) rewrite(field, "with [A-Z0-9]+;", "with SMTP;");
  if (has(Fault::received_keeps_first_name))
    rewrite(field, "from .*? by ", ("from " + memory.first_name + " by ").c_str());
  if (has(Fault::received_without_from) || poor) rewrite(field, "from .*?by ", "by ");
  const std::size_t end = message.find("\r\n\r\n");
  const std::size_t below = end == message.npos ? message.size() : end + 2;
  if (has(Fault::received_replaced)) {
    std::string header = message.substr(0, below);
    rewrite(header, R"((?i)(\A|\r\n)(?:Received:.*?\r\n(?:[ \t].*?\r\n)*)+)", "\\1");
    message.replace(0, below, header);
  }
  const bool is_below = end != message.npos && has(Fault::received_below_the_header);
  mail.message = message.insert(is_below ? below : 0, field);
}

/// Fault::submission_rewritten: RFC 6409 sections 8.1, 8.4 and 8.8. A detail stays, so that the mail is found.
void FaultyCore::rewrite_submission() {
  Accepted& mail = transaction.mail;
  rewrite(mail.reverse_path, R"(\A[^+@]*(.*)@.*\z)", ("submitter\\1@" + settings.domain).c_str());
  rewrite(mail.message, R"(\A(.*?\r\n)\r\n)", "\\1Sender: <somebody@example.test>\r\n\r\n");
  mail.message += "-- \r\nsent by a user\r\n";
}

void FaultyCore::keep_periods(std::string& segment, bool starts_segment) const {
  constexpr std::size_t buffer = 4096;
  const std::string_view before = transaction.mail.message;
  const auto keep = [&](std::size_t at) {
    const bool begins_line =
        at == 0 ? before.empty() || before.ends_with("\r\n") : segment.compare(at - 2, 2, "\r\n") == 0;
    if (begins_line && segment.compare(at, 1, ".") == 0 && segment.compare(at, 3, ".\r\n") != 0)
      segment.insert(at, 1, '.');
  };
  for (std::size_t at = buffer - data_octets % buffer; at < segment.size(); at += buffer) {
    if (at > 1 && has(Fault::dot_lost_at_buffer_border)) keep(at);
  }
  const bool at_border = data_octets > 0 && data_octets % buffer == 0 && has(Fault::dot_lost_at_buffer_border);
  const bool at_start = starts_segment && has(Fault::dot_kept_at_segment_start);
  const bool at_first_line = data_octets == 0 && has(Fault::first_line_keeps_stuffing);
  if (at_border || at_start || at_first_line) keep(0);
}

}  // namespace smtpspec::reference
