// What a worker's sessions had accepted, until its mail must have come.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "fuzz/campaign/live_player.hpp"
#include "fuzz/campaign/shared_mail.hpp"
#include "fuzz/oracles/conservation.hpp"

namespace smtpspec::fuzz {

class AwaitedMail {
 public:
  /// A server that sessions are played on as well, and its mail; null where there is none, or it is not seen.
  struct Other {
    const Opponent* opponent = nullptr;
    const SharedMail* mail = nullptr;
  };
  /// All must outlive it. `mail`: null where it is not seen.
  AwaitedMail(const Opponent& opponent, const SharedMail* mail, Other other)
      : opponent_(opponent), mail_(mail), other_(other), as_sent_{bodies_as_sent(opponent)} {}

  /// `again`: the input was suspected before.
  void expect(const record::Transcript& transcript, std::string_view input, bool again = false);
  /// Had messages accepted unlike all before: worth to be compared with what the other server delivers.
  [[nodiscard]] bool may_be_delivered_otherwise(const record::Transcript& transcript);
  /// Where both accepted the same: that it is delivered the same.
  void expect_the_same(const record::Transcript& here, const record::Transcript& there, std::string_view input);
  struct Suspected {
    std::string input;
    bool alone = true;   ///< it is compared with no other server
    bool again = false;  ///< it was suspected before
    bool stuck = false;  ///< nothing comes any more, of whatever was sent after it neither
  };
  /// Shows what is perhaps wrong with what is due by now: the cause of a breach.
  using Suspect = std::function<void(std::string_view cause, const Suspected&)>;
  /// `is_last`: what is missing has no second chance.
  void look(const Suspect& suspect, bool is_last = false);
  /// Whether of anything that is not due yet something is missing so far, or is wrong.
  [[nodiscard]] bool lacks_anything() const;

 private:
  struct Awaited {
    std::string token;
    AcceptedMail accepted;
    std::string input;
    std::string other_token;  ///< of the same session on the other server; empty: it is compared with none
    bool again = false;
    std::uint64_t number = 0;  ///< in the order in which they were sent
    int turns = 0;             ///< in which nothing came that was sent later
    std::chrono::steady_clock::time_point due{};
  };
  [[nodiscard]] std::string suspicion(const Awaited& one) const;
  [[nodiscard]] bool later_came(const Awaited& one) const;
  void await(Awaited one);
  void learn_names(const Awaited& one);

  [[nodiscard]] static std::size_t octets_of(const Awaited& one);
  /// What comes then is not waited for.
  [[nodiscard]] bool is_full() const { return all_.size() >= most || octets_ >= most_octets; }

  static constexpr std::size_t most = 5000;
  static constexpr std::size_t most_octets = std::size_t{64} << 20;

  const Opponent& opponent_;
  const SharedMail* mail_;
  Other other_;
  std::deque<Awaited> all_;
  std::size_t octets_ = 0;  ///< of these
  std::uint64_t sent_ = 0;
  AsSent as_sent_;
  std::set<std::string> shapes_;  ///< of bodies
};

}  // namespace smtpspec::fuzz
