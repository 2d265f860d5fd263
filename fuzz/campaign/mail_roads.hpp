// Where the mail of a campaign's target is seen, and that of the server that it is compared with.
#pragma once

#include <cstdint>
#include <optional>

#include "fuzz/campaign/live_player.hpp"
#include "fuzz/campaign/mail_taker.hpp"
#include "fuzz/campaign/shared_mail.hpp"
#include "fuzz/campaign/shared_memory.hpp"

namespace smtpspec::fuzz {

class MailRoads {
 public:
  /// As MailTaker. `other`: null where there is none. Both must outlive it. Where both name one road, what comes by it
  /// is told apart by its tokens.
  MailRoads(const Opponent& target, const Opponent* other);

  /// From now on mail is taken. Fork before.
  void begin();
  /// 0 where the target has no sink.
  [[nodiscard]] std::uint16_t port() const { return own_.taker.port(); }

  /// What workers may know of it; null where it is not seen.
  [[nodiscard]] const SharedMail* seen() const { return own_.seen(); }
  [[nodiscard]] const SharedMail* seen_of_other() const { return of_other_ == nullptr ? nullptr : of_other_->seen(); }
  /// All of it; null where it is not seen, or not any more.
  [[nodiscard]] const ArrivedMail* arrived() const { return own_.arrived(); }
  [[nodiscard]] const ArrivedMail* arrived_of_other() const {
    return of_other_ == nullptr ? nullptr : of_other_->arrived();
  }

 private:
  struct Road {
    explicit Road(const Opponent& opponent) : taker(opponent, shared) {}
    [[nodiscard]] const SharedMail* seen() const { return taker.has_road() ? &shared : nullptr; }
    [[nodiscard]] const ArrivedMail* arrived() const {
      return taker.has_road() && shared.is_seen() ? &taker.arrived() : nullptr;
    }
    SharedMail& shared = share<SharedMail>();
    MailTaker taker;
  };

  Road own_;
  std::optional<Road> another_;
  const Road* of_other_ = nullptr;
};

}  // namespace smtpspec::fuzz
