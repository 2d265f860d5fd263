// Tables as tables of keys: a key is named once, with what it means, what its value looks like, and who reads it. The
// loader reads by these tables, and the schemas are made of them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <fmt/format.h>

#include "harness/scenario/model.hpp"
#include "harness/scenario/shape.hpp"
#include "harness/scenario/toml_reader.hpp"

namespace smtpspec::scenario {

/// A key, and what becomes of its entry: a function of taker and entry, or the taker's own; without `read` it is a key
/// that somebody else looks at. A taker has the reader, and what is read `out`.
template <class Taker>
struct Field {
  Key key;
  std::function<void(Taker&, const Entry&)> read = {};
};

template <class Taker>
using Fields = std::vector<Field<Taker>>;

/// The words of an enumeration.
template <ledger::Worded Value>
[[nodiscard]] std::vector<std::string> words_of() {
  const auto& all = ledger::words<Value>.all;
  return {all.begin(), all.end()};
}
inline const std::vector<std::string> profile_words = {"mx", "submission", "lmtp"};

inline constexpr std::int64_t most_counted = 1000000;

/// Reads a value by its type; `into` is left alone where the item is wrong, and told.
template <class Value>
void take(Reader& reader, const Item& item, Value& into) {
  if constexpr (ledger::Worded<Value>) {
    if (const auto word = reader.word(item, ledger::words<Value>.what, words_of<Value>())) into = *named<Value>(*word);
  } else if constexpr (std::is_same_v<Value, std::string>) {
    into = reader.string(item).value_or(into);
  } else if constexpr (std::is_same_v<Value, bool>) {
    into = reader.boolean(item).value_or(into);
  } else if constexpr (std::is_same_v<Value, Duration>) {
    into = reader.duration(item).value_or(into);
  } else if constexpr (std::is_same_v<Value, std::optional<Duration>>) {
    into = reader.duration(item);
  } else if constexpr (std::is_same_v<Value, std::optional<std::size_t>>) {
    if (const auto count = reader.integer(item, 0, most_counted)) into = static_cast<std::size_t>(*count);
  } else if constexpr (std::is_same_v<Value, std::optional<Text>>) {
    into = reader.text(item);
  } else if constexpr (std::is_same_v<Value, std::vector<Text>>) {
    into = reader.texts(item);
  } else {
    into = reader.strings(item);
  }
}

/// What a value of the type looks like.
template <class Value>
[[nodiscard]] shape::Json shape_of() {
  if constexpr (std::is_same_v<Value, Ladder>) return shape::or_column(shape::one_of(words_of<Ladder>()));
  if constexpr (ledger::Worded<Value>) return shape::one_of(words_of<Value>());
  if constexpr (std::is_same_v<Value, bool>) return shape::or_column(shape::boolean());
  if constexpr (std::is_same_v<Value, Duration>) return shape::duration();
  if constexpr (std::is_same_v<Value, std::optional<Duration>>) return shape::or_column(shape::duration());
  if constexpr (std::is_same_v<Value, std::optional<std::size_t>>)
    return shape::or_column(shape::integer(0, most_counted));
  constexpr bool is_list = std::is_same_v<Value, std::vector<Text>> || std::is_same_v<Value, std::vector<std::string>>;
  return is_list ? shape::some(shape::text()) : shape::text();
}

/// A field that is a member of what is read.
template <auto Member, class Taker>
[[nodiscard]] Field<Taker> field(std::string_view name, std::string_view meaning, bool needed = false,
                                 std::string_view example = {}) {
  using Value = std::remove_reference_t<decltype(std::declval<Taker&>().out.*Member)>;
  return {{name, meaning, shape_of<Value>(), needed, example},
          [](Taker& it, const Entry& entry) { take(it.reader, entry.value, it.out.*Member); }};
}

template <class Taker>
[[nodiscard]] std::vector<Key> keys_of(const Fields<Taker>& fields) {
  std::vector<Key> keys;
  for (const Field<Taker>& field : fields) keys.push_back(field.key);
  return keys;
}

/// Reads every key that the table has, in the order of `fields`; entries of `over` win. An unknown key, and a missing
/// one that is needed, are errors. False where the item is no table.
template <class Taker>
bool read_fields(Reader& reader, const Item& item, std::string_view what, const Fields<Taker>& fields, Taker& taker,
                 const Item& over = {}) {
  std::vector<std::string> names;
  for (const Field<Taker>& field : fields) names.emplace_back(field.key.name);
  if (!reader.keys(item, what, names)) return false;
  for (const Field<Taker>& field : fields) {
    const Entry* entry = over.entry(field.key.name);
    if (entry == nullptr) entry = item.entry(field.key.name);
    if (entry != nullptr && field.read) field.read(taker, *entry);
    if (entry == nullptr && field.key.needed)
      reader.error(item.spot, fmt::format("{} needs '{}'", what, field.key.name), std::string(field.key.example));
  }
  return true;
}

}  // namespace smtpspec::scenario
