// A scenario as a scenario file: what the loader reads back as an equal scenario.
#pragma once

#include <string>
#include <string_view>

#include "harness/scenario/model.hpp"

namespace smtpspec::scenario {

/// A TOML string: a literal one where it holds what a literal may.
[[nodiscard]] std::string toml_string(std::string_view text);

/// As `needs` has it: "AUTH PLAIN", "no STARTTLS", "fact foreign".
[[nodiscard]] std::string to_text(const Condition& need);

/// One [[scenario]], or [[rule]], ending in LF, for any scenario that the language can say: a row of a table is written
/// out as a scenario of its own ("family/row"), groups and named endings in full, each ending that says why on a line
/// of its own, and the level always. Loaded again, it is equal to the scenario given, apart from `level_stated`, which
/// is then true, and `levels`, of which there are then none. Several of them make a file. What the language cannot say
/// (an expectation without alternatives, a session whose name is no word) is written as well as can be, and refused by
/// the loader.
[[nodiscard]] std::string to_toml(const Scenario& scenario);

}  // namespace smtpspec::scenario
