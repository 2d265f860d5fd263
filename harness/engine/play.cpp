#include "harness/engine/play.hpp"

#include <algorithm>
#include <ctime>
#include <deque>
#include <optional>
#include <utility>

#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <fmt/chrono.h>

#include "harness/judge/playing.hpp"
#include "harness/smtp/char_class.hpp"
#include "harness/smtp/reply.hpp"

namespace smtpspec::engine {

using judge::Action;
using record::Event;
using record::Party;
using wire::End;

Event::Kind kind_of(End end) {
  switch (end) {
    case End::octets: return Event::Kind::octets;
    case End::deadline: return Event::Kind::waited;
    case End::closed: return Event::Kind::closed;
    case End::tls_closed: return Event::Kind::close_notify;
    case End::reset: return Event::Kind::reset;
    case End::tls_failed: return Event::Kind::tls_failed;
  }
  return Event::Kind::waited;
}

namespace {

bool ends_session(Event::Kind kind) {
  return kind == Event::Kind::closed || kind == Event::Kind::reset || kind == Event::Kind::tls_failed;
}

bool is_quit(std::string_view octets) {
  constexpr std::string_view quit = "QUIT\r\n";
  return octets.size() >= quit.size() && smtp::to_upper(octets.substr(octets.size() - quit.size())) == quit;
}

class Player {
 public:
  Player(const scenario::Scenario& scenario, PlaySettings settings)
      : settings_(std::move(settings)),
        start_(settings_.now()),
        playing_(scenario, settings_.terms, std::move(settings_.values), settings_.host,
                 [this] { return settings_.now() - start_; }) {}

  asio::awaitable<Played> run() {
    for (;;) {
      const Action action = playing_.next();
      if (action.kind == Action::Kind::done) break;
      co_await carry_out(action);
    }
    for (Session& session : sessions_) leave(session);
    co_return playing_.finish();
  }

 private:
  struct Session {
    std::optional<wire::Stream> stream;
    bool ended = false;
    bool heard = false;      ///< its first word was told, or is none any more
    std::string first_line;  ///< as far as it has come by then
    bool greeted = false;
    Clock::time_point asked;
  };

  asio::awaitable<void> carry_out(Action action) {
    switch (action.kind) {
      case Action::Kind::open: co_await open(action); break;
      case Action::Kind::write: co_await write(action); break;
      case Action::Kind::wait: co_await wait(action); break;
      case Action::Kind::handshake: co_await handshake(action); break;
      case Action::Kind::close_notify: (void)co_await stream(action).close_notify(left(action)); break;
      case Action::Kind::half_close: stream(action).transport().half_close(); break;
      case Action::Kind::reset: stream(action).transport().reset(); break;
      case Action::Kind::close: stream(action).transport().close(); break;
      case Action::Kind::ask_deliveries: co_await ask_deliveries(action); break;
      case Action::Kind::step:
      case Action::Kind::done: break;
    }
    const auto event = judge::only_event(action.kind);
    if (!event) co_return;
    if (ends_session(*event)) end(sessions_.at(action.session));
    playing_.note(*event, action);
  }

  asio::awaitable<void> open(Action action) {
    playing_.open(action);
    const auto asked = settings_.now();
    wire::Connected connected = co_await settings_.connect(left(action));
    Session& session = sessions_.emplace_back();
    session.asked = asked;
    session.ended = !connected.transport;
    if (session.ended) {
      hear(session, connected.ours ? FirstWord::Kind::shortage : FirstWord::Kind::no_connection, connected.problem);
      co_return playing_.note(Event::Kind::refused, action, connected.problem);
    }
    const std::string road = connected.transport->local() + " -> " + connected.transport->remote();
    session.stream.emplace(std::move(connected.transport));
    playing_.note(Event::Kind::connected, action, road);
  }

  asio::awaitable<void> handshake(Action action) {
    const auto done = co_await stream(action).handshake(*settings_.tls, wire::TlsEngine::Role::client,
                                                        settings_.tls_name, left(action));
    if (done.end == End::octets)
      co_return playing_.note(Event::Kind::tls_started, action, stream(action).tls_description());
    hear(sessions_.at(action.session), FirstWord::Kind::closed, "closed before TLS began");
    end(sessions_.at(action.session));
    playing_.note(Event::Kind::tls_failed, action,
                  done.end == End::deadline ? "the handshake took too long" : done.problem);
  }

  /// In parts that may each take as long as the first, and all of them six times as long: a server that is slow but
  /// reads on is not stuck.
  asio::awaitable<void> write(Action action) {
    constexpr std::size_t most = std::size_t{256} << 10;
    constexpr int most_times = 6;
    Action first = action;
    first.until = settings_.now() - start_ + action.listen;
    do {  // what is there already is no answer to what is said now
      if (!co_await read(first)) break;
      if (sessions_.at(action.session).ended) co_return;
    } while (left(first).count() > 0);
    const wire::Time time = left(action);
    const auto end = settings_.now() + most_times * time;
    sessions_.at(action.session).heard = true;  // what comes now may be an answer
    if (is_quit(action.octets)) leave(sessions_.at(action.session));
    wire::Written written;
    for (std::string_view rest = action.octets; written.end == End::octets && !rest.empty();) {
      const std::string_view part = rest.substr(0, most);
      rest.remove_prefix(part.size());
      const wire::Time part_time = std::min(time, std::chrono::floor<wire::Time>(end - settings_.now()));
      // Not one conditional expression: g++ 12 ends the temporaries of both its branches.
      if (action.beneath_tls)
        written = co_await stream(action).write_beneath(part, part_time);
      else
        written = co_await stream(action).write(part, part_time);
    }
    if (written.end != End::octets)
      co_return playing_.note(Event::Kind::unsent, action,
                              written.end == End::deadline ? "the server takes no more" : written.problem);
    playing_.note_written(action);
  }

  asio::awaitable<void> wait(Action action) {
    const auto begun = settings_.now();
    if (sessions_.at(action.session).ended)
      co_await sleep(left(action));
    else if (co_await read(action))
      co_return;
    Event event = playing_.event_of(Event::Kind::waited, action);
    event.by = Party::server;
    event.waited = std::chrono::round<wire::Time>(settings_.now() - begun);
    if (Session& session = sessions_.at(action.session); !session.heard) hear_first(session, event);
    playing_.note(std::move(event));
  }

  /// Whether anything came in the time.
  asio::awaitable<bool> read(Action action) {
    Session& session = sessions_.at(action.session);
    const bool under_tls = session.stream->under_tls();
    wire::Read read = co_await session.stream->read(left(action));
    if (read.end == End::deadline) co_return false;
    Event event = playing_.event_of(kind_of(read.end), action);
    event.by = Party::server;
    event.octets = std::move(read.octets);
    event.text = std::move(read.problem);
    const bool tls_ended = under_tls && event.kind == Event::Kind::close_notify;
    if (!session.heard) hear_first(session, event);
    if (tls_ended || ends_session(event.kind)) end(session);
    playing_.note(std::move(event));
    if (!tls_ended) co_return true;
    // The server may wait for our answer (RFC 5246 section 7.2.1).
    (void)co_await session.stream->close_notify(left(action));
    playing_.note(Event::Kind::close_notify, action);
    session.stream->transport().close();
    playing_.note(Event::Kind::closed, action);
    co_return true;
  }

  /// It may come in pieces.
  void hear_first(Session& session, const Event& event) {
    using Kind = FirstWord::Kind;
    if (event.kind == Event::Kind::waited) return hear(session, Kind::none, {});
    const bool ended = event.kind != Event::Kind::octets;
    std::string& line = session.first_line;
    line += event.octets;
    if (!ended && event.octets.find('\n') == std::string::npos && line.size() < smtp::ReplyParser::max_line) return;
    if (line.starts_with("4") || line.starts_with("554")) return hear(session, Kind::refusal, line);
    if (!line.empty()) return hear(session, Kind::greeting, line);
    hear(session, Kind::closed, "closed without a word");
  }

  void hear(Session& session, FirstWord::Kind kind, const std::string& words) {
    if (settings_.heard && !session.heard) settings_.heard({kind, settings_.now() - session.asked, words});
    session.greeted = session.greeted || (!session.heard && kind == FirstWord::Kind::greeting);
    session.heard = kind != FirstWord::Kind::none;
  }

  void end(Session& session) {
    session.ended = true;
    leave(session);
  }

  void leave(Session& session) {
    if (std::exchange(session.greeted, false) && settings_.leaving) settings_.leaving();
  }

  static asio::awaitable<void> sleep(wire::Time time) {
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    asio::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }

  asio::awaitable<void> ask_deliveries(Action action) {
    if (settings_.gather) co_await settings_.gather(playing_.transcript(), action.awaited);
    playing_.tell_deliveries();
  }

  [[nodiscard]] wire::Time left(const Action& action) const {
    const auto rest = std::chrono::ceil<wire::Time>(start_ + action.until - settings_.now());
    return std::max(rest, wire::Time(0));
  }
  [[nodiscard]] wire::Stream& stream(const Action& action) { return *sessions_.at(action.session).stream; }

  PlaySettings settings_;
  Clock::time_point start_;
  judge::Playing playing_;
  std::deque<Session> sessions_;
};

}  // namespace

const std::string& date_now() {
  thread_local std::time_t made_at = -1;
  thread_local std::string date;
  const std::time_t now = std::time(nullptr);
  if (now != made_at) date = fmt::format("{:%a, %d %b %Y %H:%M:%S} +0000", fmt::gmtime(now));
  made_at = now;
  return date;
}

asio::awaitable<Played> play(const scenario::Scenario& scenario, PlaySettings settings) {
  Player player(scenario, std::move(settings));
  co_return co_await player.run();
}

}  // namespace smtpspec::engine
