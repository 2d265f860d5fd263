// What several writers take from a result in the same way.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "harness/engine/findings.hpp"
#include "harness/engine/result.hpp"

namespace smtpspec::reports {

/// engine::area_of(), as every format has it.
[[nodiscard]] std::string area(const engine::ScenarioResult& result);

/// Where the RFC says it: "https://www.rfc-editor.org/rfc/rfc5321.html#section-4.1.1.4"; nothing where no RFC does.
[[nodiscard]] std::string link_to(const engine::CitedRequirement& cited);

/// nullptr where there is none of that id.
[[nodiscard]] const engine::ScenarioResult* row_named(const engine::RunResult& run, std::string_view id);

/// What the baseline says of a row: "Received counts (https://..., of alice, until 2027-03-31)"; nothing where it says
/// nothing. Not escaped.
[[nodiscard]] std::string known_because(const engine::ScenarioResult& row);

/// The link in that, where it leads to the web and can stand in a page as it is; else nothing. A baseline may come from
/// anybody.
[[nodiscard]] std::string known_link(const engine::ScenarioResult& row);

/// Where it stands beside the baseline, where that is out of the ordinary, and what that says of it: "drift: it fails
/// in another way than the baseline says: Received counts". Not escaped.
[[nodiscard]] std::string against_baseline(const engine::ScenarioResult& row);

/// Each of the octets with a backslash in front.
[[nodiscard]] std::string with_backslash(std::string_view text, std::string_view octets);

/// "expected 250; got 501 5.5.4 Syntax", or what ought to hold where that is all that is known: one line, visible, of
/// so many columns at most.
[[nodiscard]] std::string in_one_line(const engine::Finding& finding, std::size_t most);

/// "false-end-of-data/lf-dot-crlf and 3 more rows"
[[nodiscard]] std::string rows_of(const engine::Finding& finding);

}  // namespace smtpspec::reports
