#include "harness/delivery/message_reader.hpp"

#include <algorithm>
#include <utility>

namespace smtpspec::delivery {

namespace {

/// All octets of a token but one.
constexpr std::size_t most_of_a_token = 16;

}  // namespace

void MessageReader::take(std::string_view octets) {
  kept_ += octets.substr(0, MailLimits::message - kept_.size());
  const std::uintmax_t left = MailLimits::searched - std::min<std::uintmax_t>(size_, MailLimits::searched);
  size_ += octets.size();
  octets = octets.substr(0, static_cast<std::size_t>(left));
  if (octets.empty()) return;
  living_->find_in(seam_ + std::string(octets.substr(0, most_of_a_token)), tokens_);
  living_->find_in(octets, tokens_);
  seam_ += octets.substr(octets.size() - std::min(octets.size(), most_of_a_token));
  seam_.erase(0, seam_.size() - std::min(seam_.size(), most_of_a_token));
}

void MessageReader::pass_over(std::uintmax_t octets) {
  size_ += octets;
  passed_over_ = passed_over_ || octets > 0;
}

Incoming MessageReader::finish() {
  Incoming incoming;
  incoming.searched = size_ <= MailLimits::searched && !std::exchange(passed_over_, false);
  incoming.delivery.omitted = static_cast<std::size_t>(size_ - kept_.size());
  incoming.delivery.message = std::exchange(kept_, {});
  incoming.tokens = std::exchange(tokens_, {});
  seam_.clear();
  size_ = 0;
  return incoming;
}

}  // namespace smtpspec::delivery
