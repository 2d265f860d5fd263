// Conversations as tables, for the tests of the referee. Included by tests alone.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "harness/smtp/referee.hpp"

namespace smtpspec::smtp::conversation {

/// One call to the referee. The conversation is written as people read it: C: client, S: server.
struct Piece {
  enum class Kind { client, server, tls, ambiguous, overdue, close } kind;
  std::string octets;
};
using Script = std::vector<Piece>;

/// Octets as they are.
inline Piece c_raw(std::string octets) { return {Piece::Kind::client, std::move(octets)}; }
inline Piece s_raw(std::string octets) { return {Piece::Kind::server, std::move(octets)}; }
/// One line or several, a '\n' standing for CRLF, another CRLF after.
inline std::string lines(std::string_view text) {
  std::string octets;
  for (const char octet : text) octets += octet == '\n' ? std::string("\r\n") : std::string(1, octet);
  return octets + "\r\n";
}
inline Piece c(std::string_view text) { return c_raw(lines(text)); }
inline Piece s(std::string_view text) { return s_raw(lines(text)); }
inline const Piece tls{Piece::Kind::tls, ""};
inline const Piece ambiguous{Piece::Kind::ambiguous, ""};
inline const Piece in_vain{Piece::Kind::overdue, ""};
inline const Piece hangs_up{Piece::Kind::close, ""};

inline Script operator+(const Script& first, const Script& second) {
  Script both = first;
  both.insert(both.end(), second.begin(), second.end());
  return both;
}

inline const Script greeted = {s("220 mx.example.test ESMTP")};
inline const Script ready =
    greeted + Script{c("EHLO client.example"), s("250-mx.example.test\n250-PIPELINING\n250-CHUNKING\n250-8BITMIME\n"
                                                 "250-STARTTLS\n250-HELP\n250 SMTPUTF8")};
inline const Script mail = ready + Script{c("MAIL FROM:<a@client.example>"), s("250 OK")};
inline const Script rcpt = mail + Script{c("RCPT TO:<alice@example.test>"), s("250 OK")};
inline const Script data = rcpt + Script{c("DATA"), s("354 Go ahead")};
inline const Script enhanced =
    greeted + Script{c("EHLO client.example"), s("250-mx.example.test\n250 ENHANCEDSTATUSCODES")};
inline const Script lhlo = {s("220 mx.example.test LMTP"), c("LHLO client.example"),
                            s("250-mx.example.test\n250 CHUNKING")};
inline const Script two_recipients =
    lhlo + Script{c("MAIL FROM:<a@client.example>"),  s("250 OK"), c("RCPT TO:<alice@example.test>"), s("250 OK"),
                  c("RCPT TO:<nobody@example.test>"), s("550 No"), c("RCPT TO:<bob@example.test>"),   s("250 OK")};

inline void feed(Referee& referee, const Piece& piece) {
  switch (piece.kind) {
    case Piece::Kind::client: return referee.sent(piece.octets);
    case Piece::Kind::server: return referee.received(piece.octets);
    case Piece::Kind::tls: return referee.tls_started();
    case Piece::Kind::ambiguous: return referee.ambiguous();
    case Piece::Kind::overdue: return referee.overdue();
    case Piece::Kind::close: return referee.closed();
  }
}

/// `octet_by_octet`: both sides' octets come one at a time.
inline std::set<std::string> broken_rules(const Script& script, bool lmtp = false, bool octet_by_octet = false) {
  Referee referee(lmtp);
  for (const Piece& piece : script) {
    if (!octet_by_octet || piece.octets.empty()) feed(referee, piece);
    for (const char octet : octet_by_octet ? piece.octets : std::string()) {
      feed(referee, {piece.kind, std::string(1, octet)});
    }
  }
  std::set<std::string> broken;
  for (const Violation& violation : referee.violations())
    CHECK(broken.insert(std::string(name(violation.rule))).second);
  return broken;
}

struct Case {
  const char* title;
  Script script;
  std::set<std::string> broken;  ///< names of rules, all of them
};

inline void check(const std::vector<Case>& cases, bool lmtp = false) {
  for (const Case& row : cases) {
    CAPTURE(row.title);
    CHECK(broken_rules(row.script, lmtp) == row.broken);
    CHECK(broken_rules(row.script, lmtp, true) == row.broken);
  }
}

}  // namespace smtpspec::smtp::conversation
