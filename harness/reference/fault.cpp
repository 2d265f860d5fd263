#include "harness/reference/fault.hpp"

#include <algorithm>
#include <array>

namespace smtpspec::reference {
namespace {

constexpr std::array<FaultRow, fault_count> table = {{
    {Fault::data_without_recipient, "data-without-recipient", "DATA is answered 354 without any accepted RCPT"},
    {Fault::lf_ends_data, "lf-ends-data",
     "a bare LF counts as a line end in DATA: LF.LF, LF.CRLF and CRLF.LF end the message"},
    {Fault::lf_crlf_ends_data, "lf-crlf-ends-data", "LF.CRLF ends the message as well"},
    {Fault::crlf_lf_ends_data, "crlf-lf-ends-data", "CRLF.LF ends the message as well"},
    {Fault::cr_ends_data, "cr-ends-data", "a bare CR counts as a line end in DATA: CR.CR ends the message"},
    {Fault::nul_dropped_from_data, "nul-dropped-from-data", "NUL octets vanish before the end of data is looked for"},
    {Fault::keeps_stuffing, "keeps-stuffing", "the period added for transparency is delivered"},
    {Fault::drops_lone_dots, "drops-lone-dots", "a stuffed line of one period vanishes from the delivered message"},
    {Fault::dot_lost_at_buffer_border, "dot-lost-at-buffer-border",
     "a stuffed period that is the first octet of a 4096-octet buffer is not removed"},
    {Fault::bare_lf_repaired, "bare-lf-repaired", "a bare LF in the message is delivered as CRLF"},
    {Fault::eight_bit_stripped, "eight-bit-stripped", "the high bit of each octet of the message is cleared"},
    {Fault::long_text_line_split, "long-text-line-split", "a text line beyond 998 octets is delivered as two"},
    {Fault::no_received_field, "no-received-field", "no Received field is put in front of the message"},
    {Fault::half_message_delivered, "half-message-delivered", "a connection lost in DATA delivers what had come"},
    {Fault::second_message_lost, "second-message-lost",
     "the second message of a session is answered 250 and never delivered"},
    {Fault::delivers_twice, "delivers-twice", "each message is delivered twice"},
    {Fault::size_never_enforced, "size-never-enforced", "a message beyond the limit is accepted"},
    {Fault::reply_twice, "reply-twice", "the end of data is answered twice"},
    {Fault::lmtp_single_reply, "lmtp-single-reply",
     "in LMTP the end of data has one reply, whatever the number of recipients"},
    {Fault::mail_before_ehlo, "mail-before-ehlo", "MAIL is accepted before EHLO"},
    {Fault::nested_mail, "nested-mail", "MAIL inside a transaction is accepted"},
    {Fault::rset_keeps_transaction, "rset-keeps-transaction", "RSET answers 250 and forgets nothing"},
    {Fault::ehlo_keeps_transaction, "ehlo-keeps-transaction", "EHLO inside a transaction leaves it open"},
    {Fault::recipients_kept, "recipients-kept", "a transaction begins with the recipients of the one before"},
    {Fault::null_reverse_path_refused, "null-reverse-path-refused", "MAIL FROM:<> is refused"},
    {Fault::reverse_path_case_lost, "reverse-path-case-lost", "the local-part of the reverse-path is made lower case"},
    {Fault::null_forward_path_accepted, "null-forward-path-accepted", "RCPT TO:<> is accepted"},
    {Fault::postmaster_refused, "postmaster-refused", "RCPT TO:<Postmaster> is refused"},
    {Fault::quoted_local_part_refused, "quoted-local-part-refused", "a quoted local-part is refused"},
    {Fault::source_route_refused, "source-route-refused", "a source route in front of an own mailbox is refused"},
    {Fault::open_relay, "open-relay", "mail for foreign domains is accepted"},
    {Fault::percent_hack_relayed, "percent-hack-relayed", "user%foreign@own is accepted"},
    {Fault::few_recipients, "few-recipients", "more than 50 recipients are refused"},
    {Fault::unknown_parameter_accepted, "unknown-parameter-accepted", "MAIL with an unknown parameter is accepted"},
    {Fault::size_ignored, "size-ignored", "a declared SIZE beyond the limit is accepted"},
    {Fault::utf8_without_parameter, "utf8-without-parameter", "RCPT takes UTF-8 although MAIL had no SMTPUTF8"},
    {Fault::bdat_chunk_not_consumed, "bdat-chunk-not-consumed", "the octets of a refused chunk are read as commands"},
    {Fault::bdat_unstuffs, "bdat-unstuffs", "periods at line beginnings are removed from chunks"},
    {Fault::bdat_after_last, "bdat-after-last", "BDAT behind BDAT LAST is accepted"},
    {Fault::bdat_empty_last_refused, "bdat-empty-last-refused", "BDAT 0 LAST is refused"},
    {Fault::data_after_bdat, "data-after-bdat", "DATA behind BDAT is accepted"},
    {Fault::binary_by_data, "binary-by-data", "DATA is accepted for a message declared BODY=BINARYMIME"},
    {Fault::verbs_case_sensitive, "verbs-case-sensitive", "verbs in lower case are unknown"},
    {Fault::keywords_case_sensitive, "keywords-case-sensitive", "MAIL from: in lower case is refused"},
    {Fault::trailing_space_refused, "trailing-space-refused", "a space behind a command is an error"},
    {Fault::lf_ends_command, "lf-ends-command", "a bare LF ends a command line"},
    {Fault::long_line_splits, "long-line-splits", "a command line beyond 512 octets is read as two"},
    {Fault::helo_refused, "helo-refused", "HELO is unknown"},
    {Fault::vrfy_unknown, "vrfy-unknown", "VRFY is answered 500"},
    {Fault::noop_argument_refused, "noop-argument-refused", "NOOP with an argument is refused"},
    {Fault::noop_unanswered, "noop-unanswered", "NOOP has no reply"},
    {Fault::unknown_command_hangs_up, "unknown-command-hangs-up",
     "an unknown command closes the connection without a reply"},
    {Fault::quit_without_reply, "quit-without-reply", "QUIT closes the connection without 221"},
    {Fault::slow_client_dropped, "slow-client-dropped",
     "a command that pauses for half a second while it arrives ends the session"},
    {Fault::continuation_code_changes, "continuation-code-changes",
     "the lines of the EHLO reply carry different codes"},
    {Fault::reply_ends_in_lf, "reply-ends-in-lf", "replies to NOOP end in LF alone"},
    {Fault::reply_too_long, "reply-too-long", "the reply to HELP has a line beyond 512 octets"},
    {Fault::enhanced_class_differs, "enhanced-class-differs",
     "\"550 2.1.1\": the class of the enhanced code is not that of the reply code"},
    {Fault::enhanced_missing, "enhanced-missing",
     "ENHANCEDSTATUSCODES is advertised, and the reply to RCPT has no enhanced code"},
    {Fault::pipeline_dropped_after_refusal, "pipeline-dropped-after-refusal",
     "what was pipelined behind a refused RCPT is thrown away"},
    {Fault::starttls_keeps_buffer, "starttls-keeps-buffer",
     "what came in plain text behind STARTTLS is read as commands under TLS"},
    {Fault::starttls_keeps_state, "starttls-keeps-state",
     "the session is as before the handshake: greeted, transaction and all"},
    {Fault::starttls_advertised_under_tls, "starttls-advertised-under-tls", "STARTTLS is offered under TLS"},
    {Fault::starttls_with_argument, "starttls-with-argument", "STARTTLS with an argument is accepted"},
    {Fault::auth_accepts_anything, "auth-accepts-anything", "any password is right"},
    {Fault::auth_cannot_be_cancelled, "auth-cannot-be-cancelled", "\"*\" is taken as a response and challenged again"},
    {Fault::auth_twice, "auth-twice", "AUTH after a successful AUTH is accepted"},
    {Fault::auth_in_transaction, "auth-in-transaction", "AUTH inside a transaction is accepted"},
    {Fault::auth_skips_bad_base64, "auth-skips-bad-base64", "octets outside the base64 alphabet are passed over"},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (table[i].fault != static_cast<Fault>(i) || table[i].name.empty()) return false;
  }
  return true;
}
static_assert(in_order());

}  // namespace

std::span<const FaultRow> fault_table() { return table; }

std::optional<Fault> fault_named(std::string_view name) {
  const auto row = std::find_if(table.begin(), table.end(), [&](const FaultRow& entry) { return entry.name == name; });
  if (row == table.end()) return std::nullopt;
  return row->fault;
}

std::string_view name(Fault fault) { return table[static_cast<std::size_t>(fault)].name; }

}  // namespace smtpspec::reference
