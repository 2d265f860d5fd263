// The transaction: MAIL and RCPT (RFC 5321 sections 4.1.1.2 and 4.1.1.3), DATA (section 4.1.1.4), BDAT (RFC 3030
// section 2), and what becomes of the message.
#include <algorithm>

#include "harness/reference/core.hpp"

namespace smtpspec::reference {

using smtp::Command;

namespace {

/// A string that grows takes twice of what it holds; of a large message that is too much.
void make_room(std::string& message, std::size_t more) {
  constexpr std::size_t large = std::size_t{1} << 20;
  if (message.size() < large || message.size() + more <= message.capacity()) return;
  std::string roomier;
  roomier.reserve(message.size() + message.size() / 4 + more);
  roomier += message;
  message.swap(roomier);
}

/// What short words take once they are values: a client could send very many of them.
std::size_t overhead_of(const std::vector<smtp::Parameter>& parameters) {
  return parameters.size() * sizeof(smtp::Parameter);
}

}  // namespace

void Core::mail(const Command& command) {
  transaction.open = true;
  transaction.utf8 = smtp::find_parameter(command.parameters, "SMTPUTF8") != nullptr;
  transaction.binary = declares_binary(command);
  transaction.mail.reverse_path = smtp::to_string(command.path);
  transaction.mail.mail_parameters = command.parameters;
  overhead += overhead_of(command.parameters);
  reply(250, "2.1.0", "Sender accepted");
}

void Core::rcpt(const Command& command) {
  transaction.mail.recipients.push_back({smtp::to_string(command.path), command.parameters});
  overhead += sizeof(Accepted::Recipient) + overhead_of(command.parameters);
  reply(250, "2.1.5", "Recipient accepted");
}

void Core::data(const Command&) {
  reply(354, "", "Go on, and end with a line that is a single period");
  reading = Reading::data;
  decoder = smtp::DataDecoder();
}

bool Core::decode(std::string_view& octets) {
  std::string& message = transaction.mail.message;
  make_room(message, octets.size() + 4);  // that many are held back
  const bool ended = decoder.decode(octets, message);
  // What is beyond the limit is read, counted and thrown away.
  if (message.size() > message_limit()) message.resize(static_cast<std::size_t>(message_limit()));
  return ended;
}

void Core::data_ended() {
  reading = Reading::commands;
  transaction.octets = decoder.decoded();
  accept();
}

/// The chunk follows its command whatever the reply will be, and is read before it is answered (RFC 3030 section 2).
void Core::bdat(const Command& command) {
  if (!settings.chunking) return reply(502, "5.5.1", "CHUNKING is not offered");
  chunk_refusal = refusal_of(command);
  chunk = smtp::ChunkReader(command.chunk_size);
  last_chunk = command.last_chunk;
  if (!chunk_refusal) transaction.chunked = true;
  reading = Reading::chunk;
  if (chunk.done()) chunk_ended();
}

void Core::take_chunk(std::string_view octets) {
  if (chunk_refusal) return;
  std::string& message = transaction.mail.message;
  transaction.octets += octets.size();
  const std::uint64_t room = message_limit() - std::min<std::uint64_t>(message.size(), message_limit());
  const auto taken = octets.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(octets.size(), room)));
  make_room(message, taken.size());
  message += taken;
}

void Core::chunk_ended() {
  reading = Reading::commands;
  if (chunk_refusal) return reply(chunk_refusal->code, chunk_refusal->enhanced, chunk_refusal->text);
  if (last_chunk) return accept();
  if (transaction.octets <= message_limit()) return reply(250, "2.0.0", "Chunk taken");
  reply(552, "5.3.4", "The message is larger than the limit");
  end_transaction();
}

/// The whole message is here. It is answered when it has been delivered.
void Core::accept() {
  if (const auto refusal = message_refusal()) return refuse_message(*refusal);
  // A sink shows what came, and a chunk is counted, not read.
  if (!settings.accept_every_recipient && !transaction.chunked) mend_line_ends();
  add_received();
  want = Want::deliver;
}

void Core::mend_line_ends() {
  std::string& message = transaction.mail.message;
  for (std::size_t at = message.find_first_of("\r\n"); at != message.npos; at = message.find_first_of("\r\n", at + 1)) {
    if (message.compare(at, 2, "\r\n") == 0)
      ++at;
    else
      message[at] = ' ';
  }
}

std::optional<Refusal> Core::message_refusal() const {
  if (transaction.octets > message_limit()) {
    return Refusal{Why::too_large, 552, "5.3.4", "The message is larger than the limit"};
  }
  if (count_received(transaction.mail.message) > settings.max_hops) {  // RFC 5321 section 6.3
    return Refusal{Why::circles, 554, "5.4.6", "The message goes in circles"};
  }
  return std::nullopt;
}

/// In LMTP by one reply a recipient (RFC 2033 section 4.2).
void Core::refuse_message(const Refusal& refusal) {
  const std::size_t replies = settings.lmtp ? transaction.mail.recipients.size() : 1;
  for (std::size_t i = 0; i < replies; ++i) reply(refusal.code, refusal.enhanced, refusal.text);
  end_transaction();
}

void Core::answer_one(bool is_delivered) {
  if (is_delivered) return reply(250, "2.0.0", "Message delivered");
  reply(451, "4.3.0", "The message could not be delivered, try again later");
}

/// One reply for all in SMTP; in LMTP one a recipient, in the order of RCPT (RFC 2033 section 4.2).
void Core::answer_delivered(const std::vector<bool>& success) {
  if (!settings.lmtp) return answer_one(std::find(success.begin(), success.end(), false) == success.end());
  for (std::size_t i = 0; i < transaction.mail.recipients.size(); ++i) answer_one(i < success.size() && success[i]);
}

}  // namespace smtpspec::reference
