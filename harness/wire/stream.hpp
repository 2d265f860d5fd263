// One connection: TCP or in memory, with TLS on top when asked. Coroutines over Asio; every wait has a deadline.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

#include "harness/wire/io.hpp"
#include "harness/wire/tls_layer.hpp"

namespace smtpspec::wire {

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
  bool ours = false;  ///< this machine is short of descriptors, ports or memory
};

/// Whether an address, in digits, may be connected to; empty: all.
using Allowed = std::function<bool(const std::string& address)>;

/// Connects over TCP with TCP_NODELAY set; a host that begins with '/' is the path of a Unix socket. `source`: local
/// address to bind, empty for any. Resolves host names, and tries their addresses in turn within the one deadline.
/// Failure is `deadline`, or `reset` with the problem. A Unix socket is always allowed.
asio::awaitable<Connected> connect_tcp(const std::string& host, std::uint16_t port, const std::string& source,
                                       Time deadline, const Allowed& allowed = {});
/// As connect_tcp, for a coroutine that has its executor's thread to itself: whoever waits blocks the thread in
/// poll(2), which takes half the system calls of a wait that others share.
asio::awaitable<Connected> connect_tcp_alone(const std::string& host, std::uint16_t port, const std::string& source,
                                             Time deadline, const Allowed& allowed = {});

/// A transport with an optional TLS session on it. One reader and one writer at a time. Move it only while it is idle.
class Stream {
 public:
  explicit Stream(std::unique_ptr<Transport> transport) : transport_(std::move(transport)) {}

  /// Reads plain octets; under TLS decrypted ones, as TlsLayer has them. FIN without close_notify is `closed`.
  asio::awaitable<Read> read(Time deadline);
  /// Writes as one segment (one TLS record where it fits).
  asio::awaitable<Written> write(std::string_view octets, Time deadline);
  /// Writes to the transport itself, beneath TLS.
  asio::awaitable<Written> write_beneath(std::string_view octets, Time deadline);

  /// `octets` ended: the handshake is complete. Otherwise the stream is in plain text again. Not under TLS already.
  /// `read_already`: octets of the handshake that a read has taken off the stream.
  asio::awaitable<Written> handshake(TlsContext& context, TlsEngine::Role role, const std::string& name, Time deadline,
                                     std::string_view read_already = {});
  /// Sends close_notify and goes on in plain text on the same connection. Also answers the peer's. Without a TLS
  /// session nothing is sent.
  asio::awaitable<Written> close_notify(Time deadline);
  /// What write() writes goes through TLS.
  [[nodiscard]] bool under_tls() const;
  /// Protocol and cipher; empty where there is no TLS.
  [[nodiscard]] std::string tls_description() const;

  [[nodiscard]] Transport& transport() { return *transport_; }

 private:
  asio::awaitable<Written> handshake_of(std::unique_ptr<TlsEngine> engine, Time deadline);
  asio::awaitable<Written> send_taken(Time deadline);

  std::unique_ptr<Transport> transport_;
  TlsLayer layer_;
  bool writing_ = false;  ///< a write is under way
};

}  // namespace smtpspec::wire
