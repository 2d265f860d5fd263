// --filter, as each command has it that chooses scenarios.
#pragma once

#include <string>
#include <vector>

#include "harness/scenario/model.hpp"

namespace CLI {  // NOLINT: its own name
class App;
class Option;
}  // namespace CLI

namespace smtpspec::cli {

/// The option, which refuses a pattern that names nothing, such as "!" of an unset variable.
CLI::Option* add_filter_option(CLI::App& command, std::vector<std::string>& filters, const std::string& help);

/// Says of each that fits no scenario that it does: others let something in, and what it names is not played, or not
/// left out.
void tell_idle_filters(const std::vector<std::string>& filters, const scenario::Suite& suite);

}  // namespace smtpspec::cli
