// What TLS makes of a connection's octets, without I/O: plain text, TLS, and plain text again after close_notify.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "harness/wire/io.hpp"
#include "harness/wire/tls.hpp"

namespace smtpspec::wire {

/// Give it what came from the peer, take from it what must go there. A stream puts it on a transport.
class TlsLayer {
 public:
  /// Octets from the peer; in plain text they are read again as they are.
  void give(std::string_view octets) { raw_ += octets; }
  /// What can be read now; nullopt while more octets of the peer are needed. The peer's close_notify is told once, as
  /// `tls_closed`. After `tls_failed`, whose alert is in take(), every read under TLS ends so again.
  /// After our own close_notify, TLS records that the peer still had under way are decrypted; the first octet that
  /// cannot begin a record ends that.
  [[nodiscard]] std::optional<Read> read();
  /// The peer sends no more: octets that were to be read under TLS and are plain text.
  [[nodiscard]] std::optional<Read> rest();

  /// Makes ready to be sent, by take(): one TLS record where it fits, or the octets themselves.
  [[nodiscard]] Written write(std::string_view octets);
  /// Ends TLS on our side; what is written from now on is plain text. Without a session it does nothing.
  void close_notify();
  [[nodiscard]] std::string take();

  /// A handshake begins; not under TLS already.
  void begin(std::unique_ptr<TlsEngine> engine);
  /// As far as the octets given allow. `done`: reads and writes go through TLS from now on.
  [[nodiscard]] TlsEngine::Status handshake();
  /// A handshake that failed; plain text again. Not before its alert was taken.
  void give_up() {
    tls_.reset();
    end_tls();
  }
  [[nodiscard]] std::string problem() const { return tls_ ? tls_->problem() : std::string(); }

  /// What is read needs no TLS, and is given back as it came.
  [[nodiscard]] bool is_plain() const { return reading_ == Reading::plain && raw_.empty(); }
  /// What write() makes ready goes through TLS.
  [[nodiscard]] bool under_tls() const { return writes_tls_; }
  /// Protocol and cipher; empty where there is no TLS.
  [[nodiscard]] std::string description() const { return tls_ ? tls_->description() : std::string(); }

 private:
  enum class Reading { plain, tls, draining };  ///< draining: we sent close_notify, the peer did not yet
  bool feed();
  Read read_raw();
  void end_tls();

  std::unique_ptr<TlsEngine> tls_;
  std::string raw_;    ///< from the peer, not yet read
  std::string plain_;  ///< for the peer, in plain text
  Reading reading_ = Reading::plain;
  bool writes_tls_ = false;
};

}  // namespace smtpspec::wire
