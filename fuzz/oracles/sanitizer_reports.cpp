#include "fuzz/oracles/sanitizer_reports.hpp"

#include <algorithm>
#include <utility>

#include <re2/re2.h>

namespace smtpspec::fuzz {

namespace {

constexpr std::size_t longest_name = 60;
constexpr std::size_t most_finished = 200;

/// Of "smtp::Parser::take(char const*)" it is "smtp::Parser::take": how arguments are written differs.
std::string name_of(std::string_view frame) {
  std::string name(frame);
  RE2::GlobalReplace(&name, R"(\(anonymous namespace\)::)", "");
  return name.substr(0, std::min(name.find('('), longest_name));
}

/// The first frame of a report whose function is none of these.
std::string first_frame(std::string_view report, const RE2& passed_over) {
  static const RE2 frame(R"(#\d+ 0x[0-9a-f]+ in ([^\n]+?)(?: \S+)?(?:\n|$))");
  re2::StringPiece rest(report.data(), report.size());
  std::string function;
  while (RE2::FindAndConsume(&rest, frame, &function))
    if (!RE2::PartialMatch(function, passed_over)) return name_of(function);
  return "";
}

/// Where memory was taken that was not given back.
std::string origin_of_leak(std::string_view report) {
  static const RE2 allocator("(?i)alloc|operator new|strdup|interceptor");
  return first_frame(report, allocator);
}

/// Whose mistake it was: who called a function of the C library. Without symbols where that was.
std::string place_of(const std::string& function, std::string_view report) {
  static const RE2 of_library(
      R"(^(?:__interceptor_|__asan_|__sanitizer_|___interceptor_|(?:mem|str|wcs)[a-z]+$|v?s?n?printf))");
  static const RE2 address(R"(#0 0x[0-9a-f]+ +\((?:[^\s()]*/)?([^\s()/]+\+0x[0-9a-f]+)\))");
  if (!function.empty() && !RE2::PartialMatch(function, of_library)) return name_of(function);
  const std::string caller = first_frame(report, of_library);
  std::string place;
  if (caller.empty() && function.empty())
    (void)RE2::PartialMatch(re2::StringPiece(report.data(), report.size()), address, &place);
  return !caller.empty() ? caller : !place.empty() ? place : name_of(function);
}

std::string cause_of(std::string_view what, std::string_view where) {
  std::string cause = "sanitizer/" + std::string(what);
  return where.empty() ? cause
                       : cause + "/" + std::string(where.substr(where.size() - std::min(where.size(), longest_name)));
}

}  // namespace

void SanitizerReports::take(std::string_view octets) {
  while (!octets.empty()) {
    const std::size_t size = std::min(octets.find('\n'), octets.size());
    // Of a line that is too long what comes late is left out.
    line_ += octets.substr(0, std::min(size, longest_line - std::min(line_.size(), longest_line)));
    if (size == octets.size()) return;
    octets.remove_prefix(size + 1);
    take_line(line_);
    line_.clear();
  }
}

std::vector<SanitizerReport> SanitizerReports::finished() { return std::exchange(finished_, {}); }

void SanitizerReports::take_line(const std::string& line) {
  static const RE2 begin(
      R"(==\d+==\s?(?:ERROR|WARNING): (?:Address|Leak|Memory|Thread|HWAddress)Sanitizer|WARNING: ThreadSanitizer)");
  static const RE2 summary(R"(^SUMMARY: (?:Address|Leak|Memory|Thread|HWAddress)Sanitizer: )");
  const bool begins = RE2::PartialMatch(line, begin);
  if (begins) text_.clear();
  if (begins || (!text_.empty() && text_.size() < longest_report)) text_.append(line).append("\n");
  if (!text_.empty() && RE2::PartialMatch(line, summary)) return take_summary(line);
  take_runtime_error(line);
}

void SanitizerReports::take_summary(const std::string& line) {
  static const RE2 leak(R"(SUMMARY: \w+: \d+ byte\(s\) leaked)");
  static const RE2 words(R"(SUMMARY: \w+: (.+?)(?: (\S+) in (.+)| \(.*)?$)");
  SanitizerReport report{.cause = "", .summary = line, .text = std::exchange(text_, {})};
  std::string what;
  std::string place;
  std::string function;
  if (RE2::PartialMatch(line, leak)) {
    report.cause = cause_of("leak", origin_of_leak(report.text));
  } else if (RE2::PartialMatch(line, words, &what, &place, &function)) {
    static const RE2 goes_on("(?:Leak|Thread)Sanitizer");
    report.cause = cause_of(what.substr(0, longest_name), place_of(function, report.text));
    report.ends = !RE2::PartialMatch(line, goes_on);
  }
  if (!report.cause.empty()) finish(std::move(report));
}

void SanitizerReports::finish(SanitizerReport report) {
  if (finished_.size() < most_finished) finished_.push_back(std::move(report));
}

/// UBSan tells of each thing in a line of its own, and goes on.
void SanitizerReports::take_runtime_error(const std::string& line) {
  static const RE2 form(R"(^(?:\S*/)?([^\s/:]+:\d+):\d+: runtime error: (.+)$)");
  static const RE2 numbers(R"(0x[0-9a-f]+|-?\d+|'[^']*')");
  std::string place;
  std::string what;
  if (!RE2::FullMatch(line, form, &place, &what)) return;
  const std::string summary = what;
  RE2::GlobalReplace(&what, numbers, "");
  what = what.substr(0, std::min(what.find_first_of(":,"), longest_name));
  RE2::GlobalReplace(&what, " +", " ");
  while (what.ends_with(' ')) what.pop_back();
  finish({cause_of(what, place), place + ": " + summary, line + "\n"});
}

}  // namespace smtpspec::fuzz
