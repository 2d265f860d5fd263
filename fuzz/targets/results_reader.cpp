// Invariant: any text reads as the results of a run or as a problem; what was read is written so that it reads the
// same, and every report can be written of it.
#include "fuzz/require.hpp"
#include "reports/report.hpp"

using namespace smtpspec::fuzz;
using namespace smtpspec::reports;

namespace {

// A record of CSV ends in CRLF.
bool is_fit_to_be_shown(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool ends_a_line = text[i] == '\n' || text.substr(i, 2) == "\r\n";
    if ((static_cast<unsigned char>(text[i]) < 0x20 && !ends_a_line) || text[i] == 0x7f) return false;
  }
  return true;
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
  for (const Format& format : formats())
    if (format.write != nullptr) require(is_fit_to_be_shown(format.write(*run)), "every report can be shown");
  require(is_fit_to_be_shown(to_github_annotations(*run)), "and so can the annotations");
  return 0;
}
