// What the user can do for more to be played: said once, at the end of a run.
#pragma once

#include <string>
#include <vector>

#include "harness/engine/result.hpp"
#include "harness/scenario/target.hpp"

namespace smtpspec::cli {

/// "RCPT TO:<a@b> got 550 5.1.1 No such user; name a mailbox that exists with --rcpt". Escaped.
[[nodiscard]] std::vector<std::string> advice(const engine::RunResult& run, const scenario::Target& target);

}  // namespace smtpspec::cli
