// Plays the whole suite in memory, under virtual time, as each profile; exits 1 where a row is not as it must be on a
// strict server, or where what was written down of it is judged otherwise. Usage: memory_suite FOLDER-OF-SCENARIOS
#include <chrono>
#include <map>

#include <fmt/format.h>

#include "harness/memory/memory_run.hpp"
#include "harness/scenario/loader.hpp"

namespace {

using namespace smtpspec;
using scenario::Outcome;
using std::chrono::duration_cast;

bool is_good(const scenario::Scenario& row, const engine::ScenarioResult& result) {
  const bool good = result.outcome == Outcome::pass || result.outcome == Outcome::info ||
                    result.outcome == Outcome::unsupported || result.outcome == Outcome::skipped ||
                    result.cause == judge::Cause::never_checked;
  if (!good)
    fmt::print("{} {}: expected {}; actual {}\n", scenario::name(result.outcome), row.id, result.expected,
               result.actual);
  return good;
}

/// How many rows are not as they must be.
std::size_t play_all(const scenario::Suite& suite, const std::string& profile) {
  const auto begun = std::chrono::steady_clock::now();
  memory::MemoryRun run(suite, profile, {});
  std::map<Outcome, std::size_t> counts;
  std::size_t bad = 0;
  const auto take = [&](bool rules) {
    for (const scenario::Scenario& row : suite.scenarios) {
      if (row.rule.empty() == rules) continue;
      const engine::ScenarioResult result = run.result_of(row);
      ++counts[result.outcome];
      bad += is_good(row, result) ? 0 : 1;
    }
  };
  take(false);
  take(true);
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
