// One connection: TCP or in memory, with TLS on top when asked. Coroutines over Asio; every wait has a deadline.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

#include "harness/wire/tls.hpp"

namespace smtpspec::wire {

/// How long to wait, counted from the call. Zero takes what is there at once.
using Time = std::chrono::milliseconds;

/// How a wait ended.
enum class End {
  octets,      ///< something was read, or everything was written
  deadline,    ///< the time was over first
  closed,      ///< the peer ended its side (FIN)
  tls_closed,  ///< the peer sent close_notify; the TCP connection may still be open
  reset,       ///< the connection was reset or broken
  tls_failed,  ///< a TLS record or handshake was broken
};

struct Read {
  End end = End::octets;
  std::string octets;
  std::string problem;  ///< for people, where `end` is a failure
};

struct Written {
  End end = End::octets;
  std::string problem;
};

/// The raw road beneath a stream. One reader and one writer at a time; they may be two coroutines of one executor.
/// A wait that is cancelled ends as `deadline` and takes no octets with it. After close() or reset() every read and
/// write ends as `reset`. Destroying a transport closes it.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual asio::awaitable<Read> read(Time deadline) = 0;  ///< at most 64 KiB
  virtual asio::awaitable<Written> write(std::string_view octets,
                                         Time deadline) = 0;  ///< all, by one write where the kernel takes it
  virtual void half_close() = 0;
  virtual void reset() = 0;  ///< TCP RST
  virtual void close() = 0;
  [[nodiscard]] virtual std::string local() const = 0;  ///< "127.0.0.1:40000"
  [[nodiscard]] virtual std::string remote() const = 0;
};

struct Connected {
  std::unique_ptr<Transport> transport;  ///< null: could not connect
  End end = End::octets;
  std::string problem;
};

/// Connects over TCP with TCP_NODELAY set. `source`: local address to bind, empty for any. Resolves host names, and
/// tries their addresses in turn within the one deadline. Failure is `deadline`, or `reset` with the problem.
asio::awaitable<Connected> connect_tcp(const std::string& host, std::uint16_t port, const std::string& source,
                                       Time deadline);
/// Two ends of a road in memory that holds 256 KiB each way; a write waits for room.
std::pair<std::unique_ptr<Transport>, std::unique_ptr<Transport>> make_pipe(asio::any_io_executor executor);

/// A transport with an optional TLS session on it. One reader and one writer at a time. Move it only while it is idle.
class Stream {
 public:
  explicit Stream(std::unique_ptr<Transport> transport);
  ~Stream();
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;

  /// Reads plain octets; under TLS decrypted ones. After close_notify from either side plain octets of the TCP
  /// connection are read. The peer's close_notify is told once, as `tls_closed`; FIN without it is `closed`.
  /// After `tls_failed` every read and write under TLS ends so again.
  /// After our own close_notify, TLS records that the peer still had under way are decrypted; the first octet that
  /// cannot begin a record ends that.
  asio::awaitable<Read> read(Time deadline);
  /// Writes as one segment (one TLS record where it fits).
  asio::awaitable<Written> write(std::string_view octets, Time deadline);
  /// Writes to the transport itself, beneath TLS.
  asio::awaitable<Written> write_beneath(std::string_view octets, Time deadline);

  /// `octets` ended: the handshake is complete. Otherwise the stream is in plain text again. Not under TLS already.
  asio::awaitable<Written> handshake(TlsContext& context, TlsEngine::Role role, const std::string& name, Time deadline);
  /// Sends close_notify and goes on in plain text on the same connection. Also answers the peer's. Without a TLS
  /// session nothing is sent.
  asio::awaitable<Written> close_notify(Time deadline);
  /// What write() writes goes through TLS.
  [[nodiscard]] bool under_tls() const;
  /// Protocol and cipher; empty where there is no TLS.
  [[nodiscard]] std::string tls_description() const;

  [[nodiscard]] Transport& transport() { return *transport_; }

 private:
  enum class Reading { plain, tls, draining };  ///< draining: we sent close_notify, the peer did not yet
  asio::awaitable<Written> handshake_of(std::unique_ptr<TlsEngine> engine, Time deadline);
  asio::awaitable<Read> read_tls(Time deadline);
  asio::awaitable<Written> send_taken(Time deadline);
  bool feed();
  Read read_raw();
  void end_tls();

  std::unique_ptr<Transport> transport_;
  std::unique_ptr<TlsEngine> tls_;
  std::string raw_;  ///< read from the transport under TLS, not yet given to TLS
  Reading reading_ = Reading::plain;
  bool writes_tls_ = false;
  bool writing_ = false;  ///< a write is under way
};

}  // namespace smtpspec::wire
