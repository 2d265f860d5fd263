// The inside of the reference session, shared by its source files alone: session.cpp drives it, session_commands.cpp
// and session_envelope.cpp hold the commands, session_message.cpp the message, session_auth.cpp the AUTH exchange.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/reference/message_faults.hpp"
#include "harness/reference/session.hpp"
#include "harness/smtp/bdat.hpp"
#include "harness/smtp/command.hpp"
#include "harness/smtp/data.hpp"
#include "harness/wire/sasl.hpp"

namespace smtpspec::reference {

struct Session::Impl {
  Impl(const Settings& the_settings, const Faults& the_faults, bool is_under_tls);

  /// How the client's next octets are read.
  enum class Reading { commands, auth_response, data, chunk };

  /// What the session learned from the client; STARTTLS drops all of it (RFC 3207 section 4.2).
  struct Client {
    std::string domain;     ///< of EHLO, HELO or LHLO; empty before
    bool extended = false;  ///< EHLO or LHLO, so that parameters are understood
    std::string user;       ///< after AUTH
    std::size_t mails = 0;  ///< MAIL commands, refused ones too, as RFC 9422 section 4.1 counts
  };

  /// The mail transaction: RFC 5321 section 3.3.
  struct Transaction {
    bool open = false;      ///< MAIL was accepted
    bool utf8 = false;      ///< SMTPUTF8
    bool binary = false;    ///< BODY=BINARYMIME
    bool chunked = false;   ///< a BDAT was accepted
    std::size_t rcpts = 0;  ///< RCPT commands, refused ones too, as RFC 9422 section 4.2 counts
    std::size_t chunks = 0;
    Accepted mail;
    std::vector<Accepted::Recipient> refused;  ///< for the fault that delivers to them
  };

  /// What faults remember beyond its time.
  struct Memory {
    std::string reverse_path;       ///< of the first MAIL
    bool mailed = false;            ///< there was one
    bool utf8 = false;              ///< a MAIL had SMTPUTF8
    bool size_refused = false;      ///< a MAIL was refused for its SIZE
    bool password_refused = false;  ///< an AUTH failed
    bool listed = false;            ///< an EHLO was accepted
    bool chunk_refused = false;     ///< a BDAT was refused
    std::size_t rcpts = 0;          ///< RCPT commands of the session
  };

  // session.cpp: octets in, replies out
  void greet();
  void run();
  void read_line(const smtp::CommandLine& line);
  void read_command(std::string_view line, std::size_t octets);
  void say(int code, std::string_view enhanced, std::string_view text);
  void say_lines(int code, const std::vector<std::string>& lines);
  void hold_last_reply();
  void discard_unread();
  void end(Want last);

  // session_commands.cpp
  void dispatch(const smtp::Command& command);
  void refuse(const smtp::CommandError& error);
  [[nodiscard]] std::optional<smtp::Command> misread(const smtp::CommandError& error) const;
  [[nodiscard]] bool misjudged(const smtp::Command& command, std::string_view line) const;
  [[nodiscard]] bool accepts_path(const smtp::CommandError& error);
  [[nodiscard]] bool hangs_up_on(const smtp::CommandError& error) const;
  void ehlo(const smtp::Command& command);
  void helo(const smtp::Command& command);
  void rset(const smtp::Command& command);
  void vrfy(const smtp::Command& command);
  void expn(const smtp::Command& command);
  void help(const smtp::Command& command);
  void noop(const smtp::Command& command);
  void quit(const smtp::Command& command);
  void starttls(const smtp::Command& command);
  [[nodiscard]] std::vector<std::string> keywords() const;

  // session_envelope.cpp
  void mail(const smtp::Command& command);
  void rcpt(const smtp::Command& command);
  void refuse_recipient(int code, std::string_view enhanced, std::string_view text);
  [[nodiscard]] bool dislikes_size(const smtp::Command& command);
  [[nodiscard]] bool may_relay() const;
  [[nodiscard]] std::string recipient_of(const smtp::Command& command) const;

  // session_message.cpp
  void data(const smtp::Command& command);
  void bdat(const smtp::Command& command);
  void say_no_recipients();
  [[nodiscard]] bool decode(std::string_view& octets);
  [[nodiscard]] bool overlooks_end() const;
  [[nodiscard]] bool counts_octets() const;
  [[nodiscard]] bool obeys(std::string_view& octets);
  [[nodiscard]] bool gives_up(std::string_view& octets);
  [[nodiscard]] bool refuses_message();
  [[nodiscard]] std::size_t declared_size() const;
  void refuse_message(int code, std::string_view enhanced, std::string_view text);
  void data_ended();
  void take_chunk(std::string_view octets);
  void chunk_ended();
  void accept();
  void end_transaction();
  void say_delivered(const std::vector<bool>& success);
  [[nodiscard]] std::size_t room() const;

  // session_auth.cpp
  void auth(const smtp::Command& command);
  void auth_response(const smtp::CommandLine& line);
  void auth_decode(std::string_view text);
  void auth_step(std::string_view octets);
  void auth_challenge(std::string_view octets);
  void auth_succeeded();
  void auth_ended(int code, std::string_view enhanced, std::string_view text);
  [[nodiscard]] bool offers_auth() const { return !settings.users.empty() && (under_tls || !settings.auth_needs_tls); }

  const Settings settings;
  const Faults faults;
  bool under_tls;

  Want want = Want::octets;
  std::string output;
  std::string input;  ///< what was received; all before `used` was read
  std::size_t used = 0;

  Reading reading = Reading::commands;
  smtp::LineReader lines;
  Client client;
  Transaction transaction;

  smtp::DataDecoder decoder;
  BufferBorder border;  ///< for a few faults
  LooseLines loose;     ///< for two more
  smtp::ChunkReader chunk;
  bool last_chunk = false;
  bool answered_early = false;  ///< for a fault
  bool chunk_refused = false;
  std::string refusal;               ///< the reply to a refused chunk, due when the chunk was read
  std::uint64_t message_octets = 0;  ///< of the message, kept or thrown away
  std::size_t messages = 0;          ///< accepted in this session
  bool gone = false;                 ///< the client has left: there is nobody to answer
  bool spoken_to = false;            ///< the client has said something, or was greeted once more under a fault
  bool delivered_once = false;       ///< for the fault that delivers twice
  Memory memory;                     ///< for the faults that remember too much
  std::string held;                  ///< a reply that a fault holds back
  bool behind_last = false;          ///< the last transaction ended with BDAT LAST, and nothing came since

  std::unique_ptr<wire::Sasl> sasl;
  std::string challenge;       ///< the last one, in base64
  bool client_begins = false;  ///< the mechanism's first message is the client's, and it is due
  bool auth_complete = false;  ///< the challenge carries the final data; an empty response is due
};

}  // namespace smtpspec::reference
