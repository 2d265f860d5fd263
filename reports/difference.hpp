// The difference between two runs, for people and as JSON (schemas/diff.schema.json).
#pragma once

#include <string>
#include <string_view>

#include "harness/engine/difference.hpp"
#include "reports/report.hpp"

namespace smtpspec::reports {

/// "same", "better" where every row that changed did so for the better, "worse" where one got worse, else "changed".
[[nodiscard]] std::string_view verdict_word(const engine::Difference& difference);
[[nodiscard]] std::string to_terminal(const engine::Difference& difference, const engine::RunResult& before,
                                      const engine::RunResult& after, const TerminalStyle& style);
[[nodiscard]] std::string to_json(const engine::Difference& difference, const engine::RunResult& before,
                                  const engine::RunResult& after);

}  // namespace smtpspec::reports
