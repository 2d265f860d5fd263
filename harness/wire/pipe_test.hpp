// A road in memory for tests: what TCP does, and when, without the kernel.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "harness/wire/deadline.hpp"
#include "harness/wire/stream.hpp"

namespace smtpspec::wire {

inline constexpr std::size_t max_held = std::size_t{256} << 10;
inline constexpr std::size_t max_piece = std::size_t{64} << 10;

/// One direction of a pipe.
struct Direction {
  explicit Direction(const asio::any_io_executor& executor) : readable(executor), writable(executor) {}
  std::string held;
  bool ended = false;   ///< by the writer: FIN
  bool broken = false;  ///< by either end: RST
  Wakeup readable;
  Wakeup writable;

  void end() {
    ended = true;
    readable.ring();
  }
  void break_off() {
    broken = true;
    readable.ring();
    writable.ring();
  }
};

/// One end. It behaves as TCP does: what was written before a reset can still be read, and writing to an end that is
/// closed resets.
class PipeEnd : public Transport {
 public:
  PipeEnd(asio::any_io_executor executor, std::shared_ptr<Direction> in, std::shared_ptr<Direction> out,
          std::string local, std::string remote)
      : executor_(std::move(executor)),
        in_(std::move(in)),
        out_(std::move(out)),
        local_(std::move(local)),
        remote_(std::move(remote)) {}
  ~PipeEnd() override { PipeEnd::close(); }
  PipeEnd(const PipeEnd&) = delete;
  PipeEnd& operator=(const PipeEnd&) = delete;

  asio::awaitable<Read> read(Time deadline) override {
    const auto in = in_;
    const Deadline end(deadline);
    co_await asio::post(executor_, asio::use_awaitable);  // as TCP does: other coroutines have their turn
    for (;;) {
      Read result = read_now(*in);
      if (result.end != End::deadline) co_return result;
      if (!co_await in->readable.wait(end)) co_return read_now(*in);
    }
  }

  asio::awaitable<Written> write(std::string_view octets, Time deadline) override {
    const auto out = out_;
    const Deadline end(deadline);
    const std::size_t all = octets.size();
    while (!octets.empty()) {
      if (closed_ || out->broken || out->ended) co_return Written{End::reset, "the pipe is broken"};
      const std::size_t size = std::min(octets.size(), max_held - out->held.size());
      out->held.append(octets.substr(0, size));
      octets.remove_prefix(size);
      if (size != 0) out->readable.ring();
      if (octets.empty()) break;
      if (!co_await out->writable.wait(end))
        co_return Written{End::deadline, fmt::format("{} of {} octets written in time", all - octets.size(), all)};
    }
    co_return Written{};
  }

  void half_close() override { out_->end(); }
  void reset() override {
    if (std::exchange(closed_, true)) return;
    in_->break_off();
    out_->break_off();
  }
  void close() override {
    if (std::exchange(closed_, true)) return;
    in_->break_off();
    out_->end();
    out_->writable.ring();
  }
  std::string local() const override { return local_; }
  std::string remote() const override { return remote_; }

 private:
  Read read_now(Direction& in) const {
    if (closed_) return {End::reset, {}, "the connection was closed here"};
    if (!in.held.empty()) {
      Read result{End::octets, in.held.substr(0, max_piece), {}};
      in.held.erase(0, result.octets.size());
      in.writable.ring();
      return result;
    }
    if (in.broken) return {End::reset, {}, "the pipe is broken"};
    return {in.ended ? End::closed : End::deadline, {}, {}};
  }

  asio::any_io_executor executor_;
  std::shared_ptr<Direction> in_;
  std::shared_ptr<Direction> out_;
  std::string local_;
  std::string remote_;
  bool closed_ = false;
};

/// Two ends that hold 256 KiB each way; a write waits for room.
inline std::pair<std::unique_ptr<Transport>, std::unique_ptr<Transport>> make_pipe(
    const asio::any_io_executor& executor) {
  const auto there = std::make_shared<Direction>(executor);
  const auto back = std::make_shared<Direction>(executor);
  return {std::make_unique<PipeEnd>(executor, back, there, "pipe:1", "pipe:2"),
          std::make_unique<PipeEnd>(executor, there, back, "pipe:2", "pipe:1")};
}

}  // namespace smtpspec::wire
