// Scenarios and tags as a program reads them: `smtpspec list --format json`.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "harness/scenario/model.hpp"

namespace smtpspec::cli {

/// A document of the schema smtpspec-list/1 (reports/schemas/list.schema.json): these scenarios of the suite, in their
/// order, and the requirements that they cite.
[[nodiscard]] std::string to_json(const std::vector<const scenario::Scenario*>& scenarios,
                                  const scenario::Suite& suite);
/// A document of the schema smtpspec-tags/1: each tag, how many scenarios have it, and what it means.
[[nodiscard]] std::string to_json(const std::map<std::string, std::size_t>& tags);

}  // namespace smtpspec::cli
