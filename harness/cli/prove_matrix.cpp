#include "harness/cli/prove_matrix.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "harness/cli/console.hpp"

namespace smtpspec::cli {

namespace {

using scenario::Scenario;

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

double seconds(const Proof& proof) { return static_cast<double>(proof.duration.count()) / 1000; }

void list(const Proof& proof, std::string_view mark, const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    const auto found = proof.said.find(id);
    tell("          {}{}: {}\n", mark, id, found == proof.said.end() ? "not played" : found->second.text);
  }
}

void print_clean(const Matrix::Row& row) {
  if (row.proof == nullptr) return;
  tell("clean server: {}, {} ({:.1f} s)\n", plural(row.proof->said.size(), "scenario"),
       plural(row.findings.alarms.size(), "false alarm"), seconds(*row.proof));
  if (!row.proof->problem.empty()) tell("          {}\n", row.proof->problem);
  list(*row.proof, "", row.findings.alarms);
}

void print_fault(const Matrix::Row& row, std::size_t width, bool full) {
  const Proof& proof = *row.proof;
  const Findings& findings = row.findings;
  const std::size_t promised = findings.kept.size() + findings.broken.size();
  tell("{:<8}  {:<4}  {:<{}}  {:>8}  {:>4}  {}\n", row.killed() ? "killed" : "SURVIVED",
       proof.fault->hard ? "hard" : "", proof.fault->name, width, fmt::format("{}/{}", findings.kept.size(), promised),
       full ? std::to_string(findings.also.size()) : "-",  // without a promise they are played with `full` alone
       full            ? fmt::format("{} ({:.1f} s)", proof.fault->summary, seconds(proof))
       : promised == 0 ? "no scenario names it"
                       : in_short(grouped(findings.kept)));
  if (!proof.problem.empty()) tell("          PROBLEM   {}\n", proof.problem);
  list(proof, "NOT KEPT  ", findings.broken);
  if (!full) return;
  list(proof, "promised  ", findings.kept);
  list(proof, "also      ", findings.also);
}

/// Servers that do what they may; nothing is said of one that nobody accuses.
void print_freedom(const Matrix::Row& row) {
  if (row.findings.alarms.empty() && row.proof->problem.empty()) return;
  tell("\nACCUSED   {}: {}\n", row.proof->fault->name, row.proof->fault->summary);
  if (!row.proof->problem.empty()) tell("          PROBLEM   {}\n", row.proof->problem);
  list(*row.proof, "", row.findings.alarms);
}

}  // namespace

void Proof::add(const std::string& id, Said heard) {
  const auto [place, first] = said.try_emplace(id, heard);
  heard.accuses = heard.accuses || place->second.accuses;
  place->second.accuses = heard.accuses;
  if (!first && (heard.red || (!place->second.red && heard.green && !place->second.green)))
    place->second = std::move(heard);
}

bool promises(const Scenario& scenario, const reference::FaultRow& fault) {
  return std::find(scenario.catches.begin(), scenario.catches.end(), fault.name) != scenario.catches.end();
}

Findings findings_of(const Proof& proof, const scenario::Suite& suite) {
  Findings findings;
  for (const Scenario& scenario : suite.scenarios) {
    const auto found = proof.said.find(scenario.id);
    const Said said = found == proof.said.end() ? Said{} : found->second;
    if (proof.fault == nullptr) {
      if (!said.green) findings.alarms.push_back(scenario.id);
    } else if (proof.fault->permitted) {
      if (said.accuses) findings.alarms.push_back(scenario.id);
    } else if (promises(scenario, *proof.fault)) {
      (said.red ? findings.kept : findings.broken).push_back(scenario.id);
    } else if (said.red) {
      findings.also.push_back(scenario.id);
    }
  }
  return findings;
}

bool Matrix::holds() const {
  return survived() == 0 && clean.findings.alarms.empty() && unfair == 0 && broken == 0 && problems == 0;
}

Matrix matrix_of(const std::vector<Proof>& proofs, const scenario::Suite& suite) {
  Matrix matrix;
  std::set<std::string> proven;
  for (const Proof& proof : proofs) {
    Matrix::Row row{&proof, findings_of(proof, suite)};
    matrix.problems += proof.problem.empty() ? 0 : 1;
    if (proof.fault == nullptr) {
      matrix.clean = std::move(row);
      continue;
    }
    if (proof.fault->permitted) {
      matrix.unfair += row.findings.alarms.size();
      matrix.freedoms.push_back(std::move(row));
      continue;
    }
    matrix.killed += row.killed() ? 1 : 0;
    matrix.hard += proof.fault->hard ? 1 : 0;
    matrix.broken += row.findings.broken.size();
    proven.insert(row.findings.kept.begin(), row.findings.kept.end());
    matrix.faults.push_back(std::move(row));
  }
  const auto table = reference::fault_table();
  const auto all = std::count_if(table.begin(), table.end(), [](const auto& row) { return !row.deadly; });
  if (matrix.faults.size() + matrix.freedoms.size() < static_cast<std::size_t>(all)) return matrix;
  for (const Scenario& scenario : suite.scenarios)
    if (proven.count(scenario.id) == 0) matrix.idle.push_back(scenario.id);
  return matrix;
}

void print(const Matrix& matrix, bool full) {
  std::size_t width = 5;
  for (const Matrix::Row& row : matrix.faults) width = std::max(width, row.proof->fault->name.size());
  print_clean(matrix.clean);
  tell("\n{:<8}  {:<4}  {:<{}}  {:>8}  {:>4}  {}\n", "", "", "fault", width, "promised", "also",
       full ? "what it does" : "turned red by");
  for (const Matrix::Row& row : matrix.faults) print_fault(row, width, full);
  for (const Matrix::Row& row : matrix.freedoms) print_freedom(row);
  if (!matrix.idle.empty()) tell("\n{} not shown to be able to fail:\n", plural(matrix.idle.size(), "scenario"));
  for (const std::string& id : matrix.idle) tell("          {}\n", id);
  const std::size_t faults = matrix.faults.size();
  tell(
      "\n{}, {} of them ({} in 100) hard to see: {} killed, {} survived; {} on the clean server, {} on {} that do what "
      "they may; {} not kept{}\n",
      plural(faults, "fault"), matrix.hard, faults == 0 ? 0 : matrix.hard * 100 / faults, matrix.killed,
      matrix.survived(), plural(matrix.clean.findings.alarms.size(), "false alarm"), matrix.unfair,
      plural(matrix.freedoms.size(), "server"), plural(matrix.broken, "promise"),
      matrix.problems == 0 ? "" : fmt::format("; {} with a problem", plural(matrix.problems, "server")));
}

}  // namespace smtpspec::cli
