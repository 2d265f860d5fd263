#include "fuzz/campaign/growth_watch.hpp"

#include <chrono>
#include <thread>

namespace smtpspec::fuzz {

void GrowthWatch::measure(std::uint64_t sessions) {
  if (!is_here_) return;
  auto usage = usage_.look();
  if (usage_.is_another()) {
    growth_.begin_anew();
    first_ = {};
  }
  if (!usage) return;
  usage->sessions = sessions;
  if (first_.processes == 0) first_ = *usage;
  growth_.add(*usage);
  last_ = *usage;
}

bool GrowthWatch::is_too_much() const {
  constexpr std::uint64_t several = 4;
  constexpr std::uint64_t memory = std::uint64_t{1} << 30;
  constexpr std::uint64_t descriptors = 20000;
  constexpr std::uint64_t processes = 2000;
  const auto is_over = [&](std::uint64_t now, std::uint64_t once, std::uint64_t spare) {
    return now > spare && now > several * once;
  };
  return is_over(last_.memory, first_.memory, memory) || is_over(last_.descriptors, first_.descriptors, descriptors) ||
         is_over(last_.processes, first_.processes, processes);
}

std::vector<Breach> GrowthWatch::found() {
  std::this_thread::sleep_for(std::chrono::seconds(3));
  const auto rest = usage_.look();
  if (!rest || usage_.is_another()) return {};
  return growth_.found(*rest);
}

}  // namespace smtpspec::fuzz
