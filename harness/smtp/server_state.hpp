// The server's half of a conversation: the state that its replies tell of. Part of the referee.
#pragma once

#include <cstddef>

#include "harness/smtp/command_stream.hpp"
#include "harness/smtp/keywords.hpp"
#include "harness/smtp/reply.hpp"
#include "harness/smtp/session_table.hpp"

namespace smtpspec::smtp {

/// What the client's octets are, after a reply.
enum class Follows { commands, data, auth_response, tls_handshake, unknown };

struct ServerState {
  bool lmtp = false;
  State state = State::connected;
  State state_before_auth = State::ready;
  /// False where the RFCs leave open what state the server is in, until EHLO, RSET or MAIL succeeds: then a code is
  /// wrong only when no state permits it.
  bool certain = true;
  bool greeted = false;  ///< the greeting was seen, whatever its code
  bool tls = false;
  bool authenticated = false;
  bool said_goodbye = false;   ///< the last reply was 221 or 421: the server may close without a further one
  bool quit = false;           ///< 221 was the reply to QUIT
  Ehlo ehlo;                   ///< empty where none holds
  std::size_t recipients = 0;  ///< accepted in this transaction

  /// Takes the one reply to `what`, in LMTP the last one to the end of the data.
  Follows follow(const PendingReply& what, const Reply& reply);
  /// 421 that nothing asked for.
  void shuts_down();
  /// Nothing that was known before the handshake holds (RFC 3207 section 4.2).
  void tls_started();
  [[nodiscard]] bool offers(std::string_view keyword) const { return ehlo.find(keyword) != nullptr; }

 private:
  Follows follow_success(const PendingReply& what, const Reply& reply);
  Follows follow_intermediate(const PendingReply& what, int code);
  void follow_refusal(const PendingReply& what, int code);
  void follow_transaction(const PendingReply& what);
};

/// EHLO, HELO or LHLO.
[[nodiscard]] bool is_hello(Verb verb);
/// The row of the session table for `what`; BDAT with LAST is an end of data.
[[nodiscard]] const Transition& row_of(State state, const PendingReply& what);

}  // namespace smtpspec::smtp
