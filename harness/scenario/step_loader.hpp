// The steps of a scenario, read from a TOML tree.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "harness/scenario/model.hpp"
#include "harness/scenario/toml_reader.hpp"

namespace smtpspec::scenario {

/// Reads `steps`. `values` gains what the steps capture.
[[nodiscard]] std::vector<Step> load_steps(Reader& reader, const Item& steps, Values& values);

}  // namespace smtpspec::scenario
