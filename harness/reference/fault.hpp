// Named faults: realistic bugs that the reference server can be told to have. Each is one row of one table; the
// session asks `faults.has(Fault::x)` at the place where the bug would live. A scenario names in `catches` the faults
// that must turn it red; `smtpspec prove` shows that it does.
#pragma once

#include <bitset>
#include <optional>
#include <span>
#include <string_view>

namespace smtpspec::reference {

enum class Fault {
  // End of data and transparency: RFC 5321 sections 4.1.1.4, 4.5.2 and 2.3.8.
  data_without_recipient,      ///< DATA is answered 354 without any accepted RCPT
  lf_ends_data,                ///< a bare LF counts as a line end in DATA: LF.LF, LF.CRLF and CRLF.LF end the message
  lf_crlf_ends_data,           ///< LF.CRLF ends the message as well
  crlf_lf_ends_data,           ///< CRLF.LF ends the message as well
  cr_ends_data,                ///< a bare CR counts as a line end in DATA: CR.CR ends the message
  nul_dropped_from_data,       ///< NUL octets vanish before the end of data is looked for
  any_line_end_ends_data,      ///< CR, LF and CRLF all count as line ends in DATA
  line_end_not_checked,        ///< lines of DATA are cut at LF, and the octet before it is taken for CR
  end_of_data_trimmed,         ///< a period with white space around it ends the message
  end_of_data_in_one_segment,  ///< the end of data is seen only where CRLF.CRLF comes in one segment
  second_cr_hides_the_end,     ///< the end of data is not seen behind CR CR LF
  keeps_stuffing,              ///< the period added for transparency is delivered
  drops_lone_dots,             ///< a stuffed line of one period vanishes from the delivered message
  dot_lost_at_buffer_border,   ///< a stuffed period that is the first octet of a 4096-octet buffer is not removed
  bare_lf_repaired,            ///< a bare LF in the message is delivered as CRLF
  eight_bit_stripped,          ///< the high bit of each octet of the message is cleared
  control_octets_dropped,      ///< control octets vanish from the message
  trailing_white_space_cut,    ///< white space at the end of text lines vanishes
  from_line_escaped,           ///< a text line that begins with "From " is delivered with ">" in front
  message_cut_at_32k,          ///< of a message beyond 32768 octets the rest is not delivered
  long_text_line_split,        ///< a text line beyond 990 octets is delivered as two
  no_received_field,           ///< no Received field is put in front of the message
  half_message_delivered,      ///< a connection lost in DATA delivers what had come
  half_chunk_delivered,        ///< a connection lost in the last chunk delivers what had come
  second_message_lost,         ///< the second message of a session is answered 250 and never delivered
  delivers_twice,              ///< each message is delivered twice
  last_recipient_alone,        ///< of several recipients only the last gets the message
  size_never_enforced,         ///< a message beyond the limit is accepted
  reply_twice,                 ///< the end of data is answered twice
  lmtp_single_reply,           ///< in LMTP the end of data has one reply, whatever the number of recipients
  lmtp_reply_for_refused,      ///< in LMTP refused recipients have a reply at the end of data too
  // The transaction: RFC 5321 sections 3.3, 4.1.1 and 4.1.4.
  mail_before_ehlo_crashes,      ///< MAIL before EHLO closes the connection without a reply
  rcpt_without_mail,             ///< RCPT is accepted where there is no transaction
  data_without_mail,             ///< DATA is answered 354 where there is no transaction
  nested_mail,                   ///< MAIL inside a transaction is accepted
  rset_keeps_transaction,        ///< RSET answers 250 and forgets nothing
  ehlo_keeps_transaction,        ///< EHLO inside a transaction leaves it open
  refused_ehlo_resets,           ///< an EHLO that is refused ends the transaction all the same
  other_commands_reset,          ///< NOOP, HELP, VRFY and EXPN end the transaction
  recipients_kept,               ///< a transaction begins with the recipients of the one before
  null_reverse_path_refused,     ///< MAIL FROM:<> is refused
  reverse_path_case_lost,        ///< the local-part of the reverse-path is made lower case
  null_forward_path_accepted,    ///< RCPT TO:<> is accepted
  postmaster_refused,            ///< RCPT TO:<Postmaster> is refused
  quoted_local_part_refused,     ///< a quoted local-part is refused
  source_route_refused,          ///< a source route in front of an own mailbox is refused
  open_relay,                    ///< mail for foreign domains is accepted
  percent_hack_relayed,          ///< user%foreign@own is accepted
  few_recipients,                ///< more than 50 recipients are refused
  unknown_parameter_accepted,    ///< MAIL with an unknown parameter is accepted
  size_ignored,                  ///< a declared SIZE beyond the limit is accepted
  utf8_without_parameter,        ///< RCPT takes UTF-8 although MAIL had no SMTPUTF8
  utf8_recipient_accepted,       ///< RCPT takes any mailbox with UTF-8 in it, although MAIL had no SMTPUTF8
  short_path_limit,              ///< a path beyond 64 octets is no command
  syntax_refused_then_accepted,  ///< MAIL or RCPT with wrong syntax is answered 501, and then 250 as well
  control_octets_accepted,       ///< control octets in a command are passed over
  // CHUNKING and BINARYMIME: RFC 3030.
  bdat_chunk_not_consumed,  ///< the octets of a refused chunk are read as commands
  bdat_unstuffs,            ///< periods at line beginnings are removed from chunks
  bdat_after_last,          ///< BDAT behind BDAT LAST is accepted
  bdat_empty_last_refused,  ///< BDAT 0 LAST is refused
  data_after_bdat,          ///< DATA behind BDAT is accepted
  binary_by_data,           ///< DATA is accepted for a message declared BODY=BINARYMIME
  bdat_size_off_by_one,     ///< a chunk is taken to be one octet shorter than its command says
  chunk_ends_with_segment,  ///< a chunk ends with the segment that its last octets so far came in
  // Command lines and replies: RFC 5321 sections 2.4, 4.1.1, 4.2 and 4.5.3.1; RFC 2034; RFC 2920.
  verbs_case_sensitive,       ///< verbs in lower case are unknown
  keywords_case_sensitive,    ///< MAIL from: in lower case is refused
  trailing_space_refused,     ///< a space behind a command is an error
  lf_ends_command,            ///< a bare LF ends a command line
  segment_is_command,         ///< the end of a segment ends a command line
  long_line_splits,           ///< a command line that does not fit a buffer of 512 octets is read as two
  short_line_limit,           ///< a command line beyond 256 octets is refused
  short_domain_limit,         ///< EHLO with a domain beyond 64 octets is no command
  address_literal_refused,    ///< EHLO with an address literal is no command
  bare_ehlo_crashes,          ///< EHLO without a domain closes the connection without a reply
  greeting_masked,            ///< the text of the greeting is asterisks
  greeting_repeated,          ///< a client that says nothing for half a second is greeted once more
  commands_wait_for_ehlo,     ///< NOOP, RSET, HELP and VRFY before EHLO are answered 503
  helo_lists_keywords,        ///< the reply to HELO is that to EHLO
  ehlo_in_lmtp,               ///< in LMTP EHLO and HELO are accepted
  rset_unknown,               ///< RSET is answered 500
  argument_overlooked,        ///< RSET, DATA and QUIT with an argument are carried out
  helo_refused,               ///< HELO is unknown
  vrfy_unknown,               ///< VRFY is answered 500
  vrfy_confirms_anybody,      ///< VRFY and EXPN are answered 250 whatever the name
  expn_listed_unimplemented,  ///< EHLO lists EXPN, and EXPN is answered 502
  noop_argument_refused,      ///< NOOP with an argument is refused
  noop_unanswered,            ///< NOOP has no reply
  unknown_command_hangs_up,   ///< an unknown command closes the connection without a reply
  quit_without_reply,         ///< QUIT closes the connection without 221
  slow_client_dropped,        ///< a command or message that pauses for half a second while it arrives ends the session
  continuation_code_changes,  ///< the lines of the EHLO reply carry different codes
  reply_ends_in_lf,           ///< replies to NOOP end in LF alone
  reply_too_long,             ///< the reply to HELP has a line beyond 512 octets
  reply_buffer_overflows,     ///< replies are lost where more than 1024 octets of them wait
  enhanced_class_differs,     ///< "550 2.1.1": the class of the enhanced code is not that of the reply code
  enhanced_missing,  ///< ENHANCEDSTATUSCODES is advertised, and the replies to RCPT, RSET and NOOP have no enhanced
                     ///< code
  pipeline_dropped_after_refusal,  ///< what was pipelined behind a refused RCPT is thrown away
  // STARTTLS: RFC 3207 section 4.
  starttls_keeps_buffer,           ///< what came in plain text behind STARTTLS is read as commands under TLS
  starttls_keeps_state,            ///< the session is as before the handshake: greeted, transaction and all
  starttls_advertised_under_tls,   ///< STARTTLS is offered under TLS
  starttls_with_argument,          ///< STARTTLS with an argument is accepted
  starttls_twice,                  ///< STARTTLS under TLS is answered 220
  plain_text_behind_close_notify,  ///< the session goes on in plain text where the client has ended TLS
  // AUTH: RFC 4954 section 4.
  auth_accepts_anything,     ///< any password is right
  auth_cannot_be_cancelled,  ///< "*" is taken as a response and challenged again
  auth_twice,                ///< AUTH after a successful AUTH is accepted
  auth_in_transaction,       ///< AUTH inside a transaction is accepted
  auth_skips_bad_base64,     ///< octets outside the base64 alphabet are passed over
  bad_base64_is_535,         ///< a response that is not base64 is answered 535
  auth_success_is_250,       ///< a right password is answered 250
  auth_challenge_in_words,   ///< a challenge has words in front of the base64
  unknown_mechanism_taken,   ///< a mechanism that nobody knows is taken for PLAIN
  number_of_faults
};
inline constexpr std::size_t fault_count = static_cast<std::size_t>(Fault::number_of_faults);

struct FaultRow {
  Fault fault;
  std::string_view name;     ///< "data-without-recipient": words with hyphens, as `catches` has them
  std::string_view summary;  ///< what the server does wrong, for people
};
/// One row a fault, in the order of the enumeration.
[[nodiscard]] std::span<const FaultRow> fault_table();
[[nodiscard]] std::optional<Fault> fault_named(std::string_view name);
[[nodiscard]] std::string_view name(Fault fault);

class Faults {
 public:
  void add(Fault fault) { set_.set(static_cast<std::size_t>(fault)); }
  [[nodiscard]] bool has(Fault fault) const { return set_.test(static_cast<std::size_t>(fault)); }
  [[nodiscard]] bool none() const { return set_.none(); }

 private:
  std::bitset<fault_count> set_;
};

}  // namespace smtpspec::reference
