// Plays the whole suite in memory, under virtual time, as each profile; exits 1 where a row is not as it must be on a
// strict server. Usage: memory_suite FOLDER-OF-SCENARIOS [--judge-again]
// --judge-again: also where what is written down of it, without secrets, is judged otherwise.
#include <atomic>
#include <chrono>
#include <map>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "harness/judge/referee_report.hpp"
#include "harness/judge/replay.hpp"
#include "harness/memory/memory_run.hpp"
#include "harness/record/json_lines.hpp"
#include "harness/record/secrets.hpp"
#include "harness/record/transcript_file.hpp"
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

/// As a stored run is judged: by what a file of it holds.
void judge_again(const Scenario& row, const memory::Played& played, engine::ScenarioResult& result) {
  const record::Transcript clean = record::Redactor(played.transcript.secrets).without_secrets(played.transcript);
  std::string problem;
  const auto text = record::to_json_lines(clean, {record::max_transcript_file, record::max_transcript_held});
  if (!text) return;  // too long for a file
  const auto stored = record::from_json_lines(*text, problem);
  if (!stored) {
    result.actual = "what was written cannot be read: " + problem;
    result.outcome = Outcome::error;
    return;
  }
  const judge::Verdict verdict = judge::judge(row, *stored).verdict;
  const auto before = judge::referee_report(played.transcript).violations.size();
  const auto after = judge::referee_report(*stored).violations.size();
  if (verdict.outcome == result.outcome && verdict.cause == result.cause && before == after) return;
  result.actual = fmt::format("judged again: {}, {} rules broken and not {}; {}", scenario::name(verdict.outcome),
                              after, before, verdict.actual);
  result.outcome = Outcome::error;
}

engine::ScenarioResult result_of(memory::MemoryRun& run, const Scenario& row, bool again) {
  if (!again || !row.rule.empty() || !run.plays(row)) return run.result_of(row);
  const memory::Played played = run.play(row);
  engine::ScenarioResult result = run.result_of(row, played);
  judge_again(row, played, result);
  return result;
}

/// Plays them in as many threads as there are cores; gives their results in the same order.
std::vector<engine::ScenarioResult> results_of(memory::MemoryRun& run, const std::vector<const Scenario*>& rows,
                                               bool again) {
  std::vector<engine::ScenarioResult> results(rows.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < rows.size(); i = next++) results[i] = result_of(run, *rows[i], again);
  };
  std::vector<std::jthread> threads;
  for (unsigned i = 1; i < std::thread::hardware_concurrency(); ++i) threads.emplace_back(work);
  work();
  threads.clear();
  return results;
}

/// How many rows are not as they must be.
std::size_t play_all(const scenario::Suite& suite, const std::string& profile, bool again) {
  const auto begun = std::chrono::steady_clock::now();
  memory::MemoryRun run(suite, profile, {});
  std::map<Outcome, std::size_t> counts;
  std::size_t bad = 0;
  for (const bool rules : {false, true}) {  // a rule is judged over all that is played
    std::vector<const Scenario*> rows;
    for (const Scenario& row : suite.scenarios)
      if (row.rule.empty() != rules) rows.push_back(&row);
    const auto results = results_of(run, rows, again);
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
  const bool again = argc == 3 && argv[2] == std::string_view("--judge-again");
  if (argc != 2 && !again) return 2;
  const auto loaded = scenario::load_suite({argv[1]});
  for (const auto& diagnostic : loaded.diagnostics)
    if (diagnostic.severity == scenario::Diagnostic::Severity::error) fmt::print("{}", scenario::render(diagnostic));
  if (!loaded.ok()) return 2;
  std::size_t bad = 0;
  for (const char* profile : {"mx", "submission", "lmtp"}) bad += play_all(loaded.value, profile, again);
  return bad == 0 ? 0 : 1;
}
