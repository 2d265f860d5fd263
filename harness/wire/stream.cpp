#include "harness/wire/stream.hpp"

#include "harness/wire/deadline.hpp"

namespace smtpspec::wire {

using Status = TlsEngine::Status;

bool Stream::under_tls() const { return layer_.under_tls(); }

std::string Stream::tls_description() const { return layer_.description(); }

asio::awaitable<Read> Stream::read(Time deadline) {
  if (layer_.is_plain()) co_return co_await transport_->read(deadline);
  const Deadline end(deadline);
  for (bool first = true;; first = false) {
    if (auto result = layer_.read()) {
      if (result->end == End::tls_failed && !writing_) co_await send_taken(end.left());  // the alert
      co_return std::move(*result);
    }
    if (!first && end.over()) co_return Read{End::deadline, {}, {}};  // a peer may send records without octets for ever
    Read piece = co_await transport_->read(end.left());
    layer_.give(piece.octets);
    if (piece.end == End::octets) continue;
    if (piece.end != End::deadline)
      if (auto rest = layer_.rest()) co_return std::move(*rest);
    co_return piece;
  }
}

/// Sends what the layer wants to be sent, by one write.
asio::awaitable<Written> Stream::send_taken(Time deadline) {
  const std::string octets = layer_.take();
  writing_ = true;
  Written result = co_await transport_->write(octets, deadline);
  writing_ = false;
  co_return result;
}

asio::awaitable<Written> Stream::write(std::string_view octets, Time deadline) {
  if (!layer_.under_tls()) co_return co_await transport_->write(octets, deadline);
  Written ready = layer_.write(octets);
  if (ready.end != End::octets) co_return ready;
  co_return co_await send_taken(deadline);
}

asio::awaitable<Written> Stream::write_beneath(std::string_view octets, Time deadline) {
  writing_ = true;
  Written result = co_await transport_->write(octets, deadline);
  writing_ = false;
  co_return result;
}

/// No coroutine: neither the name nor the octets need live until the handshake runs.
asio::awaitable<Written> Stream::handshake(TlsContext& context, TlsEngine::Role role, const std::string& name,
                                           Time deadline, std::string_view read_already) {
  layer_.give(read_already);
  return handshake_of(std::make_unique<TlsEngine>(context, role, name), deadline);
}

asio::awaitable<Written> Stream::handshake_of(std::unique_ptr<TlsEngine> engine, Time deadline) {
  const Deadline end(deadline);
  layer_.begin(std::move(engine));
  for (;;) {
    const Status status = layer_.handshake();
    Written sent = co_await send_taken(end.left());
    if (status == Status::failed || status == Status::closed) {
      Written result{End::tls_failed, layer_.problem()};
      if (status == Status::closed) result.problem = "close_notify during the handshake";
      layer_.give_up();
      co_return result;
    }
    if (status == Status::done) {
      if (sent.end != End::octets) layer_.give_up();
      co_return sent;
    }
    // A peer that refuses may have said why before it broke the connection: so a broken write does not end the reading.
    Read piece{sent.end, {}, sent.problem};
    if (sent.end != End::deadline) piece = co_await transport_->read(end.left());
    if (piece.end != End::octets) {
      if (piece.problem.empty()) piece.problem = "the handshake was not complete";
      layer_.give_up();
      co_return Written{piece.end, piece.problem};
    }
    layer_.give(piece.octets);
  }
}

asio::awaitable<Written> Stream::close_notify(Time deadline) {
  if (layer_.description().empty()) co_return Written{};
  layer_.close_notify();
  co_return co_await send_taken(deadline);
}

}  // namespace smtpspec::wire
