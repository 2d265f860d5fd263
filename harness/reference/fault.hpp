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
  data_without_recipient,     ///< DATA is answered 354 without any accepted RCPT
  lf_ends_data,               ///< a bare LF counts as a line end in DATA: LF.LF, LF.CRLF and CRLF.LF end the message
  lf_crlf_ends_data,          ///< LF.CRLF ends the message as well
  crlf_lf_ends_data,          ///< CRLF.LF ends the message as well
  cr_ends_data,               ///< a bare CR counts as a line end in DATA: CR.CR ends the message
  nul_dropped_from_data,      ///< NUL octets vanish before the end of data is looked for
  keeps_stuffing,             ///< the period added for transparency is delivered
  drops_lone_dots,            ///< a stuffed line of one period vanishes from the delivered message
  dot_lost_at_buffer_border,  ///< a stuffed period that is the first octet of a 4096-octet buffer is not removed
  bare_lf_repaired,           ///< a bare LF in the message is delivered as CRLF
  eight_bit_stripped,         ///< the high bit of each octet of the message is cleared
  long_text_line_split,       ///< a text line beyond 998 octets is delivered as two
  no_received_field,          ///< no Received field is put in front of the message
  half_message_delivered,     ///< a connection lost in DATA delivers what had come
  second_message_lost,        ///< the second message of a session is answered 250 and never delivered
  delivers_twice,             ///< each message is delivered twice
  size_never_enforced,        ///< a message beyond the limit is accepted
  reply_twice,                ///< the end of data is answered twice
  lmtp_single_reply,          ///< in LMTP the end of data has one reply, whatever the number of recipients
  // The transaction: RFC 5321 sections 3.3, 4.1.1 and 4.1.4.
  mail_before_ehlo,            ///< MAIL is accepted before EHLO
  nested_mail,                 ///< MAIL inside a transaction is accepted
  rset_keeps_transaction,      ///< RSET answers 250 and forgets nothing
  ehlo_keeps_transaction,      ///< EHLO inside a transaction leaves it open
  recipients_kept,             ///< a transaction begins with the recipients of the one before
  null_reverse_path_refused,   ///< MAIL FROM:<> is refused
  reverse_path_case_lost,      ///< the local-part of the reverse-path is made lower case
  null_forward_path_accepted,  ///< RCPT TO:<> is accepted
  postmaster_refused,          ///< RCPT TO:<Postmaster> is refused
  quoted_local_part_refused,   ///< a quoted local-part is refused
  source_route_refused,        ///< a source route in front of an own mailbox is refused
  open_relay,                  ///< mail for foreign domains is accepted
  percent_hack_relayed,        ///< user%foreign@own is accepted
  few_recipients,              ///< more than 50 recipients are refused
  unknown_parameter_accepted,  ///< MAIL with an unknown parameter is accepted
  size_ignored,                ///< a declared SIZE beyond the limit is accepted
  utf8_without_parameter,      ///< RCPT takes UTF-8 although MAIL had no SMTPUTF8
  // CHUNKING and BINARYMIME: RFC 3030.
  bdat_chunk_not_consumed,  ///< the octets of a refused chunk are read as commands
  bdat_unstuffs,            ///< periods at line beginnings are removed from chunks
  bdat_after_last,          ///< BDAT behind BDAT LAST is accepted
  bdat_empty_last_refused,  ///< BDAT 0 LAST is refused
  data_after_bdat,          ///< DATA behind BDAT is accepted
  binary_by_data,           ///< DATA is accepted for a message declared BODY=BINARYMIME
  // Command lines and replies: RFC 5321 sections 2.4, 4.1.1, 4.2 and 4.5.3.1; RFC 2034; RFC 2920.
  verbs_case_sensitive,            ///< verbs in lower case are unknown
  keywords_case_sensitive,         ///< MAIL from: in lower case is refused
  trailing_space_refused,          ///< a space behind a command is an error
  lf_ends_command,                 ///< a bare LF ends a command line
  long_line_splits,                ///< a command line beyond 512 octets is read as two
  helo_refused,                    ///< HELO is unknown
  vrfy_unknown,                    ///< VRFY is answered 500
  noop_argument_refused,           ///< NOOP with an argument is refused
  noop_unanswered,                 ///< NOOP has no reply
  unknown_command_hangs_up,        ///< an unknown command closes the connection without a reply
  quit_without_reply,              ///< QUIT closes the connection without 221
  slow_client_dropped,             ///< a command that pauses for half a second while it arrives ends the session
  continuation_code_changes,       ///< the lines of the EHLO reply carry different codes
  reply_ends_in_lf,                ///< replies to NOOP end in LF alone
  reply_too_long,                  ///< the reply to HELP has a line beyond 512 octets
  enhanced_class_differs,          ///< "550 2.1.1": the class of the enhanced code is not that of the reply code
  enhanced_missing,                ///< ENHANCEDSTATUSCODES is advertised, and the reply to RCPT has no enhanced code
  pipeline_dropped_after_refusal,  ///< what was pipelined behind a refused RCPT is thrown away
  // STARTTLS: RFC 3207 section 4.
  starttls_keeps_buffer,          ///< what came in plain text behind STARTTLS is read as commands under TLS
  starttls_keeps_state,           ///< the session is as before the handshake: greeted, transaction and all
  starttls_advertised_under_tls,  ///< STARTTLS is offered under TLS
  starttls_with_argument,         ///< STARTTLS with an argument is accepted
  // AUTH: RFC 4954 section 4.
  auth_accepts_anything,     ///< any password is right
  auth_cannot_be_cancelled,  ///< "*" is taken as a response and challenged again
  auth_twice,                ///< AUTH after a successful AUTH is accepted
  auth_in_transaction,       ///< AUTH inside a transaction is accepted
  auth_skips_bad_base64,     ///< octets outside the base64 alphabet are passed over
  count_
};
inline constexpr std::size_t fault_count = static_cast<std::size_t>(Fault::count_);

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
