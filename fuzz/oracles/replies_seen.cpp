#include "fuzz/oracles/replies_seen.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <sstream>

#include <fmt/format.h>

namespace smtpspec::fuzz {

using smtp::Input;
using smtp::State;
using smtp::Verb;

namespace {

/// 0 where there is none.
std::uint64_t number_in(const std::string& line, std::size_t at) {
  std::uint64_t number = 0;
  std::from_chars(line.data() + at, line.data() + line.size(), number);
  return number;
}

}  // namespace

void RepliesSeen::count(const smtp::Answer& answer) {
  static_assert(static_cast<std::size_t>(State::closed) + 1 == states);
  static_assert(static_cast<std::size_t>(Verb::unknown) + 1 == verbs);
  static_assert(static_cast<std::size_t>(Input::auth_response) == events);
  const std::size_t what = answer.input == Input::command ? static_cast<std::size_t>(answer.verb)
                                                          : verbs + static_cast<std::size_t>(answer.input) - 1;
  const auto code = static_cast<std::size_t>(std::clamp(answer.reply.code, 0, static_cast<int>(codes) - 1));
  ++times_[(static_cast<std::size_t>(answer.state) * (verbs + events) + what) * codes + code];
}

std::string RepliesSeen::name_of(std::size_t group) {
  const auto state = static_cast<State>(group / (verbs + events));
  const std::size_t what = group % (verbs + events);
  return fmt::format("{} {}", name(state),
                     what < verbs ? name(Input::command, static_cast<Verb>(what))
                                  : name(static_cast<Input>(what - verbs + 1), Verb::unknown));
}

std::string RepliesSeen::text() const {
  constexpr int most_codes = 100;
  std::string lines;
  for (std::size_t group = 0; group < times_.size() / codes; ++group) {
    const std::string name = name_of(group);
    int told = 0;
    for (std::size_t code = 0; code < codes && told < most_codes; ++code) {
      const std::uint64_t times = times_[group * codes + code].load(std::memory_order_relaxed);
      if (times == 0) continue;
      lines += fmt::format("{} {:03} {}\n", name, code, times);
      ++told;
    }
  }
  return lines;
}

void RepliesSeen::add(std::string_view text) {
  std::map<std::string, std::size_t> groups;
  for (std::size_t group = 0; group < times_.size() / codes; ++group) groups.emplace(name_of(group), group);
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const std::size_t times_at = line.rfind(' ');
    const std::size_t code_at = times_at == line.npos || times_at == 0 ? line.npos : line.rfind(' ', times_at - 1);
    if (code_at == line.npos) continue;
    const auto group = groups.find(line.substr(0, code_at));
    const auto code = number_in(line, code_at + 1);
    const auto times = number_in(line, times_at + 1);
    if (group != groups.end() && code < codes) times_[group->second * codes + code] += times;
  }
}

}  // namespace smtpspec::fuzz
