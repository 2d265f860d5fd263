// The findings of a campaign: one for each cause, in its folder with all that was seen of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fuzz/campaign/campaign_folder.hpp"
#include "fuzz/campaign/finding.hpp"
#include "fuzz/campaign/server_watch.hpp"
#include "harness/scenario/model.hpp"

namespace smtpspec::fuzz {

class Findings {
 public:
  /// All must outlive it. `watch`: null where the server was not started by us.
  Findings(const scenario::Suite& suite, const CampaignFolder& folder, ServerWatch* watch)
      : suite_(suite), folder_(folder), watch_(watch) {}

  /// One that shows each time, by its cause, or that as a file name.
  [[nodiscard]] bool has(std::string_view cause) const;
  /// As another cause of one that is there, or else as one of its own, which is written; one that shows each time
  /// stands before one that does not. False where it could not be written.
  [[nodiscard]] bool add(Finding finding);
  [[nodiscard]] const std::vector<Finding>& all() const { return all_; }

 private:
  [[nodiscard]] Finding* like(const Finding& finding);
  [[nodiscard]] bool join(Finding& one, Finding other);
  [[nodiscard]] bool write(const Finding& finding) const;

  const scenario::Suite& suite_;
  const CampaignFolder& folder_;
  ServerWatch* watch_;
  std::vector<Finding> all_;
};

}  // namespace smtpspec::fuzz
