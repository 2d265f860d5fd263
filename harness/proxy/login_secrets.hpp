// What a client says to log in (RFC 4954), found as it passes, so that no file and no terminal has it.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/record/transcript.hpp"

namespace smtpspec::proxy {

/// Watches one session. Where it is doubtful whether a line belongs to an AUTH exchange it does: more may be found than
/// is secret, never less. So an exchange is over at 235, 4yz and 5yz alone, and not over where a 334 follows: then that
/// reply was to a command before it. The user's name, which is a mailbox mostly, is none.
class LoginSecrets {
 public:
  void show(const record::Event& event);
  /// Responses as they were sent, and what they hold; what an unfinished line has of them, too.
  [[nodiscard]] std::vector<std::string> secrets() const;
  /// More were said than are kept: the session cannot be shown.
  [[nodiscard]] bool too_many() const { return secrets_.size() >= most; }

 private:
  static constexpr std::size_t most = 64;
  static constexpr std::size_t longest_line = std::size_t{64} << 10;
  void client_said(std::string_view octets);
  void server_said(std::string_view octets);
  void end_line();
  void end_reply_line(std::string_view line);
  void begin_chunk(std::string_view size);
  void add_response(std::string_view response);
  void add(std::string_view secret);

  std::string line_;             ///< the client's that is under way
  std::string reply_line_;       ///< the first octets of the server's
  bool in_data_ = false;         ///< since 354 until a period: lines are text
  bool asked_for_data_ = false;  ///< by the last line
  bool in_exchange_ = false;
  std::size_t chunk_ = 0;           ///< octets of a chunk that are still to come
  bool goes_on_ = false;            ///< since AUTH no other command was said
  std::string mechanism_;           ///< of the last exchange, in upper case
  std::size_t responses_ = 0;       ///< in it
  std::vector<std::string> since_;  ///< lines since it seemed to be over
  std::set<std::string> secrets_;
};

}  // namespace smtpspec::proxy
