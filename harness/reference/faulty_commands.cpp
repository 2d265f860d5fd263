
#include <utility>

#include "harness/reference/faulty_core.hpp"
#include "harness/smtp/base64.hpp"

namespace smtpspec::reference {
namespace {

using smtp::Command;
using smtp::Verb;

constexpr std::size_t auth_buffer = 1024;
constexpr std::size_t long_route = 10;
constexpr std::size_t many_messages = 10;

/// A SCRAM message that begins an exchange without its user or nonce (RFC 5802 section 7).
bool is_malformed_scram(const Command& command) {
  if (command.mechanism != "SCRAM-SHA-256" || !command.initial_response) return false;
  return !fits(smtp::base64_decode(*command.initial_response).value_or(""), "\\A[nyp][^,]*,[^,]*,n=[^,]+,r=[^,]+");
}

}  // namespace

void FaultyCore::dispatch(const Command& given) {
  die_of(given);
  Command command = given;
  answering = command.verb;
  if (misjudged(command)) return reply(500, "5.5.2", "Command not recognized");
  if (hangs_up_on(command)) return end(Want::close);
  const bool names = command.verb == Verb::vrfy || command.verb == Verb::expn;
  const bool neutral = names || command.verb == Verb::noop || command.verb == Verb::help;
  if (neutral && has(Fault::other_commands_reset)) end_transaction();
  if ((neutral || command.verb == Verb::ehlo) && has(Fault::input_lost_after_noop)) discard_unread();
  if (command.verb == Verb::vrfy && has(Fault::vrfy_becomes_recipient) && !transaction.mail.recipients.empty()) {
    transaction.mail.recipients.push_back({command.argument, {}});
  }
  if (names && has(Fault::vrfy_confirms_anybody)) return reply(250, "2.1.5", command.argument);
  if (command.verb == Verb::rcpt) ++memory.rcpts;
  if (has(Fault::initial_response_overlooked) && command.mechanism == "CRAM-MD5") command.initial_response.reset();
  if (has(Fault::unknown_mechanism_taken) && mechanism_of(command) == nullptr) command.mechanism = "PLAIN";
  Core::dispatch(command);
  if (names && has(Fault::vrfy_echoes_utf8)) output.insert(output.size() - 2, ": " + command.argument);
}

void FaultyCore::refuse(const Refusal& refusal, const Command& command) {
  if (refusal.why == Why::too_large) memory.size_refused = true;
  if (refusal.why == Why::other_protocol && has(Fault::unknown_command_hangs_up)) return end(Want::close);
  const bool keeps_order = refusal.code < 500 || refusal.code == 503;
  if (command.verb != Verb::rcpt || keeps_order) return Core::refuse(refusal, command);
  die_of_refusal();
  if (has(Fault::rcpt_hangs_up)) return end(Want::close);

  if (has(Fault::refused_recipient_resets)) end_transaction();
  if (refusal.why == Why::unknown_mailbox || refusal.why == Why::foreign_mailbox) taken.push_back(false);
  const bool unknown = refusal.why == Why::unknown_mailbox;
  if (unknown && has(Fault::refused_recipient_delivered)) refused.push_back({smtp::to_string(command.path), {}});
  std::string enhanced(has(Fault::enhanced_class_differs) ? "2.1.1" : refusal.enhanced);
  if (has(Fault::enhanced_with_colon)) enhanced += ':';
  std::string text(unknown && has(Fault::refusal_in_utf8) ? "Empf\xc3\xa4nger unbekannt" : refusal.text);
  if (refusal.why == Why::no_smtputf8 && has(Fault::reply_echoes_utf8)) text += ": " + smtp::to_string(command.path);
  const bool mailbox = unknown || refusal.why == Why::foreign_mailbox;
  reply(mailbox && has(Fault::unlisted_code) ? 540 : refusal.code, enhanced, text);
  if (mailbox && has(Fault::refusals_repeat_the_line)) {
    const std::string path = smtp::to_string(command.path);
    output.insert(output.size() - 2, ": <" + path + ">, " + path);
  }
  if (has(Fault::reply_breaks_in_text)) output.insert(output.size() - 4, "\r\n");
  if (has(Fault::pipeline_dropped_after_refusal)) discard_unread();
}

bool FaultyCore::hangs_up_on(const Command& command) const {
  const bool strange = client.domain.empty();
  const bool extension = command.verb == Verb::starttls || command.verb == Verb::auth;
  const bool numeric = !command.domain.empty() && command.domain.find_first_not_of("0123456789.") == std::string::npos;
  return (extension && strange && has(Fault::extensions_before_ehlo_crash)) ||
         (numeric && has(Fault::malformed_name_hangs_up)) ||
         (command.verb == Verb::rcpt && command.path.mailbox.domain.starts_with('[') && has(Fault::rcpt_hangs_up)) ||
         (command.verb == Verb::mail && command.path.mailbox.local_part.find('-') != std::string::npos &&
          has(Fault::sender_with_hyphen_hangs_up)) ||
         (is_malformed_scram(command) && has(Fault::malformed_scram_hangs_up)) ||
         (command.path.source_route.size() > long_route && has(Fault::long_route_hangs_up)) ||
         (command.verb == Verb::mail && strange && has(Fault::mail_before_ehlo_crashes)) ||
         (command.verb == Verb::mail && memory.messages >= many_messages && has(Fault::many_messages_hang_up)) ||
         (command.verb == Verb::data && chunk_refusal && has(Fault::refused_chunk_then_data_crashes)) ||
         (command.verb == Verb::bdat && !transaction.open && has(Fault::bdat_outside_hangs_up));
}

std::vector<std::string> FaultyCore::keywords() const {
  if (has(Fault::keywords_once) && memory.listed) return {};
  if (has(Fault::no_extension_offered) && !settings.lmtp) return {"HELP"};
  std::vector<std::string> words = Core::keywords();
  const auto drop = [&](std::string_view prefix) {
    std::erase_if(words, [&](const std::string& word) { return word.starts_with(prefix); });
  };
  const auto add = [&](const char* word) { words.insert(words.begin(), word); };
  if (has(Fault::lmtp_lists_no_pipelining) && settings.lmtp) drop("PIPELINING");
  if (has(Fault::help_not_listed)) drop("HELP");
  if (has(Fault::smtputf8_without_8bitmime)) drop("8BITMIME");
  if (has(Fault::lmtp_lists_no_8bitmime) && settings.lmtp) drop("8BITMIME");
  if (has(Fault::binarymime_without_chunking)) drop("CHUNKING");
  if (has(Fault::auth_lists_no_mechanism)) drop("AUTH");
  if (has(Fault::auth_lists_no_mechanism)) add("AUTH");
  if (has(Fault::keyword_listed_twice)) add("8BITMIME");
  if (has(Fault::keyword_unregistered)) add("TURBO");
  if (has(Fault::starttls_advertised_under_tls) && under_tls) add("STARTTLS");
  if (has(Fault::expn_listed_unimplemented)) add("EXPN");
  if (has(Fault::keyword_with_equals_sign)) add("AUTH=PLAIN LOGIN");
  for (std::string& word : words) {
    const bool bare = word.find(' ') == word.npos && word != "AUTH" && word != "HELP";
    if (bare && has(Fault::keyword_with_parameter)) word += " yes";
    if (word.starts_with("SIZE ") && has(Fault::size_keyword_not_a_number)) word = "SIZE 10M";
    if (word.starts_with("SIZE ") && has(Fault::limit_of_64k)) word = "SIZE 65536";
    if (word.starts_with("SIZE ") && has(Fault::size_of_24_digits)) word = "SIZE 100000000000000000000000";
    if (word.starts_with("SIZE ") && has(Fault::limit_below_64k)) word = "SIZE 50000";
  }
  return words;
}

void FaultyCore::carry_out(const Command& command) {
  const Transaction before = transaction;
  const std::size_t answered = output.size();
  const std::string unread = input.substr(used);
  const Verb verb = command.verb;
  const auto is = [&](Verb one, Fault fault) { return verb == one && has(fault); };
  if (is(Verb::noop, Fault::noop_unanswered) || is(Verb::help, Fault::help_unanswered)) return;
  if (is(Verb::noop, Fault::noop_ends_chunks)) transaction.mail.message.clear();
  if (is(Verb::quit, Fault::quit_without_reply)) {
    end(Want::close);
  } else {
    Core::carry_out(command);
  }

  const bool hello = verb == Verb::ehlo || verb == Verb::lhlo;
  memory.listed = memory.listed || hello;
  if (hello || verb == Verb::helo || verb == Verb::rset) memory.message_refused = memory.mail_refused = false;
  if (memory.first_name.empty()) memory.first_name = client.domain;
  if ((hello || verb == Verb::helo) && has(Fault::ehlo_keeps_recipients))
    transaction.mail.recipients = before.mail.recipients;
  if (hello && has(Fault::ehlo_answered_twice)) reply(250, "", "Pleased to meet you");
  if ((hello && has(Fault::ehlo_keeps_transaction)) || is(Verb::helo, Fault::helo_keeps_transaction) ||
      is(Verb::rset, Fault::rset_keeps_transaction)) {
    transaction = before;
  }
  const bool keeps_chunks = (hello && has(Fault::ehlo_keeps_chunks)) || is(Verb::rset, Fault::rset_keeps_chunks);
  if (keeps_chunks && before.chunked) transaction.mail.message = before.mail.message;
  if ((hello && has(Fault::login_lost_by_ehlo)) || is(Verb::rset, Fault::login_lost_by_rset)) client.user.clear();
  if (is(Verb::rset, Fault::rset_forgets_ehlo)) client.domain.clear();
  if (verb == Verb::rset) chunk_refusal.reset();
  if (is(Verb::helo, Fault::helo_lists_keywords)) {
    output.resize(answered);
    reply_lines(250, keywords());
  }
  if (is(Verb::help, Fault::help_in_two_replies)) reply(214, "2.0.0", "And that is all");
  if (is(Verb::help, Fault::enhanced_on_last_line_alone)) output.erase(answered + 4, 6);
  if (is(Verb::help, Fault::enhanced_differs_between_lines)) output[answered + 6] = '1';
  if (is(Verb::help, Fault::reply_too_long)) output.insert(output.size() - 2, 512, '.');
  if (memory.utf8 && is(Verb::noop, Fault::replies_in_utf8_once_asked))
    output.insert(output.size() - 2, " \xe2\x9c\x93");
  if (is(Verb::noop, Fault::reply_ends_in_lf)) output.erase(output.size() - 2, 1);
  if (is(Verb::noop, Fault::noop_separator_wrong)) output[answered + 3] = '/';
  if (is(Verb::noop, Fault::noop_answered_by_code_alone)) output.replace(answered, output.npos, "250\r\n");
  if (is(Verb::quit, Fault::quit_reply_cut_short)) output.resize(output.size() - 2);
  if (is(Verb::quit, Fault::reply_after_quit)) reply(250, "2.0.0", "And good night");
  if (is(Verb::quit, Fault::quit_delivers_chunks) && before.chunked) {
    gone = true;
    accept();
  }
  if (is(Verb::starttls, Fault::starttls_keeps_buffer)) input += unread;
  if (want == Want::tls && has(Fault::handshake_fails)) end(Want::close);
  if (is(Verb::quit, Fault::quit_reads_on)) {
    want = Want::octets;
    input += unread;
    quitting = true;
  }
}

void FaultyCore::auth_response(const smtp::CommandLine& line) {
  die_of_response(line.bytes);
  if (has(Fault::auth_long_line_hangs_up) && line.bytes.size() > auth_buffer) return end(Want::close);
  if (line.bytes == "*" && has(Fault::auth_cannot_be_cancelled)) return reply(334, "", challenge);
  Core::auth_response(line);
}

void FaultyCore::auth_decode(std::string_view text) {
  std::string kept(text);
  if (has(Fault::auth_skips_bad_base64)) rewrite(kept, "[^A-Za-z0-9+/=]", "");
  const bool bad = !smtp::base64_decode(kept);
  if (bad && has(Fault::bad_base64_is_535)) return Core::auth_failed();
  if (bad && has(Fault::bad_base64_is_570)) return auth_ended(501, "5.7.0", "Not base64");
  Core::auth_decode(kept);
}

void FaultyCore::auth_challenge(std::string_view octets) {
  Core::auth_challenge(octets);
  if (octets.ends_with(':') && has(Fault::login_challenges_empty)) {
    output.erase(output.size() - 2 - challenge.size(), challenge.size());
  }
  if (has(Fault::auth_challenge_in_words)) output.insert(output.size() - 2 - challenge.size(), "Please answer: ");
}

void FaultyCore::auth_failed() {
  if (has(Fault::auth_accepts_anything)) return auth_succeeded();
  if (std::exchange(memory.password_refused, true) && has(Fault::second_wrong_login_hangs_up)) return end(Want::close);
  Core::auth_failed();
}

void FaultyCore::auth_succeeded() {
  const bool final_failure = has(Fault::auth_failure_is_final) && memory.password_refused;
  if (final_failure || (has(Fault::auth_fails_under_tls) && under_tls)) return Core::auth_failed();
  if (has(Fault::mechanism_too_weak)) return auth_ended(534, "5.7.9", "Too weak for this user");
  if (has(Fault::auth_ends_session_state)) client.domain.clear();
  memory.logged_in = true;
  if (has(Fault::input_lost_after_auth)) discard_unread();
  Core::auth_succeeded();
}

}  // namespace smtpspec::reference
