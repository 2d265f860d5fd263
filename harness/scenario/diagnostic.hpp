// What is wrong with a file, said so that it can be mended: place, line, caret, and what was probably meant.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/scenario/model.hpp"

namespace smtpspec::scenario {

struct Diagnostic {
  enum class Severity { error, warning };
  Severity severity = Severity::error;
  Place place;
  std::string message;  ///< "unknown key 'expct'"
  std::string help;     ///< "did you mean 'expect'?"; empty where there is nothing to say
  std::string line;     ///< the line of the file, for the caret; empty where unknown
  int width = 1;        ///< columns to underline
};

/// An error at a place; the line is not known yet.
[[nodiscard]] inline Diagnostic about(const Place& place, std::string message, std::string help = {}) {
  return {Diagnostic::Severity::error, place, std::move(message), std::move(help), {}, 1};
}

/// The closest of `candidates` to `word` by edit distance, or empty when none is near.
[[nodiscard]] std::string closest(std::string_view word, const std::vector<std::string>& candidates);
/// "did you mean 'x'?" of it, or what is given otherwise when none is near.
[[nodiscard]] std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates,
                                       std::string otherwise = {});

/// Several lines, ending in LF:
///   scenarios/a.toml:12:14: error: unknown key 'expct'
///     12 | steps = [ { send = "DATA", expct = "503" } ]
///        |                            ^^^^^ did you mean 'expect'?
[[nodiscard]] std::string render(const Diagnostic& diagnostic, bool colour = false);

}  // namespace smtpspec::scenario
