#include "harness/scenario/baseline_text.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "harness/scenario/outcome.hpp"
#include "harness/scenario/writer.hpp"
#include "harness/smtp/char_class.hpp"

namespace smtpspec::scenario {
namespace {

/// Each with its line end.
std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

std::string_view trimmed(std::string_view line) { return smtp::trimmed(line, " \t\r\n"); }

bool is_header(std::string_view line) { return trimmed(line).starts_with("[[expect]]"); }
bool is_comment(std::string_view line) { return trimmed(line).starts_with('#'); }
bool is_blank(std::string_view line) { return trimmed(line).empty(); }
bool begins_table(std::string_view line) { return trimmed(line).starts_with('['); }
/// "outcome" of "outcome = ...".
std::string_view key_of(std::string_view line) {
  line = trimmed(line);
  return trimmed(line.substr(0, std::min(line.find('='), line.size())));
}

/// Lines of an entry, from its header to its last key.
struct Block {
  std::size_t first = 0;
  std::size_t end = 0;
};

std::optional<Block> block_at(const std::vector<std::string>& lines, const Place& place) {
  const auto first = static_cast<std::size_t>(place.line - 1);
  if (place.line < 1 || first >= lines.size() || !is_header(lines[first])) return std::nullopt;
  Block block{first, first + 1};
  for (std::size_t i = first + 1; i < lines.size() && !begins_table(lines[i]); ++i)
    if (!is_blank(lines[i]) && !is_comment(lines[i])) block.end = i + 1;
  return block;
}

/// Each on a line of its own, so that a change of one shows as that.
std::string list_of(const std::map<std::string, std::string>& rows) {
  std::string list = "[\n";
  for (const auto& [id, print] : rows)
    list += fmt::format("  {},\n", toml_string(print.empty() ? id : fmt::format("{} {}", id, print)));
  return list + "]";
}

/// What it fails by, and until when, as it is written.
std::vector<std::pair<std::string_view, std::string>> ways_of(const Baseline::Entry& entry) {
  std::vector<std::pair<std::string_view, std::string>> ways;
  if (entry.outcome) ways.emplace_back("outcome", toml_string(name(*entry.outcome)));
  if (!entry.cause.empty()) ways.emplace_back("cause", toml_string(entry.cause));
  if (!entry.signature.empty()) ways.emplace_back("signature", toml_string(entry.signature));
  if (entry.until) ways.emplace_back("until", to_text(*entry.until));
  if (!entry.rows.empty()) ways.emplace_back("rows", list_of(entry.rows));
  return ways;
}

/// Whether a list ends in this part of it: a bracket in a string or in a comment closes nothing.
bool closes_list(std::string_view text) {
  char quote = '\0';
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quote == '"' && c == '\\') {
      ++at;
    } else if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == ']' || c == '#') {
      return c == ']';
    }
  }
  return false;
}

/// The last line of a value, which begins on `line`: a list may go on over several.
std::vector<std::string>::iterator last_of_value(std::vector<std::string>::iterator line,
                                                 std::vector<std::string>::iterator end) {
  std::string_view rest = trimmed(*line);
  rest = trimmed(rest.substr(rest.find('=') + 1));
  if (!rest.starts_with('[')) return line;
  for (; !closes_list(rest) && std::next(line) != end; rest = *line) ++line;
  return line;
}

void put_ways(std::vector<std::string>& lines, const Block& block, const Baseline::Entry& now) {
  const auto end = lines.begin() + static_cast<std::ptrdiff_t>(block.end);
  const auto line_of = [&](std::string_view key) {
    return std::find_if(lines.begin() + static_cast<std::ptrdiff_t>(block.first), end,
                        [key](const std::string& one) { return key_of(one) == key; });
  };
  std::string missing;
  auto ways = ways_of(now);
  if (now.unstable) ways.emplace_back("unstable", "true");
  for (const auto& way : ways) {
    const std::string line = fmt::format("{} = {}\n", way.first, way.second);
    const auto found = line_of(way.first);
    if (found == end) {
      missing += line;
      continue;
    }
    const auto last = last_of_value(found, end);
    for (auto one = found; one != last; ++one) one->clear();  // no line may move
    *last = line;
  }
  if (const auto found = line_of("signature"); now.signature.empty() && found != end) found->clear();
  std::string& last = lines[block.end - 1];
  if (!last.empty() && !last.ends_with('\n') && !missing.empty()) last += '\n';
  last += missing;
}

}  // namespace

std::string to_toml(const Baseline::Entry& entry) {
  std::string out = "[[expect]]\n";
  const auto put = [&](std::string_view key, const std::string& text) {
    if (!text.empty()) out += fmt::format("{} = {}\n", key, toml_string(text));
  };
  put("scenario", entry.scenario);
  put("finding", entry.finding);
  for (const auto& [key, value] : ways_of(entry)) out += fmt::format("{} = {}\n", key, value);
  put("reason", entry.reason);
  put("link", entry.link);
  put("owner", entry.owner);
  if (entry.unstable) out += "unstable = true\n";
  return out;
}

std::optional<std::string> without_entries(std::string_view text, const std::vector<Place>& entries) {
  const std::vector<std::string> lines = lines_of(text);
  std::vector<bool> goes(lines.size(), false);
  for (const Place& entry : entries) {
    auto block = block_at(lines, entry);
    if (!block) return std::nullopt;
    while (block->first > 0 && is_comment(lines[block->first - 1])) --block->first;
    // One of the empty lines around it goes with it.
    if (block->end < lines.size() && is_blank(lines[block->end])) ++block->end;
    std::fill(goes.begin() + static_cast<std::ptrdiff_t>(block->first),
              goes.begin() + static_cast<std::ptrdiff_t>(block->end), true);
  }
  std::string left;
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (!goes[i]) left += lines[i];
  return left;
}

std::string with_endings(std::string_view text, const std::map<std::string, std::string>& endings) {
  std::string fresh;
  for (const auto& [row, ending] : endings) fresh += fmt::format("{} = {}\n", toml_string(row), toml_string(ending));
  std::string out;
  bool put = false;
  bool within = false;
  for (const std::string& line : lines_of(text)) {
    if (begins_table(line)) within = trimmed(line).starts_with("[endings]");
    if (!within || is_comment(line) || is_blank(line) || begins_table(line)) out += line;
    if (within && !std::exchange(put, true)) out += (line.ends_with('\n') ? "" : "\n") + fresh;
  }
  if (put) return out;
  if (!out.empty() && !out.ends_with('\n')) out += '\n';
  return out + (out.empty() ? "" : "\n") + "[endings]\n" + fresh;
}

std::optional<std::string> with_entries(std::string_view text, const std::vector<Baseline::Entry>& now) {
  std::vector<std::string> lines = lines_of(text);  // what one gets more is put on its last line: none moves
  for (const Baseline::Entry& entry : now) {
    const auto block = block_at(lines, entry.place);
    if (!block) return std::nullopt;
    put_ways(lines, *block, entry);
  }
  return fmt::format("{}", fmt::join(lines, ""));
}

}  // namespace smtpspec::scenario
