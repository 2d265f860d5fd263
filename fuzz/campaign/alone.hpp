// Turns of workers, in memory that they share: one of them plays alone where it is to be seen whose doing something is.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <thread>

namespace smtpspec::fuzz {

class Alone {
 public:
  using Stop = std::function<bool()>;

  /// Before and after each session. Waits while another worker is alone, as long as that one gives signs of life.
  void begin(const Stop& stop) {
    for (;;) {
      ++playing_;
      if (!wanted_) return;
      --playing_;
      if (!wait_while([this] { return wanted_.load(); }, stop)) wanted_ = false;
      if (stop()) return void(++playing_);
    }
  }
  void end() { --playing_; }

  /// Within a session: until the sessions of all others are over.
  void take(const Stop& stop) {
    --playing_;  // so that two who want it do not wait for each other
    wait_while([this] { return wanted_.exchange(true); }, stop);
    ++playing_;
    wait_while([this] { return playing_ > 1; }, stop);
  }
  void give_back() { wanted_ = false; }
  /// Whoever is alone is still at it.
  void sign_of_life() { ++life_; }

 private:
  /// Not for ever: who was to end it may have died, and then it is false.
  template <class Condition>
  bool wait_while(const Condition& condition, const Stop& stop) {
    constexpr std::chrono::seconds longest_silence{30};
    auto end = std::chrono::steady_clock::now() + longest_silence;
    for (std::uint64_t life = life_; !stop() && condition();) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      if (const std::uint64_t now = life_; now != life) {
        life = now;
        end = std::chrono::steady_clock::now() + longest_silence;
      }
      if (std::chrono::steady_clock::now() > end) return false;
    }
    return true;
  }

  std::atomic<bool> wanted_{false};
  std::atomic<int> playing_{0};
  std::atomic<std::uint64_t> life_{0};
};

}  // namespace smtpspec::fuzz
