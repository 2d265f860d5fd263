// Invariant: any file loads without a throw, every diagnostic has a line of the file and prints, octets are bounded,
// and a scenario that was written out loads to the same again.
#include <algorithm>
#include <string>

#include "fuzz/require.hpp"
#include "harness/scenario/loader.hpp"
#include "harness/scenario/octets.hpp"
#include "harness/scenario/writer.hpp"

using namespace smtpspec::fuzz;
using namespace smtpspec::scenario;

namespace {

// What the fixed values are long; see `value`.
constexpr std::size_t value_size = 20;
// A larger text is lawful, but only slow to look at.
constexpr std::size_t largest_looked_at = std::size_t{1} << 18;

std::optional<std::string> value(std::string_view name) {
  for (const KnownValue& known : known_values())
    if (known.name == name) return std::string(value_size, 'v');
  return std::nullopt;
}

std::size_t size_at_most(const std::vector<Piece>& pieces) {
  std::size_t sum = 0;
  for (const Piece& piece : pieces) {
    const std::size_t unit = std::max<std::size_t>(1, piece.octets.size());
    sum += piece.kind == Piece::Kind::repeat ? unit * piece.count : piece.octets.size();
    sum += piece.kind == Piece::Kind::fill ? piece.count : 0;
    sum += piece.kind == Piece::Kind::value || piece.kind == Piece::Kind::sum ? value_size : 0;
    sum += piece.kind == Piece::Kind::base64 ? size_at_most(piece.inner) * 4 / 3 + 4 : 0;
  }
  return sum;
}

void check_diagnostic(const Diagnostic& diagnostic, int lines) {
  require(diagnostic.place.line >= 1 && diagnostic.place.line <= lines, "a diagnostic has a line of the file");
  require(diagnostic.place.column >= 1 && diagnostic.width >= 1, "a diagnostic has a column");
  require(!diagnostic.message.empty(), "a diagnostic says something");
  const std::string shown = render(diagnostic);
  require(shown.size() < (std::size_t{1} << 23), "what is shown is bounded");
  require(std::none_of(shown.begin(), shown.end(),
                       [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7F; }),
          "no control character is shown");
}

void check_octets(const Send& send) {
  const std::size_t at_most = size_at_most(send.octets.pieces);
  if (at_most > largest_looked_at) return;
  const auto octets = octets_of(send, value);
  if (!octets) return;
  // Dot-stuffing adds one octet to three at most, and each frame has fewer than 64.
  require(octets->size() <= at_most + at_most / 2 + 64, "the octets of a step are bounded");
  std::string joined;
  for (const std::string_view segment : segments_of(*octets, send.cut)) {
    require(!segment.empty(), "no segment is empty");
    joined += segment;
  }
  require(joined == *octets, "the segments are the octets");
}

void check_writing(const Scenario& scenario) {
  const std::string written = to_toml(scenario);
  if (written.size() > largest_looked_at) return;
  auto loaded = load_scenarios(written, "written.toml");
  require(loaded.ok() && loaded.value.scenarios.size() == 1, "what was written loads");
  loaded.value.scenarios[0].level_stated = scenario.level_stated;
  require(loaded.value.scenarios[0] == scenario, "what was written loads to the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = smtpspec::fuzz::octets_of(data, size);
  const int lines = 1 + static_cast<int>(std::count(text.begin(), text.end(), '\n'));
  const auto loaded = load_scenarios(text, "fuzz.toml");
  for (const Diagnostic& diagnostic : loaded.diagnostics) check_diagnostic(diagnostic, lines);
  require(loaded.diagnostics.size() <= 101, "the diagnostics are bounded");
  require(loaded.value.scenarios.size() <= max_rows, "the rows are bounded");
  for (const Diagnostic& diagnostic : check_suite(loaded.value))
    require(!render(diagnostic).empty(), "a finding shows");
  if (!loaded.ok()) return 0;
  std::size_t rows = 0;
  std::size_t steps = 0;
  for (const Scenario& scenario : loaded.value.scenarios) {
    if (++rows <= 20) check_writing(scenario);
    for (const Step& step : scenario.steps)
      if (const auto* send = std::get_if<Send>(&step.action); send != nullptr && ++steps <= 200) check_octets(*send);
  }
  return 0;
}
