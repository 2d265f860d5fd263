// The session table: what a server may answer to each command in each state, and where that leads.
// RFC 5321 sections 4.1.4 (order of commands) and 4.3.2 (command-reply sequences); RFC 2920, 3030, 3207, 4954, 2033.
#pragma once

#include <span>
#include <string_view>

#include "harness/smtp/command.hpp"

namespace smtpspec::smtp {

enum class State {
  connected,  ///< transport is open, the greeting is due
  greeted,    ///< 220 was sent, no EHLO yet
  ready,      ///< EHLO, HELO or LHLO accepted, no mail transaction
  mail,       ///< MAIL accepted
  rcpt,       ///< at least one RCPT accepted
  data,       ///< 354 was sent: the message is due
  bdat,       ///< at least one BDAT without LAST accepted
  auth,       ///< 334 was sent: a response is due
  closed,     ///< 221, 421 or the transport ended
};
[[nodiscard]] std::string_view name(State state);

/// What calls for a reply: a command, or one of three events that are none. BDAT with LAST is both a command and the
/// end of the data; it is looked up as `end_of_data` in the state of its transaction.
enum class Input { command, connect, end_of_data, auth_response };

/// One row: in `state`, `verb` (with `input`) may be answered by `codes`; a 2yz reply leads to `success`, a 3yz to
/// `intermediate`, any other leaves the state as it is unless `failure` says otherwise.
struct Transition {
  State state;
  Input input;
  Verb verb;
  std::span<const int> codes;  ///< permitted reply codes; 421 and the general 4yz/5yz codes of 4.2.4 are always allowed
  State success;
  State intermediate;
  State failure;
  std::string_view section;  ///< "RFC 5321 4.3.2"
};

/// The row for an input; never fails: what the RFCs do not list has the row of an out-of-order command. `verb` counts
/// for `Input::command` alone.
[[nodiscard]] const Transition& transition(State state, Input input, Verb verb);
/// Whether `code` is permitted by the row.
[[nodiscard]] bool permits(const Transition& row, int code);
/// The state after `code` was given.
[[nodiscard]] State next_state(const Transition& row, int code);
/// Every row, for documentation and tests.
[[nodiscard]] std::span<const Transition> session_table();

}  // namespace smtpspec::smtp
