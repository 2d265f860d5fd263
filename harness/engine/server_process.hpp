// Starts and stops a target as its target file says, and whatever it brought up with it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "harness/scenario/target.hpp"

namespace smtpspec::engine {

class ServerOutput;

/// How a process of a server ended that was not to end.
struct Death {
  int signal = 0;     ///< 0 where it ended by itself
  int exit_code = 0;  ///< otherwise
};

/// Not a signal that a server sends its own processes to end them, or that ends a helper whose work is over.
[[nodiscard]] bool tells_of_a_bug(int signal);

/// `start` may be a program that starts a server and ends with 0 when it is up, or the server itself in the foreground.
/// Does nothing where the target file has no [server], or where the address answers already. What it writes goes to our
/// standard error, escaped, and no more of it than is of use to a reader. Where we are killed, the program that was
/// started is ended by SIGTERM; what it has put into the background goes on.
class ServerProcess {
 public:
  ServerProcess();
  ~ServerProcess();  ///< stops it
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  /// Returns what went wrong, or nothing. Waits at most two minutes, and no longer than until `stop` says true.
  /// `near_only`: no other than a loopback or private address is tried.
  [[nodiscard]] std::optional<std::string> start(const scenario::Target& target, bool near_only,
                                                 const std::function<bool()>& stop);

  /// Ends what was started, and nothing else: by `stop` where there is one, then by SIGTERM, and what does not end in
  /// seconds by SIGKILL, its children and those that left it too. Nothing where nothing was started.
  void stop();

  /// Who is to hear what servers write that are started from now on; called in a thread of its own.
  void heard_by(std::function<void(std::string_view)> hear) { hear_ = std::move(hear); }
  /// Since the last call: of the started server by a signal, or by an exit code that tells of trouble; of what it left
  /// to us by a signal that tells of a bug. What its own processes wait for themselves is not seen.
  [[nodiscard]] std::vector<Death> deaths();
  /// The process that was started last, whether it still runs or not; 0 where none was.
  [[nodiscard]] pid_t last_started() const { return last_started_; }

 private:
  void note_end(int status);
  void collect_deaths();
  std::optional<std::string> wait_until_up(const scenario::Target& target, const std::function<bool()>& stop);
  std::optional<scenario::Target> started_;
  bool near_only_ = true;
  std::unique_ptr<ServerOutput> output_;
  std::function<void(std::string_view)> hear_;
  std::vector<Death> deaths_;
  pid_t last_started_ = 0;
  pid_t pid_ = -1;  ///< of a server that stays in the foreground
};

/// Kills what was started last and still runs, at once; for a signal handler.
void kill_server_now();

}  // namespace smtpspec::engine
