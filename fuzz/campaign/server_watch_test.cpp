#include "fuzz/campaign/server_watch.hpp"

#include <cstdlib>

#include <catch2/catch_test_macros.hpp>

#include "harness/delivery/folder_test.hpp"

namespace smtpspec::fuzz {
namespace {

constexpr const char* line = "a.c:7:3: runtime error: index 9 out of bounds for type 'char [8]'\n";

using delivery::append;

std::vector<std::string> causes(ServerWatch& watch) {
  std::vector<std::string> causes;
  for (const Incident& one : watch.look()) causes.push_back(one.cause);
  return causes;
}
using Causes = std::vector<std::string>;
const Causes out_of_bounds = {"sanitizer/index out of bounds for type/a.c:7"};

TEST_CASE("Reports in a log are read as they come, not those of before, and the end of the log is kept") {
  const delivery::TestFolder folder;
  scenario::Target target;
  target.server.emplace();
  target.server->log = folder / "log";
  append(target.server->log, std::string("of yesterday\n") + line);
  engine::ServerProcess server;
  ServerWatch watch(server, target);
  CHECK(watch.look().empty());
  append(target.server->log, std::string("of today\n") + line);
  CHECK(causes(watch) == out_of_bounds);
  CHECK(watch.look().empty());
  CHECK(watch.tail() == std::string("of today\n") + line);
  CHECK(watch.report(out_of_bounds.front()) == line);
  for (int i = 0; i < 100; ++i) {
    append(target.server->log, std::string(1000, 'x'));
    CHECK(watch.look().empty());
  }
  CHECK(watch.tail().size() <= 16384);
}

TEST_CASE("Reports that go to files of their own are read, also of processes that began later") {
  const delivery::TestFolder folder;
  const std::string option = "detect_leaks=1:log_path=" + (folder / "asan").string() + ":x=y";
  setenv("ASAN_OPTIONS", option.c_str(), 1);
  engine::ServerProcess server;
  ServerWatch watch(server, scenario::Target());
  unsetenv("ASAN_OPTIONS");
  append(folder / "other.1", line);
  CHECK(watch.look().empty());
  append(folder / "asan.17", line);
  CHECK(causes(watch) == out_of_bounds);
  append(folder / "asan.18", line);
  CHECK(causes(watch) == out_of_bounds);
  for (int i = 0; i < 1100; ++i)
    append(folder / ("asan." + std::to_string(8000000 + i)), "of a process that has ended\n");
  for (int looks = 0; looks < 3; ++looks) CHECK(causes(watch).empty());
  append(folder / "asan.8888888", line);
  CHECK(causes(watch) == out_of_bounds);
}

}  // namespace
}  // namespace smtpspec::fuzz
