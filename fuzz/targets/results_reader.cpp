// Invariant: any text reads as the results of a run or as a problem; what was read is written so that it reads the
// same, and every report can be written of it.
#include <algorithm>

#include "fuzz/require.hpp"
#include "reports/report.hpp"

using namespace smtpspec::fuzz;
using namespace smtpspec::reports;

namespace {

bool is_fit_to_be_shown(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string problem;
  const auto run = from_json(octets_of(data, size), problem);
  if (!run) {
    require(!problem.empty(), "a problem is told");
    return 0;
  }
  const std::string written = to_json(*run);
  const auto again = from_json(written, problem);
  require(again.has_value(), "what was written reads");
  require(to_json(*again) == written, "results that were written read the same");
  require(is_fit_to_be_shown(to_terminal(*run, {.verbose = true, .width = 60})), "the report can be shown");
  require(is_fit_to_be_shown(to_junit(*run)), "the JUnit report is fit for XML");
  return 0;
}
