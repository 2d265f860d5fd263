#include "harness/proxy/passage.hpp"

#include <algorithm>
#include <utility>

#include <asio/experimental/awaitable_operators.hpp>

namespace smtpspec::proxy {

using record::Event;
using wire::End;

namespace {

constexpr wire::Time connect_deadline{30'000};
constexpr wire::Time handshake_deadline{60'000};
/// A client that sends octet by octet would make an event of each.
constexpr std::size_t most_events = 100'000;
/// How often the server's stream is let go of, where a handshake may begin at any time.
constexpr wire::Time short_read{50};

record::Terms terms_of(const scenario::Target& target) {
  record::Terms terms;
  terms.lmtp = target.scheme == scenario::Scheme::lmtp;
  terms.implicit_tls = target.scheme == scenario::Scheme::smtps;
  return terms;
}

}  // namespace

Passage::Passage(const asio::any_io_executor& executor, const PassageSettings& settings,
                 std::unique_ptr<wire::Transport> client, std::string name)
    : settings_(settings),
      client_(std::move(client)),
      watcher_{smtp::Referee(terms_of(settings.target).lmtp)},
      recorder_(std::move(name), "", terms_of(settings.target), [this](const Event& event) { watch(event); }),
      begun_(std::chrono::steady_clock::now()),
      active_(begun_),
      tls_decided_(executor),
      server_rested_(executor) {
  passed_.client = client_.transport().remote();
  recorder_.add_session("");
  watcher_.referee.tell(
      [this](const smtp::Answer& answer) { passed_.commands += answer.input == smtp::Input::command; });
}

asio::awaitable<void> Passage::run() {
  using namespace asio::experimental::awaitable_operators;
  if (!co_await connect()) co_return;
  if (settings_.target.scheme == scenario::Scheme::smtps && !co_await begin_tls({})) co_return;
  tls_begins_ = false;
  co_await (hand_on(Party::client) && hand_on(Party::server));
  client_.transport().close();
  server_->transport().close();
}

asio::awaitable<bool> Passage::connect() {
  const scenario::Target& target = settings_.target;
  const bool has_source = !target.sources.empty() && target.sources.front().find('/') == std::string::npos;
  const std::string source = has_source ? target.sources.front() : "";
  wire::Connected connected =
      co_await wire::connect_tcp(target.host, target.port, source, connect_deadline, settings_.allowed);
  if (ended_) co_return false;
  if (!connected.transport) {
    note(Kind::refused, Party::client, connected.problem);
    passed_.unreachable = connected.problem;
    client_.transport().reset();
    co_return false;
  }
  note(Kind::connected, Party::client, passed_.client + " -> " + connected.transport->remote());
  server_.emplace(std::move(connected.transport));
  co_return true;
}

asio::awaitable<void> Passage::hand_on(Party from) {
  while (!ended_) {
    while (from == Party::server && must_rest())
      if (!co_await tls_decided_.wait(wire::Deadline(settings_.idle))) end("nothing came for too long");
    if (ended_) break;
    wire::Read read = co_await stream(from).read(longest_read(from));
    if (ended_) break;
    if (read.end == End::deadline) {
      if (idle_left() == wire::Time{0}) end("nothing came for too long");
      continue;
    }
    active_ = std::chrono::steady_clock::now();
    if (from == Party::client) {
      const bool begins = read.end == End::octets && signs_.may_begin_tls() && is_handshake(read.octets);
      const bool goes_on = !begins || co_await begin_tls(read.octets);
      client_decided();
      if (!goes_on) break;
      if (begins) continue;
    }
    // Not one conditional expression: g++ 12 ends the temporaries of both its branches.
    bool goes_on = false;
    if (read.end == End::octets)
      goes_on = co_await hand_on_octets(from, std::move(read.octets));
    else
      goes_on = co_await hand_on_end(from, std::move(read));
    if (!goes_on) break;
  }
  if (from == Party::server) {
    server_rests_ = true;
    server_rested_.ring();
  } else {
    client_is_done_ = true;
    client_decided();
  }
}

/// The server's stream is nobody's to read while the client decides what it says next, and while a handshake reads it.
bool Passage::must_rest() {
  server_rests_ = (tls_due_ || tls_begins_) && !ended_;
  if (server_rests_) server_rested_.ring();
  return server_rests_;
}

void Passage::client_decided() {
  tls_due_ = tls_begins_ = false;
  tls_decided_.ring();
}

/// False where no more can be handed on in this direction.
asio::awaitable<bool> Passage::hand_on_octets(Party from, std::string octets) {
  const bool to_server = from == Party::client;
  note(Kind::octets, from, {}, octets);
  const auto written = co_await stream(to_server ? Party::server : Party::client).write(octets, settings_.idle);
  if (written.end == End::octets) co_return true;
  if (to_server)
    note(Kind::unsent, Party::client, written.problem);  // what the server said before is still to be handed on
  else
    break_off(Party::client);
  co_return false;
}

asio::awaitable<bool> Passage::hand_on_end(Party from, wire::Read read) {
  wire::Stream& other = stream(from == Party::client ? Party::server : Party::client);
  switch (read.end) {
    case End::tls_closed:
      note(Kind::close_notify, from);
      (void)co_await other.close_notify(settings_.idle);
      co_return true;
    case End::closed:
      note(from == Party::client ? Kind::half_closed : Kind::closed, from);
      other.transport().half_close();
      co_return false;
    case End::tls_failed:
      note(Kind::tls_failed, from, read.problem);
      end("TLS was broken");
      co_return false;
    default: break_off(from); co_return false;
  }
}

/// With the server first: where it refuses, the client sees no handshake either.
asio::awaitable<bool> Passage::begin_tls(std::string_view hello) {
  tls_begins_ = true;
  while (!server_rests_ && !ended_)
    if (!co_await server_rested_.wait(wire::Deadline(settings_.idle))) end("nothing came for too long");
  if (ended_) co_return false;
  const scenario::Target& target = settings_.target;
  const std::string name = target.tls.name.empty() ? target.host : target.tls.name;
  wire::Written done =
      co_await server_->handshake(*settings_.to_server, wire::TlsEngine::Role::client, name, handshake_deadline);
  const bool of_server = done.end != End::octets;
  if (!of_server)
    done =
        co_await client_.handshake(*settings_.to_client, wire::TlsEngine::Role::server, "", handshake_deadline, hello);
  active_ = std::chrono::steady_clock::now();
  if (done.end == End::octets) {
    note(Kind::tls_started, Party::client, server_->tls_description());
    co_return true;
  }
  note(Kind::tls_failed, of_server ? Party::server : Party::client,
       (of_server ? "with the server: " : "with the client: ") + done.problem);
  end("no handshake");
  co_return false;
}

void Passage::end(std::string_view why) {
  note(Kind::closed, Party::client, why);
  ended_ = true;
  client_.transport().close();
  if (server_) server_->transport().close();
  tls_decided_.ring();
  server_rested_.ring();
}

/// One side has reset its connection: so is the other's.
void Passage::break_off(Party broken) {
  note(Kind::reset, broken);
  ended_ = true;
  client_.transport().reset();
  server_->transport().reset();
  tls_decided_.ring();
  server_rested_.ring();
}

void Passage::note(Kind kind, Party by, std::string_view text, std::string octets) {
  if (ended_) return;
  Event event;
  event.kind = kind;
  event.by = by;
  event.at = std::chrono::steady_clock::now() - begun_;
  event.text = text;
  event.octets = std::move(octets);
  signs_.show(event);
  if (signs_.is_sealed()) event.omitted = std::exchange(event.octets, {}).size();
  record::Transcript& transcript = recorder_.transcript();
  transcript.shortened = transcript.events.size() >= most_events;
  transcript.shortened ? watch(event) : recorder_.add(std::move(event));
}

void Passage::watch(const Event& event) {
  if (event.kind == Kind::octets)
    (event.by == Party::client ? passed_.sent : passed_.received) += event.octets.size() + event.omitted;
  watch_end(event);
  if (signs_.is_sealed()) return;
  watcher_.show(event);
  logins_.show(event);
  // Once the client has said something after STARTTLS, nobody knows whether a handshake is still to come.
  if (event.by == Party::server) tls_due_ = watcher_.referee.awaits_tls() && !client_is_done_;
}

/// A server that goes while it owes a reply has closed without one, also by a reset: between two that only pass, nobody
/// else is there to have caused it.
void Passage::watch_end(const Event& event) {
  const bool goes = event.by == Party::server && (event.kind == Kind::closed || event.kind == Kind::reset);
  if (!goes || client_is_done_ || signs_.is_sealed()) return;
  passed_.left = !signs_.said_goodbye();
  if (event.kind == Kind::reset && watcher_.referee.owed() > 0) watcher_.referee.closed();
}

wire::Time Passage::longest_read(Party from) const {
  return from == Party::server && signs_.may_begin_tls() ? std::min(idle_left(), short_read) : idle_left();
}

wire::Time Passage::idle_left() const {
  const auto left = active_ + settings_.idle - std::chrono::steady_clock::now();
  return std::max(wire::Time{0}, std::chrono::ceil<wire::Time>(left));
}

Passed Passage::passed() {
  passed_.violations = watcher_.referee.violations();
  passed_.too_many_secrets = logins_.too_many();
  passed_.sealed = signs_.is_sealed();
  passed_.transcript = std::move(recorder_.transcript());
  passed_.transcript.secrets = logins_.secrets();
  return std::move(passed_);
}

}  // namespace smtpspec::proxy
