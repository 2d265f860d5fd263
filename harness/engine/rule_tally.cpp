#include "harness/engine/rule_tally.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "harness/engine/excerpt.hpp"
#include "harness/engine/run.hpp"
#include "harness/judge/referee_report.hpp"
#include "harness/record/secrets.hpp"
#include "harness/record/transcript_file.hpp"
#include "harness/smtp/escape.hpp"

namespace smtpspec::engine {

using scenario::fence_rule;

std::vector<std::string> rule_names() {
  std::vector<std::string> names = {std::string(fence_rule)};
  for (const smtp::RefereeRule& rule : smtp::referee_rules()) names.emplace_back(rule.name);
  return names;
}

bool RuleTally::add(const record::Transcript& transcript, const judge::Judged& judged) {
  bool is_evidence = false;
  const judge::RefereeReport report = judge::referee_report(transcript);
  for (std::size_t i = 0; i < report.counts.size(); ++i) checked_[i] += report.counts[i].checked;
  for (const smtp::Violation& violation : report.violations) {
    judge::Verdict verdict;
    verdict.outcome = Outcome::fail;
    verdict.cause = judge::Cause::rule;
    verdict.expected = violation.expected;
    verdict.actual = violation.actual;
    verdict.event = violation.event;
    verdict.decided_by = violation.requirement;
    verdict.octets = smtp::unescape(violation.actual).value_or("");  // often the line itself
    is_evidence = broken(smtp::row_of(violation.rule).name, std::move(verdict), transcript) || is_evidence;
  }
  // A reply to the fence that may still come is not missed yet.
  const bool broken_fence = judged.broken_fence && (!judged.broken_fence->missing || transcript.terms.patience.last);
  fence_checked_ += judged.fence_replies + (broken_fence ? 1 : 0);
  if (broken_fence) is_evidence = broken(fence_rule, *judged.broken_fence, transcript) || is_evidence;
  return is_evidence;
}

bool RuleTally::broken(std::string_view rule, judge::Verdict verdict, const record::Transcript& transcript) {
  Count& count = counts_[std::string(rule)];
  ++count.broken;
  const auto same = [&](const Seen& seen) { return seen.scenario == transcript.scenario; };
  if (std::any_of(count.first.begin(), count.first.end(), same)) return false;
  const auto place = std::find_if(count.first.begin(), count.first.end(),
                                  [&](const Seen& seen) { return transcript.scenario < seen.scenario; });
  if (place == count.first.end() && count.first.size() >= most_seen) return false;
  const record::Redactor redactor(transcript.secrets);
  verdict.expected = redactor.without_secrets(verdict.expected);
  verdict.actual = redactor.without_secrets(verdict.actual);
  count.first.insert(place, {transcript.scenario, verdict,
                             excerpt(redactor.without_secrets(transcript), verdict.event, false, verdict.octets)});
  if (count.first.size() > most_seen) count.first.pop_back();
  return true;
}

namespace {

/// Of another conversation the line that decided, and a few around it.
void add_in_short(std::vector<ExcerptLine>& lines, const std::string& scenario, const std::vector<ExcerptLine>& more) {
  constexpr std::ptrdiff_t before = 3;
  constexpr std::ptrdiff_t after = 1;
  lines.push_back({ExcerptLine::Side::event, "", "and in " + scenario + ":", false});
  const auto key = key_line(more);
  const auto from = std::max(more.begin(), key - std::min(before, key - more.begin()));
  const auto to = key == more.end() ? key : key + std::min(after + 1, more.end() - key);
  lines.insert(lines.end(), from, to);
}

}  // namespace

std::string times_checked(std::size_t times) { return fmt::format("checked {} times", times); }

/// What did not come up is not known to be kept.
void RuleTally::put(ScenarioResult& result, const scenario::Scenario& row) const {
  const auto found = counts_.find(row.rule);
  const Count none;
  const Count& count = found == counts_.end() ? none : found->second;
  const auto rule = smtp::rule_named(row.rule);
  result.checked = rule ? checked_[static_cast<std::size_t>(*rule)] : fence_checked_;
  if (count.broken == 0) {
    result.outcome = result.checked > 0 ? Outcome::pass : Outcome::inconclusive;
    result.cause = result.checked > 0 ? judge::Cause::none : judge::Cause::never_checked;
    result.reason = result.checked > 0 ? times_checked(result.checked) : "nothing in this run called for it";
    return;
  }
  const Seen& first = count.first.front();
  result.outcome = first.verdict.outcome == Outcome::crash ? Outcome::crash : judge::unmet(row.level);
  result.cause = first.verdict.cause;
  result.expected = first.verdict.expected;
  result.actual = first.verdict.actual;
  result.excerpt = first.excerpt;
  for (std::size_t i = 1; i < count.first.size(); ++i)
    add_in_short(result.excerpt, count.first[i].scenario, count.first[i].excerpt);
  const auto fits = [&](const std::string& id) { return id.starts_with(first.verdict.decided_by); };
  const auto decided = std::find_if(row.requirements.begin(), row.requirements.end(), fits);
  result.decided_by = decided == row.requirements.end() ? std::string() : *decided;
  std::stable_partition(result.requirements.begin(), result.requirements.end(),
                        [&](const CitedRequirement& one) { return one.id == result.decided_by; });
  result.transcript = record::transcript_path(first.scenario);
  for (const Seen& seen : count.first) result.seen_in.push_back(seen.scenario);
  result.reason = fmt::format("in {} conversation{}, checked {} times; as in {}", count.broken,
                              count.broken == 1 ? "" : "s", result.checked, fmt::join(result.seen_in, ", "));
}

}  // namespace smtpspec::engine
