// What a session shows by its lines alone, in whatever order the client sends them: that TLS may begin, that the server
// said goodbye, that TLS passes which is not the proxy's.
#pragma once

#include <string>
#include <string_view>

#include "harness/record/transcript.hpp"

namespace smtpspec::proxy {

/// RFC 8446 section 5.1, at the beginning of what was read: a handshake, from whichever side.
[[nodiscard]] bool is_handshake(std::string_view octets);

/// Watches one session. The referee knows no order any more once the client sent something after STARTTLS; here a 220
/// is the server's consent, for but one other reply has that code, the greeting.
class Signs {
 public:
  void show(const record::Event& event);
  /// The server has accepted STARTTLS, and no handshake was made.
  [[nodiscard]] bool may_begin_tls() const { return accepted_; }
  /// 221 or 421 was the server's last reply.
  [[nodiscard]] bool said_goodbye() const { return code_ == "221" || code_ == "421"; }
  /// Both sides sent TLS in clear text: what passes from here on is none of SMTP.
  [[nodiscard]] bool is_sealed() const { return sealed_; }

 private:
  void client_said(std::string_view octets);
  void server_said(std::string_view octets);

  std::string line_;        ///< the client's that is under way, its beginning
  std::string reply_line_;  ///< the same of the server
  std::string code_;        ///< of the server's last reply line
  bool greeted_ = false;
  bool asked_ = false;  ///< for TLS
  bool accepted_ = false;
  bool is_tls_ = false;
  bool client_began_ = false;
  bool sealed_ = false;
};

}  // namespace smtpspec::proxy
