#include "harness/reference/session.hpp"

#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "harness/reference/core.hpp"
#include "harness/reference/faulty_core.hpp"

namespace smtpspec::reference {
namespace {

using smtp::Verb;

/// RFC 5321 section 4.5.3.2.7.
constexpr std::uint64_t patience = 5 * 60 * 1000;
constexpr std::size_t max_reply_text = 400;

}  // namespace

std::size_t max_line_of(Verb verb) {
  constexpr std::size_t line = 512, size = 26, binarymime = 16, smtputf8 = 10, dsn = 500, auth = 500;
  switch (verb) {
    case Verb::mail: return line + size + binarymime + smtputf8 + dsn + auth;  // RFC 1870, 3030, 6531, 3461, 4954
    case Verb::rcpt: return line + dsn;                                        // RFC 3461 section 4
    case Verb::auth: return 12288;                                             // RFC 4954 section 4
    default: return line;
  }
}

void Core::greet() {
  reply(220, "", fmt::format("{} {} smtpspec reference server", settings.hostname, settings.lmtp ? "LMTP" : "ESMTP"));
}

void Core::receive(std::string_view octets) {
  input += octets;
  run();
}

/// Reads on until the octets are used up or something else is wanted first. The replies to a pipelined group come
/// together in `output` and so go out in one write (RFC 2920 section 3.2).
void Core::run() {
  while (want == Want::octets && used < input.size()) {
    std::string_view rest = std::string_view(input).substr(used);
    // `used` is set before anything acts on what was read, since a command may throw away what stands after it.
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
        if (chunk_is_whole()) chunk_ended();
        break;
      }
    }
  }
  input.erase(0, used);
  used = 0;
}

void Core::read_line(const smtp::CommandLine& line) {
  if (reading == Reading::auth_response) return auth_response(line);
  read_command(line.bytes, line.octets);
}

void Core::read_command(std::string_view line, std::size_t octets) {
  if (settings.takes_everything && octets <= smtp::LineReader::max_line) {
    if (const auto command = read_lax(line)) return dispatch(*command);
  }
  const Verb verb = smtp::verb_of(line.substr(0, line.find(' ')));
  if (octets > max_line_of(verb)) return reply(500, verb == Verb::auth ? "5.5.6" : "5.5.2", "Line too long");
  if (smtp::has_forbidden_octets(line)) return refuse_octets(line);
  if (verb == Verb::mail) ++client.mails;
  if (verb == Verb::rcpt && transaction.open) ++transaction.rcpts;
  const smtp::CommandRules rules{.utf8 = client.extended, .parameters = client.extended};
  const auto parsed = smtp::parse_command(line, rules);
  if (const auto* command = std::get_if<smtp::Command>(&parsed)) return dispatch(*command);
  refuse_syntax(std::get<smtp::CommandError>(parsed));
}

void Core::begin_line(int code, char separator) {
  const auto digit = [code](int unit) { return static_cast<char>('0' + code / unit % 10); };
  const char octets[] = {digit(100), digit(10), digit(1), separator};
  output.append(std::begin(octets), std::end(octets));
}

/// Enhanced codes go everywhere but into the greeting, the replies to EHLO and HELO, and 3yz (RFC 2034 section 4).
/// A text that repeats the client's words is cut, so that the line keeps to 512 octets (RFC 5321 section 4.5.3.1.5).
void Core::reply(int code, std::string_view enhanced, std::string_view text) {
  text = text.substr(0, max_reply_text);
  begin_line(code, ' ');
  output.append(enhanced).append(enhanced.empty() ? "" : " ").append(text).append("\r\n");
}

void Core::reply_lines(int code, std::vector<std::string> texts) {
  for (const std::string& text : texts) {
    begin_line(code, &text == &texts.back() ? ' ' : '-');
    output.append(text).append("\r\n");
  }
}

void Core::end(Want last) {
  want = last;
  discard_unread();
}

void Core::tls_started() {
  want = Want::octets;
  under_tls = true;
  client = {};
  end_transaction();
  run();
}

void Core::delivered(const std::vector<bool>& success) {
  want = Want::octets;
  answer_delivered(success);
  end_transaction();
  run();
}

void Core::timed_out() {
  reply(421, "4.4.2", fmt::format("{} Too slow, closing the connection", settings.hostname));
  end(Want::close);
}

std::uint64_t Core::patience_ms() const { return patience; }

Session::Session(const Settings& settings, bool under_tls) : core_(std::make_unique<Core>(settings, under_tls)) {
  core_->greet();
}
Session::Session(const Settings& settings, const Faults& faults, bool under_tls) : Session(settings, under_tls) {
  if (faults.none()) return;
  core_ = std::make_unique<FaultyCore>(settings, faults, under_tls);
  core_->greet();
}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

Session::Want Session::want() const { return core_->want; }
std::string Session::take_output() { return std::exchange(core_->output, {}); }
const Accepted& Session::accepted() const { return core_->transaction.mail; }

std::size_t Session::take_overhead() { return std::exchange(core_->overhead, 0); }

void Session::accepted_from(std::string client) { core_->transaction.mail.client = std::move(client); }

void Session::receive(std::string_view octets) {
  if (core_->want != Want::close) core_->receive(octets);
}
void Session::tls_started() { core_->tls_started(); }
void Session::tls_ended() { core_->tls_ended(); }
void Session::tls_failed() { core_->tls_failed(); }
void Session::delivered(const std::vector<bool>& success) {
  if (core_->want == Want::deliver) core_->delivered(success);
}
void Session::peer_closed() { core_->peer_closed(); }
void Session::timed_out() { core_->timed_out(); }
std::uint64_t Session::patience_ms() const { return core_->patience_ms(); }
bool Session::says_close_notify() const { return core_->says_close_notify(); }

}  // namespace smtpspec::reference
