// What the value of a key looks like, in the words of JSON Schema (draft-07): the one description that the generated
// schemas are made of. TOML tables are JSON objects, and lists arrays. Shapes are told apart by type before they are
// looked into, so that an error is one about a key and never about all the forms that something might have had.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace smtpspec::scenario {

namespace shape {
/// A schema: an object that is not empty.
using Json = nlohmann::ordered_json;
}  // namespace shape

/// A key of a table.
struct Key {
  std::string_view name;
  std::string_view meaning;  ///< one line for people
  shape::Json shape;
  bool needed = false;
  std::string_view example = {};  ///< of a needed key, told where it is missing
};

[[nodiscard]] std::vector<std::string> names_of(const std::vector<Key>& keys);

namespace shape {

[[nodiscard]] Json text();
[[nodiscard]] Json matching(std::string_view pattern);  ///< an ECMAScript regular expression
[[nodiscard]] Json boolean();
[[nodiscard]] Json integer(std::int64_t least, std::int64_t most);
[[nodiscard]] Json duration();
[[nodiscard]] Json one_of(const std::vector<std::string>& words);
[[nodiscard]] Json list_of(const Json& one);
[[nodiscard]] Json some(const Json& one);  ///< a list, or the one thing that stands for it
[[nodiscard]] Json table_of(const Json& value);
[[nodiscard]] Json definition(std::string_view name);  ///< one of the schema's own definitions
/// The shape itself, or "{name}" alone: a column in its place.
[[nodiscard]] Json or_column(const Json& one);
/// `one` where the value is of the JSON type named, otherwise `other`.
[[nodiscard]] Json by_type(std::string_view type, const Json& one, const Json& other);

/// Keys that exclude others: where `key` stands, none of `others` may.
struct Exclusion {
  std::string_view key;
  std::vector<std::string_view> others;
};
/// A table of these keys and no others. `one_of_these`: keys of which one must be there; empty: no such rule.
[[nodiscard]] Json table(const std::vector<Key>& keys, const std::vector<Exclusion>& exclusions = {},
                         const std::vector<std::string_view>& one_of_these = {});

}  // namespace shape
}  // namespace smtpspec::scenario
