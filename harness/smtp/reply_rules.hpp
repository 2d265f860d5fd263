// The referee's rules about a single reply. Which command it answers is known by the caller.
#pragma once

#include <string>
#include <vector>

#include "harness/smtp/keywords.hpp"
#include "harness/smtp/referee_rules.hpp"
#include "harness/smtp/reply.hpp"

namespace smtpspec::smtp {

/// A broken rule.
struct Finding {
  Rule rule;
  std::string actual;    ///< what was seen, octets escaped
  std::string expected;  ///< where it can be said more exactly than the rule does; else empty
};

/// Octets for a message: escaped, and cut where they are too many.
[[nodiscard]] std::string show(std::string_view octets);

/// The grammar alone; holds for every reply, also where the order is not known. `utf8`: the client asked for SMTPUTF8.
[[nodiscard]] std::vector<Finding> judge_grammar(const Reply& reply, bool utf8);
/// The greeting, where it is a 220.
[[nodiscard]] std::vector<Finding> judge_greeting(const Reply& reply);
/// A 250 reply to EHLO or LHLO. `tls`: TLS is active.
[[nodiscard]] std::vector<Finding> judge_ehlo(const Reply& reply, const Ehlo& ehlo, bool tls);
/// A reply that has to carry enhanced codes, if it is a 2yz, 4yz or 5yz.
[[nodiscard]] std::vector<Finding> judge_enhanced_codes(const Reply& reply);
/// A 250 reply to HELO.
[[nodiscard]] std::vector<Finding> judge_helo(const Reply& reply);
/// A 354 reply.
[[nodiscard]] std::vector<Finding> judge_go_ahead(const Reply& reply);
/// A 334 reply to AUTH or to a response.
[[nodiscard]] std::vector<Finding> judge_challenge(const Reply& reply);

}  // namespace smtpspec::smtp
