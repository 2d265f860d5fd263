// Judging: a pure function of a scenario and a transcript. No socket, no clock, no file; an old run can be judged
// again, also by a scenario that was mended since.
#pragma once

#include "harness/judge/verdict.hpp"
#include "harness/record/transcript.hpp"
#include "harness/scenario/model.hpp"

namespace smtpspec::judge {

/// Takes time and memory in proportion to the transcript and the scenario, whatever stands in them.
[[nodiscard]] Judged judge(const scenario::Scenario& scenario, const record::Transcript& transcript);

}  // namespace smtpspec::judge
