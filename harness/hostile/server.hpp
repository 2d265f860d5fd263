// A server that goes through its sessions as the reference server does, up to the point where its behaviour begins.
#pragma once

#include <cstddef>
#include <cstdint>

#include <asio/any_io_executor.hpp>

#include "harness/hostile/behaviour.hpp"
#include "harness/reference/server.hpp"
#include "harness/wire/listener.hpp"

namespace smtpspec::hostile {

struct Options {
  std::uint16_t port = 0;     ///< 0 takes a free one
  std::size_t correct = 0;    ///< so many first connections are served correctly
  bool implicit_tls = false;  ///< TLS from the first octet; a point under TLS is met at once
  reference::Settings settings;
};
/// Listens on loopback at once; throws std::system_error where the port cannot be had. Connections take the
/// behaviours, of which there is one at least, in turn.
[[nodiscard]] wire::Listener listen(asio::any_io_executor executor, Options options, std::vector<Behaviour> behaviours,
                                    reference::Deliver deliver);

}  // namespace smtpspec::hostile
