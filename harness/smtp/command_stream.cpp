#include "harness/smtp/command_stream.hpp"

#include <algorithm>
#include <utility>

#include "harness/smtp/char_class.hpp"
#include "harness/smtp/server_state.hpp"

namespace smtpspec::smtp {
namespace {

constexpr std::size_t longest_command = 512;      // RFC 5321 section 4.5.3.1.4
constexpr std::size_t longest_auth_line = 12288;  // RFC 4954 section 4
constexpr std::size_t most_owed = 65536;          // a bound of ours
constexpr std::size_t longest_shown = 80;
constexpr std::size_t longest_word = 32;
// A bound of ours: no server can wait for a chunk beyond it, so none is held to answering after the chunk.
constexpr std::uint64_t largest_chunk = 0x7fff'ffff'ffff'ffff;

/// Every line end that a server was ever seen to take for one, at once.
constexpr DataRules any_line_end{.lf_is_line_end = true, .cr_is_line_end = true, .nul_is_dropped = true};

/// NOOP's argument SHOULD be ignored, HELP's MAY be understood, and trailing white space SHOULD be tolerated (RFC 5321
/// sections 4.1.1.9, 4.1.1.8 and 4.1.1): nothing of that must be.
bool is_bare(const Command& command, std::string_view line) {
  if (line.ends_with(' ') || line.ends_with('\t')) return false;
  return (command.verb != Verb::noop && command.verb != Verb::help) || line.size() == command.word.size();
}

/// The first word, where white space stands in front of it or HTAB after it. Such a line is no command by the grammar,
/// and many servers take it for one.
std::string_view lenient_word(std::string_view line) {
  constexpr std::string_view white_space = " \t";
  line.remove_prefix(std::min(line.find_first_not_of(white_space), line.size()));
  return line.substr(0, line.find_first_of(white_space));
}

}  // namespace

PendingReply CommandStream::the_greeting() {
  PendingReply what;
  what.input = Input::connect;
  what.shown = "the connection";
  what.well_formed = true;
  return what;
}

void CommandStream::sent(std::string_view octets) {
  while (!octets.empty() && !given_up_) {
    switch (mode_) {
      case Mode::command:
      case Mode::auth_response: take_line(octets); break;
      case Mode::chunk: take_chunk(octets); break;
      case Mode::data: take_data(octets); break;
      case Mode::tls: give_up(); break;  // clear text where the handshake is due
    }
  }
}

void CommandStream::expect(Mode mode) {
  if (!owed.empty() || line_octets_ > 0 || mode_ != Mode::command) return give_up();
  mode_ = mode;
  strict_ = DataDecoder();
  lenient_ = DataDecoder(any_line_end);
  message_.clear();
  cut_ = false;
  odd_ = false;
  last_ = '\n';
}

void CommandStream::tls_started() {
  // Under implicit TLS the greeting is still due; otherwise nothing of before counts (RFC 3207 section 4.2).
  const bool greeting_is_due = !owed.empty() && owed.front().input == Input::connect;
  if (!greeting_is_due) owed.clear();
  mode_ = Mode::command;
  lines_.clear();
  line_octets_ = 0;
  odd_ = false;
  offers_ = {};
}

void CommandStream::give_up() {
  given_up_ = true;
  owed.clear();
}

std::size_t CommandStream::longest_line() const {
  return mode_ == Mode::auth_response ? longest_auth_line : longest_command;
}

bool CommandStream::doubtful() const {
  if (perhaps_more_) return true;
  if (mode_ == Mode::data) return odd_ || last_ == '\r';
  return line_octets_ > 0 && (odd_ || last_ == '\r' || line_octets_ > longest_line());
}

/// Notes what some server may take for a line end.
void CommandStream::watch(std::string_view octets) {
  for (const char octet : octets) {
    odd_ = odd_ || octet == '\0' || (octet == '\n') != (last_ == '\r');
    last_ = octet;
  }
}

void CommandStream::take_line(std::string_view& octets) {
  const std::string_view before = octets;
  const auto line = lines_.take(octets);
  const std::string_view taken = before.substr(0, before.size() - octets.size());
  if (line_octets_ == 0) {
    odd_ = false;
    last_ = '\n';
  }
  watch(taken);
  line_octets_ += taken.size();
  if (!line) return;
  line_octets_ = 0;
  // Nobody knows how many commands a server finds in such a line. An empty one may be none at all.
  if (odd_ || line->end != LineEnd::crlf || line->bytes.empty()) return give_up();
  if (mode_ == Mode::command) return take_command(*line);
  if (line->octets > longest_auth_line) return give_up();
  mode_ = Mode::command;
  PendingReply what;
  what.input = Input::auth_response;
  what.verb = Verb::auth;
  what.shown = line->bytes.substr(0, longest_shown);
  what.well_formed = true;
  owe(std::move(what));
}

void CommandStream::take_command(const CommandLine& line) {
  const auto parsed = parse_command(line.bytes, {.utf8 = offers_.utf8, .parameters = true});
  const bool well_formed = std::holds_alternative<Command>(parsed);
  const Command& command = well_formed ? std::get<Command>(parsed) : std::get<CommandError>(parsed).command;
  PendingReply what;
  const std::string_view word = lenient_word(line.bytes);
  what.verb = verb_of(word);
  what.shown = line.bytes.substr(0, longest_shown);
  if (word.size() <= longest_word) what.word = to_upper(word);
  what.well_formed = well_formed;
  const bool may_be_long = what.verb == Verb::auth && offers_.auth;
  if (line.octets > (may_be_long ? longest_auth_line : longest_command)) return give_up();
  // VRFY and EXPN ask for their own reply alone, MAIL for those of its transaction (RFC 6531 section 3.7.4).
  const bool asks = to_upper(line.bytes).find(" SMTPUTF8") != std::string::npos;
  what.begins = what.verb == Verb::mail || what.verb == Verb::rset || is_hello(what.verb);
  if (what.begins) {
    what.utf8_before = utf8_mail_;
    utf8_mail_ = asks;
    eight_bit_ = find_parameter(command.parameters, "BODY") != nullptr;
  }
  asked_for_utf8_ = asked_for_utf8_ || asks;
  what.utf8 = asks || (utf8_mail_ && what.verb != Verb::vrfy && what.verb != Verb::expn);
  if (command.last_chunk) utf8_mail_ = false;
  // A server that takes 512 octets need not see what stands there (RFC 4954 section 4).
  what.bare = line.octets <= longest_command && is_bare(command, line.bytes);
  what.last_chunk = command.last_chunk;
  if (what.verb == Verb::bdat) {
    // A server without CHUNKING reads the chunk as commands (RFC 3030 section 2), one that cannot read the size too.
    if (!well_formed || !offers_.chunking || command.chunk_size > largest_chunk) return give_up();
    what.complete = command.chunk_size == 0;
    chunk_ = ChunkReader(command.chunk_size);
    if (!what.complete) mode_ = Mode::chunk;
  }
  owe(std::move(what));
}

void CommandStream::refused(const PendingReply& what) {
  if (!what.begins) return;
  for (PendingReply& one : owed) {
    if (one.begins) return void(one.utf8_before = what.utf8_before);
    one.utf8 = one.utf8 || (what.utf8_before && one.verb != Verb::vrfy && one.verb != Verb::expn);
  }
  utf8_mail_ = what.utf8_before;
}

void CommandStream::take_chunk(std::string_view& octets) {
  const std::string_view taken = chunk_.take(octets);
  if (keeps_messages_ && !owed.empty()) keep(owed.back().message, taken, owed.back().cut);
  if (!chunk_.done()) return;
  mode_ = Mode::command;
  // Only the last one can be incomplete, and it is gone where the server answered too early.
  if (!owed.empty()) owed.back().complete = true;
}

void CommandStream::take_data(std::string_view& octets) {
  const std::string_view before = octets;
  // Where they were not announced, the high bit of octets may be cleared (RFC 5321 section 2.4).
  std::string cleared;
  if (!eight_bit_ && has_eight_bit(octets)) {
    cleared = octets;
    for (char& octet : cleared) octet = static_cast<char>(octet & 0x7f);
  }
  std::string_view lenient_rest = cleared.empty() ? octets : cleared;
  std::string decoded;
  const bool ended = strict_.decode(octets, decoded);
  if (keeps_messages_) keep(message_, decoded, cut_);
  std::string thrown_away;
  const bool perhaps_ended = lenient_.decode(lenient_rest, thrown_away);
  if (perhaps_ended && (!ended || lenient_rest.size() != octets.size())) return give_up();
  watch(before.substr(0, before.size() - octets.size()));
  if (!ended) return;
  mode_ = Mode::command;
  PendingReply what;
  what.input = Input::end_of_data;
  what.verb = Verb::data;
  what.shown = "the end of data";
  what.well_formed = true;
  what.utf8 = std::exchange(utf8_mail_, false);
  what.message = std::exchange(message_, {});
  what.cut = std::exchange(cut_, false);
  owe(std::move(what));
}

void CommandStream::keep(std::string& message, std::string_view octets, bool& cut) {
  const std::size_t room = most_of_message - std::min(message.size(), most_of_message);
  message += octets.substr(0, room);
  cut = cut || octets.size() > room;
}

void CommandStream::owe(PendingReply what) {
  if (owed.size() >= most_owed) return give_up();
  owed.push_back(std::move(what));
}

}  // namespace smtpspec::smtp
