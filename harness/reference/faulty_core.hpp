// The reference server with named faults: at each point where a fault acts it does that, and else what Core does.
// faulty_core.cpp: octets, replies and the connection; faulty_syntax.cpp: command lines; faulty_rules.cpp: what is
// refused and what is let pass; freedoms.cpp: replies that a server may give as well; faulty_commands.cpp and
// faulty_message.cpp: commands, and the message; message_faults.cpp: its octets; envelope_faults.cpp: its parameters;
// deadly_faults.cpp: what ends the server's process.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/reference/core.hpp"
#include "harness/reference/fault.hpp"

namespace smtpspec::reference {

/// Whether an RE2 pattern fits somewhere. An octet is a character to it, and a period stands for any.
[[nodiscard]] bool fits(std::string_view octets, const char* pattern);
/// Puts `by` in place of all that fits.
void rewrite(std::string& octets, const char* pattern, const char* by);
/// RET, ENVID, NOTIFY or ORCPT.
[[nodiscard]] bool is_of_dsn(const smtp::Parameter& parameter);

struct FaultyCore : Core {
  FaultyCore(const Settings& the_settings, const Faults& the_faults, bool is_under_tls);

  /// What faults remember beyond its time.
  struct Memory {
    std::optional<std::string> reverse_path;  ///< of the first MAIL
    std::string chunks;                       ///< from before STARTTLS
    bool utf8 = false;                        ///< a MAIL had SMTPUTF8
    bool size_refused = false;                ///< a MAIL was refused for its SIZE
    bool password_refused = false;            ///< an AUTH failed
    bool logged_in = false;                   ///< an AUTH succeeded
    bool listed = false;                      ///< an EHLO was accepted
    bool chunk_refused = false;               ///< a BDAT was refused
    bool ehlo_refused = false;                ///< the last EHLO was refused for its syntax
    bool mail_refused = false;                ///< the last MAIL was refused for its syntax
    bool message_refused = false;             ///< and no RSET or EHLO has come since
    bool last_chunk = false;                  ///< the last transaction ended with BDAT LAST
    std::size_t rcpts = 0;                    ///< RCPT commands of the session
    std::size_t messages = 0;                 ///< accepted ones
    std::size_t refusals = 0;                 ///< 5yz replies
    std::size_t commands = 0;                 ///< that are no mail
    bool binary = false;                      ///< a MAIL had BODY=BINARYMIME
    std::optional<std::uint64_t> declared;    ///< by the last SIZE
    std::vector<smtp::Parameter> mail_dsn;    ///< of the last MAIL with DSN parameters
    std::vector<smtp::Parameter> rcpt_dsn;    ///< of the last such RCPT
    Accepted before;                          ///< the last message's envelope
    std::string first_name;                   ///< of the first EHLO, LHLO or HELO
  };

  static constexpr std::size_t few_refusals = 3;  ///< after which a freedom ends the session

  /// For time to pass, before something is done that is due at once.
  enum class Waiting { no, to_greet, to_accept, over };

  [[nodiscard]] bool has(Fault fault) const { return faults.has(fault); }

  // faulty_core.cpp
  void greet() override;
  void receive(std::string_view octets) override;
  void read_line(const smtp::CommandLine& line) override;
  void reply(int code, std::string_view enhanced, std::string_view text) override;
  void reply_lines(int code, std::vector<std::string> texts) override;
  void hold_last_reply();
  void tls_started() override;
  void tls_ended() override;
  void tls_failed() override;
  void delivered(const std::vector<bool>& success) override;
  void peer_closed() override;
  void timed_out() override;
  [[nodiscard]] std::uint64_t patience_ms() const override;
  [[nodiscard]] bool says_close_notify() const override { return !has(Fault::close_notify_missing); }

  // faulty_rules.cpp
  [[nodiscard]] std::optional<Refusal> refusal_of(const smtp::Command& command) const override;
  [[nodiscard]] bool overlooks(Why why, const smtp::Command& command) const override;
  [[nodiscard]] bool may_relay() const override;

  // faulty_syntax.cpp
  void read_command(std::string_view line, std::size_t octets) override;
  void refuse_syntax(const smtp::CommandError& error) override;
  void refuse_octets(std::string_view line) override;
  void spoil_state(const smtp::CommandError& error);
  [[nodiscard]] bool misjudged(const smtp::Command& command) const;
  [[nodiscard]] std::optional<smtp::Command> misread(const smtp::CommandError& error) const;
  [[nodiscard]] bool accepts_path(const smtp::CommandError& error);
  [[nodiscard]] bool hangs_up_on(const smtp::CommandError& error) const;

  // deadly_faults.cpp
  void die_of_line(std::string_view line);  ///< without its line end
  void die_of(const smtp::Command& command);
  void die_of_refusal();
  void die_of_text(std::string_view octets);
  void die_of_response(std::string_view line) const;

  // freedoms.cpp
  [[nodiscard]] bool answers_freely(std::string_view line);
  [[nodiscard]] bool is_disliked() const;  ///< the message
  [[nodiscard]] bool has_body() const;     ///< MAIL had BODY

  // faulty_commands.cpp
  void dispatch(const smtp::Command& command) override;
  void refuse(const Refusal& refusal, const smtp::Command& command) override;
  [[nodiscard]] bool hangs_up_on(const smtp::Command& command) const;
  void carry_out(const smtp::Command& command) override;
  [[nodiscard]] std::vector<std::string> keywords() const override;
  void auth_response(const smtp::CommandLine& line) override;
  void auth_decode(std::string_view text) override;
  void auth_challenge(std::string_view octets) override;
  void auth_failed() override;
  void auth_succeeded() override;

  // faulty_message.cpp
  void mail(const smtp::Command& command) override;
  void rcpt(const smtp::Command& command) override;
  void data(const smtp::Command& command) override;
  void bdat(const smtp::Command& command) override;
  void end_at_end_of_data(smtp::Command& command) const;
  [[nodiscard]] bool decode(std::string_view& octets) override;
  [[nodiscard]] bool obeys(std::string_view& octets);
  [[nodiscard]] bool gives_up(std::string_view& octets);
  [[nodiscard]] bool overlooks_end() const;
  void data_ended() override;
  [[nodiscard]] bool chunk_is_whole() const override;
  void chunk_ended() override;
  void accept() override;
  [[nodiscard]] std::optional<Refusal> message_refusal() const override;
  void refuse_message(const Refusal& refusal) override;
  void answer_delivered(const std::vector<bool>& success) override;
  void end_transaction() override;
  [[nodiscard]] std::uint64_t message_limit() const override;

  // message_faults.cpp
  /// How DATA is decoded: the RFC's rules, bent by the faults that are on.
  [[nodiscard]] smtp::DataRules data_rules() const;
  /// What the faults make of octets of DATA before they are decoded, and of a whole message.
  void spoil_segment(std::string& octets) const;
  void spoil(std::string& message) const;
  /// Fault::dot_lost_at_buffer_border: a server that reads into a buffer of 4096 octets looks for the stuffed period
  /// after the line end that it sees before it in the buffer, and so misses one that is the buffer's first octet. The
  /// same holds of segments (dot_kept_at_segment_start), and of the first line (first_line_keeps_stuffing). Such a
  /// period is stuffed once more here, so that it stays.
  void keep_periods(std::string& segment, bool starts_segment) const;
  void mend_line_ends() override;
  void add_received() override;
  void rewrite_submission();

  // envelope_faults.cpp
  /// Fault::dsn_kept_for_next_message.
  void keep_dsn(std::vector<smtp::Parameter>& kept, std::vector<smtp::Parameter>& given) const;
  /// What is handed on with a message.
  void spoil_envelope();

  const Faults faults;
  Memory memory;
  smtp::Verb answering = smtp::Verb::unknown;  ///< of the command that is being carried out
  bool trails = false;                         ///< its line ends in white space
  std::vector<Accepted::Recipient> refused;    ///< unknown recipients of the transaction
  std::vector<bool> taken;                     ///< mailboxes of the transaction, refused ones too, in the order of RCPT
  std::size_t rcpt_octets = 0;                 ///< of all RCPT of the transaction
  std::size_t chunks = 0;                      ///< of the transaction
  std::size_t data_octets = 0;                 ///< of DATA that were read
  std::string held;                            ///< a reply that is held back
  std::string line_begun;                      ///< of DATA, where whole lines are looked at
  Waiting waiting = Waiting::no;
  bool text_at_once = false;    ///< octets of the message came in one segment with DATA
  bool empty_chunk = false;     ///< by its BDAT
  bool answered_early = false;  ///< the chunk that comes has had its reply
  bool gone = false;            ///< the client has left: there is nobody to answer
  bool spoken_to = false;       ///< the client has said something, or was greeted once more
  bool delivered_once = false;
  bool quitting = false;      ///< QUIT was answered, and the rest of its segment is read
  char* freed = nullptr;      ///< memory that deadly faults still use
  std::size_t text_line = 0;  ///< octets of the line of DATA that is read
};

}  // namespace smtpspec::reference
