#include "harness/engine/verify.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "harness/delivery/token.hpp"
#include "harness/engine/baseline.hpp"

namespace smtpspec::engine {

using scenario::Scenario;

namespace {

bool is_to_be_verified(const RunResult& run, const ScenarioResult& row, bool strict) {
  if (row.expectation == BaselineStatus::fixed) return true;
  return is_finding(row.outcome, strict) && !run.foreseen(row);
}

/// What a row came to, as often as it was played.
std::vector<Seen> seen_of(const ScenarioResult& row) {
  return row.seen.empty() ? std::vector<Seen>{{row.outcome, 1}} : row.seen;
}

void add(std::vector<Seen>& seen, const std::vector<Seen>& more) {
  for (const Seen& one : more) {
    const auto same =
        std::find_if(seen.begin(), seen.end(), [&](const Seen& other) { return other.outcome == one.outcome; });
    if (same == seen.end())
      seen.push_back(one);
    else
      same->times += one.times;
  }
}

/// The evidence of the worst is the row's; what it is verified by does not take its place where it is no worse.
void add_plays(ScenarioResult& row, const ScenarioResult& again, const std::filesystem::path& folder) {
  std::vector<Seen> seen = seen_of(row);
  add(seen, seen_of(again));
  const std::size_t attempts = row.attempts + again.attempts;
  if (is_finding(again.outcome, true) && judge::rank(again.outcome) > judge::rank(row.outcome)) {
    row = again;
    if (!row.transcript.empty()) row.transcript = (folder / row.transcript).string();
  }
  row.attempts = attempts;
  row.seen = std::move(seen);
}

/// Said beside why the outcome is what it is. What decided nothing says nothing of whether it is firm.
void tell_how_firm(RunResult& run, const std::vector<const Scenario*>& verified) {
  for (ScenarioResult& row : run.scenarios) {
    const auto is_it = [&](const Scenario* one) { return one->id == row.id; };
    if (row.seen.empty() || std::none_of(verified.begin(), verified.end(), is_it)) continue;
    const auto decided =
        std::count_if(row.seen.begin(), row.seen.end(), [](const Seen& one) { return is_decided(one.outcome); });
    row.reason += fmt::format("{}{}: {}", row.reason.empty() ? "" : "; ", decided > 1 ? "unstable" : "verified",
                              in_words(row.seen));
  }
}

RunSettings settings_of(const VerifyingRound& round, const RunSettings& settings) {
  RunSettings again = settings;
  again.repeat = round.repeat;
  if (round.jobs > 0) again.jobs = std::min(round.jobs, settings.jobs);
  if (!round.has_seed_of_run) ++again.seed;
  again.secret = delivery::make_secret();
  if (!settings.out.empty()) again.out = settings.out / round.folder;
  return again;
}

class Verifying {
 public:
  Verifying(Run& run, const RunSettings& settings, const RunEvents& events, bool strict)
      : run_(run), settings_(settings), events_(events) {
    settings_.scenarios = to_be_verified(run.result, settings.scenarios, strict);
    checkpoint_ = std::exchange(events_.checkpoint, {});  // what is known is the result of the run, not of a round
  }

  void go() {
    if (settings_.scenarios.empty() || run_.end != RunEnd::complete) return;
    run_.result.complete = false;
    run_.result.incomplete_because = "what it found was still being verified";
    if (checkpoint_) checkpoint_(run_.result);
    const auto& rounds = verifying_rounds();
    const bool all = std::all_of(rounds.begin(), rounds.end(), [&](const VerifyingRound& one) { return play(one); });
    tell_how_firm(run_.result, settings_.scenarios);
    if (!all) return;
    run_.result.complete = true;
    run_.result.incomplete_because.clear();
  }

 private:
  /// False where it ends all.
  bool play(const VerifyingRound& round) {
    RunSettings again = settings_of(round, settings_);
    if (settings_.time) {
      if (run_.result.duration >= *settings_.time) return broken_off(RunEnd::untrusted, "its time was over");
      again.time = *settings_.time - run_.result.duration;
    }
    if (events_.note)
      events_.note(fmt::format("verifying {} scenario{}: {} times each, {} sessions at a time at most, seed {}",
                               again.scenarios.size(), again.scenarios.size() == 1 ? "" : "s", again.repeat, again.jobs,
                               again.seed));
    Run played;
    try {
      played = engine::run(again, events_);
    } catch (const CannotListen& problem) {  // somebody else listens there since the run
      return broken_off(RunEnd::untrusted, problem.what());
    }
    add_plays(run_.result, played.result, round.folder);
    apply_baseline(run_.result, settings_.baseline, settings_.suite);
    run_.result.duration += played.result.duration;
    run_.unsaved += played.unsaved;
    if (checkpoint_) checkpoint_(run_.result);
    return played.end == RunEnd::complete || broken_off(played.end, played.result.incomplete_because);
  }

  bool broken_off(RunEnd end, const std::string& why) {
    run_.end = end == RunEnd::interrupted ? end : RunEnd::untrusted;
    run_.result.incomplete_because = "while what it found was verified: " + why;
    return false;
  }

  Run& run_;
  RunSettings settings_;
  RunEvents events_;
  std::function<void(const RunResult&)> checkpoint_;
};

}  // namespace

const std::vector<VerifyingRound>& verifying_rounds() {
  static const std::vector<VerifyingRound> rounds = {
      {.folder = "verified-1"},
      {.repeat = 10, .jobs = 4, .has_seed_of_run = false, .folder = "verified-2"},
  };
  return rounds;
}

std::vector<const Scenario*> to_be_verified(const RunResult& run, const std::vector<const Scenario*>& played,
                                            bool strict) {
  std::set<std::string> ids;
  for (const ScenarioResult& row : run.scenarios) {
    if (!is_to_be_verified(run, row, strict)) continue;
    ids.insert(row.id);
    ids.insert(row.seen_in.begin(), row.seen_in.end());
  }
  std::vector<const Scenario*> chosen;
  std::copy_if(played.begin(), played.end(), std::back_inserter(chosen),
               [&](const Scenario* one) { return ids.contains(one->id); });
  return chosen;
}

void add_plays(RunResult& run, const RunResult& again, const std::filesystem::path& folder) {
  for (ScenarioResult& row : run.scenarios) {
    const auto same = std::find_if(again.scenarios.begin(), again.scenarios.end(),
                                   [&](const ScenarioResult& other) { return other.id == row.id; });
    if (same != again.scenarios.end()) add_plays(row, *same, folder);
  }
}

void verify(Run& run, const RunSettings& settings, const RunEvents& events, bool strict) {
  Verifying(run, settings, events, strict).go();
}

}  // namespace smtpspec::engine
