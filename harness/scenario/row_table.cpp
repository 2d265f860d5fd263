#include "harness/scenario/row_table.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "harness/scenario/loader.hpp"

namespace smtpspec::scenario {
namespace {

constexpr std::string_view row_key = "row";

bool is_range(const Item& item) {
  if (item.kind != Item::Kind::table || item.find("from") == nullptr || item.find("to") == nullptr) return false;
  return std::all_of(item.entries.begin(), item.entries.end(), [](const Entry& entry) {
    return entry.key == "from" || entry.key == "to" || entry.key == "step";
  });
}

/// The numbers of a range, each standing where the range stands.
std::vector<Item> numbers_of(Reader& reader, const Item& range) {
  constexpr auto least = std::numeric_limits<std::int32_t>::min();
  constexpr auto most = std::numeric_limits<std::int32_t>::max();
  const auto from = reader.integer(*range.find("from"), least, most);
  const auto to = reader.integer(*range.find("to"), least, most);
  std::optional<std::int64_t> step = 1;
  if (const Item* item = range.find("step")) step = reader.integer(*item, 1, most);
  if (!from || !to || !step) return {};
  std::vector<Item> out;
  if (*to < *from) {
    reader.error(range.spot, "the range is empty: 'to' is below 'from'");
    return out;
  }
  const std::int64_t count = (*to - *from) / *step + 1;
  if (count > static_cast<std::int64_t>(max_rows)) {
    reader.error(range.spot, fmt::format("a range of {} rows; a file has at most {}", count, max_rows));
    return out;
  }
  Item number;
  number.kind = Item::Kind::integer;
  number.spot = range.spot;
  for (std::int64_t i = 0; i < count; ++i) {
    number.integer = *from + i * *step;
    out.push_back(number);
  }
  return out;
}

/// What a copy of the item costs, for `Reader::charge`.
std::size_t weight(const Item& item) {
  std::size_t sum = 32 + item.text.size();
  for (const Item& element : item.items) sum += weight(element);
  for (const Entry& entry : item.entries) sum += entry.key.size() + weight(entry.value);
  return sum;
}

/// The text of a value within a string; nothing for a list or a table.
std::optional<std::string> text_of(const Item& value) {
  if (value.kind == Item::Kind::string) return value.text;
  if (value.kind == Item::Kind::integer) return std::to_string(value.integer);
  if (value.kind == Item::Kind::boolean) return value.boolean ? "true" : "false";
  return std::nullopt;
}

/// A value in the place of a string that named it alone. A number keeps its text, should a text be wanted there.
Item whole(Item value) {
  if (value.kind == Item::Kind::string || !text_of(value)) return value;
  value.text = *text_of(value);
  value.as_written = false;
  return value;
}

/// The variable whose "{name}" begins at `at`, or the end of the map.
std::map<std::string, Item>::const_iterator variable_at(const std::string& text, std::size_t at, const Row& row) {
  const auto end = text.find('}', at);
  if (end == std::string::npos || end - at > 64) return row.values.end();
  return row.values.find(text.substr(at + 1, end - at - 1));
}

void substitute_string(Reader& reader, Item& item, const Row& row, std::set<std::string>& used) {
  std::string out;
  bool changed = false;
  for (std::size_t i = 0; i < item.text.size(); ++i) {
    const char c = item.text[i];
    if (c == '\\' && i + 1 < item.text.size()) {  // "\{" is a brace, in this as in every text.
      out += c;
      out += item.text[++i];
      continue;
    }
    const auto variable = c == '{' ? variable_at(item.text, i, row) : row.values.end();
    if (variable == row.values.end()) {
      out += c;
      continue;
    }
    used.insert(variable->first);
    const auto text = text_of(variable->second);
    if (!text) {
      reader.error(item.spot, fmt::format("row variable '{}' is {} and cannot stand within a string", variable->first,
                                          article(variable->second.kind)));
    } else if (!reader.charge(item.spot, text->size())) {
      return;
    } else {
      out += *text;
    }
    changed = true;
    i += variable->first.size() + 1;
  }
  if (!changed) return;
  item.text = std::move(out);
  item.as_written = false;
}

/// Spreads one table of `each` into its rows.
std::vector<Row> rows_of(Reader& reader, const Item& table) {
  std::vector<Row> rows(1);
  rows[0].spot = table.spot;
  std::set<std::string> used;
  for (const Entry& entry : table.entries) {
    if (!is_range(entry.value)) continue;
    const auto numbers = numbers_of(reader, entry.value);
    if (numbers.empty()) return {};
    if (rows.size() * numbers.size() > max_rows) {
      reader.error(entry.spot, fmt::format("the ranges make more than {} rows", max_rows));
      return {};
    }
    std::vector<Row> spread;
    for (const Row& row : rows) {
      for (const Item& number : numbers) {
        spread.push_back(row);
        spread.back().values[entry.key] = number;
      }
    }
    rows = std::move(spread);
  }
  for (Row& row : rows) {
    const Row ranges = row;
    for (const Entry& entry : table.entries)
      if (!is_range(entry.value)) row.values[entry.key] = substitute(reader, entry.value, ranges, used);
    if (!reader.charge(table.spot, 0)) return {};
  }
  return rows;
}

}  // namespace

std::vector<Row> read_rows(Reader& reader, const Item& each) {
  std::vector<Row> rows;
  std::set<std::string> names;
  if (each.kind != Item::Kind::list) {
    reader.expected(each, "a list of rows");
    return rows;
  }
  if (each.items.empty()) reader.error(each.spot, "a table without rows");
  for (const Item& table : each.items) {
    if (table.kind != Item::Kind::table) {
      reader.expected(table, "a row: { row = \"name\", ... }");
      continue;
    }
    const Entry* name = table.entry(row_key);
    if (name == nullptr) {
      reader.error(table.spot, "a row needs a name", "row = \"words-with-hyphens\"");
      continue;
    }
    for (Row& row : rows_of(reader, table)) {
      const auto text = reader.string(row.values[std::string(row_key)]);
      if (!text) break;
      row.name = *text;
      if (!is_words(row.name))
        reader.error(name->value.spot, fmt::format("the row's name '{}' is not made of words", row.name),
                     "lower-case words and numbers with hyphens: 'cut-12'");
      else if (!names.insert(row.name).second)
        reader.error(name->value.spot, fmt::format("a second row is named '{}'", row.name),
                     "a name may use the row's variables: 'cut-{n}'");
      rows.push_back(std::move(row));
    }
    if (rows.size() > max_rows) {
      reader.error(table.spot, fmt::format("more than {} rows", max_rows));
      return {};
    }
  }
  return rows;
}

Item substitute(Reader& reader, const Item& item, const Row& row, std::set<std::string>& used) {
  if (!reader.charge(item.spot, 32 + item.text.size())) return item.kind == Item::Kind::string ? item : Item{};
  if (item.kind == Item::Kind::string && item.text.size() > 2 && item.text.front() == '{') {
    const auto variable = variable_at(item.text, 0, row);
    if (variable != row.values.end() && variable->first.size() + 2 == item.text.size()) {
      used.insert(variable->first);
      return reader.charge(item.spot, weight(variable->second)) ? whole(variable->second) : item;
    }
  }
  Item out;
  out.kind = item.kind;
  out.text = item.text;
  out.integer = item.integer;
  out.boolean = item.boolean;
  out.spot = item.spot;
  out.as_written = item.as_written;
  if (item.kind == Item::Kind::string) substitute_string(reader, out, row, used);
  for (const Item& element : item.items) out.items.push_back(substitute(reader, element, row, used));
  for (const Entry& entry : item.entries)
    out.entries.push_back({entry.key, entry.spot, substitute(reader, entry.value, row, used)});
  return out;
}

}  // namespace smtpspec::scenario
