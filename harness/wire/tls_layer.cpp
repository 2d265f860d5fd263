#include "harness/wire/tls_layer.hpp"

#include <utility>

namespace smtpspec::wire {
namespace {

using Status = TlsEngine::Status;

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

/// One record at a time, so that what lies after a close_notify is still here, and is plain.
bool TlsLayer::feed() {
  if (reading_ == Reading::draining && !begins_record(raw_)) return false;
  const std::size_t size = ready_size(raw_);
  if (size == 0) return false;
  tls_->give(std::string_view(raw_).substr(0, size));
  raw_.erase(0, size);
  return true;
}

Read TlsLayer::read_raw() {
  reading_ = Reading::plain;
  return {End::octets, std::exchange(raw_, {}), {}};
}

void TlsLayer::end_tls() {
  reading_ = Reading::plain;
  writes_tls_ = false;
}

std::optional<Read> TlsLayer::read() {
  if (reading_ == Reading::plain) return raw_.empty() ? std::nullopt : std::optional(read_raw());
  Read result;
  Status status = tls_->read(result.octets);
  while (status == Status::wants_input && result.octets.size() < max_read && feed()) status = tls_->read(result.octets);
  if (!result.octets.empty()) return result;
  if (status == Status::closed) {
    end_tls();
    result.end = End::tls_closed;
    return result;
  }
  if (status == Status::failed) {
    result.end = End::tls_failed;
    result.problem = tls_->problem();
    if (reading_ == Reading::draining) end_tls();
    return result;
  }
  if (reading_ == Reading::draining && !raw_.empty() && !begins_record(raw_)) return read_raw();
  return std::nullopt;
}

std::optional<Read> TlsLayer::rest() {
  if (reading_ != Reading::draining || raw_.empty()) return std::nullopt;
  return read_raw();
}

Written TlsLayer::write(std::string_view octets) {
  if (!writes_tls_) {
    plain_ += octets;
    return {};
  }
  if (tls_->write(octets) != Status::done) return {End::tls_failed, tls_->problem()};
  return {};
}

void TlsLayer::close_notify() {
  if (!tls_) return;
  tls_->close_notify();
  writes_tls_ = false;
  if (reading_ == Reading::tls) reading_ = Reading::draining;
}

std::string TlsLayer::take() { return tls_ ? tls_->take() + std::exchange(plain_, {}) : std::exchange(plain_, {}); }

void TlsLayer::begin(std::unique_ptr<TlsEngine> engine) {
  tls_ = std::move(engine);
  end_tls();
}

Status TlsLayer::handshake() {
  Status status = tls_->handshake();
  while (status == Status::wants_input && feed()) status = tls_->handshake();
  if (status != Status::done) return status;
  reading_ = Reading::tls;
  writes_tls_ = true;
  return status;
}

}  // namespace smtpspec::wire
