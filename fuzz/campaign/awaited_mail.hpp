// What a worker's sessions had accepted, until its mail must have come.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "fuzz/campaign/live_player.hpp"
#include "fuzz/campaign/shared_mail.hpp"
#include "fuzz/oracles/conservation.hpp"

namespace smtpspec::fuzz {

class AwaitedMail {
 public:
  /// Both must outlive it. `mail`: null where it is not seen.
  AwaitedMail(const Opponent& opponent, const SharedMail* mail) : opponent_(opponent), mail_(mail) {}

  void expect(const record::Transcript& transcript, std::string_view input);
  /// Shows what is perhaps wrong with what is due by now: the cause of a breach, and the input.
  using Suspect = std::function<void(std::string_view cause, const std::string& input)>;
  void look(const Suspect& suspect);

 private:
  struct Awaited {
    std::string token;
    AcceptedMail accepted;
    std::string input;
    std::chrono::steady_clock::time_point due;
  };
  [[nodiscard]] bool later_came() const;
  void await(Awaited one);

  static constexpr std::size_t most = 5000;

  const Opponent& opponent_;
  const SharedMail* mail_;
  std::deque<Awaited> all_;
};

}  // namespace smtpspec::fuzz
