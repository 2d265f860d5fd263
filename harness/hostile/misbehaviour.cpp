#include "harness/hostile/misbehaviour.hpp"

#include <algorithm>
#include <utility>

#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

namespace smtpspec::hostile {
namespace {

using wire::End;

constexpr std::size_t flood_octets = std::size_t{1} << 30;
constexpr std::size_t trickle_octets = std::size_t{1} << 20;
constexpr std::chrono::milliseconds between_slow_octets{30};

/// Reads and throws away until the peer leaves.
asio::awaitable<void> listen(wire::Stream& stream) {
  for (;;) {
    const wire::Read read = co_await stream.read(very_long);
    if (read.end != End::octets && read.end != End::tls_closed) co_return;
  }
}

/// Holds the connection and does not even look whether the peer is still there.
asio::awaitable<void> be_deaf() { co_await sleep_for(very_long); }

/// Each octet is a write of its own, which TCP_NODELAY makes a segment.
asio::awaitable<bool> write_octetwise(wire::Stream& stream, std::string octets, std::chrono::milliseconds pause) {
  for (const char octet : octets) {
    const std::string one(1, octet);
    const bool there = co_await write_all(stream, one);
    if (!there) co_return false;
    if (pause.count() > 0) co_await sleep_for(pause);
  }
  co_return true;
}

/// Writes without end, or nearly so.
asio::awaitable<void> flood(const Behaviour& behaviour, wire::Stream& stream) {
  const bool trickles = behaviour.act == Act::trickle;
  bool there = co_await write_all(stream, behaviour.first);
  for (std::size_t written = 0; there && written < (trickles ? trickle_octets : flood_octets);) {
    if (trickles) {
      there = co_await write_octetwise(stream, behaviour.octets, std::chrono::milliseconds(0));
    } else {
      there = co_await write_all(stream, behaviour.octets);
    }
    written += behaviour.octets.size();
  }
  if (there) co_await be_deaf();
}

/// Each line begins with its code.
std::string with_code(const std::string& reply, const std::string& code) {
  std::string recoded;
  for (std::size_t at = 0; at < reply.size();) {
    const std::size_t end = std::min(reply.find('\n', at), reply.size() - 1) + 1;
    recoded += code + reply.substr(std::min(at + 3, end), end - std::min(at + 3, end));
    at = end;
  }
  return recoded;
}

std::string with_line_feeds(std::string reply) {
  std::erase(reply, '\r');
  return reply;
}

}  // namespace

asio::awaitable<void> sleep_for(std::chrono::milliseconds time) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, time);
  asio::error_code ignored;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

asio::awaitable<bool> write_all(wire::Stream& stream, std::string octets) {
  if (octets.empty()) co_return true;
  const wire::Written written = co_await stream.write(octets, very_long);
  co_return written.end == End::octets;
}

asio::awaitable<bool> perform(const Behaviour& behaviour, wire::Stream& stream, std::string reply) {
  if (behaviour.before != Before::nothing) {
    std::string part = reply;
    if (behaviour.before == Before::half) part.resize(reply.size() / 2);
    const bool there = co_await write_all(stream, std::move(part));
    if (!there) co_return false;
  }
  bool there = false;
  switch (behaviour.act) {
    case Act::close: stream.transport().close(); break;
    case Act::reset: stream.transport().reset(); break;
    case Act::silence: co_await listen(stream); break;
    case Act::deaf: co_await be_deaf(); break;
    case Act::flood:
    case Act::trickle: co_await flood(behaviour, stream); break;
    case Act::write_close: co_await write_all(stream, behaviour.first + behaviour.octets); break;
    case Act::write: there = co_await write_all(stream, behaviour.first + behaviour.octets); break;
    case Act::octetwise: there = co_await write_octetwise(stream, reply, std::chrono::milliseconds(0)); break;
    case Act::slowly: there = co_await write_octetwise(stream, reply, between_slow_octets); break;
    case Act::recode: there = co_await write_all(stream, with_code(reply, behaviour.octets)); break;
    case Act::line_feeds: there = co_await write_all(stream, with_line_feeds(reply)); break;
    case Act::close_notify:
      co_await stream.close_notify(very_long);
      co_await listen(stream);
      break;
    case Act::beneath_tls:
      co_await stream.write_beneath(behaviour.octets, very_long);
      co_await listen(stream);
      break;
  }
  co_return there;
}

asio::awaitable<void> break_handshake(const Behaviour& behaviour, wire::Stream& stream, wire::TlsContext& tls) {
  const wire::Read hello = co_await stream.transport().read(very_long);
  if (hello.end != End::octets) co_return;
  std::string flight;
  if (behaviour.before == Before::half) {
    wire::TlsEngine engine(tls, wire::TlsEngine::Role::server, "");
    engine.give(hello.octets);
    engine.handshake();
    flight = engine.take();
  }
  (void)co_await perform(behaviour, stream, std::move(flight));
}

}  // namespace smtpspec::hostile
