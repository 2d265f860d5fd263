// The referee: follows any SMTP conversation from both sides and says where the server broke the rules.
// It needs no scenario and does no I/O. Rules: RFC 5321 4.2.1 (reply grammar), 4.3.1 (one reply a command), 4.3.2
// (permitted codes), RFC 2034 (enhanced codes), RFC 3207, RFC 3030, RFC 2920.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "harness/smtp/reply.hpp"
#include "harness/smtp/rulings.hpp"
#include "harness/smtp/session_table.hpp"

namespace smtpspec::smtp {

/// What a session was asked for so far. Where the order of things is not known any more, nothing is added.
struct Demand {
  std::size_t mails = 0;       ///< MAIL commands, answered or not
  std::size_t recipients = 0;  ///< RCPT commands, answered or not
  std::size_t messages = 0;    ///< that were accepted
};

/// A reply, and what it answers.
struct Answer {
  State state = State::connected;  ///< in which the server was, as far as is known
  Input input = Input::command;
  Verb verb = Verb::unknown;
  const Reply& reply;
  const std::string& said;  ///< the start of the command's line
  /// What was sent since the last answer of the kind: of an end of data the message as decoded, of BDAT its chunk.
  const std::string& message;
  bool cut = false;  ///< of it more was sent than is kept
};

/// Each rule is reported once a conversation, at the first breach, and counted each time. Bounded: holds one reply and
/// one line under way, and a short note on each command owed (65536 at most, then the order counts as ambiguous).
///
/// Watches one connection. Give it everything in the order in which it was seen. It stays silent where the client's
/// own octets make the order of things ambiguous (a bare LF in a command, a doubtful end of data): from there on only
/// the grammar of replies is judged, so that a lenient server is never accused of an extra reply.
class Referee {
 public:
  /// `lmtp`: one reply an accepted recipient after the end of data (RFC 2033 section 4.2).
  explicit Referee(bool lmtp = false);
  ~Referee();
  Referee(Referee&&) noexcept;
  Referee& operator=(Referee&&) noexcept;

  void sent(std::string_view octets);      ///< the client's octets
  void received(std::string_view octets);  ///< the server's octets
  void tls_started();                      ///< a TLS handshake was completed
  void ambiguous();     ///< the client left SMTP (raw octets under TLS, ...): grammar alone from here
  void perhaps_sent();  ///< more of the client's octets may have come there: what is owed is, and perhaps more
  void overdue();    ///< what is owed was waited for, and nothing came: what comes now may answer that, or what follows
  void closed();     ///< the server ended the connection
  void tls_ended();  ///< the server ended TLS by close_notify, which is its close as well

  /// Called for each reply of which it is known what it answers, before the state follows it. From then on messages are
  /// kept, 64 KiB of each.
  void tell(std::function<void(const Answer&)> answered);
  /// Of each reply so far it was known what it answers, where anything was asked.
  [[nodiscard]] bool all_told() const;

  /// Replies still owed: commands that were sent whole and have no reply yet. 0 while the order is ambiguous and once
  /// QUIT was answered.
  [[nodiscard]] std::size_t owed() const;
  /// Whether it is known what the client's octets ask for, and so what is owed. False for good once they are ambiguous,
  /// and while a line or the data under way holds octets that a server may take for an end.
  [[nodiscard]] bool order_is_known() const;
  /// What the client sends next begins a command, as far as is known: not in a line, a message or a chunk, nor where a
  /// TLS handshake or the answer to a challenge is due.
  [[nodiscard]] bool at_command() const;
  /// STARTTLS was accepted: a handshake is due.
  [[nodiscard]] bool awaits_tls() const;
  /// How many more replies were owed to the same end of data when this reply, counted from 0, had come: of LMTP, one
  /// an accepted recipient. 0 where that is not known.
  [[nodiscard]] std::size_t more_after(std::size_t reply) const;
  [[nodiscard]] Demand demand() const;
  /// What is to be answered next is BDAT LAST, in LMTP, where no recipient was accepted as far as is known: RFC 2033
  /// section 4.3 has no reply to it, and most servers have one.
  [[nodiscard]] bool may_stay_unanswered() const;
  [[nodiscard]] const std::vector<Violation>& violations() const;
  /// By `Rule`. A rule that was never checked says nothing about the server.
  [[nodiscard]] const Counts& counts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace smtpspec::smtp
