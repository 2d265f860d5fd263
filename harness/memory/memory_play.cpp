#include "harness/memory/memory_play.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include "harness/engine/play.hpp"
#include "harness/judge/playing.hpp"
#include "harness/memory/connection.hpp"

namespace smtpspec::memory {

using judge::Action;
using record::Event;
using record::Party;
using wire::End;
using wire::TlsEngine;

namespace {

class Player {
 public:
  Player(const scenario::Scenario& scenario, const Place& place, const record::Terms& terms, judge::Values values)
      : place_(place), playing_(scenario, terms, std::move(values), "", [this] { return now_; }) {}

  Played run() {
    for (;;) {
      const Action& action = playing_.next();
      if (action.kind == Action::Kind::done) break;
      carry_out(action);
    }
    return playing_.finish();
  }

 private:
  void carry_out(const Action& action) {
    switch (action.kind) {
      case Action::Kind::open: open(action); break;
      case Action::Kind::write: write(action); break;
      case Action::Kind::wait: wait(action); break;
      case Action::Kind::handshake: handshake(action); break;
      case Action::Kind::close_notify: at(action).close_notify(); break;
      case Action::Kind::half_close:
      case Action::Kind::reset:
      case Action::Kind::close: at(action).end(); break;
      case Action::Kind::ask_deliveries: ask_deliveries(); break;
      case Action::Kind::step:
      case Action::Kind::done: break;
    }
    if (const auto event = judge::only_event(action.kind)) playing_.note(*event, action);
  }

  void open(const Action& action) {
    playing_.open(action);
    connections_.emplace_back(place_, delivered_);
    playing_.note(Event::Kind::connected, action, "memory");
  }

  void ask_deliveries() {
    serve();
    playing_.transcript().deliveries = std::move(delivered_);
    playing_.transcript().deliveries_observed = true;
    playing_.tell_deliveries();
  }

  /// Until no session has anything left to do.
  void serve() {
    for (bool busy = true; busy;) {
      busy = false;
      for (Connection& connection : connections_) busy = connection.serve(now_) || busy;
    }
  }

  /// To the next time at which anything can happen by itself.
  void let_time_pass(Time until) {
    Time next = until;
    for (const Connection& connection : connections_)
      if (!connection.server_closed() && connection.patience_ends() > now_)
        next = std::min(next, connection.patience_ends());
    now_ = std::max(now_, next);
    serve();
  }

  void write(const Action& action) {
    while (read(action))
      if (!is_open(action)) return;
    const wire::Written written = at(action).write(action.octets, action.beneath_tls);
    if (written.end != End::octets) return playing_.note(Event::Kind::unsent, action, written.problem);
    playing_.note_written(action);
    serve();
  }

  void wait(const Action& action) {
    const Time begun = now_;
    serve();
    while (!is_open(action) || !read(action)) {
      if (now_ < action.until) {
        let_time_pass(action.until);
        continue;
      }
      Event event = playing_.event_of(Event::Kind::waited, action);
      event.by = Party::server;
      event.waited = std::chrono::round<std::chrono::milliseconds>(now_ - begun);
      return playing_.note(std::move(event));
    }
  }

  /// Whether anything came.
  bool read(const Action& action) {
    const bool under_tls = at(action).layer().under_tls();
    std::optional<wire::Read> read = at(action).read();
    if (!read) return false;
    Event event = playing_.event_of(engine::kind_of(read->end), action);
    event.by = Party::server;
    event.octets = std::move(read->octets);
    event.text = std::move(read->problem);
    const bool tls_ended = under_tls && event.kind == Event::Kind::close_notify;
    if (tls_ended || event.kind == Event::Kind::closed || event.kind == Event::Kind::tls_failed)
      ended_.push_back(action.session);
    playing_.note(std::move(event));
    if (!tls_ended) return true;
    at(action).close_notify();
    playing_.note(Event::Kind::close_notify, action);
    at(action).end();
    playing_.note(Event::Kind::closed, action);
    return true;
  }

  void handshake(const Action& action) {
    at(action).begin_handshake();
    auto status = at(action).handshake();
    for (bool last = false; status == TlsEngine::Status::wants_input && !last; status = at(action).handshake()) {
      last = now_ >= action.until || at(action).server_closed();
      serve();
      if (at(action).layer().is_plain() && !last) let_time_pass(action.until);
    }
    if (status == TlsEngine::Status::done)
      return playing_.note(Event::Kind::tls_started, action, at(action).layer().description());
    const std::string problem = at(action).layer().problem();
    at(action).give_up_tls();
    ended_.push_back(action.session);
    playing_.note(Event::Kind::tls_failed, action, problem.empty() ? "the handshake was not complete" : problem);
  }

  [[nodiscard]] bool is_open(const Action& action) const {
    return std::find(ended_.begin(), ended_.end(), action.session) == ended_.end();
  }
  [[nodiscard]] Connection& at(const Action& action) { return connections_.at(action.session); }
  const Place& place_;
  judge::Playing playing_;
  std::deque<Connection> connections_;
  std::vector<std::size_t> ended_;
  std::vector<record::Delivery> delivered_;
  Time now_{0};
};

}  // namespace

Played play(const scenario::Scenario& scenario, const Place& place, const record::Terms& terms, judge::Values values) {
  return Player(scenario, place, terms, std::move(values)).run();
}

}  // namespace smtpspec::memory
