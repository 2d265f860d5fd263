// Plays the whole suite in memory, under virtual time, as each profile; exits 1 where a row is not as it must be on a
// strict server, or where what was written down of it is judged otherwise. Usage: memory_suite FOLDER-OF-SCENARIOS
#include <atomic>
#include <chrono>
#include <map>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "harness/memory/memory_run.hpp"
#include "harness/scenario/loader.hpp"

namespace {

using namespace smtpspec;
using scenario::Outcome;
using scenario::Scenario;
using std::chrono::duration_cast;

bool is_good(const Scenario& row, const engine::ScenarioResult& result) {
  const bool good = result.outcome == Outcome::pass || result.outcome == Outcome::info ||
                    result.outcome == Outcome::unsupported || result.outcome == Outcome::skipped ||
                    result.cause == judge::Cause::never_checked;
  if (!good)
    fmt::print("{} {}: expected {}; actual {}\n", scenario::name(result.outcome), row.id, result.expected,
               result.actual);
  return good;
}

/// Plays them in as many threads as there are cores; gives their results in the same order.
std::vector<engine::ScenarioResult> results_of(memory::MemoryRun& run, const std::vector<const Scenario*>& rows) {
  std::vector<engine::ScenarioResult> results(rows.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < rows.size(); i = next++) results[i] = run.result_of(*rows[i]);
  };
  std::vector<std::jthread> threads;
  for (unsigned i = 1; i < std::thread::hardware_concurrency(); ++i) threads.emplace_back(work);
  work();
  threads.clear();
  return results;
}

/// How many rows are not as they must be.
std::size_t play_all(const scenario::Suite& suite, const std::string& profile) {
  const auto begun = std::chrono::steady_clock::now();
  memory::MemoryRun run(suite, profile, {});
  std::map<Outcome, std::size_t> counts;
  std::size_t bad = 0;
  for (const bool rules : {false, true}) {  // a rule is judged over all that is played
    std::vector<const Scenario*> rows;
    for (const Scenario& row : suite.scenarios)
      if (row.rule.empty() != rules) rows.push_back(&row);
    const auto results = results_of(run, rows);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      ++counts[results[i].outcome];
      bad += is_good(*rows[i], results[i]) ? 0 : 1;
    }
  }
  const auto took = std::chrono::steady_clock::now() - begun;
  fmt::print("{}: {} rows in memory in {} ms, {} s of virtual time:", profile, suite.scenarios.size(),
             duration_cast<std::chrono::milliseconds>(took).count(),
             duration_cast<std::chrono::seconds>(run.virtual_time()).count());
  for (const auto& [outcome, count] : counts) fmt::print(" {} {}", count, scenario::name(outcome));
  fmt::print("\n");
  return bad;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto loaded = scenario::load_suite({argv[1]});
  for (const auto& diagnostic : loaded.diagnostics)
    if (diagnostic.severity == scenario::Diagnostic::Severity::error) fmt::print("{}", scenario::render(diagnostic));
  if (!loaded.ok()) return 2;
  std::size_t bad = 0;
  for (const char* profile : {"mx", "submission", "lmtp"}) bad += play_all(loaded.value, profile);
  return bad == 0 ? 0 : 1;
}
