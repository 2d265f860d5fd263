#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "harness/scenario/loader.hpp"
#include "harness/scenario/loaders.hpp"

namespace smtpspec::scenario {
namespace {

constexpr std::string_view row_key = "row";
constexpr std::string_view like_key = "like";
constexpr std::string_view range_key = "range";
constexpr std::string_view by_key = "by";
constexpr auto least_number = std::numeric_limits<std::int32_t>::min();
constexpr auto largest_number = std::numeric_limits<std::int32_t>::max();

bool is_range(const Item& item) {
  if (item.kind != Item::Kind::table || item.find(range_key) == nullptr) return false;
  return std::all_of(item.entries.begin(), item.entries.end(),
                     [](const Entry& entry) { return entry.key == range_key || entry.key == by_key; });
}

/// The numbers of a range, each standing where the range stands.
std::vector<Item> numbers_of(Reader& reader, const Item& range) {
  const auto borders = reader.list(*range.find(range_key));
  if (borders.size() != 2) return reader.refuse(range.spot, "a range has two borders", "{ range = [1, 12], by = 2 }");
  const auto first = reader.integer(*borders[0], least_number, largest_number);
  const auto last = reader.integer(*borders[1], least_number, largest_number);
  std::optional<std::int64_t> by = 1;
  if (const Item* item = range.find(by_key)) by = reader.integer(*item, 1, largest_number);
  if (!first || !last || !by) return {};
  std::vector<Item> out;
  if (*last < *first) return reader.refuse(range.spot, "the range is empty: its end is below its beginning");
  const std::int64_t count = (*last - *first) / *by + 1;
  if (count > static_cast<std::int64_t>(max_rows))
    return reader.refuse(range.spot, fmt::format("a range of {} rows; a file has at most {}", count, max_rows));
  Item number;
  number.kind = Item::Kind::integer;
  number.spot = range.spot;
  for (std::int64_t i = 0; i < count; ++i) {
    number.integer = *first + i * *by;
    out.push_back(number);
  }
  return out;
}

/// What a copy of the item costs, for `Reader::charge`.
std::size_t weight(const Item& item) {
  std::size_t sum = 64 + item.text.size();
  for (const Item& element : item.items) sum += weight(element);
  for (const Entry& entry : item.entries) sum += entry.key.size() + weight(entry.value);
  return sum;
}

class RowsReader {
 public:
  RowsReader(Reader& reader, const Definitions& definitions) : reader_(reader), definitions_(definitions) {}

  /// The rows of a list in which names of other tables may stand.
  std::vector<Row> read(const Item& each) {
    std::vector<Row> rows;
    if (each.items.empty() && each.kind == Item::Kind::list) reader_.error(each.spot, "a table without rows");
    for (const Item* item : reader_.list(each)) {
      for (Row& row : item->kind == Item::Kind::string ? named(*item) : written(*item))
        add(rows, std::move(row), *item);
      if (rows.size() <= max_rows) continue;
      return reader_.refuse(item->spot, fmt::format("more than {} rows", max_rows));
    }
    return rows;
  }

 private:
  /// A row that is like one that is there already, and keeps its name, takes its place.
  static void add(std::vector<Row>& rows, Row row, const Item& item) {
    const bool keeps_name = item.find(like_key) != nullptr && item.find(row_key) == nullptr;
    const auto namesake =
        std::find_if(rows.begin(), rows.end(), [&](const Row& one) { return keeps_name && one.name == row.name; });
    if (namesake == rows.end())
      rows.push_back(std::move(row));
    else
      *namesake = std::move(row);
  }

  /// "false-ends", or "false-ends/lf-dot-lf".
  std::vector<Row> named(const Item& name) {
    const std::string_view text = name.text;
    const auto slash = text.find('/');
    const auto table = definitions_.rows.find(text.substr(0, slash));
    if (table == definitions_.rows.end()) {
      std::vector<std::string> known;
      for (const auto& [one, item] : definitions_.rows) known.push_back(one);
      return reader_.refuse(name.spot, fmt::format("no [rows] are named '{}'", text.substr(0, slash)),
                            did_you_mean(text.substr(0, slash), known));
    }
    if (depth_ >= max_columns_deep)
      return reader_.refuse(name.spot, "tables of rows that lead to each other without end");
    ++depth_;
    std::vector<Row> rows = read(table->second);
    --depth_;
    if (slash == std::string_view::npos) return rows;
    return only(std::move(rows), text.substr(slash + 1), name);
  }

  std::vector<Row> only(std::vector<Row> rows, std::string_view wanted, const Item& name) {
    std::vector<std::string> known;
    for (Row& row : rows) {
      if (row.name == wanted) return {std::move(row)};
      known.push_back(row.name);
    }
    return reader_.refuse(name.spot, fmt::format("the table has no row '{}'", wanted), did_you_mean(wanted, known));
  }

  /// A row, or with ranges several.
  std::vector<Row> written(const Item& table) {
    if (table.kind != Item::Kind::table)
      return reader_.mismatch(table, "a row, { row = \"name\", ... }, or the name of a table");
    Row start;
    if (const Item* like = table.find(like_key)) {
      if (like->kind != Item::Kind::string) return reader_.mismatch(*like, "the name of a row");
      const auto models = named(*like);
      if (models.empty()) return {};
      start = models.front();
    } else if (table.find(row_key) == nullptr) {
      return reader_.refuse(table.spot, "a row needs a name", "row = \"words-with-hyphens\"");
    }
    start.spot = table.spot;
    for (const Entry& entry : table.entries)
      if (entry.key != like_key) start.columns.insert_or_assign(entry.key, entry.value);
    if (!reader_.charge(table.spot, weight(table))) return {};
    return name_all(spread(table, std::move(start)));
  }

  /// A row for each number of each range.
  std::vector<Row> spread(const Item& table, Row start) {
    std::vector<Row> rows = {std::move(start)};
    for (const Entry& entry : table.entries) {
      if (!is_range(entry.value)) continue;
      const auto numbers = numbers_of(reader_, entry.value);
      if (numbers.empty()) return {};
      if (rows.size() * numbers.size() > max_rows)
        return reader_.refuse(entry.spot, fmt::format("the ranges make more than {} rows", max_rows));
      std::vector<Row> more;
      for (const Row& row : rows) {
        for (const Item& number : numbers) {
          if (!reader_.charge(table.spot, weight(table))) return {};
          more.push_back(row);
          more.back().columns.insert_or_assign(entry.key, number);
        }
      }
      rows = std::move(more);
    }
    return rows;
  }

  std::vector<Row> name_all(std::vector<Row> rows) {
    for (Row& row : rows) {
      const Item& name = row.columns.find(row_key)->second;
      const Reader::Columns columns(reader_, row.columns);
      row.name = reader_.string(name).value_or("");
      if (row.name.empty() && name.kind != Item::Kind::string) return {};
      if (is_words(row.name)) continue;
      reader_.error(name.spot, fmt::format("the row's name '{}' is not made of words", row.name),
                    "lower-case words and numbers with hyphens: 'cut-12'");
    }
    return rows;
  }

  Reader& reader_;
  const Definitions& definitions_;
  int depth_ = 0;
};

}  // namespace

RowTable read_rows(Reader& reader, const Item& each, const Item* defaults, const Definitions& definitions) {
  RowTable table;
  if (each.kind != Item::Kind::list && each.kind != Item::Kind::string) {
    reader.expected(each, "a list of rows, or the name of one");
    return table;
  }
  if (defaults != nullptr && defaults->kind != Item::Kind::table) {
    reader.expected(*defaults, "a table of columns");
    return table;
  }
  table.rows = RowsReader(reader, definitions).read(each);
  std::set<std::string> names;
  for (Row& row : table.rows) {
    if (!names.insert(row.name).second)
      reader.error(row.columns.find(row_key)->second.spot, fmt::format("a second row is named '{}'", row.name),
                   "a name may use the row's columns: 'cut-{n}'");
    if (defaults == nullptr || !reader.charge(defaults->spot, weight(*defaults))) continue;
    for (const Entry& entry : defaults->entries) row.columns.emplace(entry.key, entry.value);
  }
  for (const Item& one : each.items)
    for (const Entry& entry : one.entries)
      if (entry.key != row_key && entry.key != like_key) table.written.emplace(entry.key, entry.spot);
  if (defaults != nullptr)
    for (const Entry& entry : defaults->entries) table.written.emplace(entry.key, entry.spot);
  return table;
}

shape::Json rows_shape() {
  // A row may have any columns.
  shape::Json row = shape::table({{row_key, "Its name; it may use the other columns", shape::text()},
                                  {like_key, "A row that has the columns which this one leaves out", shape::text()}},
                                 {}, {row_key, like_key});
  row.erase("additionalProperties");
  return shape::some(shape::by_type("object", row, shape::text()));
}

}  // namespace smtpspec::scenario
