// Tables of rows: one scenario written once, played with each row's values.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "harness/scenario/toml_reader.hpp"
#include "harness/scenario/toml_tree.hpp"

namespace smtpspec::scenario {

struct Row {
  std::string name;
  Spot spot;
  std::map<std::string, Item> values;  ///< with "row", its name
};

/// The rows of `each`, ranges `{ from, to, step }` spread out into rows of their own (two ranges: every pair). Rows
/// without a name, names that are no words, duplicate names and more than `max_rows` are errors.
[[nodiscard]] std::vector<Row> read_rows(Reader& reader, const Item& each);

/// A copy of `item` with the row's values put in: a string that is "{name}" alone becomes the value, whatever its type;
/// elsewhere in a string the value's text is put in. Names that were used are added to `used`.
[[nodiscard]] Item substitute(Reader& reader, const Item& item, const Row& row, std::set<std::string>& used);

}  // namespace smtpspec::scenario
