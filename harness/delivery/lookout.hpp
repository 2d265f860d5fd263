// Looks at a road of files in a thread of its own, so that those who play never wait for a disk or a folder.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <thread>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>

#include "harness/delivery/stored_message.hpp"

namespace smtpspec::delivery {

/// All but the look itself is of the executor, which must be of one thread. At least `between_looks` go by from one
/// look to the next, and more where a look takes long, so that the thread is at rest four fifths of its time. What a
/// look has found is taken before the next begins: no more than that waits in memory.
class Lookout {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds between_looks{100};
  static constexpr std::chrono::milliseconds longest_rest{2000};
  /// A thread that failed is found out within this time.
  static constexpr std::chrono::milliseconds between_checks{500};
  /// For a look that is under way when the lookout ends; then it is left to itself.
  static constexpr std::chrono::milliseconds longest_end{1000};

  /// `look` is called in the thread, `take` on the executor, until the lookout ends. `look` must own what it needs.
  /// Where the thread fails in the midst of it, the road is lost for good, and `take` is told. Throws std::system_error
  /// where there can be no thread.
  Lookout(asio::any_io_executor executor, std::function<Look()> look, std::function<void(Look)> take);
  ~Lookout();
  Lookout(const Lookout&) = delete;
  Lookout& operator=(const Lookout&) = delete;

  /// Waits until all that was there at this time has been seen, for so long at most. False where it has not: the road
  /// is lost, or a look takes too long.
  asio::awaitable<bool> seen(Clock::time_point at, std::chrono::milliseconds most);

 private:
  struct Shared;
  void look_on(const std::shared_ptr<Shared>& shared);
  void take(Look look);

  asio::any_io_executor executor_;
  std::function<void(Look)> take_;
  std::shared_ptr<Shared> shared_;
  std::set<asio::steady_timer*> waiting_;  ///< woken by each look
  Clock::time_point seen_until_;
  bool lost_ = false;
  std::thread thread_;
};

}  // namespace smtpspec::delivery
