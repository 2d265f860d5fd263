#include "harness/delivery/lookout.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <utility>

#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

namespace smtpspec::delivery {

/// What the thread may hold on to when the lookout has ended.
struct Lookout::Shared {
  std::function<Look()> look;
  std::mutex mutex;
  std::condition_variable changed;
  bool stopped = false;  ///< nothing is posted any more
  bool taken = true;     ///< what was posted
  bool ended = false;
  std::atomic<bool> failed = false;  ///< it has ended of itself
};

namespace {

Look lost(std::string why) {
  Look none;
  none.lost = std::move(why);
  return none;
}

Look look_safely(const std::function<Look()>& look) {
  try {
    return look();
  } catch (...) {  // out of memory
    return lost("there is not enough memory to look at it");
  }
}

}  // namespace

Lookout::Lookout(asio::any_io_executor executor, std::function<Look()> look, std::function<void(Look)> take)
    : executor_(std::move(executor)), take_(std::move(take)), shared_(std::make_shared<Shared>()) {
  shared_->look = std::move(look);
  thread_ = std::thread([this, shared = shared_] {
    try {
      look_on(shared);
    } catch (...) {  // the executor had no memory for what was posted, say
      shared->failed = true;
    }
    const std::lock_guard lock(shared->mutex);
    shared->ended = true;
    shared->changed.notify_all();
  });
}

void Lookout::look_on(const std::shared_ptr<Shared>& shared) {
  std::unique_lock lock(shared->mutex);
  while (!shared->stopped) {
    lock.unlock();
    const auto begun = Clock::now();
    Look found = look_safely(shared->look);
    const Clock::duration rest = std::clamp<Clock::duration>(4 * (Clock::now() - begun), between_looks, longest_rest);
    lock.lock();
    if (shared->stopped) break;
    shared->taken = false;
    // Under the lock: the lookout, and its executor, are there as long as it is not stopped.
    asio::post(executor_, [this, shared, found = std::move(found)]() mutable {
      if (!shared->stopped) this->take(std::move(found));
      const std::lock_guard ended(shared->mutex);
      shared->taken = true;
      shared->changed.notify_all();
    });
    shared->changed.wait(lock, [&] { return shared->taken || shared->stopped; });
    shared->changed.wait_for(lock, rest, [&] { return shared->stopped; });
  }
}

Lookout::~Lookout() {
  std::unique_lock lock(shared_->mutex);
  shared_->stopped = true;
  shared_->changed.notify_all();
  const bool ended = shared_->changed.wait_for(lock, longest_end, [&] { return shared_->ended; });
  lock.unlock();
  if (ended)
    thread_.join();
  else
    thread_.detach();
}

void Lookout::take(Look look) {
  lost_ = !look.lost.empty();
  if (look.seen_until) seen_until_ = std::max(seen_until_, *look.seen_until);
  take_(std::move(look));
  for (asio::steady_timer* const timer : waiting_) timer->cancel();
}

asio::awaitable<bool> Lookout::seen(Clock::time_point at, std::chrono::milliseconds most) {
  asio::steady_timer timer(executor_);
  const auto until = Clock::now() + most;
  while (seen_until_ < at && !lost_ && Clock::now() < until) {
    if (shared_->failed) {
      take(lost("what looks at it has failed"));
      break;
    }
    timer.expires_at(std::min(until, Clock::now() + between_checks));
    waiting_.insert(&timer);
    asio::error_code woken;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    waiting_.erase(&timer);
  }
  co_return seen_until_ >= at && !lost_;
}

}  // namespace smtpspec::delivery
