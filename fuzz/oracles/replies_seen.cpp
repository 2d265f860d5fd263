#include "fuzz/oracles/replies_seen.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace smtpspec::fuzz {

using smtp::Input;
using smtp::State;
using smtp::Verb;

void RepliesSeen::count(const smtp::Answer& answer) {
  static_assert(static_cast<std::size_t>(State::closed) + 1 == states);
  static_assert(static_cast<std::size_t>(Verb::unknown) + 1 == verbs);
  static_assert(static_cast<std::size_t>(Input::auth_response) == events);
  const std::size_t what = answer.input == Input::command ? static_cast<std::size_t>(answer.verb)
                                                          : verbs + static_cast<std::size_t>(answer.input) - 1;
  const auto code = static_cast<std::size_t>(std::clamp(answer.reply.code, 0, static_cast<int>(codes) - 1));
  ++times_[(static_cast<std::size_t>(answer.state) * (verbs + events) + what) * codes + code];
}

std::string RepliesSeen::text() const {
  constexpr int most_codes = 100;
  std::string lines;
  for (std::size_t group = 0; group < times_.size() / codes; ++group) {
    const auto state = static_cast<State>(group / (verbs + events));
    const std::size_t what = group % (verbs + events);
    const std::string_view on = what < verbs ? name(Input::command, static_cast<Verb>(what))
                                             : name(static_cast<Input>(what - verbs + 1), Verb::unknown);
    int told = 0;
    for (std::size_t code = 0; code < codes && told < most_codes; ++code) {
      const std::uint64_t times = times_[group * codes + code].load(std::memory_order_relaxed);
      if (times == 0) continue;
      lines += fmt::format("{} {} {:03} {}\n", name(state), on, code, times);
      ++told;
    }
  }
  return lines;
}

}  // namespace smtpspec::fuzz
