// Loads what the command line names, and tells people what is wrong with it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "harness/scenario/loader.hpp"

namespace CLI {  // NOLINT: its own name
class App;
}

namespace smtpspec::cli {

/// --suite, as each command that reads scenarios has it.
void add_suite_option(CLI::App& command, std::vector<std::filesystem::path>& paths);

/// What was installed beside the program, else what it was built from.
[[nodiscard]] std::filesystem::path shipped_suite();

/// Without paths it is the shipped suite, whatever folder one is in; the path "shipped" stands for it among others.
/// Prints errors (with `warnings`, those too) on standard error and returns nothing when there is one. Faults named in
/// `catches` are checked against the reference server's.
[[nodiscard]] std::optional<scenario::Suite> load_suite(const std::vector<std::filesystem::path>& paths,
                                                        bool warnings = false);

/// What a pattern that fits nothing may have meant: "; did you mean 'smuggling'?", or nothing.
[[nodiscard]] std::string perhaps_meant(const std::string& pattern, const scenario::Suite& suite);

/// A file, a pipe or a device that the user has named; of what is too long no more than shows that it is. Nothing where
/// it cannot be read, or has not come to its end in 10 s.
[[nodiscard]] std::optional<std::string> read_file(const std::filesystem::path& path);

/// Prints each on standard error; true when none of them is an error.
bool print(const std::vector<scenario::Diagnostic>& diagnostics, bool warnings = true);
/// The same of a baseline, whose causes must be some that there are.
bool print(const scenario::Loaded<scenario::Baseline>& baseline);

}  // namespace smtpspec::cli
