// TOML files into values. Everything that is wrong is gathered, never only the first thing; nothing is thrown.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/diagnostic.hpp"
#include "harness/scenario/model.hpp"
#include "harness/scenario/target.hpp"

namespace smtpspec::scenario {

template <class Value>
struct Loaded {
  Value value;  ///< as far as it could be read; not to be used when `ok()` is false
  std::vector<Diagnostic> diagnostics;
  [[nodiscard]] bool ok() const {
    for (const Diagnostic& diagnostic : diagnostics)
      if (diagnostic.severity == Diagnostic::Severity::error) return false;
    return true;
  }
};

/// One scenario file from memory; `file` is the name for messages. Any octets may be given (this is fuzzed): bounded in
/// time and memory (at most `max_rows` rows a file), never throws.
[[nodiscard]] Loaded<Suite> load_scenarios(std::string_view toml, const std::string& file);
inline constexpr std::size_t max_rows = 10000;

/// All `*.toml` files below a folder (or the one file named), sorted by path, and `check_suite` over the whole.
/// An unreadable file and an empty suite are errors.
[[nodiscard]] Loaded<Suite> load_suite(const std::vector<std::filesystem::path>& paths);

/// What no single file can tell: duplicate ids, requirements without a ledger row, scenarios that cannot fail.
[[nodiscard]] std::vector<Diagnostic> check_suite(const Suite& suite);
/// Faults named in `catches` that are not among `faults`.
[[nodiscard]] std::vector<Diagnostic> check_faults(const Suite& suite, const std::vector<std::string>& faults);

/// A target file. Relative paths in it are taken from its folder.
[[nodiscard]] Loaded<Target> load_target(std::string_view toml, const std::filesystem::path& file);
/// A target from `smtp://host:port` alone, with the default facts; nullopt when the URL does not fit.
[[nodiscard]] std::optional<Target> target_from_url(std::string_view url);

/// A baseline of known failures: `[[expect]] scenario = "id", outcome = "fail", cause = "...", reason = "..."`.
[[nodiscard]] Loaded<Baseline> load_baseline(std::string_view toml, const std::string& file);

}  // namespace smtpspec::scenario
