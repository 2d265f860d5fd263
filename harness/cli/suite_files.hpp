// Loads what the command line names, and tells people what is wrong with it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/scenario/loader.hpp"

namespace smtpspec::cli {

/// `scenarios` in the current folder, else the suite that smtpspec was built with.
[[nodiscard]] std::filesystem::path default_suite();

/// Prints errors (with `warnings`, those too) on standard error and returns nothing when there is one. Faults named in
/// `catches` are checked against the reference server's.
[[nodiscard]] std::optional<scenario::Suite> load_suite(const std::vector<std::filesystem::path>& paths,
                                                        bool warnings = false);

[[nodiscard]] std::optional<std::string> read_file(const std::filesystem::path& path);
/// Prints each on standard error; true when none of them is an error.
bool print(const std::vector<scenario::Diagnostic>& diagnostics, bool warnings = true);

}  // namespace smtpspec::cli
