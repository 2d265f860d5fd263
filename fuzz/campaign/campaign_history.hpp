// How a campaign went, in its folder, for AFL's tools and for people: over all the times that it was started.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/campaign/campaign_folder.hpp"
#include "fuzz/campaign/campaign_status.hpp"
#include "fuzz/oracles/replies_seen.hpp"

namespace smtpspec::fuzz {

class CampaignHistory {
 public:
  /// Both must outlive it. `process`: by which AFL's tools see whether the campaign still runs; `name`: as they show
  /// it.
  CampaignHistory(const CampaignFolder& folder, RepliesSeen& replies, std::int64_t process, std::string name)
      : folder_(folder), replies_(replies), process_(process), name_(std::move(name)) {}

  /// Takes up what the folder tells of the times before. False where it could not be written.
  [[nodiscard]] bool begin();
  /// As it stood when it began this time.
  [[nodiscard]] const CampaignStatus& earlier() const { return earlier_; }
  /// `status`: of this time alone; `states`: the text of the replies. The plot gets a line where something is new, and
  /// each second; after the first thousand seconds each thousandth of the time, so that it stays small. False where it
  /// could not be written.
  [[nodiscard]] bool put(const CampaignStatus& status, std::string_view states);

 private:
  const CampaignFolder& folder_;
  RepliesSeen& replies_;
  std::int64_t process_;
  std::string name_;
  CampaignStatus earlier_;
  CampaignStatus last_in_plot_;
};

}  // namespace smtpspec::fuzz
