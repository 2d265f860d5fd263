// The text of an RFC, so that a quoted sentence can be held against it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/ledger/requirement.hpp"

namespace smtpspec::ledger {

/// The words of an RFC's text file in one line: white space is folded, the two lines of a page break (the foot before
/// the form feed and the head after it) are left out, and a word cut at its hyphen by the end of a line is joined.
class RfcText {
 public:
  /// The octets of rfcNNNN.txt as the RFC Editor has it; any octets may be given.
  explicit RfcText(std::string_view file);

  /// The lines that a sentence stands on, each time that it is there. The empty sentence is nowhere.
  [[nodiscard]] std::vector<Lines> find(std::string_view sentence) const;
  /// What stands at these lines, folded; 2000 octets of it at most.
  [[nodiscard]] std::string at(const Lines& lines) const;
  /// The number of the section that a line stands in, "4.1.1.4" or of an appendix "B.1"; empty before the first one.
  [[nodiscard]] std::string section_of(int line) const;

 private:
  std::string words_;
  std::vector<int> line_of_;             // of each octet of words_
  std::map<int, std::string> headings_;  // numbers of sections, by the lines of their headings
};

/// What is wrong with a requirement's sentence or lines; empty where the sentence stands at its lines, word for word,
/// from the first to the last. `text` is that of its RFC.
[[nodiscard]] std::string misquoted(const Requirement& requirement, const RfcText& text);
/// The section that its first line stands in, where that is neither the requirement's own nor within it; else empty.
[[nodiscard]] std::string other_section(const Requirement& requirement, const RfcText& text);

}  // namespace smtpspec::ledger
