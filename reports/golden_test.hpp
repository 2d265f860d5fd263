// Reports as they were approved: reports/golden/.
#pragma once

#include <string>

namespace smtpspec::reports {

/// What differs from the golden file of that name, and how to approve what is written now; nothing where they are
/// alike. With SMTPSPEC_APPROVE=1 the file is written first.
[[nodiscard]] std::string golden_problem(const std::string& name, const std::string& text);

}  // namespace smtpspec::reports
