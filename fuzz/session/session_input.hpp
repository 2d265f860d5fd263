// A fuzz input as a scenario, and back. An input is text of one action a line, so that a seed reads like a session, a
// diff shows what changed, and any octets whatever mean something:
//
//   = rcpt                              the ready state that is climbed to; greeted where no first line says so
//   > DATA\r\n                          send, and await each reply that is owed
//   + NOOP\r\n                          send, and go on at once: the next octets follow in the same group
//   . QUIT\r\n                          as >, octet by octet
//   M {header}text\r\n                  after 354: dot-stuffed, and the end of data
//   m {header}text\r\n                  as M, octet by octet
//   C text     L text     C 99 text     BDAT; with LAST; that announces another size than is true
//   P 20                                a pause in milliseconds, at most 50
//   T   N   H   R   X                   TLS handshake, close_notify, half-close, reset, close
//   U octets                            on the TCP connection, under TLS
//   A PLAIN                             log in by this mechanism
//   @                                   the other of two sessions; opened when it is first named
//
// What stands after the letter is the text of a scenario file: escapes, and holes for what is the target's.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "harness/scenario/model.hpp"

namespace smtpspec::fuzz {

/// Beyond these an input's lines are not looked at; a run of octets in a text is cut.
inline constexpr std::size_t most_actions = 64;
inline constexpr std::size_t longest_run = 16384;
/// Octets of the inputs that a campaign makes and keeps.
inline constexpr std::size_t longest_input = 4096;

/// A scenario that plays it: every reply that is owed is awaited, and nothing is expected of it. Never fails: a line
/// that is no action is sent as a command line, a text that is none stands for its own octets.
[[nodiscard]] scenario::Scenario decode(std::string_view input);

/// The scenario's steps as an input, without what it expects; what is cut at some offsets is cut at each octet. nullopt
/// where it does what no input can say (three sessions, a login with a user of its own).
[[nodiscard]] std::optional<std::string> encode(const scenario::Scenario& scenario);

}  // namespace smtpspec::fuzz
