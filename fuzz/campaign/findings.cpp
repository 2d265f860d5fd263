#include "fuzz/campaign/findings.hpp"

#include <algorithm>
#include <utility>

#include "fuzz/oracles/incidents.hpp"
#include "fuzz/oracles/likeness.hpp"

namespace smtpspec::fuzz {

namespace {

/// A crash that ends the same way by the same octets, after another command.
bool is_same_crash(const Finding& one, const Finding& other, const std::string& unusual) {
  const bool of_processes = is_incident(one.breach.cause);
  return one.breach.rule == "crash" && of_processes == is_incident(other.breach.cause) &&
         (!of_processes || is_same_incident(one.breach.cause, other.breach.cause)) &&
         unusual_in(one.transcript) == unusual;
}

}  // namespace

bool Findings::has(std::string_view cause) const {
  const auto is_it = [&](const Finding& found) { return file_name(found.breach.cause) == file_name(cause); };
  return std::any_of(all_.begin(), all_.end(), is_it);
}

bool Findings::add(Finding finding) {
  if (Finding* const alike = like(finding)) {
    alike->also.push_back(std::move(finding.breach.cause));
    return true;
  }
  const bool written = write(finding);
  all_.push_back(std::move(finding));
  return written;
}

Finding* Findings::like(const Finding& finding) {
  const bool crashes = finding.breach.rule == "crash";
  const std::string unusual = crashes ? unusual_in(finding.transcript) : "";
  const auto is_like = [&](const Finding& one) {
    if (crashes) return !unusual.empty() && is_same_crash(one, finding, unusual);
    return finding.has_session() && is_of_referee(finding.breach) && one.breach.rule == finding.breach.rule &&
           one.breach.expected == finding.breach.expected;
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
