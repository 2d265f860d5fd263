// JSON Schemas (draft-07) of the files that smtpspec reads, for editors and validators. They are made of the tables
// that the loaders read by.
#pragma once

#include <string>

namespace smtpspec::scenario {

/// As JSON text, indented, ending in LF.
[[nodiscard]] std::string scenario_schema();
[[nodiscard]] std::string target_schema();
[[nodiscard]] std::string baseline_schema();

}  // namespace smtpspec::scenario
