// The reference server's session, to be played in memory.
#pragma once

#include "harness/memory/server_session.hpp"
#include "harness/reference/fault.hpp"
#include "harness/reference/session.hpp"

namespace smtpspec::memory {

[[nodiscard]] OpenSession reference_sessions(reference::Settings settings, const reference::Faults& faults);

}  // namespace smtpspec::memory
