#include "harness/memory/connection.hpp"

#include <utility>

namespace smtpspec::memory {

using wire::End;
using wire::TlsEngine;
using Want = ServerSession::Want;

Connection::Connection(const Place& place, std::vector<record::Delivery>& delivered)
    : place_(place), session_(place.open(delivered)) {}

/// What each end has made ready goes over at once.
void Connection::hand_over() { client_.give(server_.take()); }

void Connection::answer() {
  const std::string output = session_->take_output();
  if (!output.empty() && server_.write(output).end != End::octets) session_->peer_closed();
  hand_over();
}

bool Connection::serve(Time now) {
  if (server_closed_) return false;
  answer();
  switch (session_->want()) {
    case Want::octets: return serve_octets(now);
    case Want::tls: return serve_handshake();
    case Want::deliver: session_->deliver(); return true;
    case Want::close:
      if (session_->says_close_notify()) server_.close_notify();
      hand_over();
      server_closed_ = true;
      return true;
  }
  return false;
}

bool Connection::serve_octets(Time now) {
  // As from a socket: no more than this at once.
  constexpr std::size_t at_once = std::size_t{64} << 10;
  if (taken_ < unread_.size()) {
    const std::string_view part = std::string_view(unread_).substr(taken_, at_once);
    taken_ += part.size();
    session_->receive(part);
    hand_over();
    return true;
  }
  if (!std::exchange(waits_, true)) patience_ends_ = now + session_->patience();
  if (const auto read = server_.read()) {
    waits_ = false;
    unread_ = read->octets;
    taken_ = 0;
    if (read->end == End::octets) return true;
    if (read->end == End::tls_closed)
      session_->tls_ended();
    else
      session_->peer_closed();
    hand_over();
    return true;
  }
  if (!client_done_ && now < patience_ends_) return false;
  waits_ = false;
  if (client_done_)
    session_->peer_closed();
  else
    session_->timed_out();
  return true;
}

bool Connection::serve_handshake() {
  unread_.clear();  // as the session has thrown it away
  taken_ = 0;
  if (!std::exchange(shakes_hands_, true))
    server_.begin(std::make_unique<TlsEngine>(*place_.server_tls, TlsEngine::Role::server, ""));
  const auto status = server_.handshake();
  hand_over();
  if (status == TlsEngine::Status::wants_input && !client_done_) return false;
  shakes_hands_ = false;
  if (status == TlsEngine::Status::done) {
    session_->tls_started();
  } else {
    server_.give_up();
    session_->tls_failed();
  }
  return true;
}

wire::Written Connection::write(std::string_view octets, bool beneath_tls) {
  if (beneath_tls) {
    server_.give(octets);
    return {};
  }
  wire::Written written = client_.write(octets);
  server_.give(client_.take());
  return written;
}

std::optional<wire::Read> Connection::read() {
  auto read = client_.read();
  if (read && read->end == End::tls_failed) server_.give(client_.take());  // the alert
  if (!read && server_closed_) read = client_.rest();
  if (!read && server_closed_) read = wire::Read{End::closed, {}, {}};
  return read;
}

void Connection::begin_handshake() {
  client_.begin(std::make_unique<TlsEngine>(*place_.client_tls, TlsEngine::Role::client, ""));
}

TlsEngine::Status Connection::handshake() {
  const auto status = client_.handshake();
  server_.give(client_.take());
  return status;
}

void Connection::close_notify() {
  client_.close_notify();
  server_.give(client_.take());
}

}  // namespace smtpspec::memory
