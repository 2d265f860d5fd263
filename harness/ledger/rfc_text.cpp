#include "harness/ledger/rfc_text.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace smtpspec::ledger {
namespace {

constexpr std::size_t longest_shown = 2000;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\n'; }
bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ')'; }

bool is_blank(std::string_view line) { return std::all_of(line.begin(), line.end(), is_space); }

std::vector<std::string_view> lines_of(std::string_view file) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (file.starts_with(byte_order_mark)) file.remove_prefix(byte_order_mark.size());
  std::vector<std::string_view> lines;
  for (std::size_t end = 0; end != file.npos;) {
    end = file.find('\n');
    lines.push_back(file.substr(0, end));
    file.remove_prefix(end == file.npos ? file.size() : end + 1);
  }
  return lines;
}

/// Empties the last line with text before each form feed, and the first one after it.
void drop_page_breaks(std::vector<std::string_view>& lines) {
  for (std::size_t feed = 0; feed < lines.size(); ++feed) {
    if (lines[feed].find('\f') == std::string_view::npos) continue;
    std::size_t foot = feed;
    while (foot > 0 && is_blank(lines[foot - 1])) --foot;
    if (foot > 0) lines[foot - 1] = {};
    std::size_t head = feed;
    while (head < lines.size() && is_blank(lines[head])) ++head;
    if (head < lines.size()) lines[head] = {};
  }
}

/// Whether the words so far end in one that a hyphen cuts.
bool ends_in_hyphen(std::string_view words) {
  return words.size() > 1 && words.back() == '-' && is_word(words[words.size() - 2]);
}

std::string folded(std::string_view text) {
  std::string words;
  for (const char c : text) {
    if (!is_space(c)) {
      words += c;
    } else if (!words.empty() && words.back() != ' ') {
      words += ' ';
    }
  }
  if (!words.empty() && words.back() == ' ') words.pop_back();
  return words;
}

/// The number that a heading begins with: "4.2.3.  Reply Codes in Numeric Order", "Appendix B.  ..."; empty for other
/// lines. Headings stand at the margin; RFC 1123 indents those of its subsections, and lists are numbered "1." as well.
std::string_view number_of_heading(std::string_view line) {
  const std::size_t indented = std::min(line.find_first_not_of(' '), line.size());
  line.remove_prefix(indented);
  if (line.find("..") != line.npos || line.find(". .") != line.npos) return {};  // of the table of contents
  constexpr std::string_view appendix = "Appendix ";
  if (line.starts_with(appendix)) line.remove_prefix(appendix.size());
  std::string_view number = line.substr(0, line.find(' '));
  const std::string_view title = line.substr(std::min(line.find_first_not_of(' ', number.size()), line.size()));
  if (number.ends_with('.')) number.remove_suffix(1);
  const bool has_title = !title.empty() && (title[0] == '"' || (title[0] >= 'A' && title[0] <= 'Z'));
  if (number.empty() || !has_title || (indented > 0 && number.find('.') == number.npos)) return {};
  const bool is_letter = number[0] >= 'A' && number[0] <= 'Z' && (number.size() == 1 || number[1] == '.');
  const std::string_view digits = number.substr(is_letter ? 1 : 0);
  const bool fits =
      std::all_of(digits.begin(), digits.end(), [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
  return fits ? number : std::string_view();
}

}  // namespace

RfcText::RfcText(std::string_view file) {
  std::vector<std::string_view> lines = lines_of(file);
  drop_page_breaks(lines);
  words_.reserve(file.size());
  line_of_.reserve(file.size());
  for (std::size_t number = 0; number < lines.size(); ++number) {
    const std::string words = folded(lines[number]);
    if (words.empty()) continue;
    const std::string_view heading = number_of_heading(lines[number]);
    if (!heading.empty()) headings_.emplace(static_cast<int>(number) + 1, heading);
    if (!words_.empty() && !ends_in_hyphen(words_)) words_ += ' ';
    words_ += words;
    line_of_.resize(words_.size(), static_cast<int>(number) + 1);
  }
}

std::vector<Lines> RfcText::find(std::string_view sentence) const {
  const std::string wanted = folded(sentence);
  std::vector<Lines> found;
  if (wanted.empty()) return found;
  for (std::size_t at = words_.find(wanted); at != words_.npos; at = words_.find(wanted, at + 1))
    found.push_back({line_of_[at], line_of_[at + wanted.size() - 1]});
  return found;
}

std::string RfcText::at(const Lines& lines) const {
  const auto begin = std::lower_bound(line_of_.begin(), line_of_.end(), lines.first);
  const auto end = std::upper_bound(begin, line_of_.end(), lines.last);
  const auto length = std::min(longest_shown, static_cast<std::size_t>(end - begin));
  return folded(std::string_view(words_).substr(static_cast<std::size_t>(begin - line_of_.begin()), length));
}

std::string RfcText::section_of(int line) const {
  const auto next = headings_.upper_bound(line);
  return next == headings_.begin() ? std::string() : std::prev(next)->second;
}

std::string misquoted(const Requirement& requirement, const RfcText& text) {
  const std::vector<Lines> found = text.find(requirement.says);
  if (std::find(found.begin(), found.end(), requirement.lines) != found.end()) return {};
  if (!found.empty()) return "the sentence stands at lines " + text_of(found.front());
  if (requirement.lines.first == 0) return "the sentence is not in the RFC";
  const std::string there = text.at(requirement.lines);
  return there.empty() ? "nothing stands at these lines" : "at these lines stands: " + there;
}

std::string other_section(const Requirement& requirement, const RfcText& text) {
  const std::string section = text.section_of(requirement.lines.first);
  return section == requirement.section || section.starts_with(requirement.section + '.') ? std::string() : section;
}

}  // namespace smtpspec::ledger
