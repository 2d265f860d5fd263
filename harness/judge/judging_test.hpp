// Scenarios, transcripts and what judging must make of them, in rows.
#pragma once

#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "harness/judge/replay.hpp"
#include "harness/judge/transcript_test.hpp"

namespace smtpspec::judge {

struct Case {
  const char* name;
  std::string scenario;
  Script script;
  Outcome outcome;
  Cause cause;
  bool missing = false;
  Cause fence = Cause::none;  ///< what broke in it
};

inline void check(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    INFO(one.name);
    const Judged judged = judge(scenario_of(one.scenario), one.script.transcript());
    const Verdict& verdict = judged.verdict;
    INFO("expected: " << verdict.expected << "; actual: " << verdict.actual << "; reason: " << verdict.reason);
    CHECK(scenario::name(verdict.outcome) == scenario::name(one.outcome));
    CHECK(name(verdict.cause) == name(one.cause));
    CHECK(verdict.missing == one.missing);
    CHECK(verdict.event < one.script.transcript().events.size());
    if (verdict.outcome != Outcome::pass) CHECK(verdict.expected + verdict.actual + verdict.reason != "");
    CHECK(name(judged.broken_fence ? judged.broken_fence->cause : Cause::none) == name(one.fence));
  }
}

inline const std::string help = R"(steps = [ { send = "HELP", expect = "214" } ])";
inline const std::string silence =
    R"(steps = [ { bytes = 'HEL', expect = "silence" }, { bytes = 'P\r\n', expect = "214" } ])";

/// Greeted, and HELP was sent in step 0.
inline Script asked() { return Script().greeted().step(0).sends("HELP\r\n"); }
inline Script helped() { return asked().says("214 Help\r\n"); }
inline Script began() { return Script().greeted().step(0).sends("HEL"); }

}  // namespace smtpspec::judge
