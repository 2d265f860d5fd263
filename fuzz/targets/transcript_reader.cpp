// Invariant: any text reads as a transcript or as a problem, within the memory that a transcript may take; what was
// read is written so that it reads the same, with its secrets taken out too.
#include "fuzz/require.hpp"
#include "harness/judge/referee_report.hpp"
#include "harness/record/json_lines.hpp"
#include "harness/record/secrets.hpp"

using namespace smtpspec::fuzz;
using namespace smtpspec::record;

namespace {

std::string read_and_written(const std::string& text) {
  std::string problem;
  const auto transcript = from_json_lines(text, problem);
  require(transcript.has_value(), "what was written reads");
  return to_json_lines(*transcript);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string problem;
  auto transcript = from_json_lines(octets_of(data, size), problem);
  if (!transcript) {
    require(!problem.empty(), "a problem is told");
    return 0;
  }
  require(octets_held(*transcript) <= 2 * max_transcript_held, "what is held is bounded");
  const std::string written = to_json_lines(*transcript);
  require(read_and_written(written) == written, "a transcript that was written reads the same");
  if (const auto little = to_json_lines(*transcript, Room{.octets = written.size() / 2, .of_each = 16})) {
    require(little->size() <= written.size() / 2, "a transcript keeps to its room");
    require(read_and_written(*little) == *little, "a transcript with little room reads the same");
  }
  const auto report = smtpspec::judge::referee_report(*transcript);
  for (const auto& violation : report.violations)
    require(violation.event < transcript->events.size(), "a breach is at an event");
  const Redactor redactor({"tanstaaftanstaaf"});
  const std::string clean = to_json_lines(redactor.without_secrets(*transcript));
  require(to_json_lines(redactor.without_secrets(*transcript)) == clean, "secrets are taken out once");
  return 0;
}
