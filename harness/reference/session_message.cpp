// The message: DATA (RFC 5321 section 4.1.1.4), BDAT (RFC 3030 section 2), and what becomes of it.
#include <algorithm>
#include <utility>

#include "harness/reference/session_impl.hpp"
#include "harness/reference/trace_header.hpp"

namespace smtpspec::reference {

using smtp::Command;

/// Octets that the message may still grow by; what is beyond is read, counted and thrown away.
std::size_t Session::Impl::room() const {
  const std::size_t kept = transaction.mail.message.size();
  return kept < settings.max_message ? static_cast<std::size_t>(settings.max_message) - kept : 0;
}

void Session::Impl::data(const Command&) {
  const bool anyone = !transaction.mail.recipients.empty();
  const bool misplaced = !transaction.open && faults.has(Fault::data_without_mail);
  if (!transaction.open && !misplaced) return say(503, "5.5.1", "MAIL first");
  if (transaction.chunked && !faults.has(Fault::data_after_bdat))
    return say(503, "5.5.1", "BDAT has begun the message");
  if (transaction.binary && !faults.has(Fault::binary_by_data)) {
    return say(503, "5.5.1", "A BINARYMIME message comes by BDAT");  // RFC 3030 section 3
  }
  if (!anyone && !misplaced && !faults.has(Fault::data_without_recipient)) return say_no_recipients();
  say(354, "", "Go on, and end with a line that is a single period");
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
  if (faults.has(Fault::dot_lost_at_buffer_border)) {
    border.before(octets, decoder.decoded());
    std::string_view part = octets.substr(0, border.until_border());
    const std::string_view whole = part;
    const bool ended = decoder.decode(part, message);
    border.count(whole.substr(0, whole.size() - part.size()));
    octets.remove_prefix(whole.size() - part.size());
    if (ended) border.restore(message);
    return ended;
  }
  bool ended = decoder.decode(octets, message);
  if (ended && overlooks_end()) {
    message += ".\r\n";
    ended = false;
  }
  if (message.size() > settings.max_message && !faults.has(Fault::size_never_enforced)) {
    message.resize(static_cast<std::size_t>(settings.max_message));
  }
  return ended;
}

/// Faults that do not see the end of data where it is. `input` is the segment that is being read.
bool Session::Impl::overlooks_end() const {
  if (faults.has(Fault::end_of_data_in_one_segment) && input.find("\r\n.\r\n") == input.npos) return true;
  return faults.has(Fault::second_cr_hides_the_end) && transaction.mail.message.ends_with("\r\r\n");
}

void Session::Impl::data_ended() {
  reading = Reading::commands;
  message_octets = decoder.decoded();
  accept();
}

/// The chunk follows its command whatever the reply will be, and is read before it is answered (RFC 3030 section 2).
void Session::Impl::bdat(const Command& command) {
  if (!settings.chunking) return say(502, "5.5.1", "CHUNKING is not offered");
  const std::size_t before = output.size();
  chunk_refused = true;
  if (!transaction.open) {
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
  chunk = smtp::ChunkReader(command.chunk_size - (short_by_one ? 1 : 0));
  last_chunk = command.last_chunk;
  reading = Reading::chunk;
  if (chunk.done()) chunk_ended();
}

void Session::Impl::take_chunk(std::string_view octets) {
  if (chunk_refused) return;
  message_octets += octets.size();
  transaction.mail.message += faults.has(Fault::size_never_enforced) ? octets : octets.substr(0, room());
}

void Session::Impl::chunk_ended() {
  reading = Reading::commands;
  if (chunk_refused) {
    output += std::exchange(refusal, {});
  } else if (last_chunk) {
    behind_last = true;
    accept();
  } else if (message_octets > settings.max_message && !faults.has(Fault::size_never_enforced)) {
    say(552, "5.3.4", "The message is larger than the limit");
    end_transaction();
  } else {
    say(250, "2.0.0", "Chunk taken");
  }
}

/// The whole message is here. It is answered when it has been delivered.
void Session::Impl::accept() {
  if (message_octets > settings.max_message && !faults.has(Fault::size_never_enforced)) {
    const std::size_t replies = settings.lmtp ? transaction.mail.recipients.size() : 1;
    for (std::size_t i = 0; i < replies; ++i) say(552, "5.3.4", "The message is larger than the limit");
    return end_transaction();
  }
  ++messages;
  if (faults.has(Fault::second_message_lost) && messages == 2) {
    say_delivered(std::vector<bool>(transaction.mail.recipients.size(), true));
    return end_transaction();
  }
  Accepted& mail = transaction.mail;
  spoil(mail.message, faults, !transaction.chunked);
  if (settings.trace_header && !faults.has(Fault::no_received_field)) {
    mail.message.insert(0, received_field({.from = client.domain,
                                           .by = settings.hostname,
                                           .extended = client.extended,
                                           .lmtp = settings.lmtp,
                                           .utf8 = transaction.utf8,
                                           .tls = under_tls,
                                           .authenticated = !client.user.empty()}));
  }
  if (settings.trace_header && settings.final_delivery) mail.message.insert(0, return_path_field(mail.reverse_path));
  want = Want::deliver;
}

/// One reply for all in SMTP; in LMTP one a recipient, in the order of RCPT (RFC 2033 section 4.2).
void Session::Impl::say_delivered(const std::vector<bool>& success) {
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
