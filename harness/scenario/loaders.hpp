// The parts of a scenario file, read from a TOML tree, and what each looks like: what the loaders have from each other.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/fields.hpp"
#include "harness/scenario/model.hpp"
#include "harness/scenario/toml_reader.hpp"

namespace smtpspec::scenario {

/// Most steps of a scenario, and most replies that one step may await, repetitions counted out; and most alternatives
/// of one expectation.
inline constexpr std::size_t max_steps = 10000;
inline constexpr std::size_t max_replies = 10000;
inline constexpr std::size_t max_alternatives = 1000;

/// What a suite says once and uses by name, of all its files; the items belong to their files.
struct Definitions {
  NamedItems endings;  ///< alternatives, by the name that stands for them in an expectation; read where they are used,
                       ///< with the columns that are known there
  NamedItems rows;     ///< rows, by the name that stands for them in `each`
};

/// Where expectations are read: what they may name.
struct ExpectationScope {
  const Definitions& definitions;
  const std::vector<std::string>& requirements;  ///< that `decides` may name
};

/// One expectation: a string such as "5yz 5.1.1" or "421 close", a table or a list of alternatives; the name of an
/// ending stands for all of its own.
[[nodiscard]] Expectation load_expectation(Reader& reader, const Item& item, const ExpectationScope& scope);
/// The expectations of a pipelined group, repetitions counted out.
[[nodiscard]] std::vector<Expectation> load_replies(Reader& reader, const Item& item, const ExpectationScope& scope);
/// An RE2 regular expression of bounded length.
[[nodiscard]] std::optional<std::string> load_pattern(Reader& reader, const Item& item);
/// Reads `decides`: one of the scenario's requirements.
void load_decides(Reader& reader, const Entry& entry, const std::vector<std::string>& requirements, std::string& into);
/// Three digits, of which the last ones may be left open: "250", "25z", "5yz", "xyz" for any (RFC 5321 section 4.2.1).
[[nodiscard]] bool is_code(std::string_view text);

/// What a step sends; how it is cut, at offsets or "each"; and the size that a chunk announces, a number, or digits in
/// a string: some sizes are larger than TOML's integers.
[[nodiscard]] Send load_send(Reader& reader, const Item& text, Send::Framing framing);
void load_cut(Reader& reader, const Item& item, Cut& into);
void load_chunk_size(Reader& reader, const Item& item, Send& into);
[[nodiscard]] shape::Json cut_shape();
[[nodiscard]] shape::Json chunk_size_shape();

/// Reads `steps`, repetitions counted out. The reader's values gain what the steps capture.
[[nodiscard]] std::vector<Step> load_steps(Reader& reader, const Item& steps, const ExpectationScope& scope);

/// One scenario written once, played with each row's columns.
struct Row {
  std::string name;
  Spot spot;
  NamedItems columns;  ///< with "row", its name
};
struct RowTable {
  std::vector<Row> rows;
  std::map<std::string, Spot> written;  ///< columns of the rows that `each` writes out: they are there to be used
};
/// The rows of `each`: rows, names of tables ("false-ends") and of single rows of them ("false-ends/lf-dot-lf"); ranges
/// spread out into rows of their own (two ranges: every pair). A row `like` another has its columns where it gives none
/// of its own, and without a name of its own takes its place. `defaults` gives the columns that a row leaves out;
/// null: none. Rows without a name, names that are no words, duplicate names and more than `max_rows` are errors.
[[nodiscard]] RowTable read_rows(Reader& reader, const Item& each, const Item* defaults,
                                 const Definitions& definitions);

/// Adds the scenario, one for each of its rows, to the suite. A row in which something is wrong is left out.
void load_scenario(Reader& reader, const Item& item, const Definitions& definitions, Suite& suite);
/// The same of the survey: its ids begin with "survey/".
void load_survey(Reader& reader, const Item& item, const Definitions& definitions, Suite& suite);
/// Adds the row of a rule that is judged over all conversations of a run: a scenario without steps, "always/<rule>".
void load_rule(Reader& reader, const Item& item, const Definitions& definitions, Suite& suite);
/// Adds the ledger row to the suite.
void load_requirement(Reader& reader, const Item& item, const Definitions& definitions, Suite& suite);

/// The level of each scenario that states none: the highest of those of its requirements that the suite knows.
void settle_levels(Suite& suite);

/// What each part looks like.
[[nodiscard]] shape::Json alternative_shape();
[[nodiscard]] shape::Json expectation_shape();
[[nodiscard]] shape::Json replies_shape();
[[nodiscard]] shape::Json step_shape();
[[nodiscard]] shape::Json rows_shape();
[[nodiscard]] shape::Json delivered_shape();
[[nodiscard]] shape::Json scenario_shape();
[[nodiscard]] shape::Json survey_shape();
[[nodiscard]] shape::Json rule_shape();
[[nodiscard]] shape::Json requirement_shape();
/// A scenario file, a target file and a baseline.
[[nodiscard]] shape::Json file_shape();
[[nodiscard]] shape::Json target_shape();
[[nodiscard]] shape::Json baseline_shape();

}  // namespace smtpspec::scenario
