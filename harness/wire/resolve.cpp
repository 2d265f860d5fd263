#include "harness/wire/resolve.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "harness/wire/deadline.hpp"

namespace smtpspec::wire {

namespace {

/// So many look-ups may be left behind; a name server that answers nothing is to cost no more.
constexpr int most_at_a_time = 16;
constexpr std::chrono::milliseconds longest_between_looks{20};

/// Shared with the thread that asks.
class Lookup {
 public:
  static std::shared_ptr<Lookup> begin(const std::string& host) {
    auto lookup = std::make_shared<Lookup>();
    if (under_way >= most_at_a_time) {
      lookup->end({{}, host + ": the look-ups of before have not ended", true});
      return lookup;
    }
    std::thread([lookup, host] {
      lookup->end(asked(host));
      --under_way;
    }).detach();
    ++under_way;  // where the thread could begin; it may have counted down already
    return lookup;
  }

  [[nodiscard]] std::optional<Resolved> answer() {
    const std::lock_guard lock(mutex_);
    return answer_;
  }
  [[nodiscard]] std::optional<Resolved> wait(Time time) {
    std::unique_lock lock(mutex_);
    answered_.wait_for(lock, time, [this] { return answer_.has_value(); });
    return answer_;
  }

 private:
  static Resolved asked(const std::string& host) {
    Resolved resolved;
    resolved.in_time = true;
    asio::io_context context;
    asio::ip::tcp::resolver resolver(context);
    asio::error_code error;
    for (const auto& entry : resolver.resolve(host, "", error))
      resolved.addresses.push_back(entry.endpoint().address());
    resolved.problem = fmt::format("{}: {}", host, error ? error.message() : "no address");
    return resolved;
  }

  void end(Resolved resolved) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(resolved);
    answered_.notify_all();
  }

  static inline std::atomic<int> under_way{0};
  std::mutex mutex_;
  std::condition_variable answered_;
  std::optional<Resolved> answer_;
};

/// What needs no look-up.
std::optional<Resolved> known(const std::string& host) {
  if (host.empty()) return Resolved{{}, "no host was named", true};
  asio::error_code error;
  const auto address = asio::ip::make_address(host, error);
  return error ? std::nullopt : std::optional(Resolved{{address}, {}, true});
}

Resolved too_late(const std::string& host) {
  return {{}, fmt::format("{}: no answer to the host name look-up in time", host), false};
}

}  // namespace

asio::awaitable<Resolved> resolve(std::string host, Time deadline) {
  if (auto at_once = known(host)) co_return std::move(*at_once);
  const Deadline end(deadline);
  const auto lookup = Lookup::begin(host);
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (std::chrono::milliseconds pause{1}; !end.over(); pause = std::min(2 * pause, longest_between_looks)) {
    if (auto answer = lookup->answer()) co_return std::move(*answer);
    asio::error_code ignored;
    timer.expires_after(pause);
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  co_return too_late(host);
}

Resolved resolve_now(const std::string& host, Time deadline, const std::function<bool()>& stop) {
  if (auto at_once = known(host)) return std::move(*at_once);
  const Deadline end(deadline);
  const auto lookup = Lookup::begin(host);
  while (!end.over() && !stop())
    if (auto answer = lookup->wait(longest_between_looks)) return std::move(*answer);
  return too_late(host);
}

}  // namespace smtpspec::wire
