// Invariant: any file loads without a throw, every diagnostic has a line of the file and prints, octets are bounded.
#include <algorithm>
#include <string>

#include "fuzz/diagnostics.hpp"
#include "fuzz/require.hpp"
#include "harness/scenario/loader.hpp"
#include "harness/scenario/octets.hpp"

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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = smtpspec::fuzz::octets_of(data, size);
  const auto loaded = load_scenarios(text, "fuzz.toml");
  check_diagnostics(loaded.diagnostics, text);
  require(loaded.value.scenarios.size() <= max_rows, "the rows are bounded");
  for (const Diagnostic& diagnostic : check_suite(loaded.value))
    require(!render(diagnostic).empty(), "a finding shows");
  if (!loaded.ok()) return 0;
  std::size_t steps = 0;
  for (const Scenario& scenario : loaded.value.scenarios)
    for (const Step& step : scenario.steps)
      if (const auto* send = std::get_if<Send>(&step.action); send != nullptr && ++steps <= 200) check_octets(*send);
  return 0;
}
