// Host names to addresses, in bounded time: the system's look-up may take minutes, and nothing can break it off.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <asio/awaitable.hpp>
#include <asio/ip/address.hpp>

#include "harness/wire/io.hpp"

namespace smtpspec::wire {

struct Resolved {
  std::vector<asio::ip::address> addresses;
  std::string problem;   ///< where there are none: "mx.example.test: Host not found"
  bool in_time = false;  ///< the look-up has ended; one that has not is left behind, to end by itself
};

/// An address in digits is itself, at once. Of the rest a thread asks the system.
[[nodiscard]] asio::awaitable<Resolved> resolve(std::string host, Time deadline);
/// The same, in the calling thread. `stop` is asked often; where it says true nothing more is waited for.
[[nodiscard]] Resolved resolve_now(const std::string& host, Time deadline, const std::function<bool()>& stop);

}  // namespace smtpspec::wire
