#include "fuzz/campaign/culprits.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>
#include <utility>

#include "fuzz/session/session_input.hpp"

namespace smtpspec::fuzz {

using Seen = CampaignFolder::Seen;

void keep(const Breach& breach, Seen seen, std::string_view input, const CampaignFolder& folder, Progress& progress) {
  using Added = CampaignFolder::Added;
  const Added added = folder.add_breach(breach, seen, input);
  if (added == Added::first && seen == Seen::again) {
    ++progress.findings;
    folder.drop(breach, Seen::once);
  }
  if (added == Added::not_written) progress.unwritten = true;
}

Alone::Stop Culprits::stopped() const {
  return [this] { return progress_.stop.load(); };
}

void Culprits::begin(std::string_view input) {
  progress_.alone.begin(stopped());
  if (shared_ != nullptr) shared_->inputs.add(input);
}

void Culprits::end() { progress_.alone.end(); }

std::vector<Breach> Culprits::breaches_of(const judge::Played& played, bool wait) {
  std::vector<Breach> seen = breaches_in(played);
  if (shared_ == nullptr) return seen;
  const auto is_new_crash = [&](const Breach& one) {
    return one.cause.starts_with("crash/") && !folder_.has_breach(one, Seen::again);
  };
  if (wait || std::any_of(seen.begin(), seen.end(), is_new_crash)) shared_->incidents.wait_for_look();
  seen_before_ = std::exchange(seen_, shared_->incidents.count());
  return with_incidents(std::move(seen), shared_->incidents.after(seen_before_));
}

void Culprits::look_for(const Breach& breach, std::string_view input, const Waits& waits) {
  constexpr int most = 8;
  if (++looked_for_[breach.cause] > most) return;
  keep(breach, Seen::once, input, folder_, progress_);  // to wait for the others takes time, and may be ended
  const std::uint64_t hash = std::hash<std::string>()(breach.cause);
  SharedCulprits::LookedAt& looked_at = shared_->looked_at[hash % shared_->looked_at.size()];
  const std::uint64_t before = seen_before_;
  const std::uint64_t now = seen_;
  progress_.alone.take(stopped());
  // Another worker may have seen the same, and looked for it, while this one waited.
  const bool was_looked_at = looked_at.cause == hash && looked_at.incidents > before;
  bool is_found = folder_.has_breach(breach, Seen::again);
  if (!was_looked_at && !is_found) {
    is_found = search(breach, input, waits);
    looked_at.cause = hash;
    looked_at.incidents = shared_->incidents.count();
  }
  if (is_found) folder_.drop(breach, Seen::once);
  seen_before_ = before;
  seen_ = now;  // what else showed meanwhile is still to be looked for
  progress_.alone.give_back();
}

bool Culprits::search(const Breach& breach, std::string_view input, const Waits& waits) {
  constexpr std::chrono::seconds longest{30};
  const auto end = std::chrono::steady_clock::now() + longest;
  std::vector<std::string> inputs = shared_->inputs.latest();
  inputs.insert(inputs.begin(), std::string(input));
  start_anew(breach);
  for (const std::string& one : inputs) {
    if (progress_.stop || std::chrono::steady_clock::now() > end) return false;
    if (!done_by(one, breach, waits)) continue;
    start_anew(breach);
    const auto again = done_by(one, breach, waits);
    if (!again) continue;
    keep(*again, Seen::again, one, folder_, progress_);
    return true;
  }
  return false;
}

std::optional<Breach> Culprits::done_by(const std::string& input, const Breach& breach, const Waits& waits) {
  progress_.alone.sign_of_life();
  seen_ = shared_->incidents.count();
  for (Breach& one : breaches_of(player_.play(decode(input), waits), true))
    if (one.cause == breach.cause || is_same_incident(one.cause, breach.cause)) return std::move(one);
  return std::nullopt;
}

/// A sanitizer tells of each place once in the life of a process.
void Culprits::start_anew(const Breach& breach) {
  if (breach.rule != "sanitizer") return;
  shared_->anew = true;
  while (shared_->anew && !progress_.stop) {
    progress_.alone.sign_of_life();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  shared_->incidents.wait_for_look();
}

}  // namespace smtpspec::fuzz
