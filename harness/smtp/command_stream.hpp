// The client's half of a conversation: its octets cut into what calls for a reply, as a server by the letter cuts them,
// and the point from which another server could cut them otherwise. Part of the referee.
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "harness/smtp/command.hpp"
#include "harness/smtp/data.hpp"
#include "harness/smtp/session_table.hpp"

namespace smtpspec::smtp {

/// Something that calls for a reply.
struct PendingReply {
  Input input = Input::command;
  Verb verb = Verb::unknown;
  std::string shown;         ///< the start of the line, for messages
  std::string word;          ///< the verb as written, upper case; empty where it is longer than a verb can be
  bool well_formed = false;  ///< a command that keeps to the grammar
  bool last_chunk = false;   ///< BDAT with LAST
  bool complete = true;      ///< false while octets of its chunk are missing
  bool begins = false;       ///< MAIL, RSET or a greeting: ends the transaction under way, unless it is refused
  bool utf8_before = false;  ///< of that: its replies may hold UTF-8
  bool utf8 = false;         ///< SMTPUTF8 lets UTF-8 stand in its reply
  std::string message;       ///< where messages are kept: of an end of data the message as decoded, of BDAT its chunk
  bool cut = false;          ///< of it more was sent than is kept
  bool bare = true;          ///< a command without what a server may dislike: white space at its end, a note to NOOP
};

class CommandStream {
 public:
  /// Octets of the client, in order.
  void sent(std::string_view octets);
  /// More octets may have come there than were told of.
  void perhaps_sent() { perhaps_more_ = true; }
  /// What the server offered, as far as it changes how the octets are cut.
  struct Offers {
    bool chunking = false;
    bool utf8 = false;
    bool auth = false;
  };
  void offered(Offers offers) { offers_ = offers; }

  /// Keep what messages hold, so much of each at most.
  static constexpr std::size_t most_of_message = std::size_t{64} << 10;
  void keep_messages() { keeps_messages_ = true; }

  /// 354 was answered to DATA, 334 to AUTH, 220 to STARTTLS: the octets that follow are of another kind. Where octets
  /// were sent after the command already, it is not known how the server takes them.
  void expect_data() { expect(Mode::data); }
  void expect_auth_response() { expect(Mode::auth_response); }
  void expect_tls() { expect(Mode::tls); }
  /// The handshake is done; commands follow.
  void tls_started();

  /// The command changed nothing (RFC 5321 section 4.1.4).
  void refused(const PendingReply& what);

  /// From here on the order is not known. Nothing is owed any more.
  void give_up();
  [[nodiscard]] bool given_up() const { return given_up_; }
  /// Whether a server may take the octets after the last complete command for something to answer, although they are
  /// none: an over-long line, a bare CR, LF or NUL. And where more may have been sent.
  [[nodiscard]] bool doubtful() const;
  /// What is sent next begins a command, as far as is known.
  [[nodiscard]] bool at_command() const { return !given_up_ && mode_ == Mode::command && line_octets_ == 0; }
  [[nodiscard]] bool in_data() const { return mode_ == Mode::data; }
  [[nodiscard]] bool awaits_tls() const { return mode_ == Mode::tls; }
  /// The client asked for UTF-8 in replies, at any time.
  [[nodiscard]] bool asked_for_utf8() const { return asked_for_utf8_; }

  /// In the order in which it was sent.
  std::deque<PendingReply> owed{the_greeting()};

 private:
  enum class Mode { command, chunk, data, auth_response, tls };

  static PendingReply the_greeting();
  void expect(Mode mode);
  void take_line(std::string_view& octets);
  void take_chunk(std::string_view& octets);
  void take_data(std::string_view& octets);
  void take_command(const CommandLine& line);
  void watch(std::string_view octets);
  void owe(PendingReply what);
  static void keep(std::string& message, std::string_view octets, bool& cut);
  [[nodiscard]] std::size_t longest_line() const;

  Mode mode_ = Mode::command;
  LineReader lines_;
  std::size_t line_octets_ = 0;  // of the line under way
  ChunkReader chunk_;
  DataDecoder strict_;
  DataDecoder lenient_;
  Offers offers_;
  bool asked_for_utf8_ = false;
  bool utf8_mail_ = false;  // the transaction's MAIL did
  bool eight_bit_ = false;  // the transaction's MAIL announced octets above 127
  bool given_up_ = false;
  bool perhaps_more_ = false;  // was sent
  bool keeps_messages_ = false;
  std::string message_;  // in DATA
  bool cut_ = false;
  bool odd_ = false;  // a bare CR, bare LF or NUL in the line or the data under way
  char last_ = '\n';  // the last octet of it
};

}  // namespace smtpspec::smtp
