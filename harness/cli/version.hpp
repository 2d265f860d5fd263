// Which smtpspec this is.
#pragma once

#include <string>

namespace smtpspec::cli {

/// That this was built from, short; empty where it was built from no checkout of git. Its source is written by each
/// build (cmake/commit.cmake).
extern const char* const commit;

/// "smtpspec 0.1.0 (commit abc1234), suite of 1500 scenarios, fingerprint 0123456789abcdef": without the commit, or the
/// suite, where there is none. The fingerprint is what results.json has of a run of the whole shipped suite.
[[nodiscard]] std::string version();

}  // namespace smtpspec::cli
