// Where delivered messages come together, each given to the scenario whose token it bears.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

#include "harness/wire/transcript.hpp"

namespace smtpspec::delivery {

/// Tokens are `t` and 16 hexadecimal digits ("t0123456789abcdef"): they survive in a local-part, a header and a body.
[[nodiscard]] std::string make_token(std::uint64_t seed, std::string_view scenario, std::size_t attempt);
/// All tokens found in the envelope and in the message.
[[nodiscard]] std::vector<std::string> tokens_in(const wire::Delivery& delivery);

/// Single-threaded, as its executor is. Keeps the messages that bear an expected token. Bounded: at most `max_messages`
/// are held and `max_octets` of them; what comes beyond is counted by `dropped()` and makes every observation
/// untrustworthy.
class Collector {
 public:
  static constexpr std::size_t max_messages = 100000;
  static constexpr std::size_t max_octets = std::size_t{512} << 20;

  explicit Collector(asio::any_io_executor executor);
  ~Collector();
  void add(wire::Delivery delivery);
  /// From now on each message is shown to the watcher and not kept.
  void watch(std::function<void(const wire::Delivery&)> watcher);
  /// From now on messages with this token are kept. One that bears no expected token is nobody's, and is not.
  void expect(const std::string& token);
  /// The messages that bear the token, in order of arrival.
  [[nodiscard]] std::vector<wire::Delivery> of(const std::string& token) const;
  /// Waits until `wanted` messages with the token are there (at most `wait`), then until none came for `settle`. Where
  /// they come without end it gives up after ten times `settle`.
  asio::awaitable<void> settled(std::string token, std::size_t wanted, std::chrono::milliseconds wait,
                                std::chrono::milliseconds settle);
  /// Frees the messages of a token; it is expected no longer.
  void forget(const std::string& token);
  [[nodiscard]] std::size_t dropped() const;
  [[nodiscard]] std::size_t received() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace smtpspec::delivery
