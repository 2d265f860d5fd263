// Faults that refuse, or do not survive, commands that are in order. Each is one row of a table: the verb, what the
// fault looks at, and the reply.
#pragma once

#include <string>
#include <string_view>

#include "harness/reference/fault.hpp"
#include "harness/smtp/command.hpp"

namespace smtpspec::reference {

/// A refusal that a fault has in place of what is right.
struct Mistake {
  Fault fault;
  smtp::Verb verb;
  bool (*applies)(const smtp::Command&);
  int code;
  std::string_view enhanced;
  std::string_view text;
};
/// The first mistake that is switched on and made about `command`; nullptr where there is none.
[[nodiscard]] const Mistake* mistake_about(const smtp::Command& command, const Faults& faults);

/// What is known of the session where a line comes.
struct LineFacts {
  bool in_transaction = false;
};
/// Whether a fault closes the connection without a reply to `line`.
[[nodiscard]] bool crashes_on(std::string_view line, const LineFacts& facts, const Faults& faults);

/// Whether a fault takes the parameter for right that `error` is about.
[[nodiscard]] bool overlooks_parameter(const smtp::CommandError& error, const Faults& faults);

/// What the faults make of octets of DATA before they are decoded; `octets` is one segment of it.
void spoil_segment(std::string& octets, const Faults& faults);

/// Fault::verbs_of_four_letters: the line as such a server reads it.
[[nodiscard]] std::string with_four_letters(std::string_view line);

/// Fault::reverse_path_cut.
[[nodiscard]] std::string cut_local_part(const std::string& path);

}  // namespace smtpspec::reference
