// The setup steps that lead from a connection to the ready state where a scenario begins, and the fence that ends it.
#pragma once

#include <vector>

#include "harness/record/transcript.hpp"
#include "harness/scenario/model.hpp"

namespace smtpspec::judge {

/// `under_tls`: TLS is there from the first octet. A state that the target cannot reach (tls without STARTTLS) still
/// has its steps: that they fail is what is wanted to be known.
[[nodiscard]] std::vector<scenario::Step> setup_steps(scenario::Ladder to, const record::Terms& terms, bool under_tls);

/// NOOP (RSET where the target knows no NOOP) and QUIT, each with any one reply; what the replies must be is the
/// machine's to say.
[[nodiscard]] std::vector<scenario::Step> fence_steps(const record::Terms& terms);

}  // namespace smtpspec::judge
