// Reports of sanitizers (ASan, LSan, MSan, TSan, UBSan) in what a server writes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace smtpspec::fuzz {

struct SanitizerReport {
  std::string cause;    ///< what, and where: "sanitizer/heap-buffer-overflow/parse_path"; the same for the same bug
  std::string summary;  ///< the line that says it in short
  std::string text;     ///< all of it, as far as it is kept
  bool ends = false;    ///< a process that tells this ends by it
};

/// Finds them in octets that come piece by piece, whatever else is in them. Holds a line, a report, and of those that
/// nobody has asked for the first 200.
class SanitizerReports {
 public:
  static constexpr std::size_t longest_line = 2000;
  static constexpr std::size_t longest_report = std::size_t{32} << 10;

  void take(std::string_view octets);
  /// Those that came to their end since the last call.
  [[nodiscard]] std::vector<SanitizerReport> finished();
  /// One has begun, and has not come to its end.
  [[nodiscard]] bool is_under_way() const { return !text_.empty(); }

 private:
  void take_line(const std::string& line);
  void take_summary(const std::string& line);
  void take_runtime_error(const std::string& line);
  void finish(SanitizerReport report);

  std::string line_;
  std::string text_;  ///< of the report under way; empty: none is
  std::vector<SanitizerReport> finished_;
};

}  // namespace smtpspec::fuzz
