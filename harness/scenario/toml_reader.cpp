#include "harness/scenario/toml_reader.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>

#include <fmt/format.h>

namespace smtpspec::scenario {

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string near = closest(word, candidates);
  return near.empty() ? near : fmt::format("did you mean '{}'?", near);
}

std::string one_of(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i)
    out += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  return out;
}

bool is_words(std::string_view text) {
  bool in_word = false;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!letter && (c != '-' || !in_word)) return false;
    in_word = letter;
  }
  return in_word;
}

Item Reader::parse() {
  TomlTree tree = parse_toml(text_);
  if (tree.error) {
    Spot spot = tree.error->spot;
    spot.line = std::min(spot.line, line_count(text_));
    error(spot, "not TOML: " + tree.error->message);
  }
  return std::move(tree.root);
}

void Reader::add(Diagnostic::Severity severity, const Spot& spot, std::string message, std::string help) {
  if (diagnostics_.size() > max_diagnostics) return;
  if (!told_.insert(fmt::format("{}:{} {}", spot.line, spot.column, message)).second) return;
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
  diagnostic.line = line_of(text_, spot.line);
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
    if (help.empty() && known.size() < 12) help = fmt::format("{} may have {}", what, one_of(known));
    error(entry.spot, fmt::format("unknown key '{}' in {}", entry.key, what), help);
  }
  return true;
}

void Reader::expected(const Item& item, std::string_view what) {
  error(item.spot, fmt::format("expected {}, got {}", what, article(item.kind)));
}

std::optional<std::string> Reader::string(const Item& item) {
  const bool from_row = !item.as_written && !item.text.empty();
  if (item.kind == Item::Kind::string || from_row) return item.text;
  expected(item, "a string");
  return std::nullopt;
}

std::optional<std::string> Reader::word(const Item& item, std::string_view what,
                                        const std::vector<std::string>& known) {
  const auto text = string(item);
  if (!text) return std::nullopt;
  if (std::find(known.begin(), known.end(), *text) != known.end()) return text;
  const std::string near = did_you_mean(*text, known);
  error(item.spot, fmt::format("unknown {} '{}'", what, *text), near.empty() ? "one of " + one_of(known) : near);
  return std::nullopt;
}

std::optional<bool> Reader::boolean(const Item& item) {
  if (item.kind == Item::Kind::boolean) return item.boolean;
  expected(item, "true or false");
  return std::nullopt;
}

std::optional<std::int64_t> Reader::integer(const Item& item, std::int64_t least, std::int64_t most) {
  if (item.kind != Item::Kind::integer) {
    expected(item, "an integer");
    return std::nullopt;
  }
  if (item.integer >= least && item.integer <= most) return item.integer;
  error(item.spot, fmt::format("{} is outside {} to {}", item.integer, least, most));
  return std::nullopt;
}

std::optional<Duration> Reader::duration(const Item& item) {
  const auto text = string(item);
  if (!text) return std::nullopt;
  long count = 0;
  const char* end = text->data() + text->size();
  const auto [rest, problem] = std::from_chars(text->data(), end, count);
  const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  const long factor = unit == "ms" ? 1 : unit == "s" ? 1000 : unit == "m" ? 60000 : 0;
  if (problem != std::errc{} || count < 0 || factor == 0) {
    error(item.spot, fmt::format("'{}' is no duration", *text), "a number and its unit: '200ms', '2s' or '5m'");
    return std::nullopt;
  }
  if (count > longest_duration.count() || count * factor > longest_duration / Duration(1)) {
    error(item.spot, fmt::format("'{}' is longer than an hour", *text));
    return std::nullopt;
  }
  return Duration(count * factor);
}

std::vector<const Item*> Reader::list(const Item& item) {
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

std::optional<Text> Reader::text(const Item& item, const Values& values) {
  const auto source = string(item);
  if (!source) return std::nullopt;
  const auto parsed = parse_text(*source);
  if (!parsed) {
    error(within(item, parsed.error().at), parsed.error().message);
    return std::nullopt;
  }
  check_names(item, *parsed, values);
  return *parsed;
}

std::vector<Text> Reader::texts(const Item& item, const Values& values) {
  std::vector<Text> out;
  for (const Item* element : list(item))
    if (auto one = text(*element, values)) out.push_back(std::move(*one));
  return out;
}

void Reader::check_names(const Item& item, const Text& text, const Values& values) {
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
      help = did_you_mean(name, known);
      if (help.empty()) help = "neither known to the engine, nor of the row, nor captured before";
    }
    const std::string hole = "{" + name + "}";
    const auto at = item.text.find(hole);
    Spot spot = at == std::string::npos ? item.spot : within(item, at);
    if (spot.column != item.spot.column || spot.line != item.spot.line) spot.width = static_cast<int>(hole.size());
    error(spot, fmt::format("unknown value '{}'", name), help);
  }
}

void Reader::read(const Item& table, std::string_view key, std::string& into) {
  if (const Item* item = table.find(key))
    if (auto value = string(*item)) into = std::move(*value);
}

void Reader::read(const Item& table, std::string_view key, bool& into) {
  if (const Item* item = table.find(key)) into = boolean(*item).value_or(into);
}

void Reader::read(const Item& table, std::string_view key, std::vector<std::string>& into) {
  if (const Item* item = table.find(key)) into = strings(*item);
}

void Reader::read(const Item& table, std::string_view key, std::optional<Duration>& into) {
  if (const Item* item = table.find(key)) into = duration(*item);
}

}  // namespace smtpspec::scenario
