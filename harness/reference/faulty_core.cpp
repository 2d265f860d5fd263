#include "harness/reference/faulty_core.hpp"

#include <utility>

namespace smtpspec::reference {
namespace {

using smtp::Verb;

constexpr std::uint64_t impatience = 500;
constexpr std::size_t line_buffer = 512;
constexpr std::size_t reply_buffer = 1024;
constexpr std::size_t lossy_octet = 4096;
constexpr std::size_t few_replies = 3;

}  // namespace

FaultyCore::FaultyCore(const Settings& the_settings, const Faults& the_faults, bool is_under_tls)
    : Core(the_settings, is_under_tls), faults(the_faults) {
  if (has(Fault::lf_ends_command)) lines = smtp::LineReader(smtp::LineReader::Ends::crlf_or_lf);
}

void FaultyCore::greet() {
  if (has(Fault::early_octets_lost) && waiting == Waiting::no) return static_cast<void>(waiting = Waiting::to_greet);
  if (has(Fault::greeting_is_250)) return reply(250, "", settings.hostname);
  if (has(Fault::greeting_in_two_replies)) reply(220, "", settings.hostname);
  if (has(Fault::greeting_masked)) return reply(220, "", std::string(40, '*'));
  Core::greet();
}

void FaultyCore::receive(std::string_view octets) {
  spoken_to = true;
  if (waiting == Waiting::to_greet) return timed_out();
  if (waiting == Waiting::to_accept) timed_out();
  output += std::exchange(held, {});
  std::string segment = std::exchange(line_begun, {}).append(octets);
  if (want == Want::octets && reading == Reading::data) {
    if (has(Fault::line_end_not_checked) || has(Fault::end_of_data_trimmed)) {
      line_begun = segment.substr(segment.rfind('\n') + 1);
      segment.resize(segment.size() - line_begun.size());
    }
    spoil_segment(segment);
  }
  if (want == Want::octets && reading == Reading::commands) {
    if (has(Fault::crlf_alone_overlooked) && segment == "\r\n") segment.clear();
    if (has(Fault::cr_ends_command)) rewrite(segment, R"(\r\n?)", "\r\n");
    if (has(Fault::octet_lost_in_long_group) && segment.size() >= lossy_octet) segment.erase(lossy_octet - 1, 1);
    if (has(Fault::segment_is_command) && !octets.ends_with('\n')) segment += "\r\n";
  }
  Core::receive(segment);
  if (quitting && want == Want::octets) end(Want::close);
  if (has(Fault::last_reply_held_back)) hold_last_reply();
  const bool half = want == Want::octets && reading == Reading::commands && !lines.idle();
  if (half && has(Fault::replies_wait_for_the_line)) held = std::exchange(output, {});
}

void FaultyCore::read_line(const smtp::CommandLine& line) {
  const bool splits = has(Fault::long_line_splits) && reading == Reading::commands && line.octets > line_buffer;
  if (!splits) return Core::read_line(line);
  // fgets() leaves one octet of its buffer to the NUL.
  const std::string_view bytes = line.bytes;
  for (std::size_t at = 0; at <= bytes.size() && want == Want::octets; at += line_buffer - 1) {
    read_command(bytes.substr(at, line_buffer - 1), 0);
  }
}

void FaultyCore::reply(int code, std::string_view enhanced, std::string_view text) {
  if (quitting) return;
  if (has(Fault::reply_buffer_overflows) && output.size() > reply_buffer) return;
  if (std::exchange(answered_early, false) && code == 250) return;
  if (has(Fault::out_of_order_resets) && code == 503) end_transaction();
  if (has(Fault::unlisted_code) && code == 503) code = 509;
  if (has(Fault::code_out_of_range) && code == 500) code = 580;
  if (has(Fault::auth_success_is_250) && code == 235) code = 250;
  if (has(Fault::mail_answered_252) && answering == Verb::mail && code == 250) code = 252;
  if (has(Fault::rcpt_answered_252) && answering == Verb::rcpt && code == 250) code = 252;
  if (has(Fault::failed_login_forgets_ehlo) && answering == Verb::auth && code >= 500) client.domain.clear();

  const bool of_three = answering == Verb::rcpt || answering == Verb::rset || answering == Verb::noop;
  const bool of_extension = answering == Verb::starttls || answering == Verb::auth || answering == Verb::bdat;
  const bool names_error = code == 500 || code == 501 || code == 503 || code == 555;
  const bool after_helo = !client.extended && !client.domain.empty();
  if ((has(Fault::enhanced_missing) && of_three) || (has(Fault::enhanced_missing_under_tls) && under_tls) ||
      (has(Fault::enhanced_missing_of_extensions) && (of_extension || answering == Verb::quit)) ||
      (has(Fault::enhanced_missing_of_mail) && answering == Verb::mail && code == 250) ||
      (has(Fault::enhanced_missing_in_refusals) && names_error) || (has(Fault::no_enhanced_after_helo) && after_helo)) {
    enhanced = "";
  }
  if ((has(Fault::enhanced_in_greeting) && code == 220) || (has(Fault::enhanced_in_354) && code == 354) ||
      (has(Fault::enhanced_in_ehlo) && answering == Verb::helo && code == 250)) {
    enhanced = "2.0.0";
  }
  Core::reply(code, enhanced, text);
  memory.refusals += code >= 500 ? 1 : 0;
  if (memory.refusals >= few_refusals && has(Fault::errors_end_the_session)) end(Want::close);
}

void FaultyCore::reply_lines(int code, std::vector<std::string> texts) {
  if (quitting) return;
  if (has(Fault::ehlo_answered_251) && code == 250) code = 251;
  if (has(Fault::ehlo_masked) && code == 250) texts.front() = std::string(20, '*');
  if (has(Fault::enhanced_in_ehlo)) texts.front().insert(0, "2.0.0 ");
  if (has(Fault::greet_with_control_octets) && code == 250) texts.front() += "\x07\x1b[1m";
  const std::size_t second = output.size() + texts.front().size() + 6;
  const std::size_t first = output.size();
  Core::reply_lines(code, std::move(texts));
  const bool several = has(Fault::ehlo_in_several_replies);
  for (std::size_t at = first; code == 250 && at + 3 < output.size(); at = output.find('\n', at) + 1)
    if (several || has(Fault::ehlo_reply_without_end)) output[at + 3] = several ? ' ' : '-';
  if (has(Fault::continuation_code_changes) && second < output.size()) ++output[second + 2];
}

/// Fault::last_reply_held_back: counts the last lines of replies.
void FaultyCore::hold_last_reply() {
  std::size_t replies = 0;
  std::size_t last = 0;
  for (std::size_t at = 0; at < output.size(); at = output.find('\n', at) + 1) {
    if (at + 3 >= output.size() || output[at + 3] != ' ') continue;
    ++replies;
    last = at;
  }
  if (replies < few_replies || want != Want::octets) return;
  held = output.substr(last);
  output.resize(last);
}

void FaultyCore::tls_started() {
  const Client before = client;
  const Transaction kept = transaction;
  // Octets of the same connection are read on only when the state is as the fault has it.
  std::string unread = std::exchange(input, {});
  Core::tls_started();
  if (has(Fault::starttls_keeps_login)) client.user = before.user;
  if (has(Fault::starttls_keeps_chunks)) memory.chunks = kept.mail.message;
  if (has(Fault::starttls_keeps_state)) {
    client = before;
    transaction = kept;
  }
  input = std::move(unread);
  run();
}

void FaultyCore::tls_ended() {
  if (!has(Fault::plain_text_after_close_notify)) return peer_closed();
  under_tls = false;
}

void FaultyCore::tls_failed() {
  if (!has(Fault::starttls_failure_goes_on)) return Core::tls_failed();
  want = Want::octets;
}

void FaultyCore::delivered(const std::vector<bool>& success) {
  if (has(Fault::delivers_twice) && !std::exchange(delivered_once, true)) return;
  delivered_once = false;
  if (gone) return end(Want::close);
  if (has(Fault::login_lost_by_message)) client.user.clear();
  Core::delivered(success);
  if (quitting && want == Want::octets) end(Want::close);
}

void FaultyCore::peer_closed() {
  if (waiting == Waiting::to_accept) answer_one(true);
  const bool reads = want == Want::octets;
  const bool in_data = reads && reading == Reading::data;
  const bool in_chunk = reads && reading == Reading::chunk && last_chunk && !chunk_refusal;
  const bool in_other_chunk = reads && reading == Reading::chunk && !last_chunk && !chunk_refusal;
  const bool between_chunks = reads && reading == Reading::commands && transaction.chunked;
  reading = Reading::commands;
  gone = true;
  Core::peer_closed();
  if ((has(Fault::quit_delivers_chunks) && between_chunks) || (has(Fault::half_message_delivered) && in_data) ||
      (has(Fault::half_chunk_delivered) && in_chunk) || (has(Fault::half_chunk_not_last_delivered) && in_other_chunk)) {
    accept();
  }
}

/// Where the server waits by a fault, it goes on.
void FaultyCore::timed_out() {
  if (waiting == Waiting::to_greet) {
    Core::greet();
    waiting = Waiting::over;
    return;
  }
  if (std::exchange(waiting, Waiting::over) == Waiting::to_accept) return Core::data_ended();
  if (has(Fault::greeting_repeated) && !std::exchange(spoken_to, true)) return greet();
  Core::timed_out();
}

std::uint64_t FaultyCore::patience_ms() const {
  const bool waits = waiting == Waiting::to_greet || waiting == Waiting::to_accept;
  if (waits || has(Fault::shuts_down_when_idle)) return impatience / 5;
  const bool in_message = reading == Reading::data && decoder.decoded() > 0;
  const bool slow = has(Fault::slow_client_dropped) && (in_message || !lines.idle());
  const bool greets = has(Fault::greeting_repeated) && !spoken_to;
  if (has(Fault::idle_session_dropped) && reading == Reading::commands && lines.idle()) return 2 * impatience;
  return slow || greets ? impatience : Core::patience_ms();
}

}  // namespace smtpspec::reference
