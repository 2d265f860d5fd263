#include "harness/scenario/toml_reader.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>
#include <re2/re2.h>

namespace smtpspec::scenario {

std::string one_of(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i)
    out += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  return out;
}

bool is_words(std::string_view text) {
  static const RE2 form("[a-z0-9]+(-[a-z0-9]+)*");
  return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), form);
}

bool is_name(std::string_view text) { return is_words(text) && text.front() >= 'a'; }

Item Reader::parse() {
  TomlTree tree = parse_toml(source_);
  if (tree.error) {
    Spot spot = tree.error->spot;
    spot.line = std::min(spot.line, line_count(source_.text));
    error(spot, tree.error->message, tree.error->help);
  }
  return std::move(tree.root);
}

void Reader::add(Diagnostic::Severity severity, const Spot& spot, std::string message, std::string help) {
  if (severity == Diagnostic::Severity::error) ++errors_;
  if (diagnostics_.size() > max_diagnostics) return;
  if (!told_.insert(fmt::format("{}:{}:{} {}", source_of(spot).file, spot.line, spot.column, message)).second) return;
  if (diagnostics_.size() == max_diagnostics) {
    severity = Diagnostic::Severity::error;
    message = fmt::format("more than {} things are wrong; what follows is not told", max_diagnostics);
    help.clear();
  }
  Diagnostic diagnostic;
  diagnostic.severity = severity;
  diagnostic.place = place(spot);
  diagnostic.message = std::move(message);
  diagnostic.help = std::move(help);
  diagnostic.line = line_of(source_of(spot).text, spot.line);
  diagnostic.width = spot.width;
  diagnostics_.push_back(std::move(diagnostic));
}

void Reader::error(const Spot& spot, std::string message, std::string help) {
  add(Diagnostic::Severity::error, spot, std::move(message), std::move(help));
}

void Reader::warning(const Spot& spot, std::string message, std::string help) {
  add(Diagnostic::Severity::warning, spot, std::move(message), std::move(help));
}

std::vector<Diagnostic> Reader::take() {
  std::stable_sort(diagnostics_.begin(), diagnostics_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.place.line, a.place.column) < std::tie(b.place.line, b.place.column);
  });
  return std::move(diagnostics_);
}

bool Reader::charge(const Spot& spot, std::size_t amount) {
  expanded_ += std::min(amount, max_expanded + 1);
  if (expanded_ <= max_expanded) return true;
  if (!exhausted_)
    error(spot, "the rows and repetitions of this file grow too large", "fewer rows, or shorter strings");
  exhausted_ = true;
  return false;
}

bool Reader::keys(const Item& item, std::string_view what, const std::vector<std::string>& known) {
  if (item.kind != Item::Kind::table) {
    expected(item, "a table");
    return false;
  }
  for (const Entry& entry : item.entries) {
    if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
    std::string help = did_you_mean(entry.key, known);
    if (help.empty() && known.size() < 15) help = fmt::format("{} may have {}", what, one_of(known));
    error(entry.spot, fmt::format("unknown key '{}' in {}", entry.key, what), help);
  }
  return true;
}

void Reader::expected(const Item& item, std::string_view what) {
  error(item.spot, fmt::format("expected {}, got {}", what, article(item.kind)));
}

namespace {

/// The name of "{name}", where the text has one at `at`; empty otherwise.
std::string_view name_at(std::string_view text, std::size_t at) {
  constexpr std::size_t longest = 64;
  const auto end = text.find('}', at);
  if (at >= text.size() || text[at] != '{' || end == std::string_view::npos || end - at > longest) return {};
  return text.substr(at + 1, end - at - 1);
}

/// What a column is within a string; nothing for a list or a table.
std::optional<std::string> scalar(const Item& value) {
  if (value.kind == Item::Kind::string) return value.text;
  if (value.kind == Item::Kind::integer) return std::to_string(value.integer);
  if (value.kind == Item::Kind::boolean) return value.boolean ? "true" : "false";
  return std::nullopt;
}

std::string within_a_string(std::string_view name, const Item& column) {
  return fmt::format("column '{}' is {} and cannot stand within a string", name, article(column.kind));
}

}  // namespace

const Item* Reader::column(std::string_view name) {
  if (name.empty()) return nullptr;
  const auto has = [&](const NamedItems* items) { return items->find(name) != items->end(); };
  const auto frame = std::find_if(columns_.rbegin(), columns_.rend(), has);
  if (frame == columns_.rend()) return nullptr;
  const auto found = (*frame)->find(name);
  used_.insert(found->first);
  return &found->second;
}

const Item& Reader::resolve(const Item& item) {
  const Item* at = &item;
  for (int depth = 0; depth < max_columns_deep && at->kind == Item::Kind::string; ++depth) {
    const std::string_view name = name_at(at->text, 0);
    const Item* found = name.size() + 2 == at->text.size() ? column(name) : nullptr;
    if (found == nullptr) break;
    at = found;
  }
  return *at;
}

/// Appends a plain string with its columns put in; "\{" is a brace, in this as in every text.
void Reader::fill(const Item& item, std::string& out, int depth) {
  if (depth > max_columns_deep) return error(item.spot, "columns that lead to each other without end");
  if (!charge(item.spot, item.text.size())) return;
  const std::string_view text = item.text;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      out += text.substr(i++, 2);
      continue;
    }
    const std::string_view name = columns_.empty() ? std::string_view() : name_at(text, i);
    const Item* found = column(name);
    if (found == nullptr) {
      out += text[i];
      continue;
    }
    const auto value = scalar(*found);
    if (!value)
      error(item.spot, within_a_string(name, *found));
    else if (found->kind == Item::Kind::string)
      fill(*found, out, depth + 1);
    else
      out += *value;
    i += name.size() + 1;
  }
}

std::optional<std::string> Reader::string(const Item& item) {
  const Item& value = resolve(item);
  if (&value != &item && value.kind != Item::Kind::string)
    if (auto text = scalar(value)) return text;
  if (value.kind != Item::Kind::string) return mismatch(value, "a string");
  std::string out;
  const std::size_t errors = errors_;
  fill(value, out, 0);
  return errors == errors_ ? std::optional(out) : std::nullopt;
}

std::optional<std::string> Reader::word(const Item& item, std::string_view what,
                                        const std::vector<std::string>& known) {
  const auto text = string(item);
  if (!text) return std::nullopt;
  if (std::find(known.begin(), known.end(), *text) != known.end()) return text;
  // Of a few words all are told: the nearest of them may be as wrong as any other.
  const std::string near = known.size() <= 4 ? std::string() : did_you_mean(*text, known);
  return refuse(resolve(item).spot, fmt::format("unknown {} '{}'", what, *text),
                near.empty() ? "one of " + one_of(known) : near);
}

std::optional<bool> Reader::boolean(const Item& named) {
  const Item& item = resolve(named);
  if (item.kind == Item::Kind::boolean) return item.boolean;
  return mismatch(item, "true or false");
}

std::optional<std::int64_t> Reader::integer(const Item& named, std::int64_t least, std::int64_t most) {
  const Item& item = resolve(named);
  if (item.kind != Item::Kind::integer) return mismatch(item, "an integer");
  if (item.integer >= least && item.integer <= most) return item.integer;
  return refuse(item.spot, fmt::format("{} is outside {} to {}", item.integer, least, most));
}

std::optional<Duration> Reader::duration(const Item& item) {
  const auto text = string(item);
  if (!text) return std::nullopt;
  static const RE2 form("([0-9]+)(ms|s|m)");
  long count = 0;
  std::string unit;
  if (!RE2::FullMatch(*text, form, &count, &unit))
    return refuse(item.spot, fmt::format("'{}' is no duration", *text), "a number and its unit: '200ms', '2s' or '5m'");
  const long factor = unit == "ms" ? 1 : unit == "s" ? 1000 : 60000;
  if (count > longest_duration.count() || count * factor > longest_duration / Duration(1))
    return refuse(item.spot, fmt::format("'{}' is longer than an hour", *text));
  return Duration(count * factor);
}

std::vector<const Item*> Reader::list(const Item& named) {
  const Item& item = resolve(named);
  if (item.kind != Item::Kind::list) return {&item};
  std::vector<const Item*> out;
  for (const Item& element : item.items) out.push_back(&element);
  return out;
}

std::vector<std::string> Reader::strings(const Item& item) {
  std::vector<std::string> out;
  for (const Item* element : list(item))
    if (auto text = string(*element)) out.push_back(std::move(*text));
  return out;
}

std::optional<Text> Reader::text(const Item& item) {
  const Item& value = resolve(item);
  const bool by_column = &value != &item && scalar(value);
  if (value.kind == Item::Kind::string || by_column) return text_of(value, 0);
  return mismatch(value, "a string");
}

/// A string or another scalar, read as a text; the columns that it names are texts themselves.
std::optional<Text> Reader::text_of(const Item& item, int depth) {
  if (item.kind != Item::Kind::string) return literal(scalar(item).value_or(""));
  if (depth > max_columns_deep) return refuse(item.spot, "columns that lead to each other without end");
  if (!charge(item.spot, 32 + item.text.size())) return std::nullopt;
  const auto parsed = parse_text(item.text);
  if (!parsed) return refuse(spot_within(item, parsed.error().at), parsed.error().message);
  bool failed = false;
  const auto filled = fill_columns(*parsed, [&](std::string_view name) -> std::optional<Text> {
    const Item* found = column(name);
    if (found == nullptr) return std::nullopt;
    if (!scalar(*found)) error(item.spot, within_a_string(name, *found));
    auto text = scalar(*found) ? text_of(*found, depth + 1) : std::nullopt;
    failed = failed || !text;
    return text.value_or(Text{});
  });
  if (!filled && !failed) error(item.spot, filled.error().message);
  if (!filled || failed) return std::nullopt;
  check_names(item, *filled);
  return *filled;
}

std::vector<Text> Reader::texts(const Item& item) {
  std::vector<Text> out;
  for (const Item* element : list(item))
    if (auto one = text(*element)) out.push_back(std::move(*one));
  return out;
}

void Reader::check_names(const Item& item, const Text& text) {
  for (const std::string& name : names_in(text)) {
    std::vector<std::string> known;
    for (const KnownValue& value : known_values()) known.emplace_back(value.name);
    known.insert(known.end(), values.captured.begin(), values.captured.end());
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    std::string help;
    if (values.of_other_rows.count(name) != 0) {
      help = fmt::format("row '{}' does not give it", values.row);
    } else {
      known.insert(known.end(), values.of_other_rows.begin(), values.of_other_rows.end());
      help = did_you_mean(name, known, "neither known to the engine, nor of the row, nor captured before");
    }
    const std::string hole = "{" + name + "}";
    const auto at = item.text.find(hole);
    if (at == std::string::npos) continue;  // It is a column's, and was told there.
    Spot spot = spot_within(item, at);
    if (spot.column != item.spot.column || spot.line != item.spot.line) spot.width = static_cast<int>(hole.size());
    error(spot, fmt::format("unknown value '{}'", name), help);
  }
}

}  // namespace smtpspec::scenario
