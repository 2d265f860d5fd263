// Maildir and mbox as delivery roads: read what a server stored.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/record/transcript.hpp"

namespace smtpspec::delivery {

/// Reads messages that appear in `new` and `cur` after it was made; those that were there before are passed over.
class MaildirReader {
 public:
  explicit MaildirReader(std::filesystem::path maildir);
  /// Those that came since the last call. A file that cannot be read yet is taken at a later call.
  [[nodiscard]] std::vector<record::Delivery> poll();

 private:
  std::filesystem::path maildir_;
  std::set<std::string> seen_;  ///< unique parts of file names, without the flags
};

/// Reads messages appended to an mbox after it was made; knows ">From " quoting (mboxrd). The last message of the file
/// may still be written to: it is taken by the first call that finds the file as long as the call before did.
class MboxReader {
 public:
  explicit MboxReader(std::filesystem::path mbox);
  [[nodiscard]] std::vector<record::Delivery> poll();

 private:
  std::filesystem::path mbox_;
  std::uintmax_t offset_ = 0;  ///< everything before was taken
  std::uintmax_t size_ = 0;    ///< at the last call
};

/// One stored message into a Delivery: Return-Path and Delivered-To / X-Original-To / Envelope-To give the envelope.
[[nodiscard]] record::Delivery read_stored(std::string_view octets, std::string_view road);

}  // namespace smtpspec::delivery
