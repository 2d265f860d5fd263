#include "fuzz/oracles/growth.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

namespace smtpspec::fuzz {

namespace {

constexpr std::size_t most_looks = 2048;
constexpr std::size_t windows = 4;
constexpr std::size_t least_looks = 24;
constexpr std::uint64_t least_sessions = 1000;
/// Of the rates from window to window the least must be so much of the greatest: what comes to rest slows down.
constexpr double steadiness = 0.4;

struct Kind {
  const char* cause;
  const char* unit;
  std::uint64_t Usage::*value;
  double least_rise;  ///< from the first window to the last
  double least_rate;  ///< a session
};
constexpr std::array<Kind, 3> kinds = {{
    {growth_of_memory, "octets", &Usage::memory, 4.0 * (1U << 20U), 128},
    {"growth-descriptors", "descriptors", &Usage::descriptors, 16, 0.002},
    {"growth-processes", "processes", &Usage::processes, 8, 0.002},
}};

struct Window {
  double sessions = 0;
  double value = 0;
};

double median(std::vector<std::uint64_t> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return static_cast<double>(*middle);
}

std::array<Window, windows> windows_of(const std::vector<Usage>& all, std::uint64_t Usage::*value) {
  const std::size_t warm = all.size() / 4;
  const std::size_t width = (all.size() - warm) / windows;
  std::array<Window, windows> out;
  for (std::size_t i = 0; i < windows; ++i) {
    std::vector<std::uint64_t> sessions;
    std::vector<std::uint64_t> values;
    for (std::size_t at = warm + i * width; at < warm + (i + 1) * width; ++at) {
      sessions.push_back(all[at].sessions);
      values.push_back(all[at].*value);
    }
    out[i] = {median(sessions), median(values)};
  }
  return out;
}

std::optional<Breach> judge(const std::vector<Usage>& all, const Usage& rest, const Kind& kind) {
  const auto window = windows_of(all, kind.value);
  const auto value_of = [&](const Usage& usage) { return static_cast<double>(usage.*kind.value); };
  double least = 1e300;
  double greatest = 0;
  for (std::size_t i = 1; i < windows; ++i) {
    const double rate =
        (window[i].value - window[i - 1].value) / std::max(window[i].sessions - window[i - 1].sessions, 1.0);
    least = std::min(least, rate);
    greatest = std::max(greatest, rate);
  }
  const double rise = window.back().value - window.front().value;
  const double sessions = window.back().sessions - window.front().sessions;
  const bool judged = std::all_of(all.begin(), all.end(), [&](const Usage& one) { return value_of(one) > 0; });
  if (!judged || rise < kind.least_rise || least < kind.least_rate || least < steadiness * greatest ||
      value_of(rest) < window.front().value + 0.8 * rise)
    return std::nullopt;
  return Breach{"growth", kind.cause, fmt::format("no {} are kept for good by sessions that are over", kind.unit),
                fmt::format("{:.0f} {} more after {:.0f} sessions, {:.3g} a session", rise, kind.unit, sessions,
                            rise / sessions)};
}

}  // namespace

void Growth::add(const Usage& usage) {
  all_.push_back(usage);
  if (all_.size() < most_looks) return;
  for (std::size_t i = 0; i < all_.size() / 2; ++i) all_[i] = all_[2 * i + 1];
  all_.resize(all_.size() / 2);
}

std::vector<Breach> Growth::found(const Usage& rest) const {
  std::vector<Breach> found;
  if (all_.size() < least_looks || all_.back().sessions - all_[all_.size() / 4].sessions < least_sessions) return found;
  for (const Kind& kind : kinds)
    if (auto breach = judge(all_, rest, kind)) found.push_back(std::move(*breach));
  return found;
}

std::string Growth::table() const {
  std::string table = fmt::format("{:>12} {:>14} {:>12} {:>10}\n", "sessions", "memory", "descriptors", "processes");
  for (const Usage& one : all_)
    table += fmt::format("{:>12} {:>14} {:>12} {:>10}\n", one.sessions, one.memory, one.descriptors, one.processes);
  return table;
}

}  // namespace smtpspec::fuzz
