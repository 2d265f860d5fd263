// What is known of mail that arrived, in memory that a campaign's processes share: enough for a worker to see that
// something may be wrong. What is wrong is found out when the session is played again.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/oracles/conservation.hpp"

namespace smtpspec::fuzz {

/// How many copies, and sums of hashes: of their bodies, of whom they are for; and of what is compared with another
/// server's, one for each recipient.
struct MailCount {
  std::uint64_t copies = 0;
  std::uint64_t bodies = 0;
  std::uint64_t mailboxes = 0;  ///< by name; 0 where the road does not tell
  std::uint64_t recipients = 0;
  std::uint64_t envelopes = 0;
  std::uint64_t texts = 0;
  std::uint64_t local_texts = 0;  ///< as a road with local line ends keeps them
};
/// Of one mailbox.
[[nodiscard]] std::uint64_t hash_of_name(const std::string& name);

/// One process adds, from one thread; all may look. The latest tokens are known, some tens of thousands.
class SharedMail {
 public:
  void add(std::string_view token, const ArrivedMail::Message& copy);
  [[nodiscard]] MailCount with(std::string_view token) const;
  /// What comes is not seen any more, or not all of it, or twice: nothing may be held against anybody.
  void lose_sight() { out_of_sight_ = true; }
  [[nodiscard]] bool is_seen() const { return !out_of_sight_; }
  /// What is perhaps wrong with it, as the cause of a breach ("mail/lost"); empty: nothing.
  [[nodiscard]] static std::string_view suspicion(const AcceptedMail& accepted, const MailCount& arrived,
                                                  const AsSent& as_sent);
  /// What is perhaps other with the mail of the same session on another server: `other_copies` and the like; empty:
  /// nothing. `exact`: both roads keep line ends.
  [[nodiscard]] static std::string_view differing(const MailCount& one, const MailCount& other, bool with_bodies,
                                                  bool exact);

 private:
  struct Slot {
    std::atomic<std::uint64_t> token{0};
    std::atomic<std::uint64_t> copies{0};
    std::atomic<std::uint64_t> bodies{0};
    std::atomic<std::uint64_t> mailboxes{0};
    std::atomic<std::uint64_t> recipients{0};
    std::atomic<std::uint64_t> envelopes{0};
    std::atomic<std::uint64_t> texts{0};
    std::atomic<std::uint64_t> local_texts{0};
  };
  /// The oldest of a bucket makes room.
  struct Bucket {
    std::array<Slot, 8> slots;
    std::size_t next = 0;  ///< the adding process alone looks at it
  };
  std::array<Bucket, std::size_t{1} << 13> buckets_;
  std::atomic<bool> out_of_sight_{false};
};

}  // namespace smtpspec::fuzz
