// An mbox as a delivery road: what a server appended to one file.
#pragma once

#include <chrono>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/delivery/stored_message.hpp"
#include "harness/record/bounded_file.hpp"

namespace smtpspec::delivery {

/// Passes over what the file holds at its first look; from then on reads each octet that is appended, once. Knows
/// ">From " quoting (mboxrd). The last message of the file may still be written to: it is taken by the first look that
/// finds the file as long as the look before did. Within MailLimits; a regular file alone. It may come later than the
/// first look; one that was there and is not, or cannot be read, is lost. Where the file was written anew, or so much
/// of it waits to be read that this would take too long, what comes after its present end is read, and no more.
class MboxReader {
 public:
  MboxReader(std::filesystem::path mbox, std::shared_ptr<const LivingTokens> living);
  [[nodiscard]] Look look();

 private:
  using Clock = std::chrono::steady_clock;
  /// How large the file was, and when.
  struct Mark {
    Clock::time_point at;
    std::uintmax_t size = 0;
  };
  enum class At {
    start,      ///< where the file ended when it was seen first: a message begins there, or one goes on
    between,    ///< where a message begins
    message,    ///< in one
    elsewhere,  ///< in one that is of no interest
  };
  void read_on(const record::BoundedFile& file, std::uintmax_t size, Look& look);
  void take(std::string_view octets, Look& look);
  void end_message(Look& look);
  bool begins_message(std::string_view& rest, Look& look);
  void begin_at(std::uintmax_t offset);
  [[nodiscard]] std::optional<Clock::time_point> seen_until();

  std::filesystem::path folder_;
  std::string name_;
  MessageReader message_;
  std::optional<record::BoundedFile::Identity> known_;  ///< which file it was when it was there last
  std::uintmax_t offset_ = 0;                           ///< everything before was read
  std::uintmax_t begin_of_message_ = 0;                 ///< where that begins which is being read
  At at_ = At::between;
  std::string held_back_;   ///< of what was read the last octets: a line that parts messages may begin in them
  std::deque<Mark> marks_;  ///< of looks that saw more than was given since
  std::uintmax_t last_size_ = 0;
  std::vector<char> buffer_;
  bool begun_ = false;
};

}  // namespace smtpspec::delivery
