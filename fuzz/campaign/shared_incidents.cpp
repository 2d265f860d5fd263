#include "fuzz/campaign/shared_incidents.hpp"

#include <algorithm>
#include <chrono>
#include <span>
#include <string_view>
#include <thread>

namespace smtpspec::fuzz {

namespace {

void put(std::string_view text, std::span<char> place) {
  const std::size_t size = std::min(text.size(), place.size() - 1);
  std::copy_n(text.begin(), size, place.begin());
  place[size] = '\0';
}

}  // namespace

void SharedIncidents::add(const Incident& incident) {
  const std::uint64_t number = count_.load(std::memory_order_relaxed);
  Slot& slot = slots_[number % slots_.size()];
  put(incident.cause, slot.cause);
  put(incident.actual, slot.actual);
  slot.ends = incident.ends;
  count_.store(number + 1, std::memory_order_release);
}

std::vector<Incident> SharedIncidents::after(std::uint64_t before) const {
  std::vector<Incident> all;
  const std::uint64_t end = count();
  for (std::uint64_t i = std::max(before, end - std::min<std::uint64_t>(end, slots_.size())); i < end; ++i) {
    const Slot& slot = slots_[i % slots_.size()];
    all.push_back({slot.cause.data(), slot.actual.data(), slot.ends});
  }
  return all;
}

void SharedIncidents::wait_for_look() const {
  using std::chrono::milliseconds;
  // One may be under way, and the next tells of deaths that it saw.
  const std::uint64_t enough = looks_ + 3;
  constexpr int most = 500;
  constexpr int most_under_way = 3000;
  for (int i = 0; (i < most && looks_ < enough) || (i < most_under_way && under_way_); ++i)
    std::this_thread::sleep_for(milliseconds(2));
}

}  // namespace smtpspec::fuzz
