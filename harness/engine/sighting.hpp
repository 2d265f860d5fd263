// What one row tells of the cause of its failure, so that rows can be compared.
#pragma once

#include <string>

#include "harness/engine/result.hpp"

namespace smtpspec::engine {

/// What a result tells of its cause.
struct Sighting {
  const ScenarioResult* row = nullptr;
  std::string kind;           ///< causes that are one kind of thing have one word
  std::string seen;           ///< what was seen, names taken out
  std::string asked;          ///< what the client had sent before that, names taken out
  bool in_message = false;    ///< it had sent text of a message
  bool closed = false;        ///< the session ended there
  bool taken = false;         ///< a command that was out of order, and to be answered by 503; of DATA by 5yz
  bool has_own_path = false;  ///< that was a MAIL or RCPT whose path may be what is refused
  bool said_first = false;    ///< nothing was said before it but EHLO, HELO or LHLO
  std::string obstacle;       ///< what stops rows of whatever requirement alike; empty where it was none
  bool is_about_it = false;   ///< about that obstacle itself, as rules and the survey's rows are
  std::string own;            ///< the requirement that decided; where none did, what the row is about
  std::string requirement;    ///< that the finding is about: its own, or that of the cause which it met on its way
  [[nodiscard]] bool strayed() const { return requirement != own; }
  [[nodiscard]] bool of_rule() const { return !row->seen_in.empty(); }
};

[[nodiscard]] Sighting sighting_of(const ScenarioResult& row);

}  // namespace smtpspec::engine
