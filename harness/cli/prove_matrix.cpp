#include "harness/cli/prove_matrix.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "harness/cli/exit_code.hpp"
#include "harness/engine/baseline.hpp"

namespace smtpspec::cli {

namespace {

using scenario::Outcome;
using scenario::Scenario;

bool is_red(Outcome outcome) { return engine::is_finding(outcome, true); }

/// Green on a clean server, also where the profile or a keyword rules the scenario out.
bool is_green(const engine::ScenarioResult& result) {
  return result.outcome == Outcome::pass || result.outcome == Outcome::info || result.outcome == Outcome::unsupported ||
         (result.outcome == Outcome::skipped && result.cause == "condition");
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
  names.reserve(groups.size());
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
    fmt::print("\n{:<8}  {:<4}  {:<{}}  {:>8}  {:>4}  {}\n", "", "", "fault", width_, "promised", "also",
               full_ ? "what it does" : "turned red by");
    for (const Proof& proof : proofs_)
      if (proof.fault != nullptr) faulty(proof);
    const bool whole = proofs_.size() == reference::fault_count + 1;
    if (whole) catch_nothing();
    catch_what_is_no_fault();
    const std::size_t faults = killed_ + survived_;
    fmt::print(
        "\n{}, {} of them ({} in 100) hard to see: {} killed, {} survived; {} on the clean server; {} not kept\n",
        plural(faults, "fault"), hard_, faults == 0 ? 0 : hard_ * 100 / faults, killed_, survived_,
        plural(alarms_, "false alarm"), plural(broken_, "promise"));
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
    hard_ += proof.fault->hard ? 1 : 0;
    broken_ += findings.broken.size();
    caught_something_.insert(findings.kept.begin(), findings.kept.end());
    const std::string promised =
        fmt::format("{}/{}", findings.kept.size(), findings.kept.size() + findings.broken.size());
    fmt::print("{:<8}  {:<4}  {:<{}}  {:>8}  {:>4}  {}\n", killed ? "killed" : "SURVIVED",
               proof.fault->hard ? "hard" : "", proof.fault->name, width_, promised, also(findings),
               full_               ? fmt::format("{} ({:.1f} s)", proof.fault->summary, seconds(proof))
               : promised == "0/0" ? "no scenario names it"
                                   : in_short(grouped(findings.kept)));
    if (!proof.problem.empty()) fmt::print("          not tested: {}\n", proof.problem);
    for (const std::string& id : findings.broken) fmt::print("          NOT KEPT  {}: {}\n", id, told(proof, id));
    if (!full_) return;
    for (const std::string& id : findings.kept) fmt::print("          promised  {}: {}\n", id, told(proof, id));
    for (const std::string& id : findings.also) fmt::print("          also      {}: {}\n", id, told(proof, id));
  }

  /// Scenarios without a promise are played with `full` alone.
  [[nodiscard]] std::string also(const Findings& findings) const {
    return full_ ? fmt::format("{}", findings.also.size()) : "-";
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

  void catch_what_is_no_fault() {
    for (const Scenario& scenario : suite_.scenarios)
      for (const std::string& fault : scenario.catches) {
        if (reference::fault_named(fault)) continue;
        ++broken_;
        fmt::print("          NOT KEPT  {}: there is no fault '{}'\n", scenario.id, fault);
      }
  }

  const std::vector<Proof>& proofs_;
  const scenario::Suite& suite_;
  bool full_;
  std::size_t width_ = 5;
  std::set<std::string> caught_something_;
  std::size_t killed_ = 0;
  std::size_t survived_ = 0;
  std::size_t hard_ = 0;
  std::size_t alarms_ = 0;
  std::size_t broken_ = 0;
};

}  // namespace

bool promises(const Scenario& scenario, const reference::FaultRow& fault) {
  return std::find(scenario.catches.begin(), scenario.catches.end(), fault.name) != scenario.catches.end();
}

Findings findings_of(const Proof& proof, const scenario::Suite& suite) {
  Findings findings;
  for (const Scenario& scenario : suite.scenarios) {
    const auto found = proof.outcomes.find(scenario.id);
    const bool played = found != proof.outcomes.end();
    if (proof.fault == nullptr) {
      if (!played || !is_green(found->second)) findings.alarms.push_back(scenario.id);
      continue;
    }
    const bool red = played && is_red(found->second.outcome);
    if (promises(scenario, *proof.fault)) {
      (red ? findings.kept : findings.broken).push_back(scenario.id);
    } else if (red) {
      findings.also.push_back(scenario.id);
    }
  }
  return findings;
}

int print_matrix(const std::vector<Proof>& proofs, const scenario::Suite& suite, bool full) {
  return Matrix(proofs, suite, full).print();
}

}  // namespace smtpspec::cli
