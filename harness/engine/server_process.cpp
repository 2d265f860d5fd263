#include "harness/engine/server_process.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <thread>
#include <vector>

#include <asio/connect.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

namespace smtpspec::engine {

namespace {

constexpr std::chrono::seconds start_deadline{120};
constexpr std::chrono::seconds stop_deadline{30};
constexpr std::chrono::milliseconds between_looks{50};

bool answers(const scenario::Target& target) {
  asio::io_context context;
  asio::ip::tcp::socket socket(context);
  asio::error_code error;
  asio::ip::tcp::resolver resolver(context);
  const auto endpoints = resolver.resolve(target.host, std::to_string(target.port), error);
  if (!error) asio::connect(socket, endpoints, error);
  return !error;
}

/// Runs a program in the target file's folder, with its output on our standard error. -1 where it cannot be started.
pid_t spawn(const std::vector<std::string>& words, const std::filesystem::path& folder) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));  // NOLINT: exec's type
  arguments.push_back(nullptr);
  const pid_t pid = fork();
  if (pid != 0) return pid;
  setpgid(0, 0);
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  dup2(null, STDIN_FILENO);
  dup2(STDERR_FILENO, STDOUT_FILENO);
  if (!folder.empty() && chdir(folder.c_str()) != 0) _exit(127);
  execvp(arguments[0], arguments.data());
  _exit(127);
}

/// Waits for the process to end; after the deadline it is killed.
void see_out(pid_t pid) {
  const auto end = std::chrono::steady_clock::now() + stop_deadline;
  for (; std::chrono::steady_clock::now() < end; std::this_thread::sleep_for(between_looks))
    if (waitpid(pid, nullptr, WNOHANG) == pid) return;
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
}

}  // namespace

std::optional<std::string> ServerProcess::start(const scenario::Target& target) {
  if (!target.server || target.server->start.empty() || answers(target)) return std::nullopt;
  pid_ = spawn(target.server->start, target.file.parent_path());
  if (pid_ < 0) return fmt::format("{} could not be started: {}", target.server->start.front(), std::strerror(errno));
  started_ = target;
  return wait_until_up(target);
}

std::optional<std::string> ServerProcess::wait_until_up(const scenario::Target& target) {
  const auto end = std::chrono::steady_clock::now() + start_deadline;
  while (std::chrono::steady_clock::now() < end) {
    int status = 0;
    if (pid_ > 0 && waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return fmt::format("'{}' failed (status {})", target.server->start.front(),
                           WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    }
    if (answers(target)) return std::nullopt;
    std::this_thread::sleep_for(between_looks);
  }
  return fmt::format("{} does not answer {} s after '{}' was started", scenario::address(target),
                     start_deadline.count(), target.server->start.front());
}

ServerProcess::~ServerProcess() {
  if (!started_) return;
  if (!started_->server->stop.empty()) {
    const pid_t stop = spawn(started_->server->stop, started_->file.parent_path());
    if (stop > 0) see_out(stop);
  }
  if (pid_ <= 0) return;
  kill(pid_, SIGTERM);
  see_out(pid_);
}

}  // namespace smtpspec::engine
