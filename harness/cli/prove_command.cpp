#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "harness/cli/commands.hpp"
#include "harness/cli/console.hpp"
#include "harness/cli/embedded.hpp"
#include "harness/cli/exit_code.hpp"
#include "harness/cli/suite_files.hpp"
#include "harness/engine/baseline.hpp"
#include "harness/engine/run.hpp"
#include "harness/reference/fault.hpp"

namespace smtpspec::cli {

namespace {

using scenario::Outcome;
using scenario::Scenario;

struct ProveOptions {
  std::vector<std::filesystem::path> suite;
  std::vector<std::string> faults;
  std::size_t side_by_side = 4;
};

/// What the suite said of one server: outcome by scenario id.
using Outcomes = std::map<std::string, engine::ScenarioResult>;

/// One server of the proof: clean, or with one fault.
struct Proof {
  const reference::FaultRow* fault = nullptr;  ///< null: clean
  Outcomes outcomes;
};

bool is_red(Outcome outcome) { return engine::is_finding(outcome, true); }

/// Green on a clean server, also where the profile or a keyword rules the scenario out.
bool is_green(const engine::ScenarioResult& result) {
  return result.outcome == Outcome::pass || result.outcome == Outcome::info || result.outcome == Outcome::unsupported ||
         (result.outcome == Outcome::skipped && result.cause == "condition");
}

/// Each scenario is played on one server of the first profile that it is for.
std::string profile_of(const Scenario& scenario) {
  for (const char* profile : {"mx", "submission", "lmtp"})
    if (std::find(scenario.profiles.begin(), scenario.profiles.end(), profile) != scenario.profiles.end())
      return profile;
  return "mx";
}

void play(Proof& proof, const scenario::Suite& suite) {
  reference::Faults faults;
  if (proof.fault != nullptr) faults.add(proof.fault->fault);
  for (const char* profile : {"mx", "submission", "lmtp"}) {
    engine::RunSettings settings;
    for (const Scenario& scenario : suite.scenarios)
      if (profile_of(scenario) == profile) settings.scenarios.push_back(&scenario);
    if (settings.scenarios.empty()) continue;
    Embedded server(profile, faults);
    settings.target = server.target();
    settings.suite = &suite;
    settings.jobs = 32;
    settings.patience.reply = std::chrono::milliseconds(5000);
    engine::RunEvents events;
    events.sink_ready = [&](std::uint16_t port) { server.relay_to(port); };
    events.stop = [] { return signal_caught() != 0; };
    const engine::Run run = engine::run(settings, events);
    for (const engine::ScenarioResult& result : run.result.scenarios) proof.outcomes[result.id] = result;
  }
}

/// Servers are independent of each other: so many at a time, each with its own threads.
void play_all(std::vector<Proof>& proofs, const scenario::Suite& suite, std::size_t side_by_side) {
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> done{0};
  std::mutex mutex;
  std::exception_ptr failure;
  ProgressLine line;
  const auto work = [&] {
    for (std::size_t i = next++; i < proofs.size() && signal_caught() == 0; i = next++) {
      try {
        play(proofs[i], suite);
      } catch (...) {
        const std::lock_guard lock(mutex);
        failure = std::current_exception();
        return;
      }
      const std::lock_guard lock(mutex);
      engine::Progress progress;
      progress.done = ++done;
      progress.total = proofs.size();
      progress.slowest = proofs[i].fault == nullptr ? "clean" : std::string(proofs[i].fault->name);
      line.show(progress);
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < side_by_side; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
}

class Matrix {
 public:
  Matrix(const std::vector<Proof>& proofs, const scenario::Suite& suite) : proofs_(proofs), suite_(suite) {}

  int print() {
    for (const Proof& proof : proofs_) proof.fault == nullptr ? clean(proof) : faulty(proof);
    catch_nothing();
    fmt::print("{} faults: {} killed, {} survived; {} false alarm{} on the clean server; {} promise{} not kept\n",
               killed_ + survived_, killed_, survived_, alarms_, alarms_ == 1 ? "" : "s", broken_promises_,
               broken_promises_ == 1 ? "" : "s");
    return survived_ == 0 && alarms_ == 0 && broken_promises_ == 0 ? exit_complete : exit_findings;
  }

 private:
  void clean(const Proof& proof) {
    for (const auto& [id, result] : proof.outcomes) {
      if (is_green(result)) continue;
      ++alarms_;
      fmt::print("false alarm   {}: {} on the clean server ({}{})\n", id, scenario::name(result.outcome), result.actual,
                 result.reason);
    }
    if (proof.outcomes.empty()) ++alarms_;
    fmt::print("clean         {} scenarios, {} false alarms\n", proof.outcomes.size(), alarms_);
  }

  void faulty(const Proof& proof) {
    std::vector<std::string> by;
    std::vector<std::string> also;
    std::vector<std::string> missed;
    for (const Scenario& scenario : suite_.scenarios) {
      const bool promised =
          std::find(scenario.catches.begin(), scenario.catches.end(), proof.fault->name) != scenario.catches.end();
      const auto found = proof.outcomes.find(scenario.id);
      const bool red = found != proof.outcomes.end() && is_red(found->second.outcome);
      if (red) caught_something_.insert(scenario.id);
      if (red && promised) by.push_back(scenario.id);
      if (red && !promised) also.push_back(scenario.id);
      if (!red && promised) missed.push_back(scenario.id);
    }
    by.empty() ? ++survived_ : ++killed_;
    fmt::print("{:<13} {:<34} {}{}\n", by.empty() ? "SURVIVED" : "killed", proof.fault->name, fmt::join(by, ", "),
               also.empty() ? "" : fmt::format("  (also {})", also.size()));
    for (const std::string& id : missed) {
      ++broken_promises_;
      const auto found = proof.outcomes.find(id);
      fmt::print("  not kept    {} does not turn red: {}\n", id,
                 found == proof.outcomes.end() ? "not played" : scenario::name(found->second.outcome));
    }
  }

  void catch_nothing() {
    std::set<std::string> idle;
    for (const Scenario& scenario : suite_.scenarios)
      if (caught_something_.count(scenario.id) == 0) idle.insert(scenario.id);
    if (!idle.empty()) fmt::print("catch nothing {}\n", fmt::join(idle, ", "));
  }

  const std::vector<Proof>& proofs_;
  const scenario::Suite& suite_;
  std::set<std::string> caught_something_;
  std::size_t killed_ = 0;
  std::size_t survived_ = 0;
  std::size_t alarms_ = 0;
  std::size_t broken_promises_ = 0;
};

int prove(const ProveOptions& options) {
  const auto suite = load_suite(options.suite.empty() ? std::vector{default_suite()} : options.suite);
  if (!suite) return exit_usage;
  std::vector<Proof> proofs;
  proofs.push_back({});
  for (const reference::FaultRow& row : reference::fault_table()) {
    const bool wanted = options.faults.empty() ||
                        std::find(options.faults.begin(), options.faults.end(), row.name) != options.faults.end();
    if (wanted) proofs.push_back({&row, {}});
  }
  if (proofs.size() == 1) {
    say("no such fault; `smtpspec serve --list-faults` shows them");
    return exit_usage;
  }
  watch_signals();
  play_all(proofs, *suite, options.side_by_side);
  if (signal_caught() != 0) return exit_signal + signal_caught();
  return Matrix(proofs, *suite).print();
}

}  // namespace

void add_prove(CLI::App& app, Chosen& chosen) {
  CLI::App* command =
      app.add_subcommand("prove", "Show that the suite can fail: every named fault must turn a scenario red");
  auto options = std::make_shared<ProveOptions>();
  command->add_option("--suite", options->suite, "Folder or file of scenarios (default: the shipped suite)");
  command->add_option("--fault", options->faults, "Only this fault; repeatable")->take_all();
  command->add_option("--jobs", options->side_by_side, "Servers side by side")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command->callback([options, &chosen] { chosen.run = [options] { return prove(*options); }; });
}

}  // namespace smtpspec::cli
