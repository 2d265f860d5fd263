// The reference server as a target: its settings, and what a target file would say of it.
#pragma once

#include <string>

#include "harness/reference/session.hpp"
#include "harness/scenario/target.hpp"

namespace smtpspec::memory {

/// `profile`: mx, submission or lmtp.
[[nodiscard]] reference::Settings reference_settings(const std::string& profile);
[[nodiscard]] scenario::Target reference_target(const std::string& profile);

}  // namespace smtpspec::memory
