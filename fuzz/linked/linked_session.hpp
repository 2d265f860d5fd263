// A server author's session, as it is played in memory.
#pragma once

#include <string>

#include "fuzz/linked/fuzz_session.h"
#include "harness/memory/server_session.hpp"
#include "harness/scenario/target.hpp"

namespace smtpspec::fuzz {

/// The server must outlive the sessions. Mail goes where `mail_arrives` says while one of them receives.
[[nodiscard]] memory::OpenSession sessions_of(const smtpspec_server& server);
/// As a target file would have it.
[[nodiscard]] scenario::Target target_of(const smtpspec_server& server);
/// What is missing of it; empty where nothing is.
[[nodiscard]] std::string missing_in(const smtpspec_server& server);

/// What smtpspec_delivered was told.
void mail_arrives(record::Delivery mail);

}  // namespace smtpspec::fuzz
