#include "harness/cli/version.hpp"

#include <string_view>

#include <fmt/format.h>

#include "harness/cli/suite_files.hpp"
#include "harness/engine/selection.hpp"

namespace smtpspec::cli {

std::string version() {
  std::string words = "smtpspec " SMTPSPEC_VERSION;
  if (!std::string_view(commit).empty()) words += fmt::format(" (commit {})", commit);
  const auto suite = load_suite({});
  if (!suite) return words;
  const auto all = engine::select(*suite, {});
  return words + fmt::format(", suite of {} scenarios, fingerprint {}", all.size(), engine::fingerprint(all));
}

}  // namespace smtpspec::cli
