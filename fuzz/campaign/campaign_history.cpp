#include "fuzz/campaign/campaign_history.hpp"

#include <ctime>

#include "fuzz/campaign/afl_stats.hpp"

namespace smtpspec::fuzz {

bool CampaignHistory::begin() {
  earlier_ = status_in(folder_.stats());
  for (const CampaignFolder::Broken& one : folder_.broken())
    earlier_.findings += one.seen == CampaignFolder::Seen::again;
  replies_.add(folder_.states());
  return folder_.begin_plot(plot_header());
}

bool CampaignHistory::put(const CampaignStatus& status, std::string_view states) {
  const CampaignStatus all = gone_on(earlier_, status);
  const std::size_t inputs = folder_.inputs();
  if (!folder_.put_stats(fuzzer_stats(all, inputs, std::time(nullptr), process_, name_)) || !folder_.put_states(states))
    return false;
  const bool is_new = all.findings != last_in_plot_.findings || all.edges != last_in_plot_.edges;
  if (!is_new && all.elapsed <= last_in_plot_.elapsed + last_in_plot_.elapsed / 1000) return true;
  last_in_plot_ = all;
  return folder_.add_to_plot(plot_line(all, inputs));
}

}  // namespace smtpspec::fuzz
