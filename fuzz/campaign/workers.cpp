#include "fuzz/campaign/workers.hpp"

#include <csignal>
#include <cstdio>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/record/bounded_file.hpp"

namespace smtpspec::fuzz {

Workers::~Workers() {
  for (const pid_t pid : running_) {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
}

void write_output_to(const std::string& log) {
  const record::Descriptor file(open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.number() < 0) return;
  dup2(file.number(), STDOUT_FILENO);
  dup2(file.number(), STDERR_FILENO);
}

bool Workers::start(const std::string& log, const std::function<void()>& work) {
  std::fflush(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) return false;
  if (pid > 0) {
    running_.push_back(pid);
    return true;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(0);
  // A signal to the whole group is for the one who watches; it tells the workers to end.
  signal(SIGINT, SIG_IGN);
  signal(SIGTERM, SIG_DFL);
  write_output_to(log);
  work();
  _exit(70);
}

std::size_t Workers::running() {
  std::vector<pid_t> still;
  for (const pid_t pid : running_) {
    int status = 0;
    if (waitpid(pid, &status, WNOHANG) == 0) {
      still.push_back(pid);
    } else if (WIFSIGNALED(status)) {
      failed_ = fmt::format("a worker was ended by signal {}", WTERMSIG(status));
    } else if (WEXITSTATUS(status) != 0) {
      failed_ = fmt::format("a worker ended with {}", WEXITSTATUS(status));
    }
  }
  running_ = still;
  return running_.size();
}

}  // namespace smtpspec::fuzz
