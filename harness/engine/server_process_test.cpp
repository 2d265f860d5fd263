#include "harness/engine/server_process.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/engine/reference_test.hpp"

namespace smtpspec::engine {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

/// A target that nobody serves, started by a shell.
scenario::Target started_by(const std::string& script, const Folder& folder) {
  scenario::Target target;
  target.port = 1;
  target.file = folder.path / "target.toml";
  target.server.emplace();
  target.server->start = {"/bin/sh", "-c", script};
  return target;
}

bool lives(const std::filesystem::path& pid_file) {
  pid_t pid = 0;
  std::ifstream(pid_file) >> pid;
  REQUIRE(pid > 1);
  // What died and was not waited for by its new parent is gone all the same.
  std::string name;
  char state = 'Z';
  std::ifstream(fmt::format("/proc/{}/stat", pid)) >> pid >> name >> state;
  return state != 'Z';
}

void wait_for(const std::filesystem::path& file) {
  for (int i = 0; i < 200 && (!std::filesystem::exists(file) || std::filesystem::file_size(file) == 0); ++i)
    std::this_thread::sleep_for(milliseconds(50));
}

TEST_CASE("a start that does not end is left when the run is to stop, and all that it brought up ends") {
  struct Case {
    const char* what;
    std::string script;
  };
  const std::vector<Case> cases = {
      {"waits", "echo $$ > pid; sleep 600"},
      {"ignores SIGTERM", "trap '' TERM; echo $$ > pid; sleep 600 & wait; sleep 600"},
      {"has a child", "sleep 600 & echo $! > pid; wait"},
      {"daemonises", "setsid sh -c 'echo $$ > pid; sleep 600' > /dev/null 2>&1 &"},
      {"daemonises and ignores SIGTERM", "setsid sh -c 'trap \"\" TERM; echo $$ > pid; sleep 600; sleep 600' &"},
  };
  for (const Case& one : cases) {
    INFO(one.what);
    const Folder folder;
    std::filesystem::create_directories(folder.path);
    const auto begun = steady_clock::now();
    {
      ServerProcess server;
      const auto problem = server.start(started_by(one.script, folder), true, [&] {
        return std::filesystem::exists(folder.path / "pid") && steady_clock::now() - begun > milliseconds(300);
      });
      REQUIRE(problem);
      wait_for(folder.path / "pid");
    }
    CHECK_FALSE(lives(folder.path / "pid"));
    CHECK(steady_clock::now() - begun < seconds(20));
  }
}

TEST_CASE("a server that is stopped may be started again, and who is of our own group is left alone") {
  const Folder folder;
  std::filesystem::create_directories(folder.path);
  const pid_t own = fork();
  REQUIRE(own >= 0);
  if (own == 0) {
    pause();
    _exit(0);
  }
  ServerProcess server;
  for (int times = 0; times < 2; ++times) {
    std::filesystem::remove(folder.path / "pid");
    const auto up = [&] { return std::filesystem::exists(folder.path / "pid"); };
    REQUIRE(server.start(started_by("echo $$ > pid; sleep 600", folder), true, up));
    wait_for(folder.path / "pid");
    CHECK(lives(folder.path / "pid"));
    server.stop();
    CHECK_FALSE(lives(folder.path / "pid"));
  }
  CHECK(server.deaths().empty());
  CHECK(waitpid(own, nullptr, WNOHANG) == 0);
  kill(own, SIGKILL);
  CHECK(waitpid(own, nullptr, 0) == own);
}

TEST_CASE("a server that floods its output ends all the same") {
  const Folder folder;
  std::filesystem::create_directories(folder.path);
  const auto begun = steady_clock::now();
  {
    ServerProcess server;
    const auto problem = server.start(started_by("echo $$ > pid; yes \"$(printf '\\033[31mred')\"", folder), true,
                                      [&] { return steady_clock::now() - begun > milliseconds(500); });
    REQUIRE(problem);
    CHECK(problem->starts_with("stopped while"));
  }
  CHECK_FALSE(lives(folder.path / "pid"));
  CHECK(steady_clock::now() - begun < seconds(10));
}

TEST_CASE("a start that fails says so") {
  const Folder folder;
  std::filesystem::create_directories(folder.path);
  ServerProcess server;
  CHECK(server.start(started_by("exit 3", folder), true, {}) == "'/bin/sh' failed (status 3)");
}

TEST_CASE("how a server died, and what it wrote, is told") {
  struct Case {
    const char* what;
    const char* script;
    std::vector<std::pair<int, int>> deaths;
  };
  const std::vector<Case> cases = {
      {"a signal", "kill -SEGV $$", {{SIGSEGV, 0}}},
      {"a code", "exit 3", {{0, 3}}},
      {"no trouble", "exit 0", {}},
      {"a daemon of it", "setsid sh -c 'sleep 0.2; kill -ABRT $$' & exit 0", {{SIGABRT, 0}}},
      {"a daemon that is ended", "setsid sh -c 'sleep 0.2; kill -TERM $$' & exit 0", {}},
  };
  for (const Case& one : cases) {
    INFO(one.what);
    const Folder folder;
    std::filesystem::create_directories(folder.path);
    std::atomic<bool> heard = false;
    ServerProcess server;
    server.heard_by([&](std::string_view octets) { heard = heard || octets.starts_with("words"); });
    const auto end = steady_clock::now() + milliseconds(700);
    (void)server.start(started_by(fmt::format("echo words; {}", one.script), folder), true,
                       [&] { return steady_clock::now() > end; });
    std::vector<std::pair<int, int>> deaths;
    for (const Death& death : server.deaths()) deaths.emplace_back(death.signal, death.exit_code);
    CHECK(deaths == one.deaths);
    CHECK(server.deaths().empty());
    // What it wrote is read beside, and may be told after its death.
    const auto patience = steady_clock::now() + milliseconds(10000);
    while (!heard && steady_clock::now() < patience) std::this_thread::sleep_for(milliseconds(10));
    CHECK(heard);
  }
}

}  // namespace
}  // namespace smtpspec::engine
