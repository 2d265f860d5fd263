// What the processes of a server on this machine take, as /proc shows it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <sys/types.h>

#include "fuzz/oracles/growth.hpp"
#include "harness/scenario/target.hpp"

namespace smtpspec::fuzz {

/// It is on loopback: its processes are those of this machine.
[[nodiscard]] bool is_here(const scenario::Target& target);

/// The server is whoever listens on a port, the processes of the same program that it comes from, and all that come
/// from these. Where that cannot be seen (another machine, another user's) there is nothing.
class ProcessUsage {
 public:
  explicit ProcessUsage(std::uint16_t port) : port_(port) {}
  /// nullopt where no process is known. `sessions` is the caller's to fill.
  [[nodiscard]] std::optional<Usage> look();
  /// It is another process than at the look before.
  [[nodiscard]] bool is_another() const { return is_another_; }

 private:
  [[nodiscard]] bool find_root();

  std::uint16_t port_;
  pid_t root_ = 0;
  std::uint64_t born_ = 0;  ///< when the root was started: a number may be used again
  bool is_another_ = false;
  std::size_t in_vain_ = 0;
};

}  // namespace smtpspec::fuzz
