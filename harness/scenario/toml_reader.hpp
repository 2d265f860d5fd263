// Typed reading of a TOML tree. It knows the file's text and gathers what is wrong, with line, column and caret.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/diagnostic.hpp"
#include "harness/scenario/model.hpp"
#include "harness/scenario/toml_tree.hpp"

namespace smtpspec::scenario {

/// Most diagnostics told of one file.
inline constexpr std::size_t max_diagnostics = 100;
/// What the rows of one file may grow to, in octets and list elements: a small file must not eat the memory.
inline constexpr std::size_t max_expanded = std::size_t{32} << 20;
inline constexpr Duration longest_duration = std::chrono::hours(1);

/// The values that a scenario's texts may ask for at some point of its steps.
struct Values {
  std::set<std::string> captured;       ///< by earlier steps
  std::set<std::string> of_other_rows;  ///< row variables that this row lacks
  std::string row;                      ///< the name of the row; empty without a table
};

class Reader {
 public:
  /// `text` must outlive the reader.
  Reader(std::string file, std::string_view text) : file_(std::move(file)), text_(text) {}

  /// The whole file; an empty table, and an error, where it is not TOML.
  [[nodiscard]] Item parse();
  /// Whether anything was said so far.
  [[nodiscard]] bool failed() const { return !diagnostics_.empty(); }

  void error(const Spot& spot, std::string message, std::string help = {});
  void warning(const Spot& spot, std::string message, std::string help = {});
  [[nodiscard]] Place place(const Spot& spot) const { return {file_, spot.line, spot.column}; }
  /// Sorted by place; the same thing said once.
  [[nodiscard]] std::vector<Diagnostic> take();

  /// Counts what the expansion of rows makes; false, with an error told once, when it is too much.
  bool charge(const Spot& spot, std::size_t amount);

  /// Every key of the table that is not among `known` is an error; `what` is "a step". False when it is no table.
  bool keys(const Item& item, std::string_view what, const std::vector<std::string>& known);
  /// "expected a string, got an integer".
  void expected(const Item& item, std::string_view what);

  [[nodiscard]] std::optional<std::string> string(const Item& item);
  /// One of the words, otherwise an error: "unknown state 'rcpd'", "did you mean 'rcpt'?".
  [[nodiscard]] std::optional<std::string> word(const Item& item, std::string_view what,
                                                const std::vector<std::string>& known);
  [[nodiscard]] std::optional<bool> boolean(const Item& item);
  [[nodiscard]] std::optional<std::int64_t> integer(const Item& item, std::int64_t least, std::int64_t most);
  /// "200ms", "2s", "5m".
  [[nodiscard]] std::optional<Duration> duration(const Item& item);
  /// A list, or the one thing that stands for a list of one. Empty list: an error unless allowed.
  [[nodiscard]] std::vector<const Item*> list(const Item& item);
  [[nodiscard]] std::vector<std::string> strings(const Item& item);
  [[nodiscard]] std::optional<Text> text(const Item& item, const Values& values);
  [[nodiscard]] std::vector<Text> texts(const Item& item, const Values& values);

  // The same for a key that may be absent: `into` is then left alone.
  void read(const Item& table, std::string_view key, std::string& into);
  void read(const Item& table, std::string_view key, bool& into);
  void read(const Item& table, std::string_view key, std::vector<std::string>& into);
  void read(const Item& table, std::string_view key, std::optional<Duration>& into);

  /// The place of an octet within a string's value.
  [[nodiscard]] Spot within(const Item& string, std::size_t offset) const { return spot_within(text_, string, offset); }

 private:
  void add(Diagnostic::Severity severity, const Spot& spot, std::string message, std::string help);
  void check_names(const Item& item, const Text& text, const Values& values);

  std::string file_;
  std::string_view text_;
  std::vector<Diagnostic> diagnostics_;
  std::set<std::string> told_;
  std::size_t expanded_ = 0;
  bool exhausted_ = false;
};

/// "did you mean 'x'?", or nothing when no candidate is near.
[[nodiscard]] std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);
/// "a, b or c".
[[nodiscard]] std::string one_of(const std::vector<std::string>& words);
/// Lower-case words joined by hyphens: "cut-12".
[[nodiscard]] bool is_words(std::string_view text);

}  // namespace smtpspec::scenario
