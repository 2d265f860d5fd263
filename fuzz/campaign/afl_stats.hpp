// What AFL's own tools want to know of a campaign. They read it as a shell reads a script, one fuzzer after another:
// what is not said stands for what the fuzzer before has said, so everything is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/campaign/campaign_status.hpp"

namespace smtpspec::fuzz {

/// The first line of plot_data.
[[nodiscard]] std::string plot_header();
/// A line of it. `inputs`: in the queue.
[[nodiscard]] std::string plot_line(const CampaignStatus& status, std::size_t inputs);
/// fuzzer_stats. `now`: seconds since 1970; `process`: by which they see whether it still runs; `name`: without blanks,
/// quotes and the like.
[[nodiscard]] std::string fuzzer_stats(const CampaignStatus& status, std::size_t inputs, std::int64_t now,
                                       std::int64_t process, const std::string& name);
/// What such a text says of time and sessions; of any other text nothing.
[[nodiscard]] CampaignStatus status_in(std::string_view fuzzer_stats);

}  // namespace smtpspec::fuzz
