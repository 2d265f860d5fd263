#include "harness/engine/server_process.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <thread>
#include <utility>
#include <vector>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/engine/server_output.hpp"
#include "harness/wire/stream.hpp"

namespace smtpspec::engine {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds start_deadline{120};
/// A server that writes down its queue may take some seconds to end; who takes longer is killed.
constexpr std::chrono::seconds stop_deadline{5};
constexpr std::chrono::milliseconds between_looks{50};
constexpr wire::Time look_deadline{2000};

/// The process group of what was started last; 0 where none is left.
volatile std::sig_atomic_t group_to_kill = 0;

/// Whether it can be connected to, in the time of one look.
bool answers(const scenario::Target& target, bool near_only) {
  wire::Allowed allowed;
  if (near_only) allowed = scenario::is_near;
  asio::io_context context;
  bool connected = false;
  asio::co_spawn(context, wire::connect_tcp(target.host, target.port, "", look_deadline, allowed),
                 [&](const std::exception_ptr& error, const wire::Connected& made) {
                   connected = !error && made.transport != nullptr;
                 });
  context.run();
  return connected;
}

/// Runs a program in the target file's folder, in a process group of its own. -1 where it cannot be started.
pid_t spawn(const std::vector<std::string>& words, const std::filesystem::path& folder, int output) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));  // NOLINT: exec's type
  arguments.push_back(nullptr);
  const pid_t pid = fork();
  if (pid != 0) {
    if (pid > 0) setpgid(pid, pid);  // by both, so that neither has to wait for the other
    return pid;
  }
  setpgid(0, 0);
  for (const int ignored : {SIGPIPE, SIGXFSZ}) std::signal(ignored, SIG_DFL);  // by us, which exec would hand on
  prctl(PR_SET_PDEATHSIG, SIGTERM);  // whoever kills us leaves nobody to end it
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  dup2(null, STDIN_FILENO);
  dup2(output >= 0 ? output : null, STDOUT_FILENO);
  dup2(output >= 0 ? output : null, STDERR_FILENO);
  if (!folder.empty() && chdir(folder.c_str()) != 0) _exit(127);
  execvp(arguments[0], arguments.data());
  _exit(127);
}

/// Those who lost their parent became ours (PR_SET_CHILD_SUBREAPER). Threads of ours have lists of their own; what was
/// forked is in that of the first. Who is of our own process group was not started here.
std::vector<pid_t> children() {
  std::vector<pid_t> all;
  std::ifstream list(fmt::format("/proc/self/task/{}/children", getpid()));
  for (pid_t child = 0; list >> child;)
    if (getpgid(child) != getpgrp()) all.push_back(child);
  return all;
}

void reap() {
  for (const pid_t child : children()) waitpid(child, nullptr, WNOHANG);
}

/// Waits for the process to end.
bool ends(pid_t pid, std::chrono::seconds time) {
  const auto end = Clock::now() + time;
  for (;; std::this_thread::sleep_for(between_looks)) {
    if (waitpid(pid, nullptr, WNOHANG) != 0) return true;
    if (Clock::now() >= end) return false;
  }
}

void signal_group_and_children(int number, pid_t group) {
  if (group > 0) kill(-group, number);
  for (const pid_t child : children()) kill(child, number);
}

/// All that is left is asked to end, and then made to.
void see_out(pid_t group) {
  signal_group_and_children(SIGTERM, group);
  const auto end = Clock::now() + stop_deadline;
  for (; Clock::now() < end; std::this_thread::sleep_for(between_looks)) {
    reap();
    if (children().empty() && (group <= 0 || kill(-group, 0) != 0)) return;
  }
  // Each that dies leaves us its children.
  for (int round = 0; round < 20 && !children().empty(); ++round) {
    signal_group_and_children(SIGKILL, group);
    std::this_thread::sleep_for(between_looks);
    reap();
  }
}

Death death_of(int status) { return WIFSIGNALED(status) ? Death{WTERMSIG(status), 0} : Death{0, WEXITSTATUS(status)}; }

}  // namespace

bool tells_of_a_bug(int signal) {
  constexpr int all[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP};
  return std::find(std::begin(all), std::end(all), signal) != std::end(all);
}

void kill_server_now() {
  if (group_to_kill > 0) kill(-group_to_kill, SIGKILL);
}

ServerProcess::ServerProcess() = default;

std::optional<std::string> ServerProcess::start(const scenario::Target& target, bool near_only,
                                                const std::function<bool()>& stop) {
  near_only_ = near_only;
  if (!target.server || target.server->start.empty() || answers(target, near_only)) return std::nullopt;
  collect_deaths();
  ServerProcess::stop();  // one that is left, and lets nobody in
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  std::vector<std::string> secrets;
  if (target.auth) secrets.push_back(target.auth->password);
  output_ = std::make_unique<ServerOutput>(std::move(secrets), hear_);
  pid_ = spawn(target.server->start, target.file.parent_path(), output_->write_end());
  if (pid_ < 0) return fmt::format("{} could not be started: {}", target.server->start.front(), std::strerror(errno));
  group_to_kill = last_started_ = pid_;
  started_ = target;
  return wait_until_up(target, stop);
}

void ServerProcess::note_end(int status) {
  pid_ = -1;
  const Death death = death_of(status);
  if (death.signal != 0 || death.exit_code != 0) deaths_.push_back(death);
}

void ServerProcess::collect_deaths() {
  if (!started_) return;
  int status = 0;
  if (pid_ > 0 && waitpid(pid_, &status, WNOHANG) == pid_) note_end(status);
  for (const pid_t child : children()) {
    if (child == pid_ || waitpid(child, &status, WNOHANG) != child) continue;
    const Death death = death_of(status);
    if (tells_of_a_bug(death.signal)) deaths_.push_back(death);
  }
}

std::vector<Death> ServerProcess::deaths() {
  collect_deaths();
  return std::exchange(deaths_, {});
}

std::optional<std::string> ServerProcess::wait_until_up(const scenario::Target& target,
                                                        const std::function<bool()>& stop) {
  const auto end = Clock::now() + start_deadline;
  while (Clock::now() < end) {
    int status = 0;
    if (pid_ > 0 && waitpid(pid_, &status, WNOHANG) == pid_) {
      note_end(status);
      if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return fmt::format("'{}' failed (status {})", target.server->start.front(),
                           WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    }
    if (answers(target, near_only_)) return std::nullopt;
    if (stop && stop()) return fmt::format("stopped while '{}' was starting", target.server->start.front());
    std::this_thread::sleep_for(between_looks);
  }
  return fmt::format("{} does not answer {} s after '{}' was started", scenario::address(target),
                     start_deadline.count(), target.server->start.front());
}

ServerProcess::~ServerProcess() { stop(); }

void ServerProcess::stop() {
  if (!started_) return;
  collect_deaths();
  if (!started_->server->stop.empty()) {
    const pid_t stop = spawn(started_->server->stop, started_->file.parent_path(), output_->write_end());
    if (stop > 0 && !ends(stop, stop_deadline)) {
      kill(-stop, SIGKILL);
      ends(stop, stop_deadline);
    }
  }
  see_out(group_to_kill);
  group_to_kill = 0;
  pid_ = -1;
  started_.reset();
}

}  // namespace smtpspec::engine
