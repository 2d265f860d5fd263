#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "harness/cli/commands.hpp"
#include "harness/cli/console.hpp"
#include "harness/cli/prove_matrix.hpp"
#include "harness/cli/suite_files.hpp"
#include "harness/engine/run.hpp"
#include "harness/memory/memory_run.hpp"
#include "harness/reference/fault.hpp"

namespace smtpspec::cli {

namespace {

using scenario::Outcome;
using scenario::Scenario;

struct ProveOptions {
  std::vector<std::filesystem::path> suite;
  std::vector<std::string> faults;
  std::size_t side_by_side = std::max(1U, std::thread::hardware_concurrency());
  bool full = false;
};

constexpr const char* profiles[] = {"mx", "submission", "lmtp"};

/// The profile that each scenario is played in: the first in which a clean server has what it needs. What holds for
/// every conversation is looked at in each of them, and has none here.
std::map<std::string, std::string> profile_of_each(const scenario::Suite& suite) {
  std::map<std::string, std::string> profile_of;
  for (const char* profile : profiles) {
    const memory::MemoryRun clean(suite, profile, {});
    for (const Scenario& scenario : suite.scenarios)
      if (scenario.rule.empty() && clean.plays(scenario)) profile_of.emplace(scenario.id, profile);
  }
  return profile_of;
}

/// What is played against a server: everything where it is clean or does what it may, or `full` is asked for. A fault
/// is killed by the scenarios that promise to, so each of these is played and no other, unless a rule that holds for
/// every conversation is to see it.
std::vector<const Scenario*> part_for(const reference::FaultRow* fault, const scenario::Suite& suite, bool full) {
  const auto promise = [&](const Scenario& scenario) { return promises(scenario, *fault); };
  const bool all = fault == nullptr || fault->permitted || full ||
                   std::any_of(suite.scenarios.begin(), suite.scenarios.end(),
                               [&](const auto& one) { return !one.rule.empty() && promise(one); });
  std::vector<const Scenario*> part;
  for (const Scenario& scenario : suite.scenarios)
    if (all || promise(scenario)) part.push_back(&scenario);
  std::stable_partition(part.begin(), part.end(), [](const Scenario* one) { return one->rule.empty(); });
  return part;
}

/// A kill counts where a requirement of the scenario's own decided, and nothing that was seen beside it.
Said said_by(const engine::ScenarioResult& result) {
  Said said;
  said.green = result.outcome == Outcome::pass || result.outcome == Outcome::info ||
               result.outcome == Outcome::unsupported ||
               (result.outcome == Outcome::skipped && result.cause == engine::Cause::condition);
  said.red = engine::is_finding(result.outcome, true) && !result.decided_by.empty();
  said.accuses = result.outcome == Outcome::fail || result.outcome == Outcome::crash;
  said.text = scenario::name(result.outcome);
  if (said.red) said.text += fmt::format(" by {}", result.decided_by);
  if (!result.expected.empty()) said.text += fmt::format(", expected {}", result.expected);
  if (!result.actual.empty()) said.text += fmt::format(", got {}", result.actual);
  if (!result.reason.empty() && result.reason != result.actual) said.text += fmt::format(" ({})", result.reason);
  return said;
}

/// In memory, under virtual time: what waits costs nothing. What a server throws is its problem, not a verdict.
void play(Proof& proof, const scenario::Suite& suite, const std::map<std::string, std::string>& profile_of, bool full) {
  const auto started = std::chrono::steady_clock::now();
  reference::Faults faults;
  if (proof.fault != nullptr) faults.add(proof.fault->fault);
  const std::vector<const Scenario*> part = part_for(proof.fault, suite, full);
  const bool permitted = proof.fault != nullptr && proof.fault->permitted;
  // Most rows are played in another profile, where such a freedom does not show.
  const bool of_lmtp = permitted && proof.fault->name.starts_with("lmtp-");
  for (const char* profile : profiles) {
    try {
      memory::MemoryRun run(suite, profile, faults);
      if (permitted) run.get_acquainted();
      const bool whole =
          of_lmtp || (permitted && proof.fault->of_submission && profile == std::string_view("submission"));
      for (const Scenario* scenario : part) {
        const auto played_in = profile_of.find(scenario->id);
        if (whole || played_in == profile_of.end() || played_in->second == profile)
          proof.add(scenario->id, said_by(run.result_of(*scenario)));
      }
    } catch (const std::exception& error) {
      proof.problem = error.what();
    }
  }
  proof.duration = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started);
}

/// The servers are independent of each other: so many at a time, each in a thread of its own.
void play_all(std::vector<Proof>& proofs, const scenario::Suite& suite, const ProveOptions& options) {
  const auto started = std::chrono::steady_clock::now();
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  const auto profile_of = profile_of_each(suite);
  ProgressLine line;
  engine::Progress progress;
  progress.total = proofs.size();
  const auto work = [&] {
    for (std::size_t i = next++; i < proofs.size() && signal_caught() == 0; i = next++) {
      play(proofs[i], suite, profile_of, options.full);
      const Findings findings = findings_of(proofs[i], suite);
      const std::lock_guard lock(mutex);
      ++progress.done;
      progress.findings += findings.broken.size() + findings.alarms.size();
      progress.elapsed =
          std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started);
      line.show(progress);
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < options.side_by_side; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
}

/// Memory is wanted again by the next server: to give it back to the system, and to be given it anew, page by page,
/// takes longer than to play.
void keep_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 128 << 20);
#endif
}

int prove(const ProveOptions& options) {
  keep_memory();
  const auto suite = load_suite(options.suite);
  if (!suite) return exit_usage;
  for (const std::string& name : options.faults) {
    const auto fault = reference::fault_named(name);
    if (fault && !reference::row_of(*fault).deadly) continue;
    say(fault ? fmt::format("--fault {}: the server's process is lost by it; it is for campaigns (smtpspec fuzz)", name)
              : fmt::format("--fault {}: there is no such fault; `smtpspec serve --list-faults` shows them", name));
    return exit_usage;
  }
  std::vector<Proof> proofs(1);
  for (const reference::FaultRow& row : reference::fault_table()) {
    const bool wanted = options.faults.empty() ||
                        std::find(options.faults.begin(), options.faults.end(), row.name) != options.faults.end();
    if (wanted && !row.deadly) proofs.emplace_back().fault = &row;
  }
  watch_signals();
  play_all(proofs, *suite, options);
  if (signal_caught() != 0) return exit_signal + signal_caught();
  const Matrix matrix = matrix_of(proofs, *suite);
  print(matrix, options.full);
  return matrix.holds() ? exit_complete : exit_findings;
}

}  // namespace

void add_prove(CLI::App& app, Chosen& chosen) {
  CLI::App* command =
      app.add_subcommand("prove", "Show that the suite can fail: every named fault must turn a scenario red");
  command->footer(
      "Plays the suite against the reference server, in memory and under virtual time: first without a fault, where\n"
      "every scenario must be green, then with each named fault in turn, where every scenario that names the fault in\n"
      "`catches` must turn red (fail, crash or warn) by a requirement of its own. Of each fault is told: promises "
      "kept\n"
      "of promises made, other scenarios that turned red, and which kept their promise. The exit code is 0 where no\n"
      "fault survived, no scenario was red on the clean server and every promise was kept, else 1.\n"
      "A server with a freedom, a deviation that the RFC permits, is played the whole suite, and nothing may accuse "
      "it.\n"
      "`smtpspec serve --list-faults` shows faults and freedoms.\n"
      "A fault is shown to the scenarios that name it, and with --full to the whole suite.");
  auto options = std::make_shared<ProveOptions>();
  add_suite_option(*command, options->suite);
  command->add_option("--fault", options->faults, "Only this fault; repeatable")->take_all();
  command->add_flag("--full", options->full,
                    "Play everything against each fault, and tell what it does wrong and what each scenario saw");
  command->add_option("--jobs", options->side_by_side, "Servers side by side")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command->callback([options, &chosen] { chosen.run = [options] { return prove(*options); }; });
}

}  // namespace smtpspec::cli
