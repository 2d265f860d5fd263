#include "harness/scenario/model.hpp"

#include <algorithm>
#include <array>

namespace smtpspec::scenario {
namespace {

constexpr std::array<std::string_view, 7> ladder_names = {"connected", "greeted", "tls", "authenticated",
                                                          "mail",      "rcpt",    "data"};

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string_view name(Ladder ladder) { return ladder_names[static_cast<std::size_t>(ladder)]; }

std::optional<Ladder> ladder_named(std::string_view name) {
  for (std::size_t i = 0; i < ladder_names.size(); ++i)
    if (ladder_names[i] == name) return static_cast<Ladder>(i);
  return std::nullopt;
}

std::string section_of(const std::string& requirement_id) {
  const std::string_view id = requirement_id;
  const auto slash = id.find('/');
  if (slash == std::string_view::npos || id.substr(0, 3) != "rfc" || !is_digits(id.substr(3, slash - 3)))
    return requirement_id;
  const auto rest = id.substr(slash + 1);
  return "RFC " + std::string(id.substr(3, slash - 3)) + " section " + std::string(rest.substr(0, rest.find('/')));
}

}  // namespace smtpspec::scenario
