#include "harness/ledger/requirement.hpp"

#include <algorithm>
#include <charconv>

namespace smtpspec::ledger {
namespace {

/// A number of at most nine digits, without sign or leading zero.
std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || text.size() > 9 || text.front() == '-' ||
      text.front() == '0')
    return std::nullopt;
  return value;
}

/// The parts of an id.
struct Parts {
  std::string_view document;
  std::string_view section;
  std::string_view words;
};

Parts parts_of(std::string_view id) {
  const auto first = id.find('/');
  const auto last = id.rfind('/');
  if (first == id.npos) return {id, {}, {}};
  if (first == last) return {id.substr(0, first), {}, id.substr(first + 1)};
  return {id.substr(0, first), id.substr(first + 1, last - first - 1), id.substr(last + 1)};
}

std::optional<int> rfc_of(std::string_view document) {
  constexpr std::string_view prefix = "rfc";
  if (!document.starts_with(prefix)) return std::nullopt;
  return number(document.substr(prefix.size()));
}

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }

}  // namespace

Severity severity_of(Level level) { return level == Level::must ? Severity::must : Severity::should; }

std::optional<Lines> lines_from(std::string_view text) {
  const auto hyphen = text.find('-');
  const auto first = number(text.substr(0, hyphen));
  const auto last = hyphen == text.npos ? first : number(text.substr(hyphen + 1));
  if (!first || !last || *last < *first) return std::nullopt;
  return Lines{*first, *last};
}

std::string text_of(const Lines& lines) {
  if (lines.first == 0) return {};
  const std::string first = std::to_string(lines.first);
  return lines.first == lines.last ? first : first + "-" + std::to_string(lines.last);
}

bool is_requirement_id(std::string_view id) {
  const Parts parts = parts_of(id);
  return !parts.document.empty() && (!parts.section.empty() || !rfc_of(parts.document)) && !parts.words.empty() &&
         parts.section.find('/') == std::string_view::npos &&
         std::all_of(parts.words.begin(), parts.words.end(), is_word);
}

Requirement requirement_of(std::string id) {
  Requirement requirement;
  const Parts parts = parts_of(id);
  requirement.rfc = rfc_of(parts.document).value_or(0);
  requirement.section = parts.section;
  requirement.id = std::move(id);
  return requirement;
}

std::string section_of(const std::string& id) {
  const Parts parts = parts_of(id);
  if (!rfc_of(parts.document) || parts.section.empty()) return id;
  return "RFC " + std::string(parts.document.substr(3)) + " section " + std::string(parts.section);
}

}  // namespace smtpspec::ledger
