// How far a campaign has come, for people and for AFL's tools.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "fuzz/campaign/progress.hpp"

namespace smtpspec::fuzz {

struct CampaignStatus {
  std::chrono::seconds elapsed{0};
  std::uint64_t sessions = 0;
  std::uint64_t put_off = 0;   ///< how often a session was put off (421 and the like), and tried again
  std::uint64_t moves = 0;     ///< to another address of this machine, for that
  std::uint64_t features = 0;  ///< different ones seen: replies by state, what they answer, code and shape
  std::uint64_t replies = 0;   ///< different ones, each with its state, what it answered and its code
  std::uint64_t edges = 0;     ///< of the server's own code; 0 where it does not tell
  std::uint64_t findings = 0;
  std::chrono::seconds since_news{0};  ///< since a feature was new
  [[nodiscard]] double sessions_a_second() const {
    return elapsed.count() == 0 ? 0 : static_cast<double>(sessions) / static_cast<double>(elapsed.count());
  }
};

/// Of campaigns side by side: their sum, and of what each may have seen as well the most.
[[nodiscard]] CampaignStatus status_of(std::span<const Progress> all, std::chrono::seconds elapsed);
/// Of a campaign that was started before, and goes on.
[[nodiscard]] CampaignStatus gone_on(const CampaignStatus& earlier, CampaignStatus now);
/// Why it tells little that no more was found; empty where it tells enough. `silent`: sessions that were refused, or
/// had no answer; `inputs`: in the queue to begin with.
[[nodiscard]] std::string why_it_tells_little(std::uint64_t sessions, std::uint64_t silent, std::size_t inputs);
/// For people.
[[nodiscard]] std::string status_line(const CampaignStatus& status);

}  // namespace smtpspec::fuzz
