// What a hostile server does on one connection.
#pragma once

#include <chrono>
#include <string>

#include <asio/awaitable.hpp>

#include "harness/hostile/behaviour.hpp"
#include "harness/wire/stream.hpp"

namespace smtpspec::hostile {

/// No peer is worth more of our time; a run has ended long before.
inline constexpr wire::Time very_long{120'000};

asio::awaitable<void> sleep_for(std::chrono::milliseconds time);

/// Misbehaves at its point; `reply` is what a correct server would say there. True: the session goes on.
asio::awaitable<bool> perform(const Behaviour& behaviour, wire::Stream& stream, std::string reply);

/// The misbehaviours at Point::handshake, up to its middle where that is asked for. The session is over then.
asio::awaitable<void> break_handshake(const Behaviour& behaviour, wire::Stream& stream, wire::TlsContext& tls);

/// Writes all of it however long that takes; false when the peer is gone.
asio::awaitable<bool> write_all(wire::Stream& stream, std::string octets);

}  // namespace smtpspec::hostile
