#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <sys/resource.h>

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
  std::size_t side_by_side = 24;
  bool full = false;
};

/// What the suite said of one server: outcome by scenario id.
using Outcomes = std::map<std::string, engine::ScenarioResult>;

/// One server of the proof: clean, or with one fault.
struct Proof {
  const reference::FaultRow* fault = nullptr;  ///< null: clean
  Outcomes outcomes;
  std::string problem;  ///< why the server could not be tested; empty where it could
  std::chrono::milliseconds duration{0};
};

constexpr const char* profiles[] = {"mx", "submission", "lmtp"};
/// A server here answers within milliseconds, but many of them share the machine.
constexpr std::chrono::milliseconds patience{3000};
/// For a message that nobody is to get: a faulty server may relay it a while after its client has gone.
constexpr scenario::Duration settle{250};
/// Sessions at a time with one server: many, since those with a faulty one spend their time waiting.
constexpr std::size_t most_sessions = 256;
constexpr std::size_t fewest_sessions = 8;
/// A session has two ends in this process, and relaying its message has two more.
constexpr std::size_t descriptors_a_session = 4;

bool is_red(Outcome outcome) { return engine::is_finding(outcome, true); }

/// Green on a clean server, also where the profile or a keyword rules the scenario out.
bool is_green(const engine::ScenarioResult& result) {
  return result.outcome == Outcome::pass || result.outcome == Outcome::info || result.outcome == Outcome::unsupported ||
         (result.outcome == Outcome::skipped && result.cause == "condition");
}

/// Each scenario is played on one server of the first profile that it is for.
std::string profile_of(const Scenario& scenario) {
  for (const char* profile : profiles)
    if (std::find(scenario.profiles.begin(), scenario.profiles.end(), profile) != scenario.profiles.end())
      return profile;
  return profiles[0];
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
                   std::size_t sessions) {
  Proof proof;
  engine::RunSettings settings;
  for (const Scenario& scenario : suite.scenarios)
    if (profile_of(scenario) == profile) settings.scenarios.push_back(&scenario);
  if (settings.scenarios.empty()) return proof;
  reference::Faults faults;
  if (fault != nullptr) faults.add(fault->fault);
  Embedded server(profile, faults);
  settings.target = server.target();
  settings.target.delivery->settle = settle;
  settings.suite = &suite;
  settings.jobs = sessions;
  settings.patience.reply = patience;
  engine::RunEvents events;
  events.sink_ready = [&](std::uint16_t port) { server.relay_to(port); };
  events.stop = [] { return signal_caught() != 0; };
  const engine::Run run = engine::run(settings, events);
  if (run.end == engine::RunEnd::untestable) proof.problem = run.result.incomplete_because;
  proof.duration = run.result.duration;
  for (const engine::ScenarioResult& result : run.result.scenarios) proof.outcomes[result.id] = result;
  return proof;
}

void play(Proof& proof, const scenario::Suite& suite, std::size_t sessions) {
  std::vector<std::future<Proof>> parts;
  for (const char* profile : profiles)
    parts.push_back(std::async(std::launch::async, play_profile, profile, proof.fault, std::cref(suite), sessions));
  for (std::future<Proof>& part : parts) {
    Proof played = part.get();
    proof.duration = std::max(proof.duration, played.duration);
    proof.outcomes.merge(played.outcomes);
    if (proof.problem.empty()) proof.problem = played.problem;
  }
}

/// What became of a fault, or of the clean server.
struct Findings {
  std::vector<std::string> kept;    ///< scenarios that promised to turn red, and did
  std::vector<std::string> broken;  ///< and did not
  std::vector<std::string> also;    ///< red without a promise
  std::vector<std::string> alarms;  ///< of the clean server: not green
};

Findings findings_of(const Proof& proof, const scenario::Suite& suite) {
  Findings findings;
  for (const Scenario& scenario : suite.scenarios) {
    const auto found = proof.outcomes.find(scenario.id);
    const bool played = found != proof.outcomes.end();
    if (proof.fault == nullptr) {
      if (!played || !is_green(found->second)) findings.alarms.push_back(scenario.id);
      continue;
    }
    const bool promised =
        std::find(scenario.catches.begin(), scenario.catches.end(), proof.fault->name) != scenario.catches.end();
    const bool red = played && is_red(found->second.outcome);
    if (promised) {
      (red ? findings.kept : findings.broken).push_back(scenario.id);
    } else if (red) {
      findings.also.push_back(scenario.id);
    }
  }
  return findings;
}

/// Servers are independent of each other: so many at a time, each with its own threads.
void play_all(std::vector<Proof>& proofs, const scenario::Suite& suite, std::size_t side_by_side) {
  const auto started = std::chrono::steady_clock::now();
  const std::size_t sessions = sessions_for(side_by_side);
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  ProgressLine line;
  engine::Progress progress;
  progress.total = proofs.size();
  const auto work = [&] {
    for (std::size_t i = next++; i < proofs.size() && signal_caught() == 0; i = next++) {
      try {
        play(proofs[i], suite, sessions);
      } catch (...) {
        const std::lock_guard lock(mutex);
        failure = std::current_exception();
        return;
      }
      const Findings findings = findings_of(proofs[i], suite);
      const bool survived = proofs[i].fault != nullptr && findings.kept.empty();
      const std::lock_guard lock(mutex);
      ++progress.done;
      progress.findings += findings.alarms.size() + findings.broken.size() + (survived ? 1 : 0);
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

/// "a, b (4 rows), c": the rows of one scenario told as one.
std::vector<std::string> grouped(const std::vector<std::string>& ids) {
  std::vector<std::pair<std::string, std::size_t>> groups;
  for (const std::string& id : ids) {
    const std::string name = id.substr(0, id.find('/'));
    if (groups.empty() || groups.back().first != name) groups.emplace_back(name, 0);
    ++groups.back().second;
  }
  std::vector<std::string> names;
  for (const auto& [name, rows] : groups) names.push_back(rows == 1 ? name : fmt::format("{} ({} rows)", name, rows));
  return names;
}

/// As many names as stand on the rest of a line.
std::string in_short(const std::vector<std::string>& names) {
  constexpr std::size_t width = 76;
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0 && text.size() + names[i].size() > width) return text + fmt::format(", and {} more", names.size() - i);
    text += (i > 0 ? ", " : "") + names[i];
  }
  return text;
}

std::string plural(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

class Matrix {
 public:
  Matrix(const std::vector<Proof>& proofs, const scenario::Suite& suite, bool full)
      : proofs_(proofs), suite_(suite), full_(full) {
    for (const Proof& proof : proofs)
      if (proof.fault != nullptr) width_ = std::max(width_, proof.fault->name.size());
  }

  int print() {
    for (const Proof& proof : proofs_)
      if (proof.fault == nullptr) clean(proof);
    fmt::print("\n{:<8}  {:<{}}  {:>8}  {:>4}  {}\n", "", "fault", width_, "promised", "also",
               full_ ? "what it does" : "turned red by");
    for (const Proof& proof : proofs_)
      if (proof.fault != nullptr) faulty(proof);
    const bool whole = proofs_.size() == reference::fault_count + 1;
    if (whole) catch_nothing();
    fmt::print("\n{}: {} killed, {} survived; {} on the clean server; {} not kept\n",
               plural(killed_ + survived_, "fault"), killed_, survived_, plural(alarms_, "false alarm"),
               plural(broken_, "promise"));
    return survived_ == 0 && alarms_ == 0 && broken_ == 0 ? exit_complete : exit_findings;
  }

 private:
  void clean(const Proof& proof) {
    const Findings findings = findings_of(proof, suite_);
    alarms_ = findings.alarms.size();
    fmt::print("clean server: {}, {} ({:.1f} s)\n", plural(proof.outcomes.size(), "scenario"),
               plural(alarms_, "false alarm"), seconds(proof));
    if (!proof.problem.empty()) fmt::print("          {}\n", proof.problem);
    for (const std::string& id : findings.alarms) fmt::print("          {}: {}\n", id, told(proof, id));
  }

  void faulty(const Proof& proof) {
    const Findings findings = findings_of(proof, suite_);
    const bool killed = !findings.kept.empty();
    ++(killed ? killed_ : survived_);
    broken_ += findings.broken.size();
    caught_something_.insert(findings.kept.begin(), findings.kept.end());
    const std::string promised =
        fmt::format("{}/{}", findings.kept.size(), findings.kept.size() + findings.broken.size());
    fmt::print(
        "{:<8}  {:<{}}  {:>8}  {:>4}  {}\n", killed ? "killed" : "SURVIVED", proof.fault->name, width_, promised,
        findings.also.size(),
        full_ ? fmt::format("{} ({:.1f} s)", proof.fault->summary, seconds(proof)) : in_short(grouped(findings.kept)));
    if (!proof.problem.empty()) fmt::print("          not tested: {}\n", proof.problem);
    for (const std::string& id : findings.broken) fmt::print("          NOT KEPT  {}: {}\n", id, told(proof, id));
    if (!full_) return;
    for (const std::string& id : findings.kept) fmt::print("          promised  {}: {}\n", id, told(proof, id));
    for (const std::string& id : findings.also) fmt::print("          also      {}: {}\n", id, told(proof, id));
  }

  static double seconds(const Proof& proof) { return static_cast<double>(proof.duration.count()) / 1000; }

  static std::string told(const Proof& proof, const std::string& id) {
    const auto found = proof.outcomes.find(id);
    if (found == proof.outcomes.end()) return "not played";
    const engine::ScenarioResult& result = found->second;
    std::string text(scenario::name(result.outcome));
    if (!result.expected.empty()) text += fmt::format(", expected {}", result.expected);
    if (!result.actual.empty()) text += fmt::format(", got {}", result.actual);
    if (!result.reason.empty() && result.reason != result.actual) text += fmt::format(" ({})", result.reason);
    return text;
  }

  /// Scenarios that keep no promise: nothing shows that they can fail.
  void catch_nothing() const {
    std::vector<std::string> idle;
    for (const Scenario& scenario : suite_.scenarios)
      if (caught_something_.count(scenario.id) == 0) idle.push_back(scenario.id);
    if (idle.empty()) return;
    fmt::print("\n{} not shown to be able to fail:\n", plural(idle.size(), "scenario"));
    for (const std::string& id : idle) fmt::print("          {}\n", id);
  }

  const std::vector<Proof>& proofs_;
  const scenario::Suite& suite_;
  bool full_;
  std::size_t width_ = 5;
  std::set<std::string> caught_something_;
  std::size_t killed_ = 0;
  std::size_t survived_ = 0;
  std::size_t alarms_ = 0;
  std::size_t broken_ = 0;
};

int prove(const ProveOptions& options) {
  const auto suite = load_suite(options.suite.empty() ? std::vector{default_suite()} : options.suite);
  if (!suite) return exit_usage;
  std::vector<Proof> proofs;
  proofs.push_back({});
  for (const reference::FaultRow& row : reference::fault_table()) {
    const bool wanted = options.faults.empty() ||
                        std::find(options.faults.begin(), options.faults.end(), row.name) != options.faults.end();
    if (wanted) proofs.emplace_back().fault = &row;
  }
  if (proofs.size() == 1) {
    say("no such fault; `smtpspec serve --list-faults` shows them");
    return exit_usage;
  }
  watch_signals();
  play_all(proofs, *suite, options.side_by_side);
  if (signal_caught() != 0) return exit_signal + signal_caught();
  return Matrix(proofs, *suite, options.full).print();
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
      "promise was kept, else 1. `smtpspec serve --list-faults` shows the faults.");
  auto options = std::make_shared<ProveOptions>();
  command->add_option("--suite", options->suite, "Folder or file of scenarios (default: the shipped suite)");
  command->add_option("--fault", options->faults, "Only this fault; repeatable")->take_all();
  command->add_flag("--full", options->full,
                    "Also what each fault does wrong, which scenarios it turns red, and what they saw");
  command->add_option("--jobs", options->side_by_side, "Servers side by side")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  command->callback([options, &chosen] { chosen.run = [options] { return prove(*options); }; });
}

}  // namespace smtpspec::cli
