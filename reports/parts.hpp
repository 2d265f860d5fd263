// What several writers take from a result in the same way.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "harness/engine/findings.hpp"
#include "harness/engine/result.hpp"

namespace smtpspec::reports {

/// The folder of the suite that a row is in: "rfc5321", "security"; "smtpspec" where there is none.
[[nodiscard]] std::string area(const engine::ScenarioResult& result);

/// Where the RFC says it: "https://www.rfc-editor.org/rfc/rfc5321.html#section-4.1.1.4"; nothing where no RFC does.
[[nodiscard]] std::string link_to(const engine::CitedRequirement& cited);

/// nullptr where there is none of that id.
[[nodiscard]] const engine::ScenarioResult* row_named(const engine::RunResult& run, std::string_view id);

/// What the baseline foresaw, put together as findings are.
[[nodiscard]] std::vector<engine::Finding> known_findings(const engine::RunResult& run);

/// "expected 250; got 501 5.5.4 Syntax", or what ought to hold where that is all that is known: one line, visible, of
/// so many columns at most.
[[nodiscard]] std::string in_one_line(const engine::Finding& finding, std::size_t most);

/// "false-end-of-data/lf-dot-crlf and 3 more rows"
[[nodiscard]] std::string rows_of(const engine::Finding& finding);

}  // namespace smtpspec::reports
