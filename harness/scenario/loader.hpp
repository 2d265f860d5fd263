// TOML files into values. Everything that is wrong is gathered, never only the first thing; nothing is thrown.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/baseline.hpp"
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
/// An unreadable file and an empty suite are errors. `shipped_ledger`: the folder of requirements within a
/// suite that the scenarios may lean on: cite its requirements, and use its endings and rows; empty: none.
[[nodiscard]] Loaded<Suite> load_suite(const std::vector<std::filesystem::path>& paths,
                                       const std::filesystem::path& shipped_ledger = {});

/// What no single file can tell: duplicate ids, requirements without a ledger row, scenarios that cannot fail.
[[nodiscard]] std::vector<Diagnostic> check_suite(const Suite& suite);
/// Faults named in `catches` that are not among `faults`.
[[nodiscard]] std::vector<Diagnostic> check_faults(const Suite& suite, const std::vector<std::string>& faults);

/// Gives what was found in a suite as a whole the lines that it points at, from the files as far as they can be read.
/// `load_suite`, `check_faults` and the checks of the ledger do so themselves.
void show_lines(std::vector<Diagnostic>& diagnostics);

/// Holds the `[[rule]]` rows against the rules that there are (the referee's, and `fence_rule`): rules
/// without a row, and rows of no rule. And requirements that nothing cites. For a suite that is to be
/// whole, as the shipped one; a suite of one's own needs no rules.
[[nodiscard]] std::vector<Diagnostic> check_ledger(const Suite& suite, const std::vector<std::string>& rules);
/// Holds each requirement's sentence against rfcNNNN.txt in `rfc_dir`, at its lines, word for word; white space, page
/// breaks and hyphens at line ends are folded. Requirements of documents that are no RFC are passed over; an RFC that
/// cannot be read is an error.
[[nodiscard]] std::vector<Diagnostic> check_sentences(const Suite& suite, const std::filesystem::path& rfc_dir);

/// A target file. Relative paths in it are taken from its folder.
[[nodiscard]] Loaded<Target> load_target(std::string_view toml, const std::filesystem::path& file);
/// A target from `smtp://host:port` alone, with the default facts; nullopt when the URL does not fit.
[[nodiscard]] std::optional<Target> target_from_url(std::string_view url);

/// A baseline of known failures: `[[expect]] scenario = "id", outcome = "fail", cause = "...", reason = "..."`, or
/// `finding = "id"` in place of the first two.
[[nodiscard]] Loaded<Baseline> load_baseline(std::string_view toml, const std::string& file);

}  // namespace smtpspec::scenario
