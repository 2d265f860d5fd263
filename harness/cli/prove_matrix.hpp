// The kill matrix of `smtpspec prove`: which scenarios each named fault turns red, and whether that was promised.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "harness/engine/result.hpp"
#include "harness/reference/fault.hpp"
#include "harness/scenario/model.hpp"

namespace smtpspec::cli {

/// What the suite said of one server: outcome by scenario id.
using Outcomes = std::map<std::string, engine::ScenarioResult>;

/// One server of the proof: clean, or with one fault.
struct Proof {
  const reference::FaultRow* fault = nullptr;  ///< null: clean
  Outcomes outcomes;
  std::string problem;  ///< why the server could not be tested; empty where it could
  std::chrono::milliseconds duration{0};
};

/// What became of a fault, or of the clean server.
struct Findings {
  std::vector<std::string> kept;    ///< scenarios that promised to turn red, and did
  std::vector<std::string> broken;  ///< and did not
  std::vector<std::string> also;    ///< red without a promise
  std::vector<std::string> alarms;  ///< of the clean server: not green
};

/// Whether the scenario names the fault in its `catches`.
[[nodiscard]] bool promises(const scenario::Scenario& scenario, const reference::FaultRow& fault);

[[nodiscard]] Findings findings_of(const Proof& proof, const scenario::Suite& suite);

/// Prints the matrix on standard output; `full`: with every scenario that turned red, and what it saw. The proof of the
/// clean server is among the others. Gives the exit code: complete, or findings.
[[nodiscard]] int print_matrix(const std::vector<Proof>& proofs, const scenario::Suite& suite, bool full);

}  // namespace smtpspec::cli
