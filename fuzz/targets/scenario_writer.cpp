// Invariant: a scenario that was loaded and written out loads to the same again, and is written the same again.
#include "fuzz/require.hpp"
#include "harness/scenario/loader.hpp"
#include "harness/scenario/writer.hpp"

using namespace smtpspec::fuzz;
using namespace smtpspec::scenario;

namespace {

constexpr std::size_t most_rows = 20;
constexpr std::size_t largest_looked_at = std::size_t{1} << 18;

void check_writing(const Scenario& scenario) {
  const std::string written = to_toml(scenario);
  if (written.size() > largest_looked_at) return;
  auto loaded = load_scenarios(written, "written.toml");
  require(loaded.ok() && loaded.value.scenarios.size() == 1, "what was written loads");
  require(to_toml(loaded.value.scenarios[0]) == written, "a scenario has one form");
  loaded.value.scenarios[0].level_stated = scenario.level_stated;
  loaded.value.scenarios[0].levels = scenario.levels;
  require(loaded.value.scenarios[0] == scenario, "what was written loads to the same");
}

void check_string(std::string_view text) {
  const auto loaded = load_scenarios("[[scenario]]\nid = \"a\"\ntitle = " + toml_string(text) + "\n", "string.toml");
  if (!loaded.value.scenarios.empty() && loaded.ok())
    require(loaded.value.scenarios[0].title == text, "a text that was written loads to the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = octets_of(data, size);
  const auto loaded = load_scenarios(text, "fuzz.toml");
  if (!loaded.ok()) return 0;
  std::size_t rows = 0;
  for (const Scenario& scenario : loaded.value.scenarios) {
    if (++rows > most_rows) break;
    check_writing(scenario);
    check_string(scenario.rationale);
  }
  return 0;
}
