// One [[scenario]] or [[requirement]] of a file, read from a TOML tree.
#pragma once

#include "harness/scenario/model.hpp"
#include "harness/scenario/toml_reader.hpp"

namespace smtpspec::scenario {

/// Adds the scenario, one for each of its rows, to the suite.
void load_scenario(Reader& reader, const Item& item, Suite& suite);

/// Adds the ledger row to the suite.
void load_requirement(Reader& reader, const Item& item, Suite& suite);

/// The level of each scenario that states none: the highest of those of its requirements that the suite knows.
void settle_levels(Suite& suite);

}  // namespace smtpspec::scenario
