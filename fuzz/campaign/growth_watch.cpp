#include "fuzz/campaign/growth_watch.hpp"

#include <chrono>
#include <thread>

namespace smtpspec::fuzz {

void GrowthWatch::measure(std::uint64_t sessions) {
  if (!is_here_) return;
  auto usage = usage_.look();
  if (usage_.is_another()) growth_.begin_anew();
  if (!usage) return;
  usage->sessions = sessions;
  growth_.add(*usage);
  last_ = *usage;
}

std::vector<Breach> GrowthWatch::found() {
  if (growth_.found(last_).empty()) return {};
  std::this_thread::sleep_for(std::chrono::seconds(3));
  const auto rest = usage_.look();
  if (!rest || usage_.is_another()) return {};
  return growth_.found(*rest);
}

}  // namespace smtpspec::fuzz
