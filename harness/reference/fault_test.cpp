#include "harness/reference/fault.hpp"

#include <algorithm>

#include <catch2/catch_test_macros.hpp>

#include "harness/reference/dialogue_test.hpp"

namespace smtpspec::reference {
namespace {

using namespace std::string_literals;

/// What a client does that brings a fault to light, and a piece of what is seen then, and not without the fault.
struct Case {
  Fault fault;
  std::vector<std::string> segments;
  std::string shows;
  void (*change)(Settings&) = nullptr;
  void (*then)(Player&) = nullptr;
};

const std::string ehlo = "EHLO c.example\r\n";
const std::string mail = ehlo + "MAIL FROM:<Sender@C.example>\r\n";
const std::string rcpt = mail + "RCPT TO:<alice@example.test>\r\n";
const std::string data = rcpt + "DATA\r\n";
const std::string again = "MAIL FROM:<>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\nsecond\r\n.\r\n";
const std::string right = "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n";
const std::string smuggled = "MAIL FROM:<smuggled@evil.example>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\nbad\r\n.\r\n";

const std::string asked =
    ehlo + "MAIL FROM:<a@b.example> RET=HDRS ENVID=a+2Bb\r\nRCPT TO:<bob@example.test> ORCPT=rfc822;Bob@x.example\r\n" +
    "DATA\r\n.\r\n";
const std::string spaces = "a \t\r\n.\r\n";
const std::string deep = std::string(60, 'd') + ".example";

void hang_up(Player& player) { player.hang_up(); }
void wait(Player& player) { player.time_out(); }
void speak_plainly(Player& player) {
  player.end_tls();
  player.send("NOOP\r\n", 0);
}
void tiny(Settings& settings) { settings.max_message = 10; }
void lmtp(Settings& settings) { settings.lmtp = true; }
void traced(Settings& settings) { settings.trace_header = true; }

void fail_handshake(Player& player) { player.fail_handshake(); }

std::string many(const std::string& text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

std::string recipients(int count) {
  std::string commands;
  for (int i = 0; i < count; ++i) commands += "RCPT TO:<alice@example.test>\r\n";
  return commands;
}

const std::vector<Case> cases = {
    {Fault::data_without_recipient, {mail + "DATA\r\n"}, "354"},
    {Fault::lf_ends_data, {data + "a\n.\n" + smuggled}, "message from <smuggled@evil.example>"},
    {Fault::lf_crlf_ends_data, {data + "a\n.\r\n" + smuggled}, "message from <smuggled@evil.example>"},
    {Fault::crlf_lf_ends_data, {data + "a\r\n.\n" + smuggled}, "message from <smuggled@evil.example>"},
    {Fault::cr_ends_data, {data + "a\r.\r" + smuggled}, "message from <smuggled@evil.example>"},
    {Fault::nul_dropped_from_data, {data + "a\r\n\0.\r\n"s + smuggled}, "message from <smuggled@evil.example>"},
    {Fault::keeps_stuffing, {data + "..a\r\n.\r\n"}, ": ..a\\r\\n"},
    {Fault::drops_lone_dots, {data + "a\r\n..\r\nb\r\n.\r\n"}, ": a\\r\\nb\\r\\n"},
    {Fault::dot_lost_at_buffer_border, {data + std::string(4094, 'x') + "\r\n..y\r\n.\r\n"}, "x\\r\\n..y\\r\\n"},
    {Fault::bare_lf_repaired, {data + "a\nb\r\n.\r\n"}, ": a\\r\\nb\\r\\n"},
    {Fault::eight_bit_stripped, {data + "\xe4\r\n.\r\n"}, ": d\\r\\n"},
    {Fault::long_text_line_split, {data + std::string(1500, 'x') + "\r\n.\r\n"}, "x\\r\\nx"},
    {Fault::no_received_field, {data + "a\r\n.\r\n"}, "<alice@example.test>: a\\r\\n", traced},
    {Fault::half_message_delivered, {data + "half\r\n"}, ": half\\r\\n", nullptr, hang_up},
    {Fault::half_chunk_delivered, {rcpt + "BDAT 9 LAST\r\nhalf"}, ": half", nullptr, hang_up},
    {Fault::second_message_lost, {data + "first\r\n.\r\n" + again}, ": first\\r\\n\nopen"},
    {Fault::delivers_twice,
     {data + "a\r\n.\r\n"},
     ": a\\r\\n\nmessage from <Sender@C.example> to <alice@example.test>: a"},
    {Fault::size_never_enforced, {data + "0123456789a\r\n.\r\n"}, "250 2.0.0 Message", tiny},
    {Fault::stuffed_periods_counted, {data + "..3456789\r\n.\r\n"}, "552 5.3.4", tiny},
    {Fault::reply_twice, {data + ".\r\n"}, "Message delivered\\r\\n250 2.0.0 Message delivered"},
    {Fault::lmtp_single_reply,
     {"LHLO c.example\r\nMAIL FROM:<>\r\n" + recipients(2) + "DATA\r\n.\r\nQUIT\r\n"},
     "period\\r\\n250 2.0.0 Message delivered\\r\\n221",
     lmtp},

    {Fault::any_line_end_ends_data, {data + "a\r.\n" + smuggled}, "message from <smuggled@evil.example>"},
    {Fault::line_end_not_checked, {data, "a\n.x\n", smuggled}, "message from <smuggled@evil.example>"},
    {Fault::end_of_data_trimmed, {data, "a\r\n . \r\n", smuggled}, "message from <smuggled@evil.example>"},
    {Fault::end_of_data_in_one_segment, {data + "a\r\n", ".\r\n"}, "single period\\r\\n\nopen"},
    {Fault::second_cr_hides_the_end, {data + "a\r\r\n.\r\n"}, "single period\\r\\n\nopen"},
    {Fault::control_octets_dropped,
     {data + "a\x07"
             "b\r\n.\r\n"},
     ": ab\\r\\n"},
    {Fault::trailing_white_space_cut, {data + spaces}, ": a\\r\\n"},
    {Fault::from_line_escaped, {data + "From me\r\n.\r\n"}, ": >From me\\r\\n"},
    {Fault::message_cut_at_32k, {data + std::string(40'000, 'x') + "\r\n.\r\n"}, "x\nopen"},
    {Fault::last_recipient_alone, {rcpt + "RCPT TO:<bob@example.test>\r\nDATA\r\n.\r\n"}, "<Sender@C.example> to <bob"},
    {Fault::lmtp_reply_for_refused,
     {"LHLO c.example\r\nMAIL FROM:<>\r\nRCPT TO:<x@example.test>\r\n" + recipients(1) + "DATA\r\n.\r\n"},
     "period\\r\\n550 5.1.1 No such user here\\r\\n250",
     lmtp},
    {Fault::mail_before_ehlo_crashes, {"MAIL FROM:<>\r\n"}, "closed"},
    {Fault::rcpt_without_mail, {ehlo + "RCPT TO:<alice@example.test>\r\n"}, "250 2.1.5"},
    {Fault::data_without_mail, {ehlo + "DATA\r\n"}, "354"},
    {Fault::refused_ehlo_resets, {rcpt + "EHLO\r\nDATA\r\n"}, "503"},
    {Fault::other_commands_reset, {rcpt + "HELP\r\nDATA\r\n"}, "503"},
    {Fault::utf8_recipient_accepted, {mail + "RCPT TO:<p\xc3\xb6st@example.test>\r\n"}, "250 2.1.5"},
    {Fault::short_path_limit, {mail + "RCPT TO:<alice@" + deep + ">\r\n"}, "500"},
    {Fault::syntax_refused_then_accepted, {ehlo + "MAIL FROM:a@c.example\r\n"}, "\\r\\n250 2.1.0"},
    {Fault::control_octets_accepted, {ehlo + "MAIL FROM:<a\x01@c.example>\r\n"}, "250 2.1.0"},
    {Fault::bdat_size_off_by_one, {rcpt + "BDAT 2 LAST\r\nab"}, ": a\nopen"},
    {Fault::chunk_ends_with_segment, {rcpt + "BDAT 4\r\nab", "\r\n"}, "500"},
    {Fault::segment_is_command, {"NO", "OP\r\n"}, "500"},
    {Fault::short_line_limit, {"NOOP " + std::string(300, 'x') + "\r\n"}, "500"},
    {Fault::short_domain_limit, {"EHLO " + deep + "\r\n"}, "500"},
    {Fault::address_literal_refused, {"EHLO [127.0.0.1]\r\n"}, "500"},
    {Fault::bare_ehlo_crashes, {"EHLO\r\n"}, "closed"},
    {Fault::greeting_masked, {}, "220 ****"},
    {Fault::greeting_repeated, {}, "\\r\\n220 ", nullptr, wait},
    {Fault::commands_wait_for_ehlo, {"NOOP\r\n"}, "503"},
    {Fault::helo_lists_keywords, {"HELO c.example\r\n"}, "250-PIPELINING"},
    {Fault::ehlo_in_lmtp, {ehlo}, "250-PIPELINING", lmtp},
    {Fault::idle_rset_refused, {ehlo + "RSET\r\n"}, "503 5.5.1 There is nothing"},
    {Fault::noop_separator_wrong, {"NOOP\r\n"}, "250/"},
    {Fault::noop_answered_by_code_alone, {"NOOP\r\n"}, "250\\r\\n"},
    {Fault::quit_in_transaction_refused, {mail + "QUIT\r\n"}, "503 5.5.1 Not in a transaction"},
    {Fault::quit_reply_cut_short, {"QUIT\r\n"}, "closes the connection\n"},
    {Fault::reply_after_quit, {"QUIT\r\n"}, "250 2.0.0 And good night"},
    {Fault::keyword_with_equals_sign, {ehlo}, "250-AUTH=PLAIN LOGIN"},
    {Fault::code_out_of_range, {"FROBNICATE\r\n"}, "580"},
    {Fault::enhanced_differs_between_lines, {"HELP\r\n"}, "214-2.1.0"},
    {Fault::ehlo_answered_251, {ehlo}, "251-reference.example"},
    {Fault::mail_answered_252, {mail}, "252 2.1.0"},
    {Fault::greeting_is_250, {}, "250 reference.example"},
    {Fault::greeting_in_two_replies, {}, "220 reference.example\\r\\n220 reference.example"},
    {Fault::ehlo_unknown, {ehlo}, "500"},
    {Fault::ehlo_in_several_replies, {ehlo}, "250 reference.example"},
    {Fault::ehlo_reply_without_end, {ehlo}, "250-HELP"},
    {Fault::handshake_fails, {ehlo + "STARTTLS\r\n"}, "closed"},
    {Fault::help_in_two_replies, {"HELP\r\n"}, "And that is all"},
    {Fault::noop_unknown, {"NOOP\r\n"}, "500"},
    {Fault::rset_unknown, {"RSET\r\n"}, "500"},
    {Fault::argument_overlooked, {"QUIT now\r\n"}, "221"},
    {Fault::vrfy_confirms_anybody, {"VRFY nobody\r\n"}, "250 2.1.5 nobody"},
    {Fault::expn_listed_unimplemented, {"EXPN list\r\n"}, "502"},
    {Fault::reply_buffer_overflows, {mail + recipients(50) + "QUIT\r\n"}, "accepted\\r\\n\nclosed"},
    {Fault::starttls_twice, {ehlo + "STARTTLS\r\n", "STARTTLS\r\n"}, "TLS\\r\\n220 2.0.0 Ready"},
    {Fault::close_notify_missing, {ehlo + "STARTTLS\r\n", "QUIT\r\n"}, "without close_notify"},
    {Fault::plain_text_after_close_notify, {ehlo + "STARTTLS\r\n"}, "250 2.0.0", nullptr, speak_plainly},
    {Fault::bad_base64_is_535, {ehlo + "AUTH PLAIN\r\n!\r\n"}, "535"},
    {Fault::auth_success_is_250, {ehlo + right}, "250 2.7.0"},
    {Fault::auth_challenge_in_words, {ehlo + "AUTH PLAIN\r\n"}, "334 Please answer: \\r"},
    {Fault::unknown_mechanism_taken, {ehlo + "AUTH XYZZY\r\n"}, "334"},
    {Fault::nested_mail, {mail + "MAIL FROM:<>\r\n"}, "250 2.1.0 Sender accepted\\r\\n250 2.1.0"},
    {Fault::rset_keeps_transaction, {rcpt + "RSET\r\nDATA\r\n"}, "354"},
    {Fault::ehlo_keeps_transaction, {rcpt + ehlo + "DATA\r\n"}, "354"},
    {Fault::recipients_kept, {data + ".\r\n" + again}, "<> to <alice@example.test> to <bob@example.test>"},
    {Fault::null_reverse_path_refused, {ehlo + "MAIL FROM:<>\r\n"}, "550"},
    {Fault::reverse_path_case_lost, {data + ".\r\n"}, "<sender@C.example>"},
    {Fault::null_forward_path_accepted, {mail + "RCPT TO:<>\r\n"}, "250 2.1.5"},
    {Fault::postmaster_refused, {mail + "RCPT TO:<Postmaster>\r\n"}, "550"},
    {Fault::quoted_local_part_refused, {mail + "RCPT TO:<\"alice\"@example.test>\r\n"}, "550"},
    {Fault::source_route_refused, {mail + "RCPT TO:<@a.example:alice@example.test>\r\n"}, "550"},
    {Fault::open_relay, {mail + "RCPT TO:<x@elsewhere.example>\r\n"}, "250 2.1.5"},
    {Fault::percent_hack_relayed, {mail + "RCPT TO:<x%elsewhere.example@example.test>\r\n"}, "250 2.1.5"},
    {Fault::few_recipients, {mail + recipients(51)}, "452"},
    {Fault::unknown_parameter_accepted, {ehlo + "MAIL FROM:<> NOSUCH=1\r\n"}, "250 2.1.0"},
    {Fault::size_ignored, {ehlo + "MAIL FROM:<> SIZE=11\r\n"}, "250 2.1.0", tiny},
    {Fault::utf8_without_parameter, {mail + "RCPT TO:<alice+\xc3\xa4@example.test>\r\n"}, "250 2.1.5"},

    {Fault::bdat_chunk_not_consumed, {mail + "BDAT 6\r\nQUIT\r\n"}, "221"},
    {Fault::bdat_unstuffs, {rcpt + "BDAT 7 LAST\r\n..a\r\n.b"}, ": .a\\r\\nb"},
    {Fault::bdat_after_last, {rcpt + "BDAT 1 LAST\r\naBDAT 1 LAST\r\nb"}, "More octets"},
    {Fault::bdat_empty_last_refused, {rcpt + "BDAT 1\r\naBDAT 0 LAST\r\n"}, "501"},
    {Fault::data_after_bdat, {rcpt + "BDAT 1\r\naDATA\r\n"}, "354"},
    {Fault::binary_by_data, {ehlo + "MAIL FROM:<> BODY=BINARYMIME\r\nRCPT TO:<bob@example.test>\r\nDATA\r\n"}, "354"},

    {Fault::verbs_of_four_letters, {"NOOPS\r\n"}, "Nothing done"},
    {Fault::verbs_case_sensitive, {"noop\r\n"}, "500"},
    {Fault::keywords_case_sensitive, {ehlo + "MAIL from:<>\r\n"}, "500"},
    {Fault::trailing_space_refused, {"NOOP \r\n"}, "500"},
    {Fault::lf_ends_command, {"NOOP\nNOOP\r\n"}, "250"},
    {Fault::long_line_splits, {std::string(511, 'x') + "QUIT\r\n"}, "221"},
    {Fault::helo_refused, {"HELO c.example\r\n"}, "500"},
    {Fault::vrfy_unknown, {"VRFY alice\r\n"}, "500"},
    {Fault::noop_argument_refused, {"NOOP x\r\n"}, "501"},
    {Fault::noop_unanswered, {"NOOP\r\nQUIT\r\n"}, "server\\r\\n221"},
    {Fault::unknown_command_ends_session, {"XYZZY\r\n"}, "\\r\\n\nclosed"},
    {Fault::unknown_command_hangs_up, {"XYZZY\r\n"}, "closed"},
    {Fault::quit_without_reply, {"QUIT\r\n"}, "server\\r\\n\nclosed"},
    {Fault::slow_client_dropped, {"NO"}, "patience 500"},
    {Fault::continuation_code_changes, {ehlo}, "\\r\\n251-"},
    {Fault::reply_ends_in_lf, {"NOOP\r\n"}, "done\\n"},
    {Fault::reply_too_long, {"HELP\r\n"}, std::string(500, '.')},
    {Fault::enhanced_class_differs, {mail + "RCPT TO:<x@example.test>\r\n"}, "550 2.1.1"},
    {Fault::enhanced_missing, {rcpt}, "250 Recipient"},
    {Fault::pipeline_dropped_after_refusal, {mail + "RCPT TO:<x@example.test>\r\nQUIT\r\n"}, "open"},

    {Fault::starttls_keeps_buffer, {ehlo + "STARTTLS\r\n" + mail}, "Sender accepted"},
    {Fault::starttls_keeps_state, {rcpt + "STARTTLS\r\n", "DATA\r\n"}, "354"},
    {Fault::starttls_advertised_under_tls,
     {ehlo + "STARTTLS\r\n", ehlo},
     "TLS\\r\\n250-reference.example greets c.example\\r\\n250-STARTTLS"},
    {Fault::starttls_with_argument, {ehlo + "STARTTLS now\r\n"}, "220 2.0.0"},

    {Fault::auth_accepts_anything, {ehlo + "AUTH PLAIN AGFsaWNlAHdyb25n\r\n"}, "235"},
    {Fault::malformed_scram_hangs_up, {ehlo + "AUTH SCRAM-SHA-256 eHh4\r\n"}, "closed"},
    {Fault::auth_cannot_be_cancelled, {ehlo + "AUTH PLAIN\r\n*\r\n"}, "334 \\r\\n334 "},
    {Fault::auth_twice, {ehlo + right + right}, "Authenticated\\r\\n235"},
    {Fault::auth_in_transaction, {mail + right}, "235"},
    {Fault::auth_skips_bad_base64, {ehlo + "AUTH PLAIN\r\nAGFs!aWNlAHNlY3JldA==\r\n"}, "235"},

    // Faults that are seen in what is delivered.
    {Fault::empty_message_overlooked, {data + ".\r\n"}, "single period\\r\\n\nopen"},
    {Fault::end_lost_at_buffer_border, {data + std::string(4093, 'x') + "\r\n.\r\n"}, "single period\\r\\n\nopen"},
    {Fault::commands_in_data_obeyed, {data + "a\r\nNOOP\r\n.\r\n"}, "Nothing done"},
    {Fault::dot_kept_at_segment_start, {data + "a\r\n", "..b\r\n.\r\n"}, ": a\\r\\n..b"},
    {Fault::first_line_keeps_stuffing, {data + "..b\r\n.\r\n"}, ": ..b"},
    {Fault::single_period_kept, {data + "a\r\n.b\r\n.\r\n"}, ": a\\r\\n.b"},
    {Fault::octet_lost_at_16k, {data + std::string(16383, 'x') + "yz\r\n.\r\n"}, "xz\\r\\n"},
    {Fault::last_line_end_lost, {data + "a\r\n.\r\n"}, ": a\nopen"},
    {Fault::blank_lines_at_the_end_cut, {data + "a\r\n\r\n.\r\n"}, ": a\\r\\n\nopen"},
    {Fault::message_cut_at_nul, {data + "a\0b\r\n.\r\n"s}, ": a\nopen"},
    {Fault::bare_cr_repaired, {data + "a\rb\r\n.\r\n"}, ": a\\r\\nb"},
    {Fault::unstuffed_before_the_end, {data, "a\r\n..\r\n"}, "a\\r\\n\nopen"},
    {Fault::unicode_line_ends, {data, "a\x0b.\x0b"}, "message from"},
    {Fault::high_bit_ignored_at_the_end, {data, "a\r\n\xae\r\n"}, "message from"},
    {Fault::narrowed_text_ends_data,
     {data, "a\xe5\x98\x8d\xe5\x98\x8a\xe5\x98\xae\xe5\x98\x8d\xe5\x98\x8a"},
     "message from"},
    {Fault::text_line_buffer, {data, std::string(1023, 'x') + ".\r\n"}, "message from"},
    {Fault::period_crlf_ends_data, {data, "first.\r\n"}, "message from"},
    {Fault::c_string_ends_data, {data, "a\r\n.\0x\r\n"s}, "message from"},
    {Fault::bare_cr_error_in_data, {data + "a\rNOOP\r\n"}, "451 4.5.2"},
    {Fault::nul_error_in_data, {data + "a\0NOOP\r\n"s}, "451 4.5.2"},
    {Fault::bare_lf_error_in_data, {data + "a\nNOOP\r\n"}, "451 4.5.2"},
    {Fault::lf_mode_by_first_line, {data, "a\nb\n.\n"}, "message from"},
    {Fault::last_header_line_lost, {data + "A: b\r\nC: d\r\n.\r\n"}, ": A: b\\r\\n\nopen"},
    {Fault::size_ends_data,
     {ehlo + "MAIL FROM:<> SIZE=1\r\nRCPT TO:<alice@example.test>\r\nDATA\r\nabc\r\n.\r\n"},
     ": a\nopen"},
    {Fault::oversize_refused_at_once, {data, "0123456789abc\r\n"}, "552", tiny},
    {Fault::message_limit_off_by_one, {data + "01234567\r\n.\r\n"}, "552", tiny},
    {Fault::utf8_header_refused,
     {ehlo + "MAIL FROM:<> SMTPUTF8\r\nRCPT TO:<alice@example.test>\r\nDATA\r\nSubject: \xc3\xa4\r\n\r\n.\r\n"},
     "501 5.6.0"},
    {Fault::received_below_the_header, {data + "A: b\r\n\r\nc\r\n.\r\n"}, ": A: b\\r\\nReceived:", traced},
    {Fault::received_without_date, {data + "a\r\n.\r\n"}, "ESMTP\\r\\n", traced},
    {Fault::received_without_from, {data + "a\r\n.\r\n"}, "Received: by", traced},
    {Fault::received_replaced, {data + "Received: x\r\n y\r\nA: b\r\n\r\n.\r\n"}, "+0000\\r\\nA: b", traced},
    {Fault::second_message_line_lost, {data + "first\r\n.\r\n" + again}, "<bob@example.test>: \nopen"},
    {Fault::quit_after_data_loses_message, {data + "a\r\n.\r\nQUIT\r\n"}, "connection\\r\\n\nclosed"},
    {Fault::refused_recipient_delivered,
     {rcpt + "RCPT TO:<x@example.test>\r\nDATA\r\na\r\n.\r\n"},
     "to <x@example.test>"},
    {Fault::chunk_ends_at_period, {rcpt + "BDAT 5 LAST\r\na\n.\nb"}, ": a\nopen"},
    {Fault::chunk_octet_lost_at_16k, {rcpt + "BDAT 16386 LAST\r\n" + std::string(16383, 'x') + "yz\n"}, "xz"},
    {Fault::octet_lost_under_tls, {ehlo + "STARTTLS\r\n", data + std::string(16383, 'x') + "yz\r\n.\r\n"}, "xz\\r\\n"},

    // Faults of the session's state.
    {Fault::busy_in_transaction, {mail + "NOOP\r\n"}, "503 5.5.1 Not now"},
    {Fault::unknown_command_resets, {rcpt + "XYZZY\r\nDATA\r\n"}, "503"},
    {Fault::out_of_order_resets, {rcpt + "MAIL FROM:<>\r\nDATA\r\n"}, "503 5.5.1 MAIL first"},
    {Fault::syntax_error_resets, {rcpt + "VRFY\r\nDATA\r\n"}, "503 5.5.1 MAIL first"},
    {Fault::syntax_error_forgets_ehlo, {ehlo + "VRFY\r\nMAIL FROM:<>\r\n"}, "503"},
    {Fault::helo_keeps_transaction, {rcpt + "HELO c.example\r\nDATA\r\n"}, "354"},
    {Fault::second_ehlo_refused, {ehlo + ehlo}, "503"},
    {Fault::rset_forgets_ehlo, {ehlo + "RSET\r\nMAIL FROM:<>\r\n"}, "503"},
    {Fault::refused_mail_opens_transaction, {ehlo + "MAIL FROM:x\r\nRCPT TO:<alice@example.test>\r\n"}, "250 2.1.5"},
    {Fault::refused_message_keeps_transaction, {data + "0123456789abc\r\n.\r\nDATA\r\n"}, "limit\\r\\n354", tiny},
    {Fault::vrfy_becomes_recipient,
     {rcpt + "VRFY bob@example.test\r\nDATA\r\n.\r\n"},
     "to <alice@example.test> to <bob@example.test>"},
    {Fault::reverse_path_kept,
     {ehlo + "MAIL FROM:<a@b.example>\r\nRSET\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\n.\r\n"},
     "from <a@b.example>"},
    {Fault::reverse_path_cut,
     {ehlo + "MAIL FROM:<a+b@c.example>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\n.\r\n"},
     "from <a@c.example>"},
    {Fault::refused_rcpt_resets, {rcpt + "RCPT TO:x\r\nDATA\r\n"}, "503"},
    {Fault::local_part_letters_alone, {ehlo + "MAIL FROM:<a!1@c.example>\r\n"}, "501"},
    {Fault::mailbox_literal_refused, {ehlo + "MAIL FROM:<a@[192.0.2.1]>\r\n"}, "501"},
    {Fault::reverse_source_route_refused, {ehlo + "MAIL FROM:<@b.example:a@c.example>\r\n"}, "501"},
    {Fault::broken_path_accepted, {ehlo + "MAIL FROM:<a@b@c.example>\r\n"}, "250 2.1.0"},
    {Fault::broken_path_hangs_up, {ehlo + "MAIL FROM:<a@b@c.example>\r\n"}, "closed"},
    {Fault::long_path_hangs_up, {ehlo + "MAIL FROM:<" + std::string(65, 'a') + "@c.example>\r\n"}, "closed"},
    {Fault::postmaster_case_sensitive, {mail + "RCPT TO:<postmaster>\r\n"}, "550"},
    {Fault::relay_for_null_sender, {ehlo + "MAIL FROM:<>\r\nRCPT TO:<x@elsewhere.example>\r\n"}, "250 2.1.5"},
    {Fault::relay_for_own_sender,
     {ehlo + "MAIL FROM:<alice@example.test>\r\nRCPT TO:<x@elsewhere.example>\r\n"},
     "250 2.1.5"},
    {Fault::relay_after_accepted, {rcpt + "RCPT TO:<x@elsewhere.example>\r\n"}, "Recipient accepted\\r\\n250 2.1.5"},
    {Fault::relay_for_own_helo,
     {"EHLO example.test\r\nMAIL FROM:<>\r\nRCPT TO:<x@elsewhere.example>\r\n"},
     "250 2.1.5"},
    {Fault::recipients_counted_over_session,
     {mail + recipients(60) + "RSET\r\nMAIL FROM:<>\r\n" + recipients(60)},
     "452"},
    {Fault::recipient_limit_is_552, {mail + recipients(101)}, "552"},
    {Fault::bdat_outside_hangs_up, {ehlo + "BDAT 1\r\na"}, "closed"},

    // Faults about parameters.
    {Fault::size_limit_off_by_one, {ehlo + "MAIL FROM:<> SIZE=10\r\n"}, "552", tiny},
    {Fault::size_refusal_sticks, {ehlo + "MAIL FROM:<> SIZE=11\r\nMAIL FROM:<>\r\n"}, "limit\\r\\n552", tiny},
    {Fault::mail_auth_parameter_refused, {ehlo + "MAIL FROM:<> AUTH=<>\r\n"}, "555"},
    {Fault::size_wraps, {ehlo + "MAIL FROM:<> SIZE=4294967297\r\n"}, "250 2.1.0", tiny},
    {Fault::size_malformed_accepted, {ehlo + "MAIL FROM:<> SIZE=abc\r\n"}, "250 2.1.0"},
    {Fault::size_zero_refused, {ehlo + "MAIL FROM:<> SIZE=0\r\n"}, "501"},
    {Fault::size_parameter_refused, {ehlo + "MAIL FROM:<> SIZE=1\r\n"}, "555"},
    {Fault::body_parameter_refused, {ehlo + "MAIL FROM:<> BODY=7BIT\r\n"}, "555"},
    {Fault::body_value_unchecked, {ehlo + "MAIL FROM:<> BODY=9BIT\r\n"}, "250 2.1.0"},
    {Fault::second_parameter_refused, {ehlo + "MAIL FROM:<> SIZE=1 BODY=7BIT\r\n"}, "501"},
    {Fault::parameter_case_sensitive, {ehlo + "MAIL FROM:<> BODY=8bitmime\r\n"}, "555"},
    {Fault::utf8_kept_for_next_message,
     {ehlo + "MAIL FROM:<> SMTPUTF8\r\nRSET\r\nMAIL FROM:<>\r\nRCPT TO:<\xc3\xa4@example.test>\r\n"},
     "250 2.1.5"},
    {Fault::utf8_mail_without_parameter, {ehlo + "MAIL FROM:<\xc3\xa4@c.example>\r\n"}, "250 2.1.0"},
    {Fault::utf8_sender_refused, {ehlo + "MAIL FROM:<\xc3\xa4@c.example> SMTPUTF8\r\n"}, "501"},
    {Fault::utf8_is_syntax_error, {ehlo + "MAIL FROM:<> SMTPUTF8\r\nRCPT TO:<\xc3\xa4@example.test>\r\n"}, "501"},
    {Fault::invalid_utf8_accepted, {ehlo + "MAIL FROM:<\xc3@c.example> SMTPUTF8\r\n"}, "250 2.1.0"},
    {Fault::smtputf8_value_accepted, {ehlo + "MAIL FROM:<> SMTPUTF8=1\r\n"}, "250 2.1.0"},
    {Fault::smtputf8_parameter_refused, {ehlo + "MAIL FROM:<> SMTPUTF8\r\n"}, "555"},
    {Fault::eight_bit_hangs_up, {"NOOP \xe4\r\n"}, "closed"},
    {Fault::ret_unchecked, {ehlo + "MAIL FROM:<> RET=ALL\r\n"}, "250 2.1.0"},
    {Fault::envid_unchecked, {ehlo + "MAIL FROM:<> ENVID=a+4\r\n"}, "250 2.1.0"},
    {Fault::notify_unchecked, {mail + "RCPT TO:<bob@example.test> NOTIFY=X\r\n"}, "250 2.1.5"},
    {Fault::never_with_others, {mail + "RCPT TO:<bob@example.test> NOTIFY=NEVER,DELAY\r\n"}, "250 2.1.5"},
    {Fault::orcpt_unchecked, {mail + "RCPT TO:<bob@example.test> ORCPT=x\r\n"}, "250 2.1.5"},
    {Fault::dsn_parameters_refused, {ehlo + "MAIL FROM:<> RET=FULL\r\n"}, "555"},
    {Fault::dsn_parameter_twice, {ehlo + "MAIL FROM:<> RET=FULL RET=HDRS\r\n"}, "250 2.1.0"},
    {Fault::dsn_values_case_sensitive, {ehlo + "MAIL FROM:<> RET=full\r\n"}, "501"},
    {Fault::orcpt_takes_the_message,
     {mail + "RCPT TO:<bob@example.test> ORCPT=rfc822;x+2By@z.example\r\nDATA\r\n.\r\n"},
     "to <x+y@z.example>"},
    {Fault::long_orcpt_refused,
     {mail + "RCPT TO:<bob@example.test> ORCPT=rfc822;" + std::string(480, 'x') + "\r\n"},
     "500"},

    {Fault::digit_label_refused, {ehlo + "MAIL FROM:<a@3.example>\r\n"}, "501"},
    {Fault::quoted_special_refused, {ehlo + "MAIL FROM:<\"a>b\"@c.example>\r\n"}, "501"},
    {Fault::recipient_literal_is_syntax_error, {mail + "RCPT TO:<a@[192.0.2.1]>\r\n"}, "501"},
    {Fault::capital_domain_unknown, {mail + "RCPT TO:<alice@EXAMPLE.TEST>\r\n"}, "550"},
    {Fault::closing_brackets_overlooked, {ehlo + "MAIL FROM:<a@b.example>>>\r\n"}, "250 2.1.0"},
    {Fault::parameter_twice_accepted, {ehlo + "MAIL FROM:<> SIZE=1 SIZE=1\r\n"}, "250 2.1.0"},
    {Fault::third_parameter_refused, {ehlo + "MAIL FROM:<> SIZE=1 BODY=7BIT RET=FULL\r\n"}, "501"},
    {Fault::size_must_be_first, {ehlo + "MAIL FROM:<> BODY=7BIT SIZE=1\r\n"}, "501"},
    {Fault::size_limit_plus_one_taken, {ehlo + "MAIL FROM:<> SIZE=11\r\n"}, "250 2.1.0", tiny},
    {Fault::body_kept_for_next_message,
     {ehlo + "MAIL FROM:<> BODY=BINARYMIME\r\nRSET\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\n"},
     "503"},
    {Fault::size_kept_for_next_message,
     {ehlo + "MAIL FROM:<> SIZE=1\r\nRSET\r\n" + data.substr(ehlo.size()) + "abc\r\n.\r\n"},
     "552"},
    {Fault::dsn_kept_for_next_message,
     {ehlo + "MAIL FROM:<> RET=FULL\r\nRSET\r\n" + data.substr(ehlo.size()) + ".\r\n"},
     "<Sender@C.example> RET=FULL"},
    {Fault::ehlo_keeps_recipients, {rcpt + ehlo + again}, "<> to <alice@example.test> to <bob@example.test>"},
    {Fault::many_octets_of_recipients_refused,
     {mail + many("RCPT TO:<alice@example.test> ORCPT=rfc822;" + std::string(400, 'x') + "\r\n", 41)},
     "452"},

    // Faults of what is handed on.
    {Fault::dsn_not_handed_on, {asked}, "message from <a@b.example> to <bob@example.test>"},
    {Fault::ret_handed_on_as_full, {asked}, "RET=FULL"},
    {Fault::envid_decoded, {asked}, "ENVID=a+b"},
    {Fault::envid_handed_on_twice, {asked}, "ENVID=a+2Bb ENVID=a+2Bb"},
    {Fault::notify_mixed_up,
     {mail + "RCPT TO:<alice@example.test> NOTIFY=NEVER\r\nRCPT TO:<bob@example.test> NOTIFY=DELAY\r\nDATA\r\n.\r\n"},
     "<alice@example.test> NOTIFY=DELAY"},
    {Fault::notify_added, {data + ".\r\n"}, "<alice@example.test> NOTIFY=FAILURE"},
    {Fault::orcpt_case_lost, {asked}, "ORCPT=rfc822;bob@x.example"},
    {Fault::received_with_smtp, {data + ".\r\n"}, "with SMTP;", traced},
    {Fault::received_keeps_first_name, {"EHLO one.example\r\n" + data + ".\r\n"}, "from one.example by", traced},
    {Fault::second_trace_lost, {data + ".\r\n" + again}, "<bob@example.test>: second", traced},
    {Fault::text_line_cut_at_2048, {data + std::string(2048, 'x') + "y\r\n.\r\n"}, "x\\r\\n\nopen"},
    {Fault::eight_bit_lost_at_segment_end, {data, "\xc3", "\xa4\r\n.\r\n"}, ": ??\\r\\n"},

    // Faults of chunks.
    {Fault::chunk_long_line_cut, {rcpt + "BDAT 999 LAST\r\n" + std::string(998, 'x') + "y"}, "x\nopen"},
    {Fault::second_message_chunk_refused, {data + ".\r\n" + mail + "RCPT TO:<bob@example.test>\r\nBDAT 1\r\na"}, "503"},
    {Fault::rset_keeps_chunks, {rcpt + "BDAT 1\r\naRSET\r\n" + again}, ": asecond"},
    {Fault::ehlo_keeps_chunks, {rcpt + "BDAT 1\r\na" + ehlo + again}, ": asecond"},
    {Fault::last_in_lower_case_overlooked, {rcpt + "BDAT 1 last\r\na"}, "Chunk taken"},
    {Fault::refused_chunk_then_data_crashes, {mail + "BDAT 1\r\naDATA\r\n"}, "closed"},
    {Fault::bdat_size_wraps, {rcpt + "BDAT 4294967296\r\n"}, "Chunk taken"},
    {Fault::bdat_size_by_atoi, {rcpt + "BDAT x\r\n"}, "Chunk taken"},
    {Fault::bdat_crlf_added, {rcpt + "BDAT 1 LAST\r\na"}, ": a\\r\\n"},
    {Fault::bdat_answered_early, {rcpt + "BDAT 2\r\na"}, "Chunk taken"},
    {Fault::many_chunks_refused, {rcpt + many("BDAT 1\r\na", 65)}, "554"},
    {Fault::noop_ends_chunks, {rcpt + "BDAT 1\r\naNOOP\r\nBDAT 1 LAST\r\nb"}, ": b\nopen"},
    {Fault::quit_delivers_chunks, {rcpt + "BDAT 1\r\naQUIT\r\n"}, ": a\nclosed"},
    {Fault::bdat_refusal_sticks, {mail + "BDAT 1\r\naRCPT TO:<bob@example.test>\r\nBDAT 1\r\na"}, "No more chunks"},

    // Faults of command lines and replies.
    {Fault::cr_ends_command, {"NOOP\rNOOP\r\n"}, "Nothing done"},
    {Fault::letters_folded_by_unicode, {"\xc5\xbfTARTTLS\r\n"}, "503"},
    {Fault::ehlo_answered_twice, {ehlo}, "250 Pleased"},
    {Fault::refusals_repeat_the_line, {mail + "RCPT TO:<x@example.test>\r\n"}, ": <x@example.test>, x@example.test\\r"},
    {Fault::refusal_in_utf8, {mail + "RCPT TO:<x@example.test>\r\n"}, "Empf\\xc3"},
    {Fault::quit_reads_on, {"QUIT\r\n" + data + ".\r\n"}, "message from <Sender@C.example>"},
    {Fault::empty_line_unanswered, {"\r\n"}, "server\\r\\n\nopen"},
    {Fault::malformed_name_hangs_up, {"EHLO [x]\r\n"}, "closed"},
    {Fault::ehlo_wants_a_dot, {"EHLO client\r\n"}, "501"},
    {Fault::vrfy_denies_everybody, {"VRFY alice\r\n"}, "550"},
    {Fault::vrfy_parameter_hangs_up, {"VRFY alice x\r\n"}, "closed"},
    {Fault::commands_hang_up, {"EXPN list\r\n"}, "closed"},
    {Fault::idle_session_dropped, {}, "patience 1000"},
    {Fault::last_reply_held_back, {"NOOP\r\nNOOP\r\nVRFY x\r\n"}, "done\\r\\n\nopen"},
    {Fault::reply_breaks_in_text, {mail + "RCPT TO:<x@example.test>\r\n"}, "he\\r\\nre\\r\\n"},
    {Fault::reply_echoes_control, {"NOOP \x01\r\n"}, "\\x01"},
    {Fault::reply_echoes_utf8, {mail + "RCPT TO:<\xc3\xa4@example.test>\r\n"}, "\\xc3\\xa4"},
    {Fault::keyword_unregistered, {ehlo}, "250-TURBO"},
    {Fault::ehlo_masked, {ehlo}, "250-****"},
    {Fault::replies_in_utf8_once_asked, {ehlo + "MAIL FROM:<> SMTPUTF8\r\nNOOP\r\n"}, "done \\xe2\\x9c\\x93"},
    {Fault::keyword_listed_twice, {ehlo}, "greets c.example\\r\\n250-8BITMIME\\r\\n"},
    {Fault::keyword_with_parameter, {ehlo}, "250-DSN yes"},
    {Fault::size_keyword_not_a_number, {ehlo}, "SIZE 10M"},
    {Fault::keywords_once, {ehlo + ehlo}, "250 reference.example greets"},
    {Fault::auth_lists_no_mechanism, {ehlo}, "250-AUTH\\r"},
    {Fault::binarymime_without_chunking, {ehlo}, "8BITMIME\\r\\n250-BINARYMIME"},
    {Fault::smtputf8_without_8bitmime, {ehlo}, "PIPELINING\\r\\n250-CHUNKING"},
    {Fault::crashes_on_empty_local_part, {mail + "RCPT TO:<\"\"@example.test>\r\n"}, "closed"},
    {Fault::crashes_on_broken_route, {mail + "RCPT TO:<@a.example alice@example.test>\r\n"}, "closed"},
    {Fault::crashes_on_utf8_vrfy, {mail + "VRFY \xc3\xa4\r\n"}, "closed"},
    {Fault::enhanced_missing_under_tls, {ehlo + "STARTTLS\r\n", "NOOP\r\n"}, "250 Nothing"},
    {Fault::enhanced_missing_of_mail, {mail}, "250 Sender"},
    {Fault::enhanced_missing_of_extensions, {"QUIT\r\n"}, "221 reference"},
    {Fault::enhanced_missing_in_refusals, {"DATA\r\n"}, "503 MAIL"},
    {Fault::no_enhanced_after_helo, {"HELO c.example\r\nNOOP\r\n"}, "250 Nothing"},
    {Fault::enhanced_in_ehlo, {ehlo}, "250-2.0.0"},
    {Fault::unlisted_code, {"DATA\r\n"}, "509"},
    {Fault::enhanced_with_colon, {mail + "RCPT TO:<x@example.test>\r\n"}, "550 5.1.1: "},
    {Fault::enhanced_on_last_line_alone, {"HELP\r\n"}, "214-Commands are"},
    {Fault::enhanced_in_greeting, {}, "220 2.0.0"},
    {Fault::enhanced_in_354, {data}, "354 2.0.0"},
    {Fault::input_lost_after_data, {data + ".\r\nNOOP\r\n"}, "delivered\\r\\n\nmessage"},
    {Fault::input_lost_after_noop, {"NOOP\r\nVRFY x\r\n"}, "done\\r\\n\nopen"},
    {Fault::octet_lost_in_long_group, {many("NOOP\r\n", 700)}, "500"},

    // Faults of STARTTLS and AUTH.
    {Fault::starttls_keeps_login, {ehlo + right + "STARTTLS\r\n", ehlo + right}, "503"},
    {Fault::starttls_failure_goes_on, {ehlo + "STARTTLS\r\n"}, "open", nullptr, fail_handshake},
    {Fault::mechanism_listed_unavailable, {ehlo + "AUTH SCRAM-SHA-256\r\n"}, "504"},
    {Fault::auth_fails_under_tls, {ehlo + "STARTTLS\r\n", ehlo + right}, "535"},
    {Fault::auth_failure_is_final, {ehlo + "AUTH PLAIN AGFsaWNlAHdyb25n\r\n" + right}, "failed\\r\\n535"},
    {Fault::auth_ends_session_state, {ehlo + right + "MAIL FROM:<>\r\n"}, "503"},
    {Fault::login_lost_by_ehlo, {ehlo + right + ehlo + right}, "HELP\\r\\n235 2.7.0 Authenticated\\r\\n\nopen"},
    {Fault::login_lost_by_rset, {ehlo + right + "RSET\r\n" + right}, "Reset\\r\\n235"},
    {Fault::login_lost_by_message, {ehlo + right + data.substr(ehlo.size()) + ".\r\n" + right}, "delivered\\r\\n235"},

    // Faults about one point each, that the rest of a session does not show.
    {Fault::message_lost_under_tls, {ehlo + "STARTTLS\r\n", data + "a\r\n.\r\n"}, "delivered\\r\\n\nopen"},
    {Fault::message_lost_with_client, {data + "a\r\n.\r\n"}, "delivered\\r\\n\nclosed", nullptr, hang_up},
    {Fault::rcpt_hangs_up, {mail + "RCPT TO:<x@example.test>\r\n"}, "closed"},
    {Fault::sender_with_hyphen_hangs_up, {ehlo + "MAIL FROM:<a-b@c.example>\r\n"}, "closed"},
    {Fault::early_octets_lost, {"NOOP\r\n", "QUIT\r\n"}, "server\\r\\n221"},
    {Fault::eight_bit_replaced, {data + "\xc3\xa4\r\n.\r\n"}, ": ??\\r\\n"},
    {Fault::from_line_ends_header, {data + "From a\r\nA: b\r\n\r\nc\r\n.\r\n"}, ": c\\r\\n"},
    {Fault::end_at_segment_start_overlooked, {data + "a", "\r\n.\r\n"}, "period\\r\\n\nopen"},
    {Fault::end_after_odd_line_overlooked, {data + "a b\r\n.\r\n"}, "period\\r\\n\nopen"},
    {Fault::second_empty_line_ends_data,
     {data + "A: b\r\n\r\n", "c\r\n\r\nd\r\n\r\ne\r\n"},
     ": A: b\\r\\n\\r\\nc\\r\\n\\r\\nd"},
    {Fault::bare_line_end_hangs_up, {data + "a\nb\r\n.\r\n"}, "closed"},
    {Fault::long_text_line_hangs_up, {data + std::string(999, 'x') + "\r\n.\r\n"}, "closed"},
    {Fault::blank_lines_at_the_start_cut, {data + "A: b\r\n\r\n\r\n\r\nc\r\n.\r\n"}, ": A: b\\r\\n\\r\\nc"},
    {Fault::backslash_taken_off, {data + "a\\b\r\n.\r\n"}, ": ab\\r\\n"},
    {Fault::protocol_line_lost, {data + "a\r\n250 b\r\nHELLO\r\nc\r\n.\r\n"}, ": a\\r\\nc\\r\\n"},
    {Fault::bodiless_header_cut, {data + "A: b\r\nC: d\r\n\r\n.\r\n"}, ": A: b\\r\\n\nopen"},
    {Fault::limit_below_64k, {ehlo}, "SIZE 50000"},
    {Fault::agreed_size_refused, {data + many("abc\r\n", 10001) + ".\r\n"}, "552"},
    {Fault::half_chunk_not_last_delivered, {rcpt + "BDAT 9\r\nhalf"}, ": half", nullptr, hang_up},
    {Fault::chunk_lost_in_segment, {rcpt + "BDAT 1 LAST\r\na"}, "Recipient accepted\\r\\n\nopen"},
    {Fault::empty_chunk_unanswered, {rcpt + "BDAT 0\r\n"}, "Recipient accepted\\r\\n\nopen"},
    {Fault::sender_by_narrow_pattern, {ehlo + "MAIL FROM:<a1@c.example>\r\n"}, "501 5.1.7"},
    {Fault::long_local_part_cut,
     {ehlo + "MAIL FROM:<" + std::string(64, 'a') + "@c.example>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\n.\r\n"},
     "from <" + std::string(63, 'a') + "@c.example>"},
    {Fault::rcpt_answered_252, {rcpt}, "252 2.1.5"},
    {Fault::recipient_twice_refused, {rcpt + "RCPT TO:<alice@example.test>\r\n"}, "550 5.5.0"},
    {Fault::refused_recipient_resets, {rcpt + "RCPT TO:<x@example.test>\r\nDATA\r\n"}, "503 5.5.1 MAIL first"},
    {Fault::long_route_hangs_up, {mail + "RCPT TO:<@a.b" + many(",@a.b", 10) + ":alice@example.test>\r\n"}, "closed"},
    {Fault::parameter_twice_hangs_up, {ehlo + "MAIL FROM:<> SIZE=1 SIZE=1\r\n"}, "closed"},
    {Fault::malformed_parameter_accepted, {ehlo + "MAIL FROM:<a@c.example> =1\r\n"}, "250 2.1.0"},
    {Fault::crlf_alone_overlooked, {"NOOP", "\r\n"}, "server\\r\\n\nopen"},
    {Fault::trailing_tab_hangs_up, {"NOOP\t\r\n"}, "closed"},
    {Fault::control_octets_hang_up, {"NOOP \x01\r\n"}, "closed"},
    {Fault::ehlo_domain_letters_alone, {"EHLO C.example\r\n"}, "501"},
    {Fault::extensions_before_ehlo_crash, {"STARTTLS\r\n"}, "closed"},
    {Fault::lmtp_lists_no_pipelining, {"LHLO c.example\r\n"}, "SMTPUTF8\\r\\n250-8BITMIME", lmtp},
    {Fault::lmtp_lists_no_8bitmime, {"LHLO c.example\r\n"}, "PIPELINING\\r\\n250-CHUNKING", lmtp},
    {Fault::long_mail_line_refused,
     {ehlo + "MAIL FROM:<> RET=FULL SIZE=1000 ENVID=" + std::string(100, 'x') + " AUTH=" + many("+61", 64) + "@" +
      many("+62", 60) + "\r\n"},
     "500"},
    {Fault::orcpt_of_rfc822_alone, {mail + "RCPT TO:<bob@example.test> ORCPT=utf-8;b@c.example\r\n"}, "501"},
    {Fault::large_chunk_becomes_commands, {rcpt + "BDAT 20\r\n0123456789a", "NOOP\r\n123"}, "250 2.0.0 Nothing", tiny},
    {Fault::undeclared_binary_refused, {data + "A: b\r\nContent-Transfer-Encoding: binary\r\n\r\n.\r\n"}, "554"},
    {Fault::replies_wait_for_the_line, {"NOOP\r\nNO"}, "server\\r\\n\nopen"},
    {Fault::input_lost_after_auth, {ehlo + right + "NOOP\r\n"}, "Authenticated\\r\\n\nopen"},
    {Fault::starttls_keeps_chunks, {rcpt + "BDAT 1\r\naSTARTTLS\r\n", ehlo + again}, ": asecond"},
    {Fault::bad_base64_is_570, {ehlo + "AUTH PLAIN\r\n#\r\n"}, "501 5.7.0"},
    {Fault::early_response_is_535, {ehlo + "AUTH CRAM-MD5 AAAA\r\n"}, "535"},
    {Fault::mechanisms_case_sensitive, {ehlo + "AUTH plain\r\n"}, "504"},
    {Fault::second_wrong_login_hangs_up, {ehlo + many("AUTH PLAIN AGFsaWNlAHdyb25n\r\n", 2)}, "closed"},
    {Fault::vrfy_echoes_utf8, {ehlo + "VRFY \xc3\xa4\r\n"}, ": \\xc3\\xa4"},
    {Fault::received_without_utf8,
     {ehlo + "MAIL FROM:<> SMTPUTF8\r\nRCPT TO:<bob@example.test>\r\nDATA\r\n.\r\n"},
     "with ESMTP;",
     traced},
    {Fault::second_lhlo_answered_503, {"LHLO c.example\r\nLHLO c.example\r\n"}, "503", lmtp},
    {Fault::larger_than_declared_answered_554,
     {ehlo + "MAIL FROM:<> SIZE=2\r\nRCPT TO:<bob@example.test>\r\nDATA\r\na\r\n.\r\n"},
     "554"},
    {Fault::refused_chunk_wants_rset, {mail + "BDAT 1\r\naNOOP\r\n"}, "RSET first"},
    {Fault::chunk_taken_for_nobody, {mail + "BDAT 1\r\na"}, "Chunk taken"},
    {Fault::chunk_out_of_turn_ends, {rcpt + "BDAT 1\r\na"}, "421"},
    {Fault::mail_out_of_turn_refused, {mail}, "503"},
    {Fault::tls_not_good_enough, {ehlo + "STARTTLS\r\n", ehlo}, "554"},
    {Fault::one_login_a_connection, {ehlo + right + "STARTTLS\r\n", ehlo + right}, "503"},
    {Fault::eight_bit_encoded,
     {data + "A: b\r\nContent-Transfer-Encoding: 8bit\r\n\r\nabc\r\n.\r\n"},
     "base64\\r\\n\\r\\nYWJjDQo="},
    {Fault::mechanism_too_weak, {ehlo + right}, "534"},
    {Fault::login_challenges_empty, {ehlo + "AUTH LOGIN\r\n"}, "334 \\r"},
    {Fault::sender_not_the_users, {ehlo + right + "MAIL FROM:<a@c.example>\r\n"}, "550 5.7.1"},
    {Fault::relaying_wants_login, {mail + "RCPT TO:<x@elsewhere.example>\r\n"}, "530"},
    {Fault::dsn_refused_by_policy, {mail + "RCPT TO:<bob@example.test> NOTIFY=SUCCESS\r\n"}, "550 5.7.1"},
    {Fault::mailbox_of_ascii_alone, {ehlo + "MAIL FROM:<> SMTPUTF8\r\nRCPT TO:<bob@example.test>\r\n"}, "550 5.6.9"},
    {Fault::utf8_refused_after_data,
     {ehlo + "MAIL FROM:<> SMTPUTF8\r\nRCPT TO:<bob@example.test>\r\nDATA\r\n.\r\n"},
     "554 5.6.9"},
    {Fault::lmtp_last_chunk_unanswered,
     {"LHLO c.example\r\nMAIL FROM:<>\r\nBDAT 1 LAST\r\na"},
     "Sender accepted\\r\\n\nopen",
     lmtp},
    {Fault::login_wants_tls, {ehlo + right}, "504"},
    {Fault::text_out_of_turn_refused, {data + "a\r\n.\r\n"}, "554 5.5.0"},
    {Fault::many_commands_end_the_session, {many("NOOP\r\n", 41)}, "554 5.7.0"},
    {Fault::help_unanswered, {"HELP\r\n"}, "server\\r\\n\nopen"},
    {Fault::starttls_answered_250, {ehlo + "STARTTLS\r\n"}, "250 2.0.0 Ready"},
    {Fault::auth_syntax_unchecked, {ehlo + "AUTH\r\n"}, "334"},
    {Fault::initial_response_overlooked, {ehlo + "AUTH CRAM-MD5 AAAA\r\n"}, "334"},
    {Fault::auth_long_line_hangs_up, {ehlo + "AUTH PLAIN\r\n" + std::string(1028, 'A') + "\r\n"}, "closed"},
    {Fault::failed_login_forgets_ehlo, {ehlo + "AUTH PLAIN\r\n*\r\nMAIL FROM:<>\r\n"}, "503"},

    {Fault::bare_vrfy_answered_252, {"VRFY\r\n"}, "252"},
    {Fault::vrfy_takes_names_alone, {"VRFY alice@example.test\r\n"}, "501"},
    {Fault::vrfy_not_implemented, {"VRFY a\r\n"}, "502"},
    {Fault::ehlo_literal_answered_504, {"EHLO [127.0.0.1]\r\n"}, "504"},
    {Fault::helo_answered_550, {"HELO c.example\r\n"}, "550"},
    {Fault::second_ehlo_answered_550, {ehlo + ehlo}, "550"},
    {Fault::empty_line_answered_250, {"\r\n"}, "250 2.0.0"},
    {Fault::mail_begins_anew, {rcpt + "MAIL FROM:<>\r\nDATA\r\n"}, "2.1.0 Sender accepted\\r\\n503"},
    {Fault::data_answered_354, {ehlo + "DATA\r\na\r\n.\r\n"}, "554"},
    {Fault::message_for_nobody_answered_250, {mail + "DATA\r\na\r\n.\r\n"}, "250 2.0.0"},
    {Fault::relay_refused_after_data, {mail + "RCPT TO:<a@b.example>\r\nDATA\r\na\r\n.\r\n"}, "354"},
    {Fault::mail_wants_reset, {data + "0123456789abc\r\n.\r\nMAIL FROM:<>\r\n"}, "503 5.5.1 RSET", tiny},
    {Fault::null_sender_refused_at_rcpt, {ehlo + "MAIL FROM:<>\r\nRCPT TO:<alice@example.test>\r\n"}, "550"},
    {Fault::unknown_senders_refused, {ehlo + "MAIL FROM:<a@b.example>\r\n"}, "550"},
    {Fault::refused_mail_then_rcpt_is_554, {ehlo + "MAIL FROM:<\r\nRCPT TO:<alice@example.test>\r\n"}, "554"},
    {Fault::long_paths_answered_552, {mail + "RCPT TO:<" + std::string(60, 'a') + "@example.test>\r\n"}, "552"},
    {Fault::null_recipient_accepted, {mail + "RCPT TO:<>\r\n"}, "250 2.1.5"},
    {Fault::limit_of_64k, {ehlo}, "SIZE 65536"},
    {Fault::suspicious_message_dropped, {data + smuggled}, "delivered\\r\\n\nopen"},
    {Fault::suspicious_message_refused, {data + "a\r\nNOOP\r\n.\r\n"}, "554"},
    {Fault::trace_in_capitals, {data + "a\r\n.\r\n"}, "FROM", traced},
    {Fault::help_not_listed, {ehlo}, "250 AUTH"},
    {Fault::vrfy_tells_no_mailbox, {"VRFY a\r\n"}, "Known here"},
    {Fault::out_of_order_rcpt_is_554, {ehlo + "RCPT TO:<alice@example.test>\r\n"}, "554"},
};

std::string played(const Case& one, const Faults& faults) {
  Settings settings;
  settings.trace_header = false;
  settings.users["alice"] = "secret";
  if (one.change != nullptr) one.change(settings);
  Player player(settings, faults);
  for (const std::string& segment : one.segments) player.send(segment, 0);
  if (one.then != nullptr) one.then(player);
  return describe(player.played());
}

TEST_CASE("each fault is seen in what the server says or delivers, and only when it is switched on") {
  for (const Case& one : cases) {
    CAPTURE(name(one.fault));
    Faults faults;
    faults.add(one.fault);
    REQUIRE_FALSE(one.shows.empty());
    CHECK(played(one, faults).find(one.shows) != std::string::npos);
    CHECK(played(one, {}).find(one.shows) == std::string::npos);
  }
}

TEST_CASE("each fault has a case, a name of words and hyphens, and a summary") {
  REQUIRE(fault_table().size() == fault_count);
  for (const FaultRow& row : fault_table()) {
    CAPTURE(row.name);
    const auto tested =
        std::count_if(cases.begin(), cases.end(), [&](const Case& one) { return one.fault == row.fault; });
    CHECK(tested == 1);
    CHECK(row.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos);
    CHECK_FALSE(row.summary.empty());
    CHECK(fault_named(row.name) == row.fault);
    CHECK(name(row.fault) == row.name);
  }
  CHECK_FALSE(fault_named("no-such-fault"));
  CHECK_FALSE(fault_named(""));
  CHECK(Faults().none());
}

}  // namespace
}  // namespace smtpspec::reference
