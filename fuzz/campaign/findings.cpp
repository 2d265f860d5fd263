#include "fuzz/campaign/findings.hpp"

#include <algorithm>
#include <utility>

#include "fuzz/oracles/incidents.hpp"
#include "fuzz/oracles/likeness.hpp"

namespace smtpspec::fuzz {

namespace {

/// By the same octets, after whatever command; or after the same command that is as every client sends it, where a
/// process was seen to die: whose doing that was is not always told with it.
bool crash_alike(const Finding& one, const Finding& other) {
  const bool of_processes = is_incident(one.breach.cause);
  if (of_processes != is_incident(other.breach.cause)) return false;
  if (of_processes && !is_same_incident(one.breach.cause, other.breach.cause)) return false;
  const std::string unusual = unusual_in(one.transcript);
  const std::string end = of_processes ? ordinary_end_of(one.transcript) : "";
  return (!unusual.empty() && unusual == unusual_in(other.transcript)) ||
         (!end.empty() && end == ordinary_end_of(other.transcript));
}

}  // namespace

bool Findings::has(std::string_view cause) const {
  const auto is_it = [&](const Finding& found) {
    return found.is_firm() && file_name(found.breach.cause) == file_name(cause);
  };
  return std::any_of(all_.begin(), all_.end(), is_it);
}

bool Findings::add(Finding finding) {
  if (Finding* const alike = like(finding)) return join(*alike, std::move(finding));
  const bool written = write(finding);
  all_.push_back(std::move(finding));
  return written;
}

bool Findings::join(Finding& one, Finding other) {
  const bool is_better = other.is_firm() && !one.is_firm();
  if (is_better) std::swap(one, other);
  std::vector<std::string> causes = std::move(other.also);
  causes.push_back(std::move(other.breach.cause));
  for (std::string& cause : causes)
    if (cause != one.breach.cause && std::find(one.also.begin(), one.also.end(), cause) == one.also.end())
      one.also.push_back(std::move(cause));
  return !is_better || write(one);
}

Finding* Findings::like(const Finding& finding) {
  const auto is_like = [&](const Finding& one) {
    if (file_name(one.breach.cause) == file_name(finding.breach.cause)) return true;
    if (one.breach.rule != finding.breach.rule) return false;
    if (finding.breach.rule == "crash") return crash_alike(one, finding);
    return finding.has_session() && is_of_referee(finding.breach) && one.breach.expected == finding.breach.expected;
  };
  const auto found = std::find_if(all_.begin(), all_.end(), is_like);
  return found == all_.end() ? nullptr : &*found;
}

/// The scenario, and beside it what was seen.
bool Findings::write(const Finding& finding) const {
  CampaignFolder::Evidence evidence;
  evidence.transcript = finding.transcript;
  evidence.figures = finding.figures;
  if (watch_ != nullptr) {
    evidence.server_output = watch_->tail();
    evidence.sanitizer_report = watch_->report(finding.breach.cause);
  }
  const std::string scenario = finding.has_session() ? to_scenario_file(finding, suite_) : "";
  return folder_.add_finding(finding.breach.cause, scenario, std::move(evidence));
}

}  // namespace smtpspec::fuzz
