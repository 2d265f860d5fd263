// The referee's rules about a single reply. Which command it answers is known by the caller; code_rules.cpp has those
// about its code.
#pragma once

#include <string>
#include <string_view>

#include "harness/smtp/keywords.hpp"
#include "harness/smtp/reply.hpp"
#include "harness/smtp/rulings.hpp"
#include "harness/smtp/server_state.hpp"

namespace smtpspec::smtp {

/// Octets for a message: escaped, and cut where they are too many.
[[nodiscard]] std::string show(std::string_view octets);

/// What the command that was answered lets stand in a reply.
struct Latitude {
  bool utf8 = false;    ///< it asked for SMTPUTF8, so that UTF-8 may stand there, but no other octets (RFC 6531)
  bool greets = false;  ///< it may be EHLO, whose greet has any octet but CR and LF (RFC 5321 section 4.1.1.1)
};
/// The grammar alone; holds for every reply, also where the order is not known.
void judge_grammar(Rulings& rulings, const Reply& reply, Latitude latitude);
/// The greeting, where it is a 220.
void judge_greeting(Rulings& rulings, const Reply& reply);
/// A 250 reply to EHLO or LHLO. `tls`: TLS is active.
void judge_ehlo(Rulings& rulings, const Reply& reply, const Ehlo& ehlo, bool tls);
/// A reply that has to carry enhanced codes, if it is a 2yz, 4yz or 5yz.
void judge_enhanced_codes(Rulings& rulings, const Reply& reply);
/// A 250 reply to HELO.
void judge_helo(Rulings& rulings, const Reply& reply);
/// A greeting, a reply to EHLO, or a 3yz: RFC 2034 section 4 gives them no enhanced code, although "2.0.0" would pass
/// for a domain.
void judge_codeless(Rulings& rulings, const Reply& reply);
/// A reply to BDAT.
void judge_chunk(Rulings& rulings, const PendingReply& what, const Reply& reply);
/// A 334 reply to AUTH or to a response.
void judge_challenge(Rulings& rulings, const Reply& reply);

/// Its code, given the command that it answers. `server` is as it was before the reply. False where a MUST was broken:
/// the reply may then be one to another command.
bool judge_code(Rulings& rulings, const ServerState& server, const PendingReply& what, const Reply& reply);

}  // namespace smtpspec::smtp
