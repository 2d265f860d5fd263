// Where delivered messages come together, each given to the scenario whose token it bears.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>

#include "harness/delivery/message_reader.hpp"
#include "harness/record/transcript.hpp"

namespace smtpspec::delivery {

/// Single-threaded, as its executor is. Keeps the messages that bear an expected token, within MailLimits: where there
/// is no room for a message its begin is kept, and where there is none for that either it is counted by `dropped()`,
/// and what is observed of its tokens is not all there was.
class Collector {
 public:
  static constexpr std::size_t max_messages = 100000;  ///< whose token is remembered when it is retired
  static constexpr std::size_t max_late = 1000;

  explicit Collector(asio::any_io_executor executor);
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;
  /// A message by a road that knows its envelope, which is all of `delivery` that is filled in. `message`: its octets.
  void add(record::Delivery delivery, std::string_view message);
  void add(record::Delivery delivery);
  void add(Incoming incoming);
  /// What is observed of a token, or of all that are expected now, is not all there was: a message may have gone by
  /// unseen.
  void miss(const std::string& token);
  void miss_all();
  [[nodiscard]] bool missed(const std::string& token) const;
  /// The tokens that it knows, for those who read the roads; they may use them in any thread.
  [[nodiscard]] std::shared_ptr<const LivingTokens> living() const { return living_; }
  /// From now on each message is shown to the watcher and not kept.
  void watch(std::function<void(const record::Delivery&)> watcher) { watcher_ = std::move(watcher); }
  /// From now on messages with this token are kept. One that bears no expected token is nobody's, and is not.
  void expect(const std::string& token);
  /// What `Delivery::at` counts from.
  [[nodiscard]] std::chrono::steady_clock::time_point start() const { return start_; }
  /// The messages that bear the token, in order of arrival.
  [[nodiscard]] std::vector<record::Delivery> of(const std::string& token) const;
  /// How many these are.
  [[nodiscard]] std::size_t count(const std::string& token) const;
  /// Waits until `wanted` messages with the token are there (at most `wait`), then until none came for `settle`. Where
  /// they come without end it gives up after ten times `settle`, and at once where the token is missed. Gives how long
  /// after the call the last of them came; 0 where none did.
  asio::awaitable<std::chrono::nanoseconds> settled(std::string token, std::size_t wanted,
                                                    std::chrono::milliseconds wait, std::chrono::milliseconds settle);
  /// A message that bore a token that was expected no longer.
  struct Late {
    std::string token;
    record::Delivery delivery;
    std::chrono::nanoseconds after{0};  ///< its token was retired
  };
  /// Frees the messages of a token; it is expected no longer, and what comes with it all the same is late.
  void retire(const std::string& token);
  [[nodiscard]] const std::vector<Late>& late() const { return late_; }
  [[nodiscard]] std::size_t dropped() const { return dropped_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Held {
    record::Delivery delivery;
    Texts tokens;
    std::size_t octets = 0;  ///< of memory, about
  };
  using Messages = std::list<Held>;
  struct Of {
    bool missed = false;
    std::size_t octets = 0;                    ///< of memory, about, that its messages take
    std::vector<Messages::iterator> messages;  ///< in order of arrival
    std::optional<Clock::time_point> last;     ///< when the last of them came
    std::set<asio::steady_timer*> waiting;     ///< woken whenever one comes
  };

  /// Makes a message as small as it must be; false where there is no room for it at all.
  bool make_room_for(Held& held);
  void take_late(const Held& held);
  void forget(const std::string& token);
  static void miss(Of& of);

  asio::any_io_executor executor_;
  std::shared_ptr<LivingTokens> living_ = std::make_shared<LivingTokens>();
  std::function<void(const record::Delivery&)> watcher_;
  Clock::time_point start_;
  Messages messages_;
  std::map<std::string, Of> by_token_;  ///< of the tokens that are expected
  std::map<std::string, Clock::time_point> retired_;
  std::vector<Late> late_;
  std::size_t octets_ = 0;       ///< of memory, about, that `messages_` takes
  std::size_t late_octets_ = 0;  ///< and `late_`
  std::size_t dropped_ = 0;
};

}  // namespace smtpspec::delivery
