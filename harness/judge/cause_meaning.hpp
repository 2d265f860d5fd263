// The causes of verdicts, in words for people.
#pragma once

#include <string_view>

#include "harness/judge/verdict.hpp"

namespace smtpspec::judge {

/// "a reply that none of the allowed endings fits"; empty for `none`, which has no word of its own.
[[nodiscard]] std::string_view meaning(Cause cause);

}  // namespace smtpspec::judge
