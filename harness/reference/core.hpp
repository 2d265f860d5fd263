// The inside of the reference session: a strict server without a fault. session.cpp drives it, session_rules.cpp says
// which commands are refused and why, session_commands.cpp and session_message.cpp hold the commands and
// what becomes of a message, session_auth.cpp the AUTH exchange. The virtual functions are the points where the
// faults act (faulty_core.hpp); what they do here is what is right.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/reference/session.hpp"
#include "harness/sasl/sasl.hpp"
#include "harness/smtp/command.hpp"
#include "harness/smtp/data.hpp"

namespace smtpspec::reference {

/// What speaks against a command of right syntax, or a message.
enum class Why {
  // clang-format off
  other_protocol, not_greeted, in_transaction, not_authenticated, authenticated, many_mails, not_offered, too_large,
  no_mail, message_begun, many_recipients, no_smtputf8, unknown_mailbox, foreign_mailbox, no_recipient, binary,
  no_mechanism, no_tls, under_tls, server_begins, circles,
  fault,  ///< nothing does: a fault refuses all the same
  // clang-format on
};
struct Refusal {
  Why why;
  int code;
  std::string_view enhanced;
  std::string_view text;
};

/// Which side begins a mechanism's exchange (RFC 4422 section 5). LOGIN, which no RFC holds, is begun by the server
/// with "Username:", and clients put the name into the initial response all the same.
struct Mechanism {
  enum class Begins { client, server, either };
  std::string_view name;
  Begins begins;
};
[[nodiscard]] const Mechanism* mechanism_of(const smtp::Command& command);  ///< null where it is not known

/// The longest command line in octets, CRLF included: RFC 5321 section 4.5.3.1.4 and what extensions add to it.
[[nodiscard]] std::size_t max_line_of(smtp::Verb verb);
[[nodiscard]] constexpr bool has_path(smtp::Verb verb) { return verb == smtp::Verb::mail || verb == smtp::Verb::rcpt; }
[[nodiscard]] bool declares_binary(const smtp::Command& command);  ///< BODY=BINARYMIME: RFC 3030 section 3
[[nodiscard]] bool is_utf8(const smtp::Mailbox& mailbox);
/// By SIZE: RFC 1870 section 6.1. The greatest number where it does not fit 64 bits: 20 digits are allowed.
[[nodiscard]] std::optional<std::uint64_t> declared_size(const std::vector<smtp::Parameter>& parameters);

/// How many Received fields the header section of a message has: so many servers it has passed.
[[nodiscard]] std::size_t count_received(std::string_view message);

/// Reads MAIL, RCPT, EHLO, HELO or LHLO of any form; nullopt for other commands.
[[nodiscard]] std::optional<smtp::Command> read_lax(std::string_view line);
/// Whether nothing but the form of the envelope, or what was said before it, speaks against a command.
[[nodiscard]] bool is_lax_about(Why why);

struct Core {
  using Want = Session::Want;

  Core(const Settings& the_settings, bool is_under_tls) : settings(the_settings), under_tls(is_under_tls) {}
  virtual ~Core() = default;
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

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
    bool open = false;         ///< MAIL was accepted
    bool utf8 = false;         ///< SMTPUTF8
    bool binary = false;       ///< BODY=BINARYMIME
    bool chunked = false;      ///< a BDAT was accepted
    std::size_t rcpts = 0;     ///< RCPT commands, refused ones too, as RFC 9422 section 4.2 counts
    std::uint64_t octets = 0;  ///< of the message, kept or thrown away
    Accepted mail;
  };

  // session.cpp: octets in, replies out
  virtual void greet();
  virtual void receive(std::string_view octets);
  void run();
  virtual void read_line(const smtp::CommandLine& line);
  virtual void read_command(std::string_view line, std::size_t octets);
  void begin_line(int code, char separator);  ///< of a reply
  virtual void reply(int code, std::string_view enhanced, std::string_view text);
  virtual void reply_lines(int code, std::vector<std::string> texts);
  virtual void tls_started();
  virtual void tls_ended() { peer_closed(); }
  virtual void tls_failed() { end(Want::close); }
  virtual void delivered(const std::vector<bool>& success);
  virtual void peer_closed() { end(Want::close); }
  virtual void timed_out();
  [[nodiscard]] virtual std::uint64_t patience_ms() const;
  [[nodiscard]] virtual bool says_close_notify() const { return true; }
  void discard_unread() { input.resize(used); }
  void end(Want last);

  // session_rules.cpp
  /// Why the command cannot be carried out now; nullopt: it can.
  [[nodiscard]] virtual std::optional<Refusal> refusal_of(const smtp::Command& command) const;
  [[nodiscard]] virtual bool overlooks(Why why, const smtp::Command&) const {
    return settings.takes_everything && is_lax_about(why);
  }
  [[nodiscard]] virtual bool may_relay() const { return !client.user.empty(); }  ///< RFC 5321 section 3.9
  [[nodiscard]] bool offers_auth() const { return !settings.users.empty() && (under_tls || !settings.auth_needs_tls); }

  // session_commands.cpp
  virtual void dispatch(const smtp::Command& command);
  virtual void carry_out(const smtp::Command& command);  ///< one that is not refused
  virtual void refuse(const Refusal& refusal, const smtp::Command& command);
  virtual void refuse_syntax(const smtp::CommandError& error);
  virtual void refuse_octets(std::string_view line);
  void ehlo(const smtp::Command& command);
  void helo(const smtp::Command& command);
  void rset(const smtp::Command& command);
  void vrfy(const smtp::Command& command);
  void expn(const smtp::Command& command);
  void help(const smtp::Command& command);
  void noop(const smtp::Command& command);
  void quit(const smtp::Command& command);
  void starttls(const smtp::Command& command);
  [[nodiscard]] virtual std::vector<std::string> keywords() const;

  // session_message.cpp
  virtual void mail(const smtp::Command& command);
  virtual void rcpt(const smtp::Command& command);
  virtual void data(const smtp::Command& command);
  virtual void bdat(const smtp::Command& command);
  /// Takes octets of DATA off the front; whether the end of data was among them.
  [[nodiscard]] virtual bool decode(std::string_view& octets);
  virtual void data_ended();
  void take_chunk(std::string_view octets);
  [[nodiscard]] virtual bool chunk_is_whole() const { return chunk.done(); }
  virtual void chunk_ended();
  virtual void accept();
  [[nodiscard]] virtual std::optional<Refusal> message_refusal() const;
  virtual void refuse_message(const Refusal& refusal);
  /// A client must not send bare CR and LF (RFC 5321 section 2.3.8): each becomes a space.
  virtual void mend_line_ends();
  virtual void add_received();  ///< trace_header.cpp
  virtual void answer_delivered(const std::vector<bool>& success);
  void answer_one(bool is_delivered);
  virtual void end_transaction() { transaction = {}; }
  [[nodiscard]] virtual std::uint64_t message_limit() const { return settings.max_message; }

  // session_auth.cpp
  void auth(const smtp::Command& command);
  virtual void auth_response(const smtp::CommandLine& line);
  virtual void auth_decode(std::string_view text);
  void auth_step(std::string_view octets);
  virtual void auth_challenge(std::string_view octets);
  virtual void auth_failed();
  virtual void auth_succeeded();
  void auth_ended(int code, std::string_view enhanced, std::string_view text);

  const Settings settings;
  bool under_tls;

  Want want = Want::octets;
  std::string output;
  std::string input;  ///< what was received; all before `used` was read
  std::size_t used = 0;

  Reading reading = Reading::commands;
  smtp::LineReader lines{smtp::LineReader::Ends::crlf_only};
  Client client;
  Transaction transaction;
  std::size_t overhead = 0;  ///< of the envelope, not asked for yet: Session::take_overhead

  smtp::DataDecoder decoder;
  smtp::ChunkReader chunk;
  bool last_chunk = false;
  std::optional<Refusal> chunk_refusal;  ///< due when the chunk was read

  std::unique_ptr<sasl::Sasl> sasl;
  std::string challenge;       ///< the last one, in base64
  bool client_begins = false;  ///< the mechanism's first message is the client's, and it is due
  bool auth_complete = false;  ///< the challenge carries the final data; an empty response is due
};

}  // namespace smtpspec::reference
