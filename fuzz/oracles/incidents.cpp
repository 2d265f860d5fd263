#include "fuzz/oracles/incidents.hpp"

#include <algorithm>
#include <cstring>

#include <re2/re2.h>

#include "harness/smtp/char_class.hpp"

namespace smtpspec::fuzz {

namespace {

constexpr std::string_view crash = "crash/";
constexpr std::string_view sanitizer = "sanitizer/";

std::string name_of(int signal) {
  const char* const name = sigabbrev_np(signal);
  return name == nullptr ? "signal-" + std::to_string(signal) : std::string("SIG") + name;
}

}  // namespace

Incident incident_of_death(int signal, int exit_code) {
  if (signal != 0) return {std::string(crash) + name_of(signal), "a process of it died of " + name_of(signal)};
  const std::string code = std::to_string(exit_code);
  return {std::string(crash) + "exit-" + code, "it ended with exit code " + code};
}

bool is_incident(std::string_view cause) {
  static const RE2 form("(?i)^(?:sanitizer[/-]|crash[/-](?:sig|exit-))");
  return RE2::PartialMatch(re2::StringPiece(cause.data(), cause.size()), form);
}

bool is_same_incident(std::string_view cause, std::string_view other) {
  static const RE2 death("(?i)^(crash[/-](?:sig[a-z0-9]+|exit-[0-9]+))");
  const auto event = [](std::string_view one) {
    std::string what(one);
    (void)RE2::PartialMatch(re2::StringPiece(one.data(), one.size()), death, &what);
    what = smtp::to_upper(what);
    std::replace(what.begin(), what.end(), '/', '-');
    return what;
  };
  return is_incident(cause) && event(cause) == event(other);
}

std::vector<Breach> with_incidents(std::vector<Breach> seen, const std::vector<Incident>& incidents) {
  if (incidents.empty()) return seen;
  const auto is_report = [](const Incident& one) { return one.cause.starts_with(sanitizer); };
  const auto has_ended = [&](const Incident& one) { return is_report(one) && one.ends; };
  const bool reported = std::any_of(incidents.begin(), incidents.end(), has_ended);
  const bool died = std::any_of(incidents.begin(), incidents.end(), [](const Incident& one) { return one.ends; });
  // The session's own view of it: a close instead of a reply, after some command.
  std::string after;
  std::erase_if(seen, [&](const Breach& one) {
    if (!died || !one.cause.starts_with(crash)) return false;
    if (after.empty()) after = one.cause.substr(crash.size());
    return true;
  });
  std::vector<Breach> all;
  for (const Incident& one : incidents) {
    if (reported && !is_report(one)) continue;
    const bool is_death = !is_report(one) && !after.empty();
    const std::string cause = is_death ? one.cause + "/" + after : one.cause;
    if (std::any_of(all.begin(), all.end(), [&](const Breach& known) { return known.cause == cause; })) continue;
    all.push_back({is_report(one) ? "sanitizer" : "crash", cause,
                   is_report(one) ? "no report of a sanitizer" : "no process of the server dies", one.actual});
  }
  all.insert(all.end(), seen.begin(), seen.end());
  return all;
}

}  // namespace smtpspec::fuzz
