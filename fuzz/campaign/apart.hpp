// Processes that are each apart from all others: with loopback, processes and folders of its own, so that servers on
// the same ports and files run side by side (Linux namespaces).
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "harness/record/bounded_file.hpp"

namespace smtpspec::fuzz {

/// Folders that are to be a process's own. It sees what they held before; what it writes there nobody else sees.
struct OwnFolders {
  std::vector<std::filesystem::path> all;
  std::filesystem::path changes;  ///< a folder that is made, outside of them; it holds what is written
};

/// All of them end when it is destroyed, and with this process, however that ends; with each ends what it has started,
/// and its namespaces are gone.
class Apart {
 public:
  Apart() = default;
  ~Apart();
  Apart(const Apart&) = delete;
  Apart& operator=(const Apart&) = delete;

  static constexpr int not_apart = 71;
  /// Starts one, in whose namespaces `work` gives its exit code; where there are none to be had it writes why to
  /// standard error, and ends with `not_apart`. False where no process could be started: root alone may. Not for
  /// threads.
  [[nodiscard]] bool start(const OwnFolders& folders, const std::function<int()>& work);
  /// The exit code of the one that was started so many others after, or 128 and the signal; nullopt while it runs.
  [[nodiscard]] std::optional<int> exit_code(std::size_t number);
  void signal(int number) const;

 private:
  struct One {
    pid_t pid = 0;
    record::Descriptor pipe;  ///< by whose other end it knows that this process is there
    std::optional<int> exit_code;
  };
  std::vector<One> started_;
};

}  // namespace smtpspec::fuzz
