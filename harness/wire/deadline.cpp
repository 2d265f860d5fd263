#include "harness/wire/deadline.hpp"

#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

namespace smtpspec::wire {

asio::awaitable<bool> Bell::wait(const Deadline& deadline) {
  if (!rung_) {
    asio::error_code ignored;
    timer_.expires_at(deadline.at());
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  co_return std::exchange(rung_, false);
}

}  // namespace smtpspec::wire
