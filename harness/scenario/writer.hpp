// A scenario as a scenario file: what the loader reads back as an equal scenario.
#pragma once

#include <string>
#include <string_view>

#include "harness/scenario/model.hpp"

namespace smtpspec::scenario {

/// A TOML string: a literal one where it holds what a literal may.
[[nodiscard]] std::string toml_string(std::string_view text);

/// One [[scenario]], or [[rule]], ending in LF, for any scenario that the language can say: a row of a table is written
/// out as a scenario of its own ("family/row"), repetitions and named endings in full, and the level always. Loaded
/// again, it is equal to the scenario given, apart from `level_stated`, which is then true. Several of them make a
/// file. What the language cannot say (an expectation without alternatives, a session whose name is no word) is written
/// as well as can be, and refused by the loader.
[[nodiscard]] std::string to_toml(const Scenario& scenario);

}  // namespace smtpspec::scenario
