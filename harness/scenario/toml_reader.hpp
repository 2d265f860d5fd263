// Typed reading of a TOML tree, with the columns of a row put in where they are named. It gathers what is wrong, with
// line, column and caret.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
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

/// Most names of columns that lead from one to the next.
inline constexpr int max_columns_deep = 8;

/// The values that a scenario's texts may ask for at some point of its steps, beside columns.
struct Values {
  std::set<std::string> captured;       ///< by earlier steps
  std::set<std::string> of_other_rows;  ///< columns that this row lacks
  std::string row;                      ///< the name of the row; empty without a table
};

/// What stands in the place of "{name}": a row's columns, the turn of a repetition.
using NamedItems = std::map<std::string, Item, std::less<>>;

class Reader {
 public:
  /// `text` must outlive the reader, and the reader whatever it has parsed.
  Reader(std::string file, std::string_view text) : source_{std::move(file), text} {}
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// Puts columns in while it lives, before those of an outer one.
  class Columns {
   public:
    Columns(Reader& reader, const NamedItems& items) : reader_(reader) { reader.columns_.push_back(&items); }
    ~Columns() { reader_.columns_.pop_back(); }
    Columns(const Columns&) = delete;
    Columns& operator=(const Columns&) = delete;

   private:
    Reader& reader_;
  };

  /// What texts may ask for from here on; the loaders of scenarios keep it.
  Values values;

  /// The whole file; an empty table, and an error, where it is not TOML.
  [[nodiscard]] Item parse();
  /// How many errors were told so far.
  [[nodiscard]] std::size_t errors() const { return errors_; }
  /// The columns that were put in since the last call.
  [[nodiscard]] std::set<std::string> take_used() { return std::exchange(used_, {}); }

  void error(const Spot& spot, std::string message, std::string help = {});
  void warning(const Spot& spot, std::string message, std::string help = {});
  [[nodiscard]] Place place(const Spot& spot) const { return {source_of(spot).file, spot.line, spot.column}; }
  /// Sorted by place; the same thing said once.
  [[nodiscard]] std::vector<Diagnostic> take();

  /// Counts what the expansion of rows makes; false, with an error told once, when it is too much.
  bool charge(const Spot& spot, std::size_t amount);

  /// Every key of the table that is not among `known` is an error; `what` is "a step". False when it is no table.
  bool keys(const Item& item, std::string_view what, const std::vector<std::string>& known);
  /// The item itself, or what stands in its place: a string that is "{name}" alone becomes the column of that name,
  /// whatever its type. The readers below do so by themselves.
  [[nodiscard]] const Item& resolve(const Item& item);
  /// "expected a string, got an integer".
  void expected(const Item& item, std::string_view what);

  /// What is read in the place of something wrong.
  struct Nothing {
    template <class Value>
    operator std::optional<Value>() const {
      return std::nullopt;
    }
    template <class Value>
    operator std::vector<Value>() const {
      return {};
    }
  };
  /// As `error` and `expected`.
  Nothing refuse(const Spot& spot, std::string message, std::string help = {}) {
    error(spot, std::move(message), std::move(help));
    return {};
  }
  Nothing mismatch(const Item& item, std::string_view what) {
    expected(item, what);
    return {};
  }

  [[nodiscard]] std::optional<std::string> string(const Item& item);
  /// One of the words, otherwise an error: "unknown state 'rcpd'", "did you mean 'rcpt'?".
  [[nodiscard]] std::optional<std::string> word(const Item& item, std::string_view what,
                                                const std::vector<std::string>& known);
  [[nodiscard]] std::optional<bool> boolean(const Item& item);
  [[nodiscard]] std::optional<std::int64_t> integer(const Item& item, std::int64_t least, std::int64_t most);
  /// "200ms", "2s", "5m".
  [[nodiscard]] std::optional<Duration> duration(const Item& item);
  /// A list, or the one thing that stands for a list of one.
  [[nodiscard]] std::vector<const Item*> list(const Item& item);
  [[nodiscard]] std::vector<std::string> strings(const Item& item);
  [[nodiscard]] std::optional<Text> text(const Item& item);
  [[nodiscard]] std::vector<Text> texts(const Item& item);

 private:
  [[nodiscard]] const Source& source_of(const Spot& spot) const {
    return spot.source == nullptr ? source_ : *spot.source;
  }
  void add(Diagnostic::Severity severity, const Spot& spot, std::string message, std::string help);
  const Item* column(std::string_view name);
  void fill(const Item& item, std::string& out, int depth);
  std::optional<Text> text_of(const Item& item, int depth);
  void check_names(const Item& item, const Text& text);

  Source source_;
  std::vector<const NamedItems*> columns_;
  std::set<std::string> used_;
  std::vector<Diagnostic> diagnostics_;
  std::size_t errors_ = 0;
  std::set<std::string> told_;
  std::size_t expanded_ = 0;
  bool exhausted_ = false;
};

/// "a, b or c".
[[nodiscard]] std::string one_of(const std::vector<std::string>& words);
/// Lower-case words joined by hyphens: "cut-12".
[[nodiscard]] bool is_words(std::string_view text);
/// Words, of which the first begins with a letter, so that no name looks like a reply code.
[[nodiscard]] bool is_name(std::string_view text);

}  // namespace smtpspec::scenario
