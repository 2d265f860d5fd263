#include "harness/reference/fault.hpp"

#include <algorithm>

#include <catch2/catch_test_macros.hpp>

#include "harness/reference/dialogue_test.hpp"

namespace smtpspec::reference {
namespace {

using namespace std::string_literals;

/// What a client does that brings a fault to light, and a piece of what then is seen and otherwise is not.
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
    {Fault::second_message_lost, {data + "first\r\n.\r\n" + again}, ""},
    {Fault::delivers_twice,
     {data + "a\r\n.\r\n"},
     ": a\\r\\n\nmessage from <Sender@C.example> to <alice@example.test>: a"},
    {Fault::size_never_enforced, {data + "0123456789a\r\n.\r\n"}, "250 2.0.0 Message", tiny},
    {Fault::reply_twice, {data + ".\r\n"}, "Message delivered\\r\\n250 2.0.0 Message delivered"},
    {Fault::lmtp_single_reply,
     {"LHLO c.example\r\nMAIL FROM:<>\r\n" + recipients(2) + "DATA\r\n.\r\nQUIT\r\n"},
     "period\\r\\n250 2.0.0 Message delivered\\r\\n221",
     lmtp},

    {Fault::any_line_end_ends_data, {data + "a\r.\n" + smuggled}, "message from <smuggled@evil.example>"},
    {Fault::line_end_not_checked, {data + "a\n.x\n" + smuggled}, "message from <smuggled@evil.example>"},
    {Fault::end_of_data_trimmed, {data + "a\r\n . \r\n" + smuggled}, "message from <smuggled@evil.example>"},
    {Fault::end_of_data_in_one_segment, {data + "a\r\n", ".\r\n"}, ""},
    {Fault::second_cr_hides_the_end, {data + "a\r\r\n.\r\n"}, ""},
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
     "451",
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
    {Fault::rset_unknown, {"RSET\r\n"}, "500"},
    {Fault::argument_overlooked, {"QUIT now\r\n"}, "221"},
    {Fault::vrfy_confirms_anybody, {"VRFY nobody\r\n"}, "250 2.1.5 nobody"},
    {Fault::expn_listed_unimplemented, {"EXPN list\r\n"}, "502"},
    {Fault::reply_buffer_overflows, {mail + recipients(50)}, ""},
    {Fault::starttls_twice, {ehlo + "STARTTLS\r\n", "STARTTLS\r\n"}, "TLS\\r\\n220 2.0.0 Ready"},
    {Fault::plain_text_behind_close_notify, {ehlo + "STARTTLS\r\n"}, "250 2.0.0", nullptr, speak_plainly},
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

    {Fault::verbs_case_sensitive, {"noop\r\n"}, "500"},
    {Fault::keywords_case_sensitive, {ehlo + "MAIL from:<>\r\n"}, "500"},
    {Fault::trailing_space_refused, {"NOOP \r\n"}, "500"},
    {Fault::lf_ends_command, {"NOOP\nNOOP\r\n"}, "250"},
    {Fault::long_line_splits, {std::string(511, 'x') + "QUIT\r\n"}, "221"},
    {Fault::helo_refused, {"HELO c.example\r\n"}, "500"},
    {Fault::vrfy_unknown, {"VRFY alice\r\n"}, "500"},
    {Fault::noop_argument_refused, {"NOOP x\r\n"}, "501"},
    {Fault::noop_unanswered, {"NOOP\r\nQUIT\r\n"}, "server\\r\\n221"},
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
    {Fault::starttls_advertised_under_tls, {ehlo + "STARTTLS\r\n", ehlo}, ""},
    {Fault::starttls_with_argument, {ehlo + "STARTTLS now\r\n"}, "220 2.0.0"},

    {Fault::auth_accepts_anything, {ehlo + "AUTH PLAIN AGFsaWNlAHdyb25n\r\n"}, "235"},
    {Fault::auth_cannot_be_cancelled, {ehlo + "AUTH PLAIN\r\n*\r\n"}, "334 \\r\\n334 "},
    {Fault::auth_twice, {ehlo + right + right}, "Authenticated\\r\\n235"},
    {Fault::auth_in_transaction, {mail + right}, "235"},
    {Fault::auth_skips_bad_base64, {ehlo + "AUTH PLAIN\r\nAGFs!aWNlAHNlY3JldA==\r\n"}, "235"},
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
    const std::string clean = played(one, {}), faulty = played(one, faults);
    CHECK(clean != faulty);
    CHECK(faulty.find(one.shows) != std::string::npos);
    if (!one.shows.empty()) CHECK(clean.find(one.shows) == std::string::npos);
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
