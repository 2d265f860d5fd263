// The one way in for mail: sink, Maildir and mbox show what they read to a MessageReader, octet by octet, and none of
// them holds more of it than the limits below allow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "harness/delivery/living_tokens.hpp"
#include "harness/record/transcript.hpp"

namespace smtpspec::delivery {

/// What a run reads and holds of mail, whoever sends it. The largest message of the suite that is compared octet by
/// octet has 1 MB; an encoding on the way may make that half as much again.
struct MailLimits {
  static constexpr std::size_t message = std::size_t{2} << 20;     ///< octets kept of one message
  static constexpr std::size_t searched = std::size_t{16} << 20;   ///< octets of one message searched for tokens
  static constexpr std::size_t held = std::size_t{32} << 20;       ///< octets of memory for all messages
  static constexpr std::size_t whole = std::size_t{24} << 20;      ///< of these for messages as they came; then begins
  static constexpr std::size_t of_a_token = std::size_t{6} << 20;  ///< as `whole`, of those that bear the same token
  static constexpr std::size_t late = std::size_t{8} << 20;        ///< octets kept of those that came late
  static constexpr std::size_t begin = std::size_t{8} << 10;       ///< octets kept of one that there is no room for
  static constexpr std::size_t a_look = std::size_t{16} << 20;     ///< octets read of files at one look: see Lookout
  static constexpr std::size_t backlog = std::size_t{128} << 20;   ///< octets of an mbox that may wait to be read
  static constexpr std::size_t names = 250'000;                    ///< messages in a Maildir
  static constexpr std::size_t octets_of_names = std::size_t{32} << 20;  ///< of those
};

/// A message that came by a road.
struct Incoming {
  record::Delivery delivery;  ///< of its octets the first; the others are counted
  Texts tokens;               ///< that are alive
  bool searched = true;       ///< false: it is too large for that, so it may bear other tokens too
};

/// Reads one message after the other. Costs time that is linear in the octets shown, up to MailLimits::searched of a
/// message, and at most MailLimits::message of memory.
class MessageReader {
 public:
  explicit MessageReader(std::shared_ptr<const LivingTokens> living) : living_(std::move(living)) {}
  /// The next octets of the message.
  void take(std::string_view octets);
  /// So many octets of it follow that are not shown.
  void pass_over(std::uintmax_t octets);
  /// What bears tokens beside the octets of the message: its envelope.
  void search(std::string_view octets) { living_->find_in(octets, tokens_); }
  /// Octets of the message so far.
  [[nodiscard]] std::uintmax_t size() const { return size_; }
  /// More need not be shown: it would only be counted.
  [[nodiscard]] bool full() const { return size_ >= MailLimits::searched; }
  /// The message is at its end, and what follows is another. Its envelope is for the caller to fill in.
  [[nodiscard]] Incoming finish();

 private:
  std::shared_ptr<const LivingTokens> living_;
  std::string kept_;
  std::string seam_;  ///< the last octets that were shown: a token may go on in the next
  std::uintmax_t size_ = 0;
  bool passed_over_ = false;
  Texts tokens_;
};

}  // namespace smtpspec::delivery
