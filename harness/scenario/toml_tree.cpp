#include "harness/scenario/toml_tree.hpp"

#include <algorithm>
#include <array>

// toml++ 3.3 asserts, or under NDEBUG assumes, that a table header begins with a key. It need not ("[~]"), and the
// parser copes with that: so neither abort nor assume.
#undef NDEBUG
#define TOML_ASSERT(expression) static_assert(true)
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace smtpspec::scenario {
namespace {

/// The TOML library bounds brackets, but not keys such as a.a.a.a..., and walks its tree by recursion. So depth is
/// counted before it sees the text. Strings and comments are stepped over.
class DepthCheck {
 public:
  explicit DepthCheck(std::string_view text) : text_(text) {}

  std::optional<TomlError> run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\'' || c == '"') {
        skip_string(c);
        continue;
      }
      if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
        continue;
      }
      if (c == '[' || c == '{') ++depth_;
      if ((c == ']' || c == '}') && depth_ > 0) --depth_;
      if (c == '.') ++dots_;
      if (c == '\n' || c == '=' || c == ',' || c == '{' || c == '[') dots_ = 0;
      if (depth_ > max_depth) return error("brackets within brackets, deeper than " + std::to_string(max_depth));
      if (dots_ > max_dotted) return error("a key of more than " + std::to_string(max_dotted) + " parts");
      ++at_;
    }
    return std::nullopt;
  }

 private:
  void skip_string(char quote) {
    const std::string triple(3, quote);
    const bool multi_line = text_.substr(at_, 3) == triple;
    at_ += multi_line ? 3 : 1;
    while (at_ < text_.size()) {
      if (quote == '"' && text_[at_] == '\\') {
        at_ += 2;
      } else if (multi_line ? text_.substr(at_, 3) == triple : text_[at_] == quote) {
        at_ += multi_line ? 3 : 1;
        // A multi-line string may end in four or five quotes; the first are its own.
        for (int extra = 0; multi_line && extra < 2 && at_ < text_.size() && text_[at_] == quote; ++extra) ++at_;
        return;
      } else if (!multi_line && text_[at_] == '\n') {
        return;  // The library will refuse it.
      } else {
        ++at_;
      }
    }
    at_ = text_.size();
  }

  [[nodiscard]] TomlError error(std::string message) const {
    TomlError out;
    const std::string_view before = text_.substr(0, at_);
    out.spot.line = 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
    const auto line_start = before.rfind('\n');
    out.spot.column = static_cast<int>(line_start == std::string_view::npos ? at_ + 1 : at_ - line_start);
    out.message = std::move(message);
    return out;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int dots_ = 0;
};

Spot spot_of(const toml::source_region& region, const Spot& otherwise) {
  if (region.begin.line == 0) return otherwise;
  Spot spot{static_cast<int>(region.begin.line), static_cast<int>(region.begin.column), 1};
  if (region.end.line == region.begin.line && region.end.column > region.begin.column)
    spot.width = static_cast<int>(region.end.column - region.begin.column);
  return spot;
}

Item convert(const toml::node& node, const Spot& otherwise) {
  Item item;
  item.spot = spot_of(node.source(), otherwise);
  switch (node.type()) {
    case toml::node_type::string:
      item.kind = Item::Kind::string;
      item.text = node.as_string()->get();
      break;
    case toml::node_type::integer:
      item.kind = Item::Kind::integer;
      item.integer = node.as_integer()->get();
      break;
    case toml::node_type::boolean:
      item.kind = Item::Kind::boolean;
      item.boolean = node.as_boolean()->get();
      break;
    case toml::node_type::floating_point: item.kind = Item::Kind::number; break;
    case toml::node_type::array:
      item.kind = Item::Kind::list;
      item.items.reserve(node.as_array()->size());
      for (const toml::node& element : *node.as_array()) item.items.push_back(convert(element, item.spot));
      break;
    case toml::node_type::table:
      item.kind = Item::Kind::table;
      for (const auto& [key, value] : *node.as_table()) {
        const Spot key_spot = spot_of(key.source(), item.spot);
        item.entries.push_back({std::string(key.str()), key_spot, convert(value, key_spot)});
      }
      std::stable_sort(item.entries.begin(), item.entries.end(), [](const Entry& a, const Entry& b) {
        return a.spot.line != b.spot.line ? a.spot.line < b.spot.line : a.spot.column < b.spot.column;
      });
      break;
    default: item.kind = Item::Kind::date; break;
  }
  return item;
}

/// Walks a TOML string from its first quote to the octet wanted.
class StringWalk {
 public:
  StringWalk(std::string_view text, Spot start) : text_(text), spot_(start) { spot_.width = 1; }

  std::optional<Spot> to(std::size_t offset) {
    if (text_.empty() || (text_[0] != '\'' && text_[0] != '"')) return std::nullopt;
    const char quote = text_[0];
    const bool multi_line = text_.substr(0, 3) == std::string(3, quote);
    for (int i = 0; i < (multi_line ? 3 : 1); ++i) step();
    // A line end right behind the opening quotes is not part of the string.
    if (multi_line && here() == '\r') step();
    if (multi_line && here() == '\n') step();
    std::size_t value_octets = 0;
    while (value_octets < offset && at_ < text_.size()) {
      if (here() == '\\' && quote == '"') {
        const auto octets = skip_escape();
        if (!octets) return std::nullopt;
        value_octets += *octets;
      } else {
        value_octets += step();
      }
    }
    return value_octets == offset && at_ < text_.size() ? std::optional(spot_) : std::nullopt;
  }

 private:
  [[nodiscard]] char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  std::size_t step() {
    const std::size_t start = at_;
    if (here() == '\n') {
      ++spot_.line;
      spot_.column = 1;
    } else {
      ++spot_.column;
    }
    ++at_;
    while (at_ < text_.size() && (static_cast<unsigned char>(text_[at_]) & 0xC0U) == 0x80) ++at_;
    return at_ - start;
  }

  // The octets that a TOML escape stands for; nothing for those rare ones that are not worth following.
  std::optional<std::size_t> skip_escape() {
    step();
    const char kind = here();
    if (kind == 'u' || kind == 'U' || kind == '\n' || kind == '\r' || kind == ' ') return std::nullopt;
    step();
    return 1;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Spot spot_;
};

}  // namespace

const Item* Item::find(std::string_view key) const {
  const Entry* found = entry(key);
  return found == nullptr ? nullptr : &found->value;
}

const Entry* Item::entry(std::string_view key) const {
  for (const Entry& entry : entries)
    if (entry.key == key) return &entry;
  return nullptr;
}

std::string_view article(Item::Kind kind) {
  constexpr std::array<std::string_view, 7> names = {"a string",         "an integer", "a boolean", "a floating number",
                                                     "a date or a time", "a list",     "a table"};
  return names[static_cast<std::size_t>(kind)];
}

TomlTree parse_toml(std::string_view text) {
  TomlTree tree;
  if (text.size() > max_file) {
    tree.error = TomlError{{}, "a file may have " + std::to_string(max_file) + " octets at most"};
    return tree;
  }
  tree.error = DepthCheck(text).run();
  if (tree.error) return tree;
  const toml::parse_result parsed = toml::parse(text);
  if (parsed) {
    tree.root = convert(parsed.table(), {});
  } else {
    tree.error = TomlError{spot_of(parsed.error().source(), {}), std::string(parsed.error().description())};
  }
  return tree;
}

Spot spot_within(std::string_view text, const Item& string, std::size_t offset) {
  if (string.kind != Item::Kind::string || !string.as_written) return string.spot;
  const std::string_view line = line_of(text, string.spot.line);
  if (line.data() == nullptr) return string.spot;
  auto start = static_cast<std::size_t>(line.data() - text.data());
  for (int column = 1; column < string.spot.column && start < text.size(); ++column) {
    ++start;
    while (start < text.size() && (static_cast<unsigned char>(text[start]) & 0xC0U) == 0x80) ++start;
  }
  return StringWalk(text.substr(start), string.spot).to(offset).value_or(string.spot);
}

std::string_view line_of(std::string_view text, int number) {
  for (int line = 1; line < number; ++line) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  std::string_view found = text.substr(0, text.find('\n'));
  if (!found.empty() && found.back() == '\r') found.remove_suffix(1);
  return found;
}

int line_count(std::string_view text) { return 1 + static_cast<int>(std::count(text.begin(), text.end(), '\n')); }

}  // namespace smtpspec::scenario
