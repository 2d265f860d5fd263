// A TOML document as a plain tree in which everything knows its place. Only toml_tree.cpp sees the TOML library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace smtpspec::scenario {

/// A file in memory. It outlives whatever was read from it.
struct Source {
  std::string file;  ///< its name, for people
  std::string_view text;
};

/// Where something stands; lines and columns (of characters, not octets) count from 1.
struct Spot {
  int line = 1;
  int column = 1;
  int width = 1;                   ///< characters on that line
  const Source* source = nullptr;  ///< the file; null where there is only one
};

struct Entry;

struct Item {
  enum class Kind { string, integer, boolean, number, date, list, table };
  Kind kind = Kind::table;
  std::string text;  ///< of a string; of a day without a time "2027-03-31"
  std::int64_t integer = 0;
  bool boolean = false;
  std::vector<Item> items;     ///< of a list
  std::vector<Entry> entries;  ///< of a table, in the order of the file
  Spot spot;

  [[nodiscard]] const Item* find(std::string_view key) const;  ///< of a table; nullptr where absent
  [[nodiscard]] const Entry* entry(std::string_view key) const;
};

struct Entry {
  std::string key;
  Spot spot;
  Item value;
};

/// "a string", "an integer" ...
[[nodiscard]] std::string_view article(Item::Kind kind);

/// Bounds on what is read at all: octets of a file, keys joined by periods, brackets within brackets.
inline constexpr std::size_t max_file = std::size_t{4} << 20;
inline constexpr int max_dotted = 16;
inline constexpr int max_depth = 32;

struct TomlError {
  Spot spot;
  std::string message;
  std::string help;  ///< empty where there is nothing to say
};

struct TomlTree {
  Item root;
  std::optional<TomlError> error;  ///< `root` is then empty
};

/// Any octets may be given; bounded in stack and memory, never throws. Every spot of the tree points to `source`.
[[nodiscard]] TomlTree parse_toml(const Source& source);

/// The place of the octet `offset` of a string's value: found through the escapes of the four forms of TOML string; the
/// start of the string where it cannot be told.
[[nodiscard]] Spot spot_within(const Item& string, std::size_t offset);

/// Line `number` of a text, without its line end; empty beyond the last.
[[nodiscard]] std::string_view line_of(std::string_view text, int number);
[[nodiscard]] int line_count(std::string_view text);

}  // namespace smtpspec::scenario
