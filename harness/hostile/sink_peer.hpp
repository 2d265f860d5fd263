// Peers that connect to the sink of a run and misbehave there while mail is relayed to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <asio/any_io_executor.hpp>

namespace smtpspec::hostile {

enum class Then { hold, close, reset };

/// So many connections that each say `first`, then `octets` again and again, and begin anew when they are ended.
struct SinkPeer {
  std::string name;
  std::string what;  ///< for people, one line
  std::size_t connections = 1;
  std::string first;
  std::string octets;
  std::size_t most = 0;    ///< octets to send at most, `first` not counted
  bool reads = true;       ///< takes the sink's replies
  bool octetwise = false;  ///< one octet a segment
  Then then = Then::hold;
};

[[nodiscard]] const std::vector<SinkPeer>& sink_peers();
/// nullptr where there is none.
[[nodiscard]] const SinkPeer* sink_peer_named(std::string_view name);

/// Starts its connections; they end with the executor. The peer must outlive it.
void attack(const asio::any_io_executor& executor, const SinkPeer& peer, const std::string& host, std::uint16_t port);

}  // namespace smtpspec::hostile
