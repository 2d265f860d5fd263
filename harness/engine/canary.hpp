// Canaries: the plainest sessions there are. When one fails, what other scenarios say is not to be trusted.
#pragma once

#include "harness/scenario/model.hpp"

namespace smtpspec::engine {

/// A message to an accepted mailbox, which must be delivered.
[[nodiscard]] const scenario::Scenario& canary_with_message();
/// A transaction up to RCPT, then RSET.
[[nodiscard]] const scenario::Scenario& canary_without_message();

}  // namespace smtpspec::engine
