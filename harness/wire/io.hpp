// How reading from and writing to a connection ends. No Asio.
#pragma once

#include <chrono>
#include <string>

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

}  // namespace smtpspec::wire
