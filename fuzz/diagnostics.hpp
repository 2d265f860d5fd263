// What the targets of the loaders share: what holds of every diagnostic of a file.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "fuzz/require.hpp"
#include "harness/scenario/diagnostic.hpp"

namespace smtpspec::fuzz {

inline void check_diagnostics(const std::vector<scenario::Diagnostic>& diagnostics, std::string_view text) {
  const int lines = 1 + static_cast<int>(std::count(text.begin(), text.end(), '\n'));
  require(diagnostics.size() <= 101, "the diagnostics are bounded");
  for (const scenario::Diagnostic& diagnostic : diagnostics) {
    require(diagnostic.place.line >= 1 && diagnostic.place.line <= lines, "a diagnostic has a line of the file");
    require(diagnostic.place.column >= 1 && diagnostic.width >= 1, "a diagnostic has a column");
    require(!diagnostic.message.empty(), "a diagnostic says something");
    const std::string shown = render(diagnostic);
    require(shown.size() < (std::size_t{1} << 23), "what is shown is bounded");
    require(std::none_of(shown.begin(), shown.end(),
                         [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7F; }),
            "no control character is shown");
  }
}

}  // namespace smtpspec::fuzz
