#include "harness/cli/run_folder.hpp"

#include <fmt/format.h>

#include "harness/cli/console.hpp"
#include "harness/cli/suite_files.hpp"
#include "reports/report.hpp"

namespace smtpspec::cli {

std::optional<engine::RunResult> stored_result(const std::filesystem::path& folder) {
  const auto file = folder / "results.json";
  const auto text = read_file(file);
  if (!text) {
    say(fmt::format("{}: cannot be read; give the folder that 'smtpspec run --out' wrote", file.string()));
    return std::nullopt;
  }
  std::string problem;
  auto run = reports::from_json(*text, problem);
  if (!run) say(fmt::format("{}: {}", file.string(), problem));
  return run;
}

}  // namespace smtpspec::cli
