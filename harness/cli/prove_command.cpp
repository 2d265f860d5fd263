#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <sys/resource.h>

#include "harness/cli/commands.hpp"
#include "harness/cli/console.hpp"
#include "harness/cli/embedded.hpp"
#include "harness/cli/exit_code.hpp"
#include "harness/cli/prove_matrix.hpp"
#include "harness/cli/suite_files.hpp"
#include "harness/engine/run.hpp"
#include "harness/reference/fault.hpp"

namespace smtpspec::cli {

namespace {

using scenario::Scenario;

struct ProveOptions {
  std::vector<std::filesystem::path> suite;
  std::vector<std::string> faults;
  std::size_t side_by_side = 24;
  bool full = false;
};

constexpr const char* profiles[] = {"mx", "submission", "lmtp"};
/// A server here answers within milliseconds, but many of them share the machine. The clean server's scenarios must all
/// be green, so there nothing is hurried; a faulty one that does not answer is waited for by every scenario that says
/// so, and a second of silence tells as much as ten.
constexpr std::chrono::milliseconds patience{10000};
constexpr std::chrono::milliseconds patience_with_faults{1500};
/// For a message that nobody is to get: a faulty server may relay it a while after its client has gone.
constexpr scenario::Duration settle{250};
/// Sessions at a time with one server: many, since those with a faulty one spend their time waiting.
constexpr std::size_t most_sessions = 256;
constexpr std::size_t sessions_with_the_clean_server = 32;
constexpr std::size_t fewest_sessions = 8;
/// A session has two ends in this process, and relaying its message has two more.
constexpr std::size_t descriptors_a_session = 4;

/// Each scenario is played on one server of the first profile that it is for.
std::string profile_of(const Scenario& scenario) {
  for (const char* profile : profiles)
    if (std::find(scenario.profiles.begin(), scenario.profiles.end(), profile) != scenario.profiles.end())
      return profile;
  return profiles[0];
}

/// What is played against a server: everything where it is clean, or `full` is asked for. A fault is killed by the
/// scenarios that promise to, so each of these is played and no other.
std::vector<const Scenario*> part_for(const reference::FaultRow* fault, const scenario::Suite& suite, bool full) {
  std::vector<const Scenario*> part;
  for (const Scenario& scenario : suite.scenarios)
    if (fault == nullptr || full || promises(scenario, *fault)) part.push_back(&scenario);
  return part;
}

/// What the descriptors that this process may have are enough for; it asks for as many as it can get.
std::size_t sessions_for(std::size_t servers) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return fewest_sessions;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0 && getrlimit(RLIMIT_NOFILE, &limit) != 0) return fewest_sessions;
  const auto descriptors = static_cast<std::size_t>(limit.rlim_cur);
  return std::clamp(descriptors / (servers * descriptors_a_session), fewest_sessions, most_sessions);
}

/// Plays a profile's part of the suite against a server of its own.
Proof play_profile(const char* profile, const reference::FaultRow* fault, const scenario::Suite& suite,
                   const std::vector<const Scenario*>& part, std::size_t sessions) {
  Proof proof;
  engine::RunSettings settings;
  std::copy_if(part.begin(), part.end(), std::back_inserter(settings.scenarios),
               [&](const Scenario* scenario) { return profile_of(*scenario) == profile; });
  if (settings.scenarios.empty()) return proof;
  reference::Faults faults;
  if (fault != nullptr) faults.add(fault->fault);
  Embedded server(profile, faults);
  settings.target = server.target();
  settings.target.delivery->settle = settle;
  settings.suite = &suite;
  settings.jobs = sessions;
  settings.patience.reply = fault == nullptr ? patience : patience_with_faults;
  engine::RunEvents events;
  events.sink_ready = [&](std::uint16_t port) { server.relay_to(port); };
  events.stop = [] { return signal_caught() != 0; };
  const engine::Run run = engine::run(settings, events);
  if (run.end == engine::RunEnd::untestable) proof.problem = run.result.incomplete_because;
  proof.duration = run.result.duration;
  for (const engine::ScenarioResult& result : run.result.scenarios) proof.outcomes[result.id] = result;
  return proof;
}

void play(Proof& proof, const scenario::Suite& suite, bool full, std::size_t sessions) {
  const std::vector<const Scenario*> part = part_for(proof.fault, suite, full);
  std::vector<std::future<Proof>> parts;
  for (const char* profile : profiles)
    parts.push_back(std::async(std::launch::async, play_profile, profile, proof.fault, std::cref(suite),
                               std::cref(part), sessions));
  for (std::future<Proof>& future : parts) {
    Proof played = future.get();
    proof.duration = std::max(proof.duration, played.duration);
    proof.outcomes.merge(played.outcomes);
    if (proof.problem.empty()) proof.problem = played.problem;
  }
}

/// The clean server has the machine to itself. The faulty ones are independent of each other: so many at a time, each
/// with its own threads.
void play_all(std::vector<Proof>& proofs, const scenario::Suite& suite, const ProveOptions& options) {
  const std::size_t side_by_side = options.side_by_side;
  const auto started = std::chrono::steady_clock::now();
  const std::size_t sessions = sessions_for(side_by_side);
  play(proofs.front(), suite, options.full, sessions_with_the_clean_server);
  std::atomic<std::size_t> next{1};
  std::mutex mutex;
  std::exception_ptr failure;
  ProgressLine line;
  engine::Progress progress;
  progress.total = proofs.size();
  progress.done = 1;
  progress.findings = findings_of(proofs.front(), suite).alarms.size();
  const auto work = [&] {
    for (std::size_t i = next++; i < proofs.size() && signal_caught() == 0; i = next++) {
      try {
        play(proofs[i], suite, options.full, sessions);
      } catch (...) {
        const std::lock_guard lock(mutex);
        failure = std::current_exception();
        return;
      }
      const Findings findings = findings_of(proofs[i], suite);
      const std::lock_guard lock(mutex);
      ++progress.done;
      progress.findings += findings.broken.size() + (findings.kept.empty() ? 1 : 0);
      progress.elapsed =
          std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started);
      line.show(progress);
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < side_by_side; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
}

int prove(const ProveOptions& options) {
  const auto suite = load_suite(options.suite.empty() ? std::vector{default_suite()} : options.suite);
  if (!suite) return exit_usage;
  for (const std::string& fault : options.faults) {
    if (reference::fault_named(fault)) continue;
    say(fmt::format("--fault {}: there is no such fault; `smtpspec serve --list-faults` shows them", fault));
    return exit_usage;
  }
  std::vector<Proof> proofs(1);
  for (const reference::FaultRow& row : reference::fault_table()) {
    const bool wanted = options.faults.empty() ||
                        std::find(options.faults.begin(), options.faults.end(), row.name) != options.faults.end();
    if (wanted) proofs.emplace_back().fault = &row;
  }
  watch_signals();
  play_all(proofs, *suite, options);
  if (signal_caught() != 0) return exit_signal + signal_caught();
  return print_matrix(proofs, *suite, options.full);
}

}  // namespace

void add_prove(CLI::App& app, Chosen& chosen) {
  CLI::App* command =
      app.add_subcommand("prove", "Show that the suite can fail: every named fault must turn a scenario red");
  command->footer(
      "Plays the suite against the reference server, first without a fault, where every scenario must be green, then\n"
      "with each named fault in turn, where every scenario that names the fault in `catches` must turn red (fail, "
      "crash\n"
      "or warn). Of each fault is told: promises kept of promises made, other scenarios that turned red, and which "
      "kept\n"
      "their promise. The exit code is 0 where no fault survived, no scenario was red on the clean server and every\n"
      "promise was kept, else 1. `smtpspec serve --list-faults` shows the faults.\n"
      "A fault is shown to the scenarios that name it, and with --full to the whole suite.");
  auto options = std::make_shared<ProveOptions>();
  command->add_option("--suite", options->suite, "Folder or file of scenarios (default: the shipped suite)");
  command->add_option("--fault", options->faults, "Only this fault; repeatable")->take_all();
  command->add_flag("--full", options->full,
                    "Play everything against each fault, and tell what it does wrong and what each scenario saw");
  command->add_option("--jobs", options->side_by_side, "Servers side by side")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command->callback([options, &chosen] { chosen.run = [options] { return prove(*options); }; });
}

}  // namespace smtpspec::cli
