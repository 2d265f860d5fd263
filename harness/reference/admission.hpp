// Which mailboxes a server takes mail for.
#pragma once

#include "harness/reference/fault.hpp"
#include "harness/reference/session.hpp"
#include "harness/smtp/path.hpp"

namespace smtpspec::reference {

enum class Admission {
  accepted,
  unknown,  ///< nobody of that name in the own domain
  foreign,  ///< another domain: taking it would be relaying
};

/// `may_relay`: the client has authenticated. A source route is ignored (RFC 5321 section 4.1.1.3, appendix C);
/// Postmaster is always there (section 4.5.1); "user+detail" is user's; a local-part that names another host by '%'
/// or '!' is foreign. Local-parts of the own domain are compared without regard to case, as section 2.4 advises.
[[nodiscard]] Admission admission_of(const smtp::Path& path, const Settings& settings, const Faults& faults,
                                     bool may_relay);

}  // namespace smtpspec::reference
