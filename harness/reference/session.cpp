#include "harness/reference/session.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "harness/reference/command_faults.hpp"
#include "harness/reference/session_impl.hpp"
#include "harness/smtp/octets.hpp"

namespace smtpspec::reference {
namespace {

using smtp::Verb;

/// RFC 5321 section 4.5.3.2.7.
constexpr std::uint64_t patience = 5 * 60 * 1000;
constexpr std::uint64_t impatience = 500;

constexpr std::size_t max_line = 512;
/// What fgets() puts into a buffer of `max_line` octets: one octet is for the NUL.
constexpr std::size_t split_line = max_line - 1;
constexpr std::size_t short_line = 256;
constexpr std::size_t reply_buffer = 1024;
constexpr std::size_t lossy_octet = 4096;
constexpr std::size_t few_replies = 3;
constexpr std::size_t max_reply_text = 400;
/// What RFC 4954 section 4 finds enough for an AUTH exchange.
constexpr std::size_t max_auth_line = 12288;

/// The longest command line in octets, CRLF included: RFC 5321 section 4.5.3.1.4 and what extensions add to it.
std::size_t max_line_of(Verb verb) {
  constexpr std::size_t size = 26, binarymime = 16, smtputf8 = 10, dsn = 500, auth = 500;
  switch (verb) {
    case Verb::mail: return max_line + size + binarymime + smtputf8 + dsn + auth;  // RFC 1870, 3030, 6531, 3461, 4954
    case Verb::rcpt: return max_line + dsn;                                        // RFC 3461 section 4
    case Verb::auth: return max_auth_line;
    default: return max_line;
  }
}

smtp::LineReader::Ends line_ends(const Faults& faults) {
  return faults.has(Fault::lf_ends_command) ? smtp::LineReader::Ends::crlf_or_lf : smtp::LineReader::Ends::crlf_only;
}

std::string without_control(std::string_view line) {
  std::string kept(line);
  std::erase_if(kept, smtp::is_control);
  return kept;
}

}  // namespace

Session::Impl::Impl(const Settings& the_settings, const Faults& the_faults, bool is_under_tls)
    : settings(the_settings),
      faults(the_faults),
      under_tls(is_under_tls),
      lines(line_ends(the_faults)),
      loose(the_faults.has(Fault::end_of_data_trimmed)) {
  greet();
}

void Session::Impl::greet() {
  if (faults.has(Fault::greeting_masked)) return say(220, "", std::string(40, '*'));
  say(220, faults.has(Fault::enhanced_in_greeting) ? "2.0.0" : "",
      fmt::format("{} {} smtpspec reference server", settings.hostname, settings.lmtp ? "LMTP" : "ESMTP"));
}

/// Reads on until the octets are used up or something else is wanted first. The replies to a pipelined group come
/// together in `output` and so go out in one write (RFC 2920 section 3.2).
void Session::Impl::run() {
  while (want == Want::octets && used < input.size()) {
    std::string_view rest = std::string_view(input).substr(used);
    // `used` is set before anything acts on what was read, since a command may throw away what stands behind it.
    const auto read = [&] { used = input.size() - rest.size(); };
    switch (reading) {
      case Reading::commands:
      case Reading::auth_response: {
        const auto line = lines.take(rest);
        read();
        if (line) read_line(*line);
        break;
      }
      case Reading::data: {
        const bool ended = decode(rest);
        read();
        if (ended) data_ended();
        break;
      }
      case Reading::chunk: {
        take_chunk(chunk.take(rest));
        read();
        if (chunk.done() || (faults.has(Fault::chunk_ends_with_segment) && rest.empty())) chunk_ended();
        break;
      }
    }
  }
  input.erase(0, used);
  used = 0;
}

void Session::Impl::discard_unread() { input.resize(used); }

void Session::Impl::read_line(const smtp::CommandLine& line) {
  if (reading == Reading::auth_response) return auth_response(line);
  if (faults.has(Fault::long_line_splits) && line.octets > max_line) {
    const std::string_view bytes = line.bytes;
    for (std::size_t at = 0; at <= bytes.size() && want == Want::octets; at += split_line) {
      read_command(bytes.substr(at, split_line), 0);
    }
    return;
  }
  read_command(line.bytes, line.octets);
}

void Session::Impl::read_command(std::string_view line, std::size_t octets) {
  std::string printable;
  if (faults.has(Fault::control_octets_accepted)) line = printable = without_control(line);
  std::string shortened;
  if (faults.has(Fault::verbs_of_four_letters)) line = shortened = with_four_letters(line);
  if (crashes_on(line, {transaction.open}, faults)) return end(Want::close);
  if (line.empty() && faults.has(Fault::empty_line_unanswered)) return;
  const Verb verb = smtp::verb_of(line.substr(0, line.find(' ')));
  if (faults.has(Fault::long_orcpt_refused) && verb == Verb::rcpt && octets > max_line) {
    return say(500, "5.5.2", "Line too long");
  }
  if (octets > (faults.has(Fault::short_line_limit) ? short_line : max_line_of(verb))) {
    return say(500, verb == Verb::auth ? "5.5.6" : "5.5.2", "Line too long");
  }
  if (smtp::has_forbidden_octets(line)) {
    if (verb == Verb::mail && faults.has(Fault::invalid_utf8_accepted)) transaction.open = true;
    if ((verb == Verb::mail || verb == Verb::rcpt) && faults.has(Fault::invalid_utf8_accepted)) {
      return say(250, "2.1.0", "Accepted");
    }
    // RFC 5321 section 4.1.2 asks for 501 where nothing else is wrong, section 2.4 for 500 where they are not ASCII.
    const bool known = verb != Verb::unknown && std::none_of(line.begin(), line.end(), smtp::is_eight_bit);
    const std::string echo = faults.has(Fault::reply_echoes_control) ? ": " + std::string(line) : "";
    return say(known ? 501 : 500, "5.5.2", "Octets that no command may hold" + echo);
  }
  const smtp::CommandRules rules{.utf8 = client.extended, .parameters = client.extended};
  const auto parsed = smtp::parse_command(line, rules);
  if (const auto* command = std::get_if<smtp::Command>(&parsed)) {
    if (misjudged(*command, line)) return say(500, "5.5.2", "Command not recognized");
    return dispatch(*command);
  }
  const auto& error = std::get<smtp::CommandError>(parsed);
  if (const auto command = misread(error)) return dispatch(*command);
  refuse(error);
}

/// Enhanced codes go everywhere but into the greeting, the replies to EHLO and HELO, and 3yz (RFC 2034 section 4).
/// A text that repeats the client's words is cut, so that the line keeps to 512 octets (RFC 5321 section 4.5.3.1.5).
void Session::Impl::say(int code, std::string_view enhanced, std::string_view text) {
  if (faults.has(Fault::reply_buffer_overflows) && output.size() > reply_buffer) return;
  if (faults.has(Fault::enhanced_missing_under_tls) && under_tls) enhanced = "";
  const bool names_error = code == 500 || code == 501 || code == 503 || code == 555;
  if (faults.has(Fault::enhanced_missing_in_refusals) && names_error) enhanced = "";
  if (faults.has(Fault::no_enhanced_behind_helo) && !client.extended && !client.domain.empty()) enhanced = "";
  if (faults.has(Fault::out_of_order_resets) && code == 503) end_transaction();
  if (faults.has(Fault::unlisted_code) && code == 503) code = 509;
  text = text.substr(0, max_reply_text);
  output += fmt::format("{} {}{}{}\r\n", code, enhanced, enhanced.empty() ? "" : " ", text);
}

void Session::Impl::say_lines(int code, const std::vector<std::string>& texts) {
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const bool last = i + 1 == texts.size();
    const int shown = faults.has(Fault::continuation_code_changes) && i == 1 ? code + 1 : code;
    output += fmt::format("{}{}{}\r\n", shown, last ? ' ' : '-', texts[i]);
  }
}

/// Fault::last_reply_held_back: counts the last lines of replies.
void Session::Impl::hold_last_reply() {
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

void Session::Impl::end(Want last) {
  want = last;
  discard_unread();
}

Session::Session(const Settings& settings, const Faults& faults, bool under_tls)
    : impl_(std::make_unique<Impl>(settings, faults, under_tls)) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

Session::Want Session::want() const { return impl_->want; }
std::string Session::take_output() { return std::exchange(impl_->output, {}); }
const Accepted& Session::accepted() const { return impl_->transaction.mail; }

void Session::receive(std::string_view octets) {
  if (impl_->want == Want::close) return;
  impl_->spoken_to = true;
  impl_->output += std::exchange(impl_->held, {});
  const bool command = impl_->want == Want::octets && impl_->reading == Impl::Reading::commands;
  if (impl_->want == Want::octets && impl_->reading == Impl::Reading::data) {
    std::string spoilt(octets);
    spoil_segment(spoilt, impl_->faults);
    impl_->input += spoilt;
  } else {
    impl_->input += octets;
  }
  if (command && impl_->faults.has(Fault::cr_ends_command)) repair_bare_cr(impl_->input);
  if (impl_->faults.has(Fault::octet_lost_in_long_group) && command && impl_->input.size() >= lossy_octet) {
    impl_->input.erase(lossy_octet - 1, 1);
  }
  if (impl_->faults.has(Fault::segment_is_command) && command && !octets.ends_with('\n')) impl_->input += "\r\n";
  impl_->run();
  if (impl_->faults.has(Fault::last_reply_held_back)) impl_->hold_last_reply();
}

void Session::tls_started() {
  Impl& session = *impl_;
  session.want = Want::octets;
  session.under_tls = true;
  if (!session.faults.has(Fault::starttls_keeps_state)) {
    std::string user = std::move(session.client.user);
    session.client = {};
    if (session.faults.has(Fault::starttls_keeps_login)) session.client.user = std::move(user);
    session.end_transaction();
  }
  session.run();
}

void Session::tls_ended() {
  if (!impl_->faults.has(Fault::plain_text_behind_close_notify)) return hung_up();
  impl_->under_tls = false;
}

void Session::tls_failed() {
  if (!impl_->faults.has(Fault::starttls_failure_goes_on)) return impl_->end(Want::close);
  impl_->want = Want::octets;
}

void Session::delivered(const std::vector<bool>& success) {
  Impl& session = *impl_;
  if (session.want != Want::deliver) return;
  if (session.faults.has(Fault::delivers_twice) && !std::exchange(session.delivered_once, true)) return;
  session.delivered_once = false;
  if (session.gone) return session.end(Want::close);
  session.want = Want::octets;
  session.say_delivered(success);
  if (session.faults.has(Fault::login_lost_by_message)) session.client.user.clear();
  session.end_transaction();
  session.run();
}

void Session::hung_up() {
  Impl& session = *impl_;
  const bool reads = session.want == Want::octets;
  const bool in_data = reads && session.reading == Impl::Reading::data;
  const bool in_chunk =
      reads && session.reading == Impl::Reading::chunk && session.last_chunk && !session.chunk_refused;
  const bool between_chunks = reads && session.transaction.chunked && session.reading == Impl::Reading::commands;
  session.reading = Impl::Reading::commands;
  session.gone = true;
  session.end(Want::close);
  if (session.faults.has(Fault::quit_delivers_chunks) && between_chunks) session.accept();
  if (session.faults.has(Fault::half_message_delivered) && in_data) session.accept();
  if (session.faults.has(Fault::half_chunk_delivered) && in_chunk) session.accept();
}

void Session::timed_out() {
  if (impl_->faults.has(Fault::greeting_repeated) && !std::exchange(impl_->spoken_to, true)) return impl_->greet();
  impl_->say(421, "4.4.2", fmt::format("{} Too slow, closing the connection", impl_->settings.hostname));
  impl_->end(Want::close);
}

std::uint64_t Session::patience_ms() const {
  const Impl& session = *impl_;
  const bool in_message = session.reading == Impl::Reading::data && session.decoder.decoded() > 0;
  const bool slow = session.faults.has(Fault::slow_client_dropped) && (in_message || !session.lines.idle());
  const bool greets = session.faults.has(Fault::greeting_repeated) && !session.spoken_to;
  const bool idle = session.faults.has(Fault::idle_session_dropped) && session.reading == Impl::Reading::commands;
  if (idle && session.lines.idle()) return 2 * impatience;
  return slow || greets ? impatience : patience;
}

}  // namespace smtpspec::reference
