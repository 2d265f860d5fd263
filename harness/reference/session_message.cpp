// The message: DATA (RFC 5321 section 4.1.1.4), BDAT (RFC 3030 section 2), and what becomes of it.
#include <algorithm>
#include <charconv>
#include <utility>

#include "harness/reference/session_impl.hpp"
#include "harness/reference/trace_header.hpp"
#include "harness/smtp/octets.hpp"

namespace smtpspec::reference {

using smtp::Command;

namespace {

constexpr std::size_t many_chunks = 64;

}  // namespace

/// Octets that the message may still grow by; what is beyond is read, counted and thrown away.
std::size_t Session::Impl::room() const {
  const std::size_t kept = transaction.mail.message.size();
  return kept < settings.max_message ? static_cast<std::size_t>(settings.max_message) - kept : 0;
}

void Session::Impl::data(const Command&) {
  const bool anyone = !transaction.mail.recipients.empty();
  if (faults.has(Fault::refused_chunk_then_data_crashes) && chunk_refused) return end(Want::close);
  const bool misplaced = !transaction.open && faults.has(Fault::data_without_mail);
  if (!transaction.open && !misplaced) return say(503, "5.5.1", "MAIL first");
  if (transaction.chunked && !faults.has(Fault::data_after_bdat))
    return say(503, "5.5.1", "BDAT has begun the message");
  if (transaction.binary && !faults.has(Fault::binary_by_data)) {
    return say(503, "5.5.1", "A BINARYMIME message comes by BDAT");  // RFC 3030 section 3
  }
  if (!anyone && !misplaced && !faults.has(Fault::data_without_recipient)) return say_no_recipients();
  say(354, faults.has(Fault::enhanced_in_354) ? "2.0.0" : "", "Go on, and end with a line that is a single period");
  reading = Reading::data;
  decoder = smtp::DataDecoder(data_rules(faults));
  border = {};
}

/// RFC 5321 section 3.3 lets both stand; RFC 2033 section 4.2 asks for 503 in LMTP.
void Session::Impl::say_no_recipients() {
  const bool refused = transaction.rcpts > 0 && !settings.lmtp;
  say(refused ? 554 : 503, "5.5.1", refused ? "No valid recipients" : "RCPT first");
}

bool Session::Impl::decode(std::string_view& octets) {
  std::string& message = transaction.mail.message;
  if (faults.has(Fault::line_end_not_checked) || faults.has(Fault::end_of_data_trimmed)) {
    return loose.decode(octets, message);
  }
  if (faults.has(Fault::commands_in_data_obeyed) && obeys(octets)) return false;
  if (gives_up(octets)) return false;
  const bool begins = message.empty() && decoder.decoded() == 0;
  if (begins && faults.has(Fault::lf_mode_by_first_line)) {
    const std::size_t lf = octets.find('\n');
    if (lf != octets.npos && (lf == 0 || octets[lf - 1] != '\r')) {
      decoder = smtp::DataDecoder({.lf_is_line_end = true});
    }
  }
  if (counts_octets()) {
    if (faults.has(Fault::dot_lost_at_buffer_border)) border.before(octets, decoder.decoded());
    if (faults.has(Fault::dot_kept_at_segment_start) && octets.size() == input.size()) {
      border.before_segment(octets, decoder.decoded());
    }
    if (faults.has(Fault::first_line_keeps_stuffing)) border.before_data(octets);
    std::string_view part = octets.substr(0, border.until_border());
    const std::string_view whole = part;
    bool ended = decoder.decode(part, message);
    border.count(whole.substr(0, whole.size() - part.size()));
    octets.remove_prefix(whole.size() - part.size());
    if (ended && overlooks_end()) {
      message += ".\r\n";
      ended = false;
    }
    if (ended) border.restore(message);
    return ended;
  }
  bool ended = decoder.decode(octets, message);
  if (ended && overlooks_end()) {
    message += ".\r\n";
    ended = false;
  }
  if (!ended && faults.has(Fault::oversize_refused_at_once) && decoder.decoded() > settings.max_message) {
    reading = Reading::commands;
    refuse_message(552, "5.3.4", "The message is larger than the limit");
    return false;
  }
  if (message.size() > settings.max_message && !faults.has(Fault::size_never_enforced)) {
    message.resize(static_cast<std::size_t>(settings.max_message));
  }
  return ended;
}

/// Faults that have to know how many octets of DATA there were.
bool Session::Impl::counts_octets() const {
  return faults.has(Fault::dot_lost_at_buffer_border) || faults.has(Fault::dot_kept_at_segment_start) ||
         faults.has(Fault::first_line_keeps_stuffing) || faults.has(Fault::end_lost_at_buffer_border) ||
         faults.has(Fault::empty_message_overlooked);
}

/// Fault::commands_in_data_obeyed: where a line of the segment begins with a verb, what is left of the segment from
/// there on is read as commands.
bool Session::Impl::obeys(std::string_view& octets) {
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

namespace {

/// The first LF behind another octet than CR; `before` is the octet before the text.
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

/// Faults that do not bear an octet of the message: what stands behind it is read as commands.
bool Session::Impl::gives_up(std::string_view& octets) {
  std::size_t at = octets.npos;
  const char before = transaction.mail.message.ends_with('\r') ? '\r' : '\0';
  if (faults.has(Fault::bare_lf_error_in_data)) at = find_bare_lf(octets, before);
  if (faults.has(Fault::bare_cr_error_in_data)) at = find_bare_cr(octets);
  if (faults.has(Fault::nul_error_in_data)) at = octets.find('\0');
  if (at == octets.npos) return false;
  octets.remove_prefix(at + 1);
  reading = Reading::commands;
  refuse_message(451, "4.5.2", "An octet that no message has");
  return true;
}

/// Faults that do not see the end of data where it is. `input` is the segment that is being read.
bool Session::Impl::overlooks_end() const {
  if (faults.has(Fault::end_of_data_in_one_segment) && input.find("\r\n.\r\n") == input.npos) return true;
  if (faults.has(Fault::empty_message_overlooked) && transaction.mail.message.empty()) return true;
  // CRLF.CRLF lies across a border where the count behind it is 1 to 4 octets beyond.
  const std::size_t beyond = border.octets() % BufferBorder::buffer;
  if (faults.has(Fault::end_lost_at_buffer_border) && beyond >= 1 && beyond <= 4) return true;
  return faults.has(Fault::second_cr_hides_the_end) && transaction.mail.message.ends_with("\r\r\n");
}

void Session::Impl::data_ended() {
  reading = Reading::commands;
  message_octets = decoder.decoded();
  if (faults.has(Fault::input_lost_behind_data)) discard_unread();
  if (faults.has(Fault::quit_behind_data_loses_message) && smtp::same_word(input.substr(used, 4), "QUIT")) {
    say_delivered(std::vector<bool>(transaction.mail.recipients.size(), true));
    return end_transaction();
  }
  accept();
}

/// The chunk follows its command whatever the reply will be, and is read before it is answered (RFC 3030 section 2).
void Session::Impl::bdat(const Command& command) {
  if (!settings.chunking) return say(502, "5.5.1", "CHUNKING is not offered");
  if (!transaction.open && faults.has(Fault::bdat_outside_hangs_up)) return end(Want::close);
  const std::size_t before = output.size();
  chunk_refused = true;
  ++transaction.chunks;
  if (transaction.chunks > many_chunks && faults.has(Fault::many_chunks_refused)) {
    say(554, "5.5.0", "Too many chunks");
  } else if ((memory.chunk_refused && faults.has(Fault::bdat_refusal_sticks)) ||
             (messages > 0 && faults.has(Fault::second_message_chunk_refused))) {
    say(503, "5.5.1", "No more chunks");
  } else if (!transaction.open) {
    if (behind_last && faults.has(Fault::bdat_after_last)) {
      say(250, "2.0.0", "More octets taken");
    } else {
      say(503, "5.5.1", "MAIL first");
    }
  } else if (transaction.mail.recipients.empty()) {
    say_no_recipients();
  } else if (faults.has(Fault::bdat_empty_last_refused) && command.chunk_size == 0) {
    say(501, "5.5.4", "An empty chunk");
  } else {
    chunk_refused = false;
  }
  refusal = output.substr(before);
  output.resize(before);
  if (chunk_refused && faults.has(Fault::bdat_chunk_not_consumed)) {
    output += refusal;
    return;
  }
  if (!chunk_refused) transaction.chunked = true;
  const bool short_by_one = faults.has(Fault::bdat_size_off_by_one) && command.chunk_size > 0;
  memory.chunk_refused = memory.chunk_refused || chunk_refused;
  const std::uint64_t wrapped = command.chunk_size & 0xffffffffU;
  const std::uint64_t size = faults.has(Fault::bdat_size_wraps) ? wrapped : command.chunk_size;
  chunk = smtp::ChunkReader(size - (short_by_one ? 1 : 0));
  last_chunk = command.last_chunk;
  if (faults.has(Fault::last_in_lower_case_overlooked) && command.argument.ends_with("last")) last_chunk = false;
  reading = Reading::chunk;
  if (chunk.done()) return chunk_ended();
  if (chunk_refused || !faults.has(Fault::bdat_answered_early)) return;
  say(250, "2.0.0", "Chunk taken");
  answered_early = true;
}

void Session::Impl::take_chunk(std::string_view octets) {
  if (chunk_refused) return;
  message_octets += octets.size();
  transaction.mail.message += faults.has(Fault::size_never_enforced) ? octets : octets.substr(0, room());
}

void Session::Impl::chunk_ended() {
  reading = Reading::commands;
  std::string& message = transaction.mail.message;
  const bool whole_lines = message.empty() || message.ends_with("\r\n");
  if (!chunk_refused && !whole_lines && faults.has(Fault::bdat_crlf_added)) message += "\r\n";
  if (chunk_refused) {
    output += std::exchange(refusal, {});
  } else if (last_chunk) {
    behind_last = true;
    accept();
  } else if (message_octets > settings.max_message && !faults.has(Fault::size_never_enforced)) {
    say(552, "5.3.4", "The message is larger than the limit");
    end_transaction();
  } else if (!std::exchange(answered_early, false)) {
    say(250, "2.0.0", "Chunk taken");
  }
}

/// The whole message is here. It is answered when it has been delivered.
void Session::Impl::accept() {
  if (refuses_message()) return;
  ++messages;
  if (faults.has(Fault::second_message_lost) && messages == 2) {
    say_delivered(std::vector<bool>(transaction.mail.recipients.size(), true));
    return end_transaction();
  }
  Accepted& mail = transaction.mail;
  spoil(mail.message, faults, {!transaction.chunked, under_tls, messages, declared_size()});
  for (Accepted::Recipient& refused : transaction.refused) mail.recipients.push_back(std::move(refused));
  if (settings.trace_header && !faults.has(Fault::no_received_field)) {
    std::string field = received_field({.from = client.domain,
                                        .by = settings.hostname,
                                        .extended = client.extended,
                                        .lmtp = settings.lmtp,
                                        .utf8 = transaction.utf8,
                                        .tls = under_tls,
                                        .authenticated = !client.user.empty()});
    mail.message = spoil_trace(std::move(field), std::move(mail.message), faults);
  }
  if (settings.trace_header && settings.final_delivery) mail.message.insert(0, return_path_field(mail.reverse_path));
  want = Want::deliver;
}

/// Why the message is refused at its end, and whether it is.
bool Session::Impl::refuses_message() {
  const std::string_view message = transaction.mail.message;
  const std::string_view header = message.substr(0, message.find("\r\n\r\n"));
  const bool utf8 = smtp::has_eight_bit(header);
  const std::uint64_t limit = settings.max_message - (faults.has(Fault::message_limit_off_by_one) ? 1 : 0);
  if (message_octets > limit && !faults.has(Fault::size_never_enforced)) {
    refuse_message(552, "5.3.4", "The message is larger than the limit");
  } else if (count_received(message) > settings.max_hops) {
    refuse_message(554, "5.4.6", "The message goes in circles");
  } else if (transaction.utf8 && utf8 && faults.has(Fault::utf8_header_refused)) {
    refuse_message(550, "5.6.0", "Octets outside ASCII in the header section");
  } else {
    return false;
  }
  return true;
}

/// In LMTP by one reply a recipient (RFC 2033 section 4.2).
void Session::Impl::refuse_message(int code, std::string_view enhanced, std::string_view text) {
  const std::size_t replies = settings.lmtp ? transaction.mail.recipients.size() : 1;
  for (std::size_t i = 0; i < replies; ++i) say(code, enhanced, text);
  if (!faults.has(Fault::refused_message_keeps_transaction)) return end_transaction();
  transaction.mail.message.clear();
  message_octets = 0;
}

/// By SIZE; as good as endless where nothing was declared.
std::size_t Session::Impl::declared_size() const {
  for (const smtp::Parameter& parameter : transaction.mail.mail_parameters) {
    if (parameter.keyword != "SIZE" || !parameter.value) continue;
    std::size_t octets = 0;
    const std::string& value = *parameter.value;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), octets);
    if (read.ec == std::errc()) return octets;
  }
  return std::string::npos;
}

/// One reply for all in SMTP; in LMTP one a recipient, in the order of RCPT (RFC 2033 section 4.2).
void Session::Impl::say_delivered(const std::vector<bool>& success) {
  if (std::exchange(answered_early, false)) return;
  const auto say_one = [this](bool delivered) {
    if (delivered) return say(250, "2.0.0", "Message delivered");
    say(451, "4.3.0", "The message could not be delivered, try again later");
  };
  if (!settings.lmtp || faults.has(Fault::lmtp_single_reply)) {
    const bool all = std::all_of(success.begin(), success.end(), [](bool delivered) { return delivered; });
    say_one(all);
    if (faults.has(Fault::reply_twice)) say_one(all);
    return;
  }
  const std::size_t accepted = transaction.mail.recipients.size();
  const std::size_t replies = faults.has(Fault::lmtp_reply_for_refused) ? transaction.rcpts : accepted;
  for (std::size_t i = 0; i < replies; ++i) say_one(i < success.size() && success[i]);
}

void Session::Impl::end_transaction() {
  std::vector<Accepted::Recipient> recipients = std::move(transaction.mail.recipients);
  transaction = {};
  message_octets = 0;
  if (faults.has(Fault::recipients_kept)) transaction.mail.recipients = std::move(recipients);
}

}  // namespace smtpspec::reference
