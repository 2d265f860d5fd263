#include "fuzz/campaign/campaign_status.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace smtpspec::fuzz {

CampaignStatus status_of(std::span<const Progress> all, std::chrono::seconds elapsed) {
  using std::chrono::seconds;
  CampaignStatus status;
  status.elapsed = elapsed;
  std::int64_t news = 0;
  for (const Progress& one : all) {
    status.sessions += one.sessions;
    status.put_off += one.put_off;
    status.moves += one.moves;
    status.features = std::max(status.features, one.features.load());
    status.edges = std::max(status.edges, one.edges.load());
    status.findings += one.findings;
    news = std::max(news, one.last_news.load());
  }
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  if (news != 0) status.since_news = std::chrono::duration_cast<seconds>(now) - seconds(news);
  return status;
}

CampaignStatus gone_on(const CampaignStatus& earlier, CampaignStatus now) {
  now.elapsed += earlier.elapsed;
  now.sessions += earlier.sessions;
  return now;
}

std::string why_it_tells_little(std::uint64_t sessions, std::uint64_t silent, std::size_t inputs) {
  constexpr std::size_t most_seeds_a_session = 10;
  if (sessions == 0) return "no session could be played";
  if (2 * silent > sessions)
    return fmt::format(
        "{} of {} sessions were refused or put off, or had no answer: that no more was found tells little", silent,
        sessions);
  if (sessions * most_seeds_a_session >= inputs) return "";
  return fmt::format(
      "no more than {} sessions were played, and there are {} inputs to begin with: that no more was found tells "
      "little; "
      "give it more time (--time), or more workers (--jobs)",
      sessions, inputs);
}

std::string status_line(const CampaignStatus& status) {
  const auto where_any = [](std::uint64_t count, std::string_view words) {
    return count == 0 ? std::string() : fmt::format(", {} {}", count, words);
  };
  return fmt::format("{} s: {} sessions, {:.0f} a second{}{}; {} features{}{}; {} findings; last new feature {} s ago",
                     status.elapsed.count(), status.sessions, status.sessions_a_second(),
                     where_any(status.put_off, "put off and tried again"),
                     where_any(status.moves, "of them from another address"), status.features,
                     where_any(status.replies, "replies by state"), where_any(status.edges, "edges"), status.findings,
                     status.since_news.count());
}

}  // namespace smtpspec::fuzz
