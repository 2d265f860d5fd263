#include "fuzz/campaign/shared_inputs.hpp"

#include <algorithm>

namespace smtpspec::fuzz {

void SharedInputs::add(std::string_view input) {
  Slot& slot = slots_[count_++ % slots_.size()];
  const std::size_t size = std::min(input.size(), longest_input);
  std::copy_n(input.begin(), size, slot.octets.begin());
  slot.size = size;
}

std::vector<std::string> SharedInputs::latest() const {
  std::vector<std::string> all;
  const std::uint64_t end = count_;
  for (std::uint64_t i = 1; i <= std::min<std::uint64_t>(end, most); ++i) {
    const Slot& slot = slots_[(end - i) % slots_.size()];
    std::string input(slot.octets.data(), slot.size);
    if (std::find(all.begin(), all.end(), input) == all.end()) all.push_back(std::move(input));
  }
  return all;
}

}  // namespace smtpspec::fuzz
