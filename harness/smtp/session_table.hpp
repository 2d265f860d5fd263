// The session table: what a server may answer to each command in each state, and where that leads.
// RFC 5321 sections 4.1.4 (order of commands) and 4.3.2 (command-reply sequences); RFC 2920, 3030, 3207, 4954, 2033.
#pragma once

#include <optional>
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

/// "EHLO", "another command", "end of data".
[[nodiscard]] std::string_view name(Input input, Verb verb);

using States = unsigned;  ///< a set, one bit a state
constexpr States in(State state) { return 1U << static_cast<unsigned>(state); }

/// One row: in any of `states`, `verb` (with `input`) may be answered by `codes`; a 2yz reply leads to `success`. Where
/// a 3yz reply or a refusal leads depends on more than the state: see `ServerState`.
struct Transition {
  States states;
  Input input;
  Verb verb;
  std::span<const int> codes;  ///< permitted reply codes; 421 and the general 4yz/5yz codes of 4.2.4 are always allowed
  std::optional<State> success;  ///< nullopt where the state stays as it is
};

/// The row for an input; never fails: what the RFCs do not list has the row of an out-of-order command. `verb` counts
/// for `Input::command` alone.
[[nodiscard]] const Transition& transition(State state, Input input, Verb verb);
/// Whether `code` is permitted by the row.
[[nodiscard]] bool permits(const Transition& row, int code);
/// Every row; the last is that of a command out of order.
[[nodiscard]] std::span<const Transition> session_table();

}  // namespace smtpspec::smtp
