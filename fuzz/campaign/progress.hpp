// How far a campaign has come, in memory that its processes share.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz/campaign/alone.hpp"
#include "fuzz/oracles/replies_seen.hpp"

namespace smtpspec::fuzz {

class ProcessEvents;

struct Progress {
  std::atomic<std::uint64_t> sessions{0};
  std::atomic<std::uint64_t> silent{0};    ///< that were refused, or came to nothing else
  std::atomic<std::uint64_t> put_off{0};   ///< how often one was put off, and tried again
  std::atomic<std::uint64_t> moves{0};     ///< to another address, for that
  std::atomic<std::uint64_t> features{0};  ///< different ones, by the worker that has seen most
  std::atomic<std::uint64_t> edges{0};     ///< of the server's own code, where it tells
  std::atomic<std::uint64_t> findings{0};
  std::atomic<std::int64_t> last_news{0};  ///< when a feature was new, in seconds of the steady clock
  std::atomic<bool> away{false};           ///< the server takes no connections: whoever started it is to do so again
  std::atomic<bool> hangs{false};          ///< it lets a worker in, and says nothing
  std::atomic<bool> stop{false};           ///< the workers are to end
  std::atomic<bool> unwritten{false};      ///< something that was found cannot be kept: no more is looked for
  std::atomic<bool> playing{false};        ///< the queue is there, and the workers are
  Alone alone;
};

/// One of several campaigns on the same folder, each with a server of its own. The first leads: it puts the seeds,
/// tells how far all have come, ends them, and makes the findings.
struct Part {
  static constexpr std::size_t most = 64;
  std::span<Progress> all;         ///< shared by all; empty: this is the only one
  RepliesSeen* replies = nullptr;  ///< shared by all
  std::size_t number = 0;
  std::int64_t process = 0;         ///< by which it is seen from outside whether they still run
  ProcessEvents* events = nullptr;  ///< its own, made outside; null: to be made where it runs
};
using AllProgress = std::array<Progress, Part::most>;

}  // namespace smtpspec::fuzz
