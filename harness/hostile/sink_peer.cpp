#include "harness/hostile/sink_peer.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/this_coro.hpp>

#include "harness/hostile/behaviour.hpp"
#include "harness/hostile/misbehaviour.hpp"
#include "harness/wire/stream.hpp"

namespace smtpspec::hostile {
namespace {

using wire::End;

constexpr std::chrono::milliseconds before_next{50};
constexpr std::chrono::milliseconds between_octets{2};
constexpr std::size_t gibibyte = std::size_t{1} << 30;

/// Until the sink ends the connection; one reader, beside the one writer.
asio::awaitable<void> read_all(std::shared_ptr<wire::Transport> transport) {
  for (;;) {
    const wire::Read read = co_await transport->read(very_long);
    if (read.end != End::octets) co_return;
  }
}

asio::awaitable<bool> write_all(wire::Transport& transport, const std::string& octets, bool octetwise) {
  const std::size_t size = octetwise ? 1 : octets.size();
  for (std::size_t at = 0; at < octets.size(); at += size) {
    const wire::Written written = co_await transport.write(std::string_view(octets).substr(at, size), very_long);
    if (written.end != End::octets) co_return false;
    if (octetwise) co_await sleep_for(between_octets);
  }
  co_return true;
}

asio::awaitable<void> connection(const SinkPeer& peer, const std::string host, std::uint16_t port) {
  const auto executor = co_await asio::this_coro::executor;
  const std::string any;
  for (;; co_await sleep_for(before_next)) {
    wire::Connected connected = co_await wire::connect_tcp(host, port, any, very_long);
    if (!connected.transport) continue;
    const std::shared_ptr<wire::Transport> transport = std::move(connected.transport);
    if (peer.reads) asio::co_spawn(executor, read_all(transport), asio::detached);
    bool there = co_await write_all(*transport, peer.first, peer.octetwise);
    for (std::size_t said = 0; there && said < peer.most; said += peer.octets.size())
      there = co_await write_all(*transport, peer.octets, peer.octetwise);
    if (there && peer.then == Then::hold) co_await sleep_for(very_long);
    if (peer.then == Then::reset) transport->reset();
    transport->close();
  }
}

std::vector<SinkPeer> made() {
  const std::string envelope = "EHLO peer.example\r\nMAIL FROM:<a@peer.example>\r\nRCPT TO:<b@sink.example>\r\n";
  const std::string line = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789\r\n";
  const std::string lines = repeated(line, 1000);
  const std::string letter = envelope + "DATA\r\nSubject: nobody asked\r\n\r\n" + line + ".\r\n";
  const std::string with_token =
      envelope + "DATA\r\nSubject: t0123456789abcdef\r\n\r\n" + repeated(line, 1000) + ".\r\nRSET\r\n";
  return {
      {"peer-line", "1 GiB without a line end", 8, "", std::string(65536, 'A'), gibibyte},
      {"peer-garbage", "garbage without end", 8, "", garbage(65536), gibibyte},
      {"peer-commands", "commands without end, and reads no reply", 32, "EHLO peer.example\r\n",
       repeated("\r\n", 32768), gibibyte, false},
      {"peer-noops", "NOOP without end, in one go", 4, "EHLO peer.example\r\n", repeated("NOOP\r\n", 8192), gibibyte},
      {"peer-data", "a message without end", 8, envelope + "DATA\r\n", lines, gibibyte},
      {"peer-held-data", "400 messages of 2 MiB that never end", 400, envelope + "DATA\r\n", lines, 2 << 20},
      {"peer-recipients", "recipients without end", 8, "EHLO peer.example\r\nMAIL FROM:<a@peer.example>\r\n",
       repeated("RCPT TO:<" + std::string(60, 'x') + "@sink.example>\r\n", 500), gibibyte},
      {"peer-half-open", "3000 connections that say nothing", 3000, "", "", 0, false},
      {"peer-greeted", "2000 connections that stop after EHLO", 2000, "EHLO peer.example\r\n", "", 0},
      {"peer-slow", "200 sessions of one octet a segment", 200, "", letter, letter.size(), true, true},
      {"peer-chunk", "a chunk of the greatest size there is, and its octets", 8,
       envelope + "BDAT 18446744073709551615\r\n", std::string(65536, 'B'), gibibyte},
      {"peer-chunk-sizes", "chunk sizes that are no numbers", 8, envelope,
       repeated("BDAT 99999999999999999999999999\r\nBDAT -1\r\nBDAT 1e9 LAST\r\nBDAT\r\n", 200), gibibyte},
      {"peer-chunks", "a message of empty and tiny chunks without end", 8, envelope,
       repeated("BDAT 0\r\nBDAT 1\r\nx", 1000), gibibyte},
      {"peer-letters", "whole messages without end", 8, "", letter, gibibyte},
      {"peer-tokens", "whole messages without end that bear a token of no scenario", 8, "", with_token, gibibyte},
      {"peer-close", "connects, begins a message and closes, again and again", 50, envelope + "DATA\r\nhalf a", "", 0,
       true, false, Then::close},
      {"peer-reset", "connects, begins a message and resets, again and again", 50, envelope + "DATA\r\nhalf a", "", 0,
       false, false, Then::reset},
  };
}

}  // namespace

const std::vector<SinkPeer>& sink_peers() {
  static const std::vector<SinkPeer> all = made();
  return all;
}

const SinkPeer* sink_peer_named(std::string_view name) {
  const auto& all = sink_peers();
  const auto found = std::find_if(all.begin(), all.end(), [&](const SinkPeer& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

void attack(const asio::any_io_executor& executor, const SinkPeer& peer, const std::string& host, std::uint16_t port) {
  for (std::size_t i = 0; i < peer.connections; ++i)
    asio::co_spawn(executor, connection(peer, host, port), asio::detached);
}

}  // namespace smtpspec::hostile
