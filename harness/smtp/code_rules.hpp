// The referee's rules about the code of a reply, given the command that it answers and the state of the server.
#pragma once

#include <vector>

#include "harness/smtp/reply_rules.hpp"
#include "harness/smtp/server_half.hpp"

namespace smtpspec::smtp {

/// `server` is as it was before the reply.
[[nodiscard]] std::vector<Finding> judge_code(const ServerHalf& server, const Owed& what, const Reply& reply);

}  // namespace smtpspec::smtp
