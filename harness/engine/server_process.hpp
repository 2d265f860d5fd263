// Starts and stops a target as its target file says, by its own process id.
#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

#include "harness/scenario/target.hpp"

namespace smtpspec::engine {

/// `start` may be a program that starts a server and ends with 0 when it is up, or the server itself in the foreground.
/// Does nothing where the target file has no [server], or where the address answers already.
class ServerProcess {
 public:
  ServerProcess() = default;
  ~ServerProcess();  ///< stops what was started
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  /// Returns what went wrong, or nothing. Waits at most two minutes.
  [[nodiscard]] std::optional<std::string> start(const scenario::Target& target);

 private:
  std::optional<std::string> wait_until_up(const scenario::Target& target);
  std::optional<scenario::Target> started_;
  pid_t pid_ = -1;  ///< of a server that stays in the foreground
};

}  // namespace smtpspec::engine
