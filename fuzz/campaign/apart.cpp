#include "fuzz/campaign/apart.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace smtpspec::fuzz {

namespace {

namespace fs = std::filesystem;
using record::Descriptor;

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

/// It ends with the process at the other end of the pipe, which has no number in here.
void end_with(int pipe) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  pollfd other{pipe, 0, 0};
  if (poll(&other, 1, 0) != 0) _exit(0);
}

void bring_up_loopback() {
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strncpy(request.ifr_name, "lo", sizeof request.ifr_name - 1);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (ioctl(socket.number(), SIOCSIFFLAGS, &request) != 0) fail("loopback of its own");
}

/// By number, for a path may hold what separates options of a mount.
std::string by_number(const Descriptor& folder) { return fmt::format("/proc/self/fd/{}", folder.number()); }

Descriptor open_folder(const fs::path& path) {
  Descriptor folder(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (folder.number() < 0) fail(path.string());
  return folder;
}

void make_own(const fs::path& folder, const fs::path& changes) {
  fs::remove_all(changes);
  if (!fs::weakly_canonical(changes).lexically_relative(folder).string().starts_with(".."))
    throw std::runtime_error(fmt::format("{} is in {} itself", changes.string(), folder.string()));
  fs::create_directories(changes / "written");
  fs::create_directories(changes / "work");
  const Descriptor below = open_folder(folder);
  const Descriptor written = open_folder(changes / "written");
  const Descriptor work = open_folder(changes / "work");
  const std::string options =
      fmt::format("lowerdir={},upperdir={},workdir={}", by_number(below), by_number(written), by_number(work));
  if (mount("overlay", folder.c_str(), "overlay", 0, options.c_str()) != 0)
    fail(fmt::format("a copy of {} in {}", folder.string(), changes.string()));
}

void enter_namespaces(const OwnFolders& folders) {
  if (unshare(CLONE_NEWNET | CLONE_NEWNS) != 0) fail("a network and mounts of its own");
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) fail("mounts of its own");
  if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) fail("/proc of its own");
  bring_up_loopback();
  for (std::size_t i = 0; i < folders.all.size(); ++i)
    make_own(fs::canonical(folders.all[i]), folders.changes / std::to_string(i));
  fs::current_path(fs::current_path());  // the path is the same, and the folder perhaps another
}

[[noreturn]] void become_one(const OwnFolders& folders, const std::function<int()>& work) {
  int code = Apart::not_apart;
  try {
    enter_namespaces(folders);
    code = work();
  } catch (const std::exception& problem) {
    std::fputs(fmt::format("smtpspec: it could not be put apart: {}\n", problem.what()).c_str(), stderr);
  }
  std::fflush(nullptr);
  _exit(code);
}

}  // namespace

Apart::~Apart() {
  for (One& one : started_) {
    if (one.exit_code) continue;
    kill(one.pid, SIGKILL);
    waitpid(one.pid, nullptr, 0);
  }
}

bool Apart::start(const OwnFolders& folders, const std::function<int()>& work) {
  std::fflush(nullptr);
  std::array<int, 2> ends{};
  const Descriptor here(open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC));
  if (here.number() < 0 || pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  const Descriptor theirs(ends[0]);
  Descriptor ours(ends[1]);
  if (unshare(CLONE_NEWPID) != 0) return false;
  const pid_t pid = fork();  // the first there: whatever else there is ends with it
  if (pid == 0) {
    ours = Descriptor();
    started_.clear();
    end_with(theirs.number());
    setpgid(0, 0);  // signals of a terminal are handed on once
    become_one(folders, work);
  }
  if (setns(here.number(), CLONE_NEWPID) != 0) fail("back among other processes");
  if (pid < 0) return false;
  started_.push_back({pid, std::move(ours), {}});
  return true;
}

std::optional<int> Apart::exit_code(std::size_t number) {
  One& one = started_.at(number);
  int status = 0;
  if (!one.exit_code && waitpid(one.pid, &status, WNOHANG) == one.pid)
    one.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return one.exit_code;
}

void Apart::signal(int number) const {
  for (const One& one : started_)
    if (!one.exit_code) kill(one.pid, number);
}

}  // namespace smtpspec::fuzz
