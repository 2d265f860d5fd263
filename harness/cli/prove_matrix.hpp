// The kill matrix of `smtpspec prove`: which scenarios each named fault turns red, and whether that was promised.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "harness/reference/fault.hpp"
#include "harness/scenario/model.hpp"

namespace smtpspec::cli {

/// What one scenario said of one server.
struct Said {
  bool green = false;    ///< nothing against it, or not for such a server
  bool red = false;      ///< a finding that one of the scenario's own requirements decided
  bool accuses = false;  ///< says that the server breaks a rule: fail, crash
  std::string text;      ///< for people: outcome, expected, actual
};

/// One server of the proof: clean, or with one fault or freedom.
struct Proof {
  const reference::FaultRow* fault = nullptr;  ///< null: clean
  std::map<std::string, Said> said;            ///< by scenario id
  std::string problem;  ///< why the server could not be tested, or what went wrong in it; empty where all was well
  std::chrono::milliseconds duration{0};

  /// Of a scenario that was played more than once: red where one was, green where one was and none is red.
  void add(const std::string& id, Said heard);
};

/// What became of a fault, or of the clean server: ids of scenarios.
struct Findings {
  std::vector<std::string> kept;    ///< promised to turn red, and did
  std::vector<std::string> broken;  ///< and did not
  std::vector<std::string> also;    ///< red without a promise
  std::vector<std::string> alarms;  ///< of the clean server: not green; of one with a freedom: accuses it
};

/// Whether the scenario names the fault in its `catches`.
[[nodiscard]] bool promises(const scenario::Scenario& scenario, const reference::FaultRow& fault);

[[nodiscard]] Findings findings_of(const Proof& proof, const scenario::Suite& suite);

struct Matrix {
  struct Row {
    const Proof* proof = nullptr;
    Findings findings;
    [[nodiscard]] bool killed() const { return !findings.kept.empty(); }
  };
  Row clean;
  std::vector<Row> faults;
  std::vector<Row> freedoms;
  std::vector<std::string> idle;  ///< scenarios that kept no promise; known only where every fault was tried
  std::size_t killed = 0;
  std::size_t hard = 0;      ///< faults that are hard to see
  std::size_t unfair = 0;    ///< false alarms on servers with a freedom
  std::size_t broken = 0;    ///< promises not kept
  std::size_t problems = 0;  ///< servers that could not be tested, or went wrong

  [[nodiscard]] std::size_t survived() const { return faults.size() - killed; }
  /// No fault survived, no false alarm, every promise kept, nothing went wrong.
  [[nodiscard]] bool holds() const;
};

/// The proof of the clean server is among the others; all must outlive the matrix.
[[nodiscard]] Matrix matrix_of(const std::vector<Proof>& proofs, const scenario::Suite& suite);

/// On standard output; `full`: with every scenario that turned red, and what it saw.
void print(const Matrix& matrix, bool full);

}  // namespace smtpspec::cli
