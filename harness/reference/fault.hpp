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
  empty_message_overlooked,    ///< the end of data is not seen where it is the first line of DATA
  end_lost_at_buffer_border,   ///< the end of data is not seen where a border of 4096 octets goes through it
  commands_in_data_obeyed,     ///< a text line of DATA that begins with a verb ends the data and is carried out
  dot_kept_at_segment_start,   ///< a stuffed period that is the first octet of a segment is not removed
  first_line_keeps_stuffing,   ///< a stuffed period on the first line of DATA is not removed
  single_period_kept,          ///< a period before text is removed only where a second one follows
  octet_lost_at_16k,           ///< of a message beyond 16384 octets in DATA the 16384th is lost
  last_line_end_lost,          ///< the CRLF in front of the end of data is not delivered
  blank_lines_at_the_end_cut,  ///< blank lines at the end of the message vanish
  message_cut_at_nul,          ///< of a message with a NUL what stands behind the NUL is not delivered
  bare_cr_repaired,            ///< a bare CR in the message is delivered as CRLF
  unstuffed_before_the_end,    ///< the added period is taken off, and a space, before the line is compared with the end
                               ///< of data: CRLF .. CRLF ends the message
  unicode_line_ends,  ///< VT, FF, FS, GS, RS, NEL, LS and PS count as line ends around the period that ends the data
  high_bit_ignored_at_the_end,  ///< the high bit is cleared before the end of data is looked for
  narrowed_text_ends_data,  ///< DATA is read as UTF-8 and each character cut to its low octet before the end of data is
                            ///< looked for
  text_line_buffer,  ///< a text line that does not fit a buffer of 1024 octets is read as two, so a period behind the
                     ///< cut is a line's first
  period_crlf_ends_data,      ///< a period and CRLF end the message wherever in a line they stand
  c_string_ends_data,         ///< a line that is one period up to a NUL ends the message
  bare_cr_error_in_data,      ///< a bare CR in DATA is answered 451 at once, and the rest is read as commands
  nul_error_in_data,          ///< a NUL in DATA is answered 451 at once, and the rest is read as commands
  bare_lf_error_in_data,      ///< a bare LF in DATA is answered 451 at once, and the rest of the message is read as
                              ///< commands
  lf_mode_by_first_line,      ///< a message whose first line ends in LF alone has LF for a line end throughout
  last_header_line_lost,      ///< of a message without an empty line the last line is not delivered
  size_ends_data,             ///< what a message has beyond its declared SIZE is not delivered
  oversize_refused_at_once,   ///< a message beyond the limit is answered 552 within the data, and the rest is read as
                              ///< commands
  message_limit_off_by_one,   ///< a message of exactly the announced size is refused
  utf8_header_refused,        ///< a message with UTF-8 in its header section is refused although MAIL had SMTPUTF8
  no_received_field,          ///< no Received field is put in front of the message
  received_below_the_header,  ///< the Received field is put below the header section, not on top of it
  received_without_date,      ///< the Received field has no date
  received_without_from,      ///< the Received field does not say from whom the message came
  received_replaced,          ///< the Received fields of earlier hops are removed
  half_message_delivered,     ///< a connection lost in DATA delivers what had come
  half_chunk_delivered,       ///< a connection lost in the last chunk delivers what had come
  second_message_lost,        ///< the second message of a session is answered 250 and never delivered
  second_message_line_lost,   ///< the first line of the second message of a session is lost
  quit_behind_data_loses_message,  ///< the message is answered 250 and lost where QUIT stands behind its end in the
                                   ///< same segment
  delivers_twice,                  ///< each message is delivered twice
  last_recipient_alone,            ///< of several recipients only the last gets the message
  refused_recipient_delivered,     ///< a recipient that was refused as unknown gets the message as well
  size_never_enforced,             ///< a message beyond the limit is accepted
  reply_twice,                     ///< the end of data is answered twice
  lmtp_single_reply,               ///< in LMTP the end of data has one reply, whatever the number of recipients
  lmtp_reply_for_refused,          ///< in LMTP refused recipients have a reply at the end of data too
  // The transaction: RFC 5321 sections 3.3, 4.1.1 and 4.1.4.
  mail_before_ehlo_crashes,           ///< MAIL before EHLO closes the connection without a reply
  rcpt_without_mail,                  ///< RCPT is accepted where there is no transaction
  data_without_mail,                  ///< DATA is answered 354 where there is no transaction
  nested_mail,                        ///< MAIL inside a transaction is accepted
  rset_keeps_transaction,             ///< RSET answers 250 and forgets nothing
  ehlo_keeps_transaction,             ///< EHLO inside a transaction leaves it open
  refused_ehlo_resets,                ///< an EHLO that is refused ends the transaction all the same
  other_commands_reset,               ///< NOOP, HELP, VRFY and EXPN end the transaction
  busy_in_transaction,                ///< NOOP, HELP, VRFY and EXPN inside a transaction are answered 503
  unknown_command_resets,             ///< an unknown command ends the transaction
  out_of_order_resets,                ///< a command that is answered 503 ends the transaction
  syntax_error_resets,                ///< a command other than MAIL and RCPT that is answered 501 ends the transaction
  syntax_error_forgets_ehlo,          ///< a command that is answered 501 makes the session forget EHLO
  helo_keeps_transaction,             ///< HELO inside a transaction leaves it open
  second_ehlo_refused,                ///< EHLO behind EHLO is answered 503
  rset_forgets_ehlo,                  ///< RSET forgets EHLO as well: MAIL behind it is answered 503
  refused_mail_opens_transaction,     ///< MAIL that is refused for its syntax opens a transaction
  refused_message_keeps_transaction,  ///< a message that is refused at its end leaves its transaction open
  vrfy_becomes_recipient,             ///< VRFY inside a transaction adds its mailbox to the recipients
  reverse_path_kept,                  ///< the reverse-path of the first MAIL of a session is that of every message
  reverse_path_cut,          ///< of the reverse-path's local-part what stands behind '+', '=', '!' or '#' is cut off
  refused_rcpt_resets,       ///< RCPT that is refused for its syntax ends the transaction
  local_part_letters_alone,  ///< MAIL with a local-part of more than letters, digits, '+', '-' and '.' is refused
  mailbox_literal_refused,   ///< MAIL with an address literal for a domain is refused
  reverse_source_route_refused,  ///< MAIL with a source route is refused
  broken_path_accepted,          ///< MAIL and RCPT with a path that breaks the grammar are accepted
  broken_path_hangs_up,  ///< MAIL and RCPT with a path that breaks the grammar close the connection without a reply
  long_path_hangs_up,    ///< a path beyond 256 octets, or a local-part beyond 64, closes the connection without a reply
  postmaster_case_sensitive,        ///< RCPT knows Postmaster, and neither postmaster nor POSTMASTER
  relay_for_null_sender,            ///< mail from <> is relayed to anybody
  relay_for_own_sender,             ///< mail whose reverse-path is of the own domain is relayed to anybody
  relay_behind_accepted,            ///< a foreign recipient is taken behind one of the own domain
  relay_for_own_helo,               ///< who says EHLO with the server's own domain may relay
  recipients_kept,                  ///< a transaction begins with the recipients of the one before
  null_reverse_path_refused,        ///< MAIL FROM:<> is refused
  reverse_path_case_lost,           ///< the local-part of the reverse-path is made lower case
  null_forward_path_accepted,       ///< RCPT TO:<> is accepted
  postmaster_refused,               ///< RCPT TO:<Postmaster> is refused
  quoted_local_part_refused,        ///< a quoted local-part is refused
  source_route_refused,             ///< a source route in front of an own mailbox is refused
  open_relay,                       ///< mail for foreign domains is accepted
  percent_hack_relayed,             ///< user%foreign@own is accepted
  few_recipients,                   ///< more than 50 recipients are refused
  recipients_counted_over_session,  ///< more than 100 recipients in all the transactions of a session are refused
  recipient_limit_is_552,           ///< the 101st RCPT of a transaction and those behind it are answered 552
  unknown_parameter_accepted,       ///< MAIL with an unknown parameter is accepted
  size_ignored,                     ///< a declared SIZE beyond the limit is accepted
  size_limit_off_by_one,            ///< a declared SIZE that is exactly the limit is refused
  size_refusal_sticks,           ///< behind a MAIL that was refused for its SIZE every further MAIL is refused as well
  mail_auth_parameter_refused,   ///< MAIL with an AUTH parameter is answered 555
  size_wraps,                    ///< the value of SIZE is read into 32 bits
  size_malformed_accepted,       ///< SIZE is accepted though its value is no number of 1 to 20 digits
  size_zero_refused,             ///< MAIL with SIZE=0 is refused
  size_parameter_refused,        ///< MAIL with SIZE is answered 555 although SIZE is listed
  body_parameter_refused,        ///< MAIL with BODY is answered 555 although 8BITMIME is listed
  body_value_unchecked,          ///< BODY is accepted whatever its value
  second_parameter_refused,      ///< MAIL with more than one parameter is answered 501
  parameter_case_sensitive,      ///< MAIL with a parameter in lower case is answered 555
  utf8_without_parameter,        ///< RCPT takes UTF-8 although MAIL had no SMTPUTF8
  utf8_recipient_accepted,       ///< RCPT takes any mailbox with UTF-8 in it, although MAIL had no SMTPUTF8
  utf8_kept_for_next_message,    ///< SMTPUTF8 of one MAIL holds for the transactions behind it as well
  utf8_mail_without_parameter,   ///< MAIL takes UTF-8 although it has no SMTPUTF8
  utf8_sender_refused,           ///< MAIL with UTF-8 in the reverse-path is refused although it has SMTPUTF8
  utf8_is_syntax_error,          ///< RCPT with UTF-8 is answered 501 although MAIL had SMTPUTF8
  invalid_utf8_accepted,         ///< octets that are no UTF-8 are taken in a path
  smtputf8_value_accepted,       ///< MAIL with SMTPUTF8=1 is accepted
  smtputf8_parameter_refused,    ///< MAIL with SMTPUTF8 is answered 555 although SMTPUTF8 is listed
  eight_bit_hangs_up,            ///< a command with octets outside ASCII closes the connection without a reply
  ret_unchecked,                 ///< RET is accepted whatever its value
  envid_unchecked,               ///< ENVID is accepted though it is not xtext
  notify_unchecked,              ///< NOTIFY is accepted whatever its value
  never_with_others,             ///< NOTIFY=NEVER is accepted together with other keywords
  orcpt_unchecked,               ///< ORCPT is accepted without an address type, and though it is not xtext
  dsn_parameters_refused,        ///< RET, ENVID, NOTIFY and ORCPT are answered 555 although DSN is listed
  dsn_parameter_twice,           ///< RET, ENVID, NOTIFY and ORCPT are accepted twice in one command
  dsn_values_case_sensitive,     ///< the values of RET and NOTIFY in lower case are refused
  orcpt_takes_the_message,       ///< the message is delivered to the address in ORCPT, not to that of RCPT
  long_orcpt_refused,            ///< a RCPT line beyond 512 octets is refused although DSN is offered
  short_path_limit,              ///< a path beyond 64 octets is no command
  syntax_refused_then_accepted,  ///< MAIL or RCPT with wrong syntax is answered 501, and then 250 as well
  control_octets_accepted,       ///< control octets in a command are passed over
  // CHUNKING and BINARYMIME: RFC 3030.
  bdat_chunk_not_consumed,       ///< the octets of a refused chunk are read as commands
  bdat_unstuffs,                 ///< periods at line beginnings are removed from chunks
  bdat_after_last,               ///< BDAT behind BDAT LAST is accepted
  bdat_empty_last_refused,       ///< BDAT 0 LAST is refused
  data_after_bdat,               ///< DATA behind BDAT is accepted
  binary_by_data,                ///< DATA is accepted for a message declared BODY=BINARYMIME
  bdat_size_off_by_one,          ///< a chunk is taken to be one octet shorter than its command says
  chunk_ends_with_segment,       ///< a chunk ends with the segment that its last octets so far came in
  chunk_ends_at_period,          ///< of a chunked message what stands behind a line of one period is not delivered
  chunk_octet_lost_at_16k,       ///< of a chunked message beyond 16384 octets the 16384th is lost
  second_message_chunk_refused,  ///< BDAT for the second message of a session is answered 503
  rset_keeps_chunks,  ///< RSET between chunks ends the transaction, but the next message begins with the old chunks
  last_in_lower_case_overlooked,    ///< BDAT with LAST in lower case is not the last chunk
  bdat_size_wraps,                  ///< chunk sizes are read into 32 bits
  bdat_size_by_atoi,                ///< BDAT without a readable size is answered 250, as an empty chunk
  bdat_crlf_added,                  ///< a chunk that does not end in CRLF gets one
  bdat_answered_early,              ///< BDAT is answered before its octets have come
  many_chunks_refused,              ///< beyond 64 chunks a message is refused
  noop_ends_chunks,                 ///< NOOP between two chunks drops those before it
  ehlo_keeps_chunks,                ///< EHLO between chunks leaves them: the next message begins with them
  quit_delivers_chunks,             ///< QUIT, or a closed connection, between chunks delivers what had come
  bdat_refusal_sticks,              ///< behind a refused BDAT every further BDAT of the session is refused
  refused_chunk_then_data_crashes,  ///< DATA behind a refused chunk closes the connection without a reply
  bdat_outside_hangs_up,            ///< BDAT where there is no transaction closes the connection without a reply
  // Command lines and replies: RFC 5321 sections 2.4, 4.1.1, 4.2 and 4.5.3.1; RFC 2034; RFC 2920.
  verbs_case_sensitive,     ///< verbs in lower case are unknown
  verbs_of_four_letters,    ///< only the first four letters of a verb are looked at: NOOPS is NOOP
  keywords_case_sensitive,  ///< MAIL from: in lower case is refused
  trailing_space_refused,   ///< a space behind a command is an error
  lf_ends_command,          ///< a bare LF ends a command line
  cr_ends_command,          ///< a bare CR ends a command line
  empty_line_unanswered,    ///< an empty command line has no reply
  segment_is_command,       ///< the end of a segment ends a command line
  long_line_splits,         ///< a command line that does not fit a buffer of 512 octets is read as two
  short_line_limit,         ///< a command line beyond 256 octets is refused
  short_domain_limit,       ///< EHLO with a domain beyond 64 octets is no command
  address_literal_refused,  ///< EHLO with an address literal is no command
  malformed_name_hangs_up,  ///< EHLO with a name that is neither a domain nor an address literal closes the connection
                            ///< without a reply
  ehlo_wants_a_dot,         ///< EHLO with a name of one label is refused
  bare_ehlo_crashes,        ///< EHLO without a domain closes the connection without a reply
  greeting_masked,          ///< the text of the greeting is asterisks
  greeting_repeated,        ///< a client that says nothing for half a second is greeted once more
  commands_wait_for_ehlo,   ///< NOOP, RSET, HELP and VRFY before EHLO are answered 503
  helo_lists_keywords,      ///< the reply to HELO is that to EHLO
  ehlo_in_lmtp,             ///< in LMTP EHLO and HELO are accepted
  rset_unknown,             ///< RSET is answered 500
  argument_overlooked,      ///< RSET, DATA and QUIT with an argument are carried out
  helo_refused,             ///< HELO is unknown
  vrfy_unknown,             ///< VRFY is answered 500
  vrfy_confirms_anybody,    ///< VRFY and EXPN are answered 250 whatever the name
  vrfy_denies_everybody,    ///< VRFY is answered 550 whatever the name
  vrfy_parameter_hangs_up,  ///< VRFY and EXPN with more than one word close the connection without a reply
  commands_hang_up,         ///< VRFY and EXPN close the connection without a reply
  expn_listed_unimplemented,  ///< EHLO lists EXPN, and EXPN is answered 502
  noop_argument_refused,      ///< NOOP with an argument is refused
  noop_unanswered,            ///< NOOP has no reply
  unknown_command_hangs_up,   ///< an unknown command closes the connection without a reply
  quit_without_reply,         ///< QUIT closes the connection without 221
  slow_client_dropped,        ///< a command or message that pauses for half a second while it arrives ends the session
  idle_session_dropped,       ///< a session in which nothing is sent for one second is closed
  continuation_code_changes,  ///< the lines of the EHLO reply carry different codes
  reply_ends_in_lf,           ///< replies to NOOP end in LF alone
  reply_too_long,             ///< the reply to HELP has a line beyond 512 octets
  reply_buffer_overflows,     ///< replies are lost where more than 1024 octets of them wait
  last_reply_held_back,       ///< of three or more replies at once the last waits for the client's next octets
  reply_breaks_in_text,       ///< the refusal of an unknown recipient is two lines, the second without a reply code
  reply_echoes_control,       ///< the refusal of a command with control octets repeats them
  reply_echoes_utf8,          ///< the refusal of a recipient with UTF-8 repeats it, although MAIL had no SMTPUTF8
  keyword_listed_twice,       ///< EHLO lists 8BITMIME twice
  keyword_with_parameter,     ///< EHLO lists PIPELINING, 8BITMIME, CHUNKING, DSN and the like with a parameter
  size_keyword_not_a_number,  ///< EHLO lists "SIZE 10M"
  keywords_once,              ///< a second EHLO of the session lists no keywords
  auth_lists_no_mechanism,    ///< EHLO lists AUTH without any mechanism
  binarymime_without_chunking,  ///< EHLO lists BINARYMIME and not CHUNKING
  smtputf8_without_8bitmime,    ///< EHLO lists SMTPUTF8 and not 8BITMIME
  crashes_on_empty_local_part,  ///< a path with an empty quoted local-part closes the connection without a reply
  crashes_on_broken_route,      ///< a path with a source route without a colon closes the connection without a reply
  crashes_on_utf8_vrfy,         ///< VRFY with UTF-8 inside a transaction closes the connection without a reply
  enhanced_class_differs,       ///< "550 2.1.1": the class of the enhanced code is not that of the reply code
  enhanced_missing,  ///< ENHANCEDSTATUSCODES is advertised, and the replies to RCPT, RSET and NOOP have no enhanced
                     ///< code
  enhanced_missing_under_tls,      ///< under TLS the replies have no enhanced codes, although they are advertised
  enhanced_missing_of_mail,        ///< the 250 to MAIL has no enhanced code
  enhanced_missing_in_refusals,    ///< the replies 500, 501, 503 and 555 have no enhanced code
  no_enhanced_behind_helo,         ///< behind HELO no reply has an enhanced code
  enhanced_in_ehlo,                ///< the replies to EHLO and HELO begin with an enhanced code
  unlisted_code,                   ///< an unknown recipient is refused by 540, and a command out of order by 509
  enhanced_with_colon,             ///< a colon stands behind the enhanced code of a refused RCPT
  enhanced_on_last_line_alone,     ///< of the two lines of the reply to HELP only the last has an enhanced code
  enhanced_in_greeting,            ///< the greeting has an enhanced code
  enhanced_in_354,                 ///< the 354 reply has an enhanced code
  pipeline_dropped_after_refusal,  ///< what was pipelined behind a refused RCPT is thrown away
  input_lost_behind_data,          ///< what stands behind the end of data in the same segment is thrown away
  input_lost_behind_noop,          ///< what stands behind NOOP, HELP, VRFY or EXPN in the same segment is thrown away
  octet_lost_in_long_group,        ///< the 4096th octet of a segment of commands is lost
  // STARTTLS: RFC 3207 section 4.
  starttls_keeps_buffer,           ///< what came in plain text behind STARTTLS is read as commands under TLS
  starttls_keeps_state,            ///< the session is as before the handshake: greeted, transaction and all
  starttls_advertised_under_tls,   ///< STARTTLS is offered under TLS
  starttls_with_argument,          ///< STARTTLS with an argument is accepted
  starttls_twice,                  ///< STARTTLS under TLS is answered 220
  starttls_keeps_login,            ///< who logged in before STARTTLS is still logged in under TLS
  starttls_failure_goes_on,        ///< a TLS handshake that fails leaves the session open in plain text
  octet_lost_under_tls,            ///< under TLS, of a message beyond 16384 octets the 16384th is lost
  plain_text_behind_close_notify,  ///< the session goes on in plain text where the client has ended TLS
  // AUTH: RFC 4954 section 4.
  auth_accepts_anything,         ///< any password is right
  auth_cannot_be_cancelled,      ///< "*" is taken as a response and challenged again
  auth_twice,                    ///< AUTH after a successful AUTH is accepted
  auth_in_transaction,           ///< AUTH inside a transaction is accepted
  auth_skips_bad_base64,         ///< octets outside the base64 alphabet are passed over
  bad_base64_is_535,             ///< a response that is not base64 is answered 535
  auth_success_is_250,           ///< a right password is answered 250
  auth_challenge_in_words,       ///< a challenge has words in front of the base64
  unknown_mechanism_taken,       ///< a mechanism that nobody knows is taken for PLAIN
  mechanism_listed_unavailable,  ///< SCRAM-SHA-256 is listed, and AUTH with it is answered 504
  auth_fails_under_tls,          ///< under TLS no password is right
  auth_failure_is_final,         ///< behind one wrong password every further AUTH is answered 535, the right one too
  auth_line_cut_at_1k,           ///< an AUTH response beyond 1024 octets is read as two lines
  auth_ends_session_state,       ///< a successful AUTH makes the server forget EHLO: MAIL is answered 503
  login_lost_by_ehlo,            ///< EHLO behind a successful AUTH forgets the login
  login_lost_by_rset,            ///< RSET behind a successful AUTH forgets the login
  login_lost_by_message,         ///< the end of a message forgets the login
  number_of_faults
};
inline constexpr std::size_t fault_count = static_cast<std::size_t>(Fault::number_of_faults);

struct FaultRow {
  Fault fault;
  std::string_view name;     ///< "data-without-recipient": words with hyphens, as `catches` has them
  std::string_view summary;  ///< what the server does wrong, for people
  /// Hard to see: only in delivered octets, at one segment cut, at one size, with the second message, under TLS, or
  /// where two extensions meet.
  bool hard = false;
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
