// The rules that hold in every conversation and the requirements that they rest on, as they are in scenarios/: in the
// library itself, for a fuzzer runs where no such files are.
#pragma once

#include <string_view>
#include <vector>

namespace smtpspec::fuzz {

/// The text of each file; made by CMake.
[[nodiscard]] std::vector<std::string_view> shipped_rules();

}  // namespace smtpspec::fuzz
