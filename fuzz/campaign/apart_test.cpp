#include "fuzz/campaign/apart.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <thread>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/campaign/process_events.hpp"

namespace smtpspec::fuzz {
namespace {

namespace fs = std::filesystem;

struct Place {
  fs::path folder = fs::temp_directory_path() / ("apart-" + std::to_string(getpid()));
  OwnFolders folders{{folder / "state"}, folder / "a folder: of, others"};

  Place() {
    fs::create_directories(folder / "state");
    put(folder / "state" / "is", "as before");
  }
  ~Place() { fs::remove_all(folder); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  static void put(const fs::path& file, const std::string& text) { std::ofstream(file) << text; }
  [[nodiscard]] std::string held() const {
    std::ifstream file(folder / "state" / "is");
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

int wait_for(Apart& apart, std::size_t number) {
  for (int i = 0; i < 1000; ++i, std::this_thread::sleep_for(std::chrono::milliseconds(10)))
    if (const auto code = apart.exit_code(number)) return *code;
  return -1;
}

bool may_be_apart() {
  Apart apart;
  return apart.start({}, [] { return 0; }) && wait_for(apart, 0) == 0;
}

/// A port of loopback that is listened on; any where `port` is 0. 0 where it cannot be had.
std::uint16_t listen_on(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);  // NOLINT: its type
  if (bind(socket, any, size) != 0 || listen(socket, 1) != 0 || getsockname(socket, any, &size) != 0) return 0;
  return ntohs(address.sin_port);
}

enum class Heard { nothing, octet, end };
Heard heard(int pipe) {
  pollfd other{pipe, POLLIN, 0};
  if (poll(&other, 1, 5000) != 1) return Heard::nothing;
  char octet = 0;
  return read(pipe, &octet, 1) == 1 ? Heard::octet : Heard::end;
}

TEST_CASE("What is apart has ports, processes and files of its own") {
  if (!may_be_apart()) SKIP("it may not have namespaces");
  const Place place;
  const std::uint16_t port = listen_on(0);
  REQUIRE(listen_on(port) == 0);
  Apart apart;
  for (const char* const name : {"one", "other"}) {
    OwnFolders own = place.folders;
    own.changes /= name;
    REQUIRE(apart.start(own, [&] {
      if (getpid() != 1 || listen_on(port) != port) return 2;
      if (place.held() != "as before") return 3;
      Place::put(place.folder / "state" / "is", name);
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      return place.held() == name ? 42 : 4;
    }));
  }
  CHECK(wait_for(apart, 0) == 42);
  CHECK(wait_for(apart, 1) == 42);
  CHECK(place.held() == "as before");
}

TEST_CASE("What cannot be apart says so and ends") {
  if (!may_be_apart()) SKIP("it may not have namespaces");
  const Place place;
  OwnFolders within = place.folders;
  within.changes = place.folder / "state" / "changes";
  Apart apart;
  REQUIRE(apart.start(within, [] { return 0; }));
  REQUIRE(apart.start({{place.folder / "nothing"}, place.folder / "changes"}, [] { return 0; }));
  CHECK(wait_for(apart, 0) == Apart::not_apart);
  CHECK(wait_for(apart, 1) == Apart::not_apart);
}

TEST_CASE("Whoever was started in it ends with it, and it with who has started it, even by SIGKILL") {
  if (!may_be_apart()) SKIP("it may not have namespaces");
  std::array<int, 2> pipe{};
  REQUIRE(pipe2(pipe.data(), O_CLOEXEC) == 0);
  const bool by_signal = GENERATE(true, false);
  const pid_t starter = fork();
  if (starter == 0) {
    for (const int number : {SIGTERM, SIGSEGV, SIGABRT}) signal(number, SIG_DFL);  // that the tests watch for
    Apart apart;
    const bool started = apart.start({}, [&] {
      if (fork() == 0) {
        setsid();
        signal(SIGTERM, SIG_IGN);
        (void)!write(pipe[1], "x", 1);
        for (;;) pause();
      }
      for (;;) pause();
      return 0;
    });
    if (!started) _exit(1);
    if (by_signal)
      for (;;) pause();
    std::this_thread::sleep_for(std::chrono::seconds(1));
    _exit(0);
  }
  close(pipe[1]);
  CHECK(heard(pipe[0]) == Heard::octet);
  if (by_signal) kill(starter, SIGKILL);
  CHECK(heard(pipe[0]) == Heard::end);
  waitpid(starter, nullptr, 0);
  close(pipe[0]);
}

/// The first signal that a child of a server that is started here is seen to die of; 0 where none is seen.
int seen_of_a_death(ProcessEvents& events) {
  for (const int number : {SIGTERM, SIGSEGV, SIGABRT}) signal(number, SIG_DFL);  // that the tests watch for
  const pid_t server = fork();
  if (server == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    if (const pid_t child = fork(); child == 0) {
      raise(SIGSEGV);
    } else {
      waitpid(child, nullptr, 0);
    }
    for (;;) pause();
  }
  int seen = 0;
  for (int i = 0; i < 300 && seen == 0; ++i, std::this_thread::sleep_for(std::chrono::milliseconds(10)))
    if (const auto deaths = events.deaths(server); !deaths.empty()) seen = deaths.front().signal;
  kill(server, SIGKILL);
  waitpid(server, nullptr, 0);
  return seen;
}

TEST_CASE("What a server's children die of is seen by who is apart, by events that were asked for outside") {
  ProcessEvents outside;
  ProcessEvents inside;
  if (fork() == 0) _exit(seen_of_a_death(outside));
  int status = 0;
  wait(&status);
  if (WEXITSTATUS(status) != SIGSEGV || !may_be_apart()) SKIP("no events, or no namespaces, are to be had here");
  Apart apart;
  REQUIRE(apart.start({}, [&] { return seen_of_a_death(inside); }));
  CHECK(wait_for(apart, 0) == SIGSEGV);
}

}  // namespace
}  // namespace smtpspec::fuzz
