#include "harness/engine/conversation.hpp"

#include <algorithm>
#include <utility>

#include "harness/engine/values.hpp"
#include "harness/scenario/octets.hpp"
#include "harness/smtp/bytes.hpp"
#include "harness/smtp/octets.hpp"

namespace smtpspec::engine {

using std::chrono::milliseconds;
using wire::End;
using wire::Event;

Conversation::Conversation(wire::Recorder& recorder, std::size_t session, Patience patience,
                           std::chrono::steady_clock::time_point until)
    : recorder_(recorder), session_(session), patience_(patience), until_(until) {}

milliseconds Conversation::left(milliseconds wanted) const {
  const auto rest = std::chrono::duration_cast<milliseconds>(until_ - std::chrono::steady_clock::now());
  return std::clamp(rest, milliseconds(1), std::max(wanted, milliseconds(1)));
}

void Conversation::run_out_of_time() {
  if (!out_of_time_) record(Event::Kind::stopped, {}, std::string(engine::out_of_time));
  out_of_time_ = true;
}

void Conversation::record(Event::Kind kind, std::string octets, std::string text, bool beneath_tls) {
  Event event;
  event.kind = kind;
  event.octets = std::move(octets);
  observer_.take(event);
  recorder_.add(kind, session_, std::move(event.octets), std::move(text), beneath_tls);
}

asio::awaitable<bool> Conversation::connect(const scenario::Target& target, const std::string& source,
                                            wire::TlsContext& tls) {
  auto connected = co_await wire::connect_tcp(target.host, target.port, source, left(patience_.reply));
  if (!connected.transport) {
    record(Event::Kind::refused, {}, connected.problem);
    gone_ = true;
    co_return false;
  }
  record(Event::Kind::connected, {}, connected.transport->local() + " -> " + connected.transport->remote());
  stream_.emplace(std::move(connected.transport));
  if (target.scheme == scenario::Scheme::smtps) co_return co_await handshake(target, tls);
  co_return true;
}

asio::awaitable<bool> Conversation::handshake(const scenario::Target& target, wire::TlsContext& tls) {
  if (!open()) co_return false;
  const std::string& name = target.tls.name.empty() ? target.host : target.tls.name;
  const auto done = co_await stream_->handshake(tls, wire::TlsEngine::Role::client, name, left(patience_.reply));
  if (done.end == End::octets) {
    record(Event::Kind::tls_started, {}, stream_->tls_description());
    co_return true;
  }
  record(Event::Kind::tls_failed, {}, done.end == End::deadline ? "the handshake took too long" : done.problem);
  gone_ = true;
  co_return false;
}

namespace {

bool says_starttls(std::string_view octets) {
  constexpr std::string_view verb = "STARTTLS";
  const auto same = [](char a, char b) { return smtp::to_upper(a) == b; };
  return std::search(octets.begin(), octets.end(), verb.begin(), verb.end(), same) != octets.end();
}

}  // namespace

/// In parts that may each take as long as a reply: a server that is slow but reads on is not stuck.
asio::awaitable<wire::Written> Conversation::write(std::string_view octets, bool beneath_tls) {
  constexpr std::size_t most = std::size_t{256} << 10;
  wire::Written written;
  do {
    const std::string_view part = octets.substr(0, most);
    octets.remove_prefix(part.size());
    // Not one conditional expression: g++ 12 ends the temporaries of both its branches.
    if (beneath_tls)
      written = co_await stream_->write_beneath(part, left(patience_.reply));
    else
      written = co_await stream_->write(part, left(patience_.reply));
  } while (written.end == End::octets && !octets.empty());
  co_return written;
}

asio::awaitable<bool> Conversation::send(std::string_view octets, const scenario::Cut& cut, bool beneath_tls,
                                         const std::vector<std::string>& secrets) {
  for (const std::string& secret : secrets) secrets_.push_back(secret);
  // Secrets are taken out over the whole, so that no cut hides one; then the segments are no longer told apart.
  if (!secrets.empty()) record(Event::Kind::sent, without_secrets(std::string(octets), secrets), {}, beneath_tls);
  said_starttls_ = said_starttls_ || says_starttls(octets);
  const auto segments = scenario::segments_of(octets, cut);
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (!open() || out_of_time_) co_return false;
    const wire::Written written = co_await write(segments[i], beneath_tls);
    if (written.end != End::octets) {
      takes_no_more_ = true;
      record(Event::Kind::send_failed, {}, written.end == End::deadline ? "the server takes no more" : written.problem);
      co_return false;
    }
    if (secrets.empty()) record(Event::Kind::sent, std::string(segments[i]), {}, beneath_tls);
    if (cut.pause.count() > 0 && i + 1 < segments.size()) co_await listen(cut.pause);
  }
  co_return true;
}

namespace {

/// A TLS alert record (RFC 8446 sections 5.1 and 6): type, version, length, level and description.
constexpr std::size_t alert_size = 7;

/// Where an alert begins at the begin of a line, perhaps cut short, or the end of the octets. No SMTP reply begins so.
std::size_t find_alert(std::string_view octets) {
  constexpr std::string_view type_and_version = "\x15\x03";
  std::size_t begin = 0;
  while (begin < octets.size() && !type_and_version.starts_with(octets.substr(begin, type_and_version.size()))) {
    const std::size_t line_end = octets.find("\r\n", begin);
    begin = line_end == std::string_view::npos ? octets.size() : line_end + 2;
  }
  return begin;
}

}  // namespace

/// Octets that were sent in place of a ClientHello are answered in TLS, and this is no reply of any command. It may
/// come with the reply to STARTTLS, and in parts.
void Conversation::take_octets(std::string_view octets) {
  octets_read_ += octets.size();
  const auto cut_off = [&octets](std::size_t count) {
    const std::string_view part = octets.substr(0, count);
    octets.remove_prefix(part.size());
    return part;
  };
  while (!octets.empty()) {
    if (alert_left_ == 0) {
      const std::string_view text = cut_off(said_starttls_ && !under_tls() ? find_alert(octets) : octets.size());
      if (!text.empty()) record(Event::Kind::received, without_secrets(std::string(text), secrets_));
      if (octets.empty()) return;
      alert_left_ = alert_size;
    }
    const std::string_view part = cut_off(alert_left_);
    alert_left_ -= part.size();
    record(Event::Kind::tls_closed, {}, "alert " + smtp::escape(part));
  }
}

void Conversation::take(wire::Read read) {
  switch (read.end) {
    case End::octets: take_octets(read.octets); break;
    case End::tls_closed: record(Event::Kind::tls_closed); break;
    case End::deadline: return;
    case End::closed:
      gone_ = true;
      record(Event::Kind::closed);
      break;
    case End::reset:
      gone_ = true;
      record(Event::Kind::reset, {}, read.problem);
      break;
    case End::tls_failed:
      gone_ = true;
      record(Event::Kind::tls_failed, {}, read.problem);
      break;
  }
  if ((octets_read_ > wire::max_octets_received || observer_.lost_replies()) && open()) {
    record(Event::Kind::stopped, {}, "the server sent more than is kept of a session");
    close();
  }
}

namespace {

bool may_stay_open(const scenario::Expectation& expectation) {
  return std::any_of(expectation.alternatives.begin(), expectation.alternatives.end(), [](const auto& alternative) {
    return alternative.kind == scenario::Alternative::Kind::reply && !alternative.closes;
  });
}

}  // namespace

/// A scenario that waits longer than is usual does so for something large; where another patience is asked for, it
/// waits longer than that in the same measure. What could not be sent whole is worth no such wait.
milliseconds Conversation::wait_for_reply(std::optional<milliseconds> within) const {
  constexpr milliseconds usual = Patience().reply;
  if (!within || (takes_no_more_ && *within > patience_.reply)) return patience_.reply;
  if (*within <= usual) return *within;
  return milliseconds(within->count() * patience_.reply.count() / usual.count());
}

asio::awaitable<Observed> Conversation::observe(const scenario::Expectation& expectation,
                                                std::optional<milliseconds> within) {
  const bool allows_silence = allows(expectation, scenario::Alternative::Kind::silence);
  const milliseconds wait = allows_silence ? within.value_or(patience_.silence) : wait_for_reply(within);
  auto granted = left(wait);
  auto deadline = std::chrono::steady_clock::now() + granted;
  bool cut_short = granted < wait;  // by the scenario's own time
  bool waits_for_close = false;
  for (;;) {
    if (auto observed = observer_.observe(expectation)) co_return *observed;
    if (!waits_for_close && observer_.awaits_close()) {
      waits_for_close = true;
      // Where an ending without a close would do as well, a close that does not come at once is none.
      const milliseconds patience = may_stay_open(expectation) ? patience_.silence : patience_.reply;
      granted = left(patience);
      deadline = std::chrono::steady_clock::now() + granted;
      cut_short = granted < patience;
    }
    const auto rest = std::chrono::duration_cast<milliseconds>(deadline - std::chrono::steady_clock::now());
    if (open() && rest.count() <= 0 && cut_short) {
      run_out_of_time();
      continue;
    }
    if (!open() || rest.count() <= 0) {
      record(allows_silence && !waits_for_close ? Event::Kind::quiet : Event::Kind::deadline);
      continue;
    }
    wire::Read read = co_await stream_->read(rest);
    take(std::move(read));
  }
}

asio::awaitable<void> Conversation::listen(milliseconds time) {
  const milliseconds granted = left(time);
  const auto end = std::chrono::steady_clock::now() + granted;
  for (;;) {
    const auto rest = std::chrono::duration_cast<milliseconds>(end - std::chrono::steady_clock::now());
    if (!open()) co_return;
    if (rest.count() <= 0) {
      if (granted < time) run_out_of_time();
      co_return;
    }
    wire::Read read = co_await stream_->read(rest);
    take(std::move(read));
  }
}

asio::awaitable<bool> Conversation::send_line(const std::string& line, const std::vector<std::string>& secrets) {
  const std::string octets = line + "\r\n";
  const scenario::Cut whole;
  co_return co_await send(octets, whole, false, secrets);
}

asio::awaitable<void> Conversation::close_notify() {
  if (!open()) co_return;
  (void)co_await stream_->close_notify(left(patience_.reply));
  record(Event::Kind::close_notify);
}

void Conversation::half_close() {
  if (!open()) return;
  stream_->transport().half_close();
  record(Event::Kind::half_closed);
}

void Conversation::reset() {
  if (!stream_) return;
  stream_->transport().reset();
  record(Event::Kind::hung_up, {}, "reset");
  gone_ = true;
}

void Conversation::close() {
  if (!stream_) return;
  stream_->transport().close();
  record(Event::Kind::hung_up, {}, "closed");
  gone_ = true;
}

}  // namespace smtpspec::engine
