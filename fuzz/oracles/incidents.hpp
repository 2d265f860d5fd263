// What the processes of a server come to, as breaches: they die, or a sanitizer tells of them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/oracles/oracles.hpp"

namespace smtpspec::fuzz {

struct Incident {
  std::string cause;   ///< "crash/SIGSEGV", "crash/exit-1", "sanitizer/..."
  std::string actual;  ///< one line
  bool ends = true;    ///< a process
};

/// A process that ended: by this signal, or by this exit code where it is 0.
[[nodiscard]] Incident incident_of_death(int signal, int exit_code);

/// What happened since the last call. `wait`: until what happened by now is known.
using Happened = std::function<std::vector<Incident>(bool wait)>;

/// A cause, or its file name: it was seen of the server's processes, and not of the session.
[[nodiscard]] bool is_incident(std::string_view cause);
/// The same happened, whatever had been said before; causes, or their file names. Reports by their causes alone.
[[nodiscard]] bool is_same_incident(std::string_view cause, std::string_view other);

/// What one session broke, and what happened meanwhile: a process that dies is the cause of the session's end, and a
/// sanitizer's report that of the death. So only the first of these is named.
[[nodiscard]] std::vector<Breach> with_incidents(std::vector<Breach> seen, const std::vector<Incident>& incidents);

}  // namespace smtpspec::fuzz
