#include "harness/wire/stream.hpp"

#include "harness/wire/deadline.hpp"

namespace smtpspec::wire {
namespace {

constexpr std::size_t max_read = std::size_t{64} << 10;
constexpr std::size_t header_size = 5;
constexpr std::size_t max_record = (std::size_t{16} << 10) + 2048;  // RFC 5246 section 6.2.3

unsigned octet(std::string_view octets, std::size_t at) { return static_cast<unsigned char>(octets[at]); }

/// RFC 8446 section 5.1: a content type from 20 to 24, then version 3.x. No SMTP reply or command begins so.
bool begins_record(std::string_view octets) {
  if (octets.empty() || octet(octets, 0) < 20 || octet(octets, 0) > 24) return false;
  return octets.size() < 2 || octet(octets, 1) == 3;
}

/// How many octets to give to TLS: one whole record, 0 where it is not complete, all where it is no record and
/// TLS has to say so.
std::size_t ready_size(std::string_view octets) {
  if (octets.empty()) return 0;
  if (!begins_record(octets)) return octets.size();
  if (octets.size() < header_size) return 0;
  const std::size_t size = header_size + (octet(octets, 3) << 8 | octet(octets, 4));
  if (size > header_size + max_record) return octets.size();
  return size <= octets.size() ? size : 0;
}

}  // namespace

Stream::Stream(std::unique_ptr<Transport> transport) : transport_(std::move(transport)) {}
Stream::~Stream() = default;
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;

bool Stream::under_tls() const { return writes_tls_; }

std::string Stream::tls_description() const { return tls_ ? tls_->description() : std::string(); }

/// One record at a time, so that what lies behind a close_notify is still here, and is plain.
bool Stream::feed() {
  if (reading_ == Reading::draining && !begins_record(raw_)) return false;
  const std::size_t size = ready_size(raw_);
  if (size == 0) return false;
  tls_->give(std::string_view(raw_).substr(0, size));
  raw_.erase(0, size);
  return true;
}

Read Stream::read_raw() {
  reading_ = Reading::plain;
  return {End::octets, std::exchange(raw_, {}), {}};
}

void Stream::end_tls() {
  reading_ = Reading::plain;
  writes_tls_ = false;
}

asio::awaitable<Read> Stream::read(Time deadline) {
  if (reading_ != Reading::plain) co_return co_await read_tls(deadline);
  if (!raw_.empty()) co_return read_raw();
  co_return co_await transport_->read(deadline);
}

asio::awaitable<Read> Stream::read_tls(Time deadline) {
  const Deadline end(deadline);
  Read result;
  for (bool first = true;; first = false) {
    auto status = tls_->read(result.octets);
    while (status == TlsEngine::Status::wants_input && result.octets.size() < max_read && feed())
      status = tls_->read(result.octets);
    if (!result.octets.empty()) co_return result;
    if (status == TlsEngine::Status::closed) {
      end_tls();
      result.end = End::tls_closed;
      co_return result;
    }
    if (status == TlsEngine::Status::failed) {
      result.end = End::tls_failed;
      result.problem = tls_->problem();
      if (!writing_) co_await send_taken(end.left());  // the alert, if the peer still listens
      if (reading_ == Reading::draining) end_tls();
      co_return result;
    }
    if (reading_ == Reading::draining && !raw_.empty() && !begins_record(raw_)) co_return read_raw();
    if (!first && end.over()) {  // a peer may send records without octets for ever
      result.end = End::deadline;
      co_return result;
    }
    Read piece = co_await transport_->read(end.left());
    raw_ += piece.octets;
    if (piece.end == End::octets) continue;
    if (piece.end != End::deadline && reading_ == Reading::draining && !raw_.empty()) co_return read_raw();
    co_return piece;
  }
}

/// Sends what TLS wants to be sent, by one write.
asio::awaitable<Written> Stream::send_taken(Time deadline) {
  const std::string octets = tls_->take();
  writing_ = true;
  Written result = co_await transport_->write(octets, deadline);
  writing_ = false;
  co_return result;
}

asio::awaitable<Written> Stream::write(std::string_view octets, Time deadline) {
  if (!writes_tls_) co_return co_await transport_->write(octets, deadline);
  if (tls_->write(octets) != TlsEngine::Status::done) co_return Written{End::tls_failed, tls_->problem()};
  co_return co_await send_taken(deadline);
}

asio::awaitable<Written> Stream::write_beneath(std::string_view octets, Time deadline) {
  writing_ = true;
  Written result = co_await transport_->write(octets, deadline);
  writing_ = false;
  co_return result;
}

/// No coroutine: the name need not live until the handshake runs.
asio::awaitable<Written> Stream::handshake(TlsContext& context, TlsEngine::Role role, const std::string& name,
                                           Time deadline) {
  return handshake_of(std::make_unique<TlsEngine>(context, role, name), deadline);
}

asio::awaitable<Written> Stream::handshake_of(std::unique_ptr<TlsEngine> engine, Time deadline) {
  const Deadline end(deadline);
  tls_ = std::move(engine);
  end_tls();
  for (;;) {
    const auto status = tls_->handshake();
    Written sent = co_await send_taken(end.left());
    if (status == TlsEngine::Status::failed || status == TlsEngine::Status::closed) {
      Written result{End::tls_failed, tls_->problem()};
      if (status == TlsEngine::Status::closed) result.problem = "close_notify during the handshake";
      tls_.reset();
      co_return result;
    }
    if (status == TlsEngine::Status::done) {
      if (sent.end == End::octets) break;
      tls_.reset();
      co_return sent;
    }
    // A peer that refuses may have said why before it broke the connection: so a broken write does not end the reading.
    if (feed()) continue;
    Read piece{sent.end, {}, sent.problem};
    if (sent.end != End::deadline) piece = co_await transport_->read(end.left());
    if (piece.end != End::octets) {
      if (piece.problem.empty()) piece.problem = "the handshake was not complete";
      tls_.reset();
      co_return Written{piece.end, piece.problem};
    }
    raw_ += piece.octets;
  }
  reading_ = Reading::tls;
  writes_tls_ = true;
  co_return Written{};
}

asio::awaitable<Written> Stream::close_notify(Time deadline) {
  if (!tls_) co_return Written{};
  tls_->close_notify();
  writes_tls_ = false;
  if (reading_ == Reading::tls) reading_ = Reading::draining;
  co_return co_await send_taken(deadline);
}

}  // namespace smtpspec::wire
