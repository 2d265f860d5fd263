// How processes end that others wait for, as the kernel tells who may know it (root, in no container): a server's own
// children, one of which serves a session perhaps.
#pragma once

#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include <sys/types.h>

#include "harness/engine/server_process.hpp"
#include "harness/record/bounded_file.hpp"

namespace smtpspec::fuzz {

/// Linux's process events (the kernel's cn_proc.h). Where they are not to be had, or came too fast, deaths go unseen.
/// They are had where all processes are seen: whoever will be apart (apart.hpp) takes along what was made before.
class ProcessEvents {
 public:
  ProcessEvents();
  /// Of what was begun by `root`, or by what it has begun: those that ended since the last call by a signal that tells
  /// of a bug. Asked often, it knows who has begun whom. `root`: by its number where this is called.
  [[nodiscard]] std::vector<engine::Death> deaths(pid_t root);

 private:
  void take(const char* event, std::size_t size, std::vector<engine::Death>& out);
  void forget_the_gone();
  [[nodiscard]] pid_t number_where_made(pid_t root) const;

  record::Descriptor socket_;
  std::optional<record::Folder> processes_;  ///< /proc
  std::string namespace_;                    ///< of processes, where this was made
  pid_t root_ = 0;
  std::unordered_set<pid_t> known_;
};

}  // namespace smtpspec::fuzz
