#include "harness/cli/report_places.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "harness/cli/console.hpp"
#include "harness/cli/run_folder.hpp"
#include "harness/cli/suite_files.hpp"
#include "harness/engine/verify.hpp"

namespace smtpspec::cli {

namespace {

using std::filesystem::path;

/// As far as it is there its links are followed.
path resolved(const path& place) {
  std::error_code error;
  const path found = std::filesystem::weakly_canonical(std::filesystem::absolute(place, error), error);
  return error ? place.lexically_normal() : found;
}

/// The same file, by whatever name.
bool is_same(const path& one, const path& other) {
  std::error_code ignored;
  return resolved(one) == resolved(other) || std::filesystem::equivalent(one, other, ignored);
}

bool is_below(const path& place, const path& folder) {
  const path whole = resolved(place);
  const path above = resolved(folder);
  return std::mismatch(above.begin(), above.end(), whole.begin(), whole.end()).first == above.end();
}

/// A device may be written to any number of times.
bool is_device(const path& place) {
  std::error_code ignored;
  const auto status = std::filesystem::status(place, ignored);
  return std::filesystem::is_character_file(status) || std::filesystem::is_fifo(status);
}

bool is_transcripts_place(const path& place, const path& out) {
  if (is_below(place, out / "transcripts")) return true;
  const auto& rounds = engine::verifying_rounds();
  return std::any_of(std::begin(rounds), std::end(rounds),
                     [&](const engine::VerifyingRound& round) { return is_below(place, out / round.folder); });
}

bool is_read(const path& place, const path& used) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(used, ignored)) return is_same(place, used);
  return place.extension() == ".toml" && is_below(place, used) && std::filesystem::exists(place, ignored);
}

/// What stands in the way at a place that was named, or nothing. smtpspec-run is the run's own folder once it has
/// begun.
std::optional<std::string> taken_by(const path& place, const path& out, const std::vector<path>& in_use) {
  for (const path& folder : {out, path(last_run)}) {
    if (is_same(place, folder / results_file)) return "the run's results go there";
    if (is_transcripts_place(place, folder)) return "the run's transcripts go there";
  }
  for (const path& used : in_use)
    if (is_read(place, used)) return "the run reads " + used.string();
  return std::nullopt;
}

}  // namespace

bool reports_have_places(const path& out, const std::vector<WantedReport>& wanted, const std::vector<path>& in_use) {
  const auto refuse = [](const WantedReport& one, const std::string& why) {
    const std::string place = one.file.empty() ? "" : "=" + one.file.string();
    say(fmt::format("--report {}{}: {}; name another file", one.format->name, place, why));
    return false;
  };
  for (auto one = wanted.begin(); one != wanted.end(); ++one) {
    const path place = place_of(out, *one);
    if (place != "-" && is_device(place)) continue;
    for (auto other = wanted.begin(); other != one; ++other)
      if (place == "-" ? other->file == "-" : other->file != "-" && is_same(place, place_of(out, *other)))
        return refuse(*one, fmt::format("the report {} goes there already", other->format->name));
    if (one->file.empty() || place == "-") continue;
    if (const auto why = taken_by(place, out, in_use)) return refuse(*one, *why);
  }
  return true;
}

std::vector<path> read_by(const RunOptions& options, const scenario::Target& target) {
  std::vector<path> files = options.suite;
  std::replace(files.begin(), files.end(), path("shipped"), shipped_suite());
  if (options.suite.empty()) files.push_back(shipped_suite());
  for (const path& file : {target.file, options.baseline, path(options.target.password_file), path(target.tls.ca)})
    if (!file.empty() && file != "-") files.push_back(file);
  return files;
}

}  // namespace smtpspec::cli
