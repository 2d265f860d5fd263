// The referee's rules by name, for the code that applies them. The table itself is `referee_rules()`.
#pragma once

#include <optional>

#include "harness/smtp/referee.hpp"
#include "harness/smtp/reply.hpp"

namespace smtpspec::smtp {

/// In the order of `referee_rules()`.
enum class Rule {
  reply_code,
  code_range,
  separator,
  one_code,
  crlf,
  bare_cr,
  line_length,
  text_octets,
  ascii,
  whole_reply,
  bare_code,
  greeting_domain,
  ehlo_domain,
  ehlo_keyword,
  keyword_parameters,
  keyword_once,
  helo_not_extended,
  one_reply,
  reply_in_data,
  silent_close,
  permitted_code,
  listed_code,
  required_command,
  advertised_command,
  advertised_mechanism,
  noop_argument,
  rset_accepted,
  quit_accepted,
  quit_closes,
  no_starttls_in_tls,
  utf8_with_8bitmime,
  binary_with_chunking,
  enhanced_present,
  enhanced_class,
  enhanced_same,
  enhanced_absent,
  reply_after_chunk,
  challenge_base64,
  auth_once,
  lmtp_no_ehlo,
  lmtp_data_refused,
};

[[nodiscard]] const RefereeRule& rule(Rule rule);
/// The rule that a defect breaks; nullopt where the reader alone is to blame (`too_many_lines`).
[[nodiscard]] std::optional<Rule> rule_of(ReplyDefect defect);

}  // namespace smtpspec::smtp
