#include "reports/report.hpp"

#include <fstream>
#include <sstream>

#include <catch2/catch_test_macros.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/smtp/visible.hpp"
#include "reports/golden_test.hpp"
#include "reports/sample_run_test.hpp"

using namespace smtpspec;
namespace fs = std::filesystem;

namespace {

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "smtpspec-reports-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code error;
    fs::remove_all(path, error);
  }
  fs::path path;
};

}  // namespace

TEST_CASE("the writers write what was approved") {
  const engine::RunResult run = reports::sample_run();
  std::vector<std::pair<std::string, std::string>> rows = {{"terminal.txt", reports::to_terminal(run, {})},
                                                           {"annotations.txt", reports::to_github_annotations(run)}};
  for (const reports::Format& format : reports::formats())
    if (format.write_with == nullptr)  // of the page its data are golden, and it is tested in a browser
      rows.emplace_back(format.file_name, format.write(run));
  for (const auto& [name, text] : rows) {
    const std::string problem = reports::golden_problem(name, text);
    INFO(problem);
    CHECK(problem.empty());
  }
}

TEST_CASE("formats are found by name") {
  REQUIRE(reports::format_named("junit") != nullptr);
  CHECK(reports::format_named("junit")->file_name == "junit.xml");
  CHECK(reports::format_named("json")->write(reports::sample_run()) == reports::to_json(reports::sample_run()));
  CHECK(reports::format_named("jun") == nullptr);
  CHECK(reports::format_names() == "json, html, junit, sarif, tap, markdown, csv, badge");
  for (const reports::Format& format : reports::formats()) CHECK(reports::format_named(format.name) == &format);
}

TEST_CASE("a file is replaced as a whole, and nothing is left beside it") {
  const Folder folder;
  const fs::path file = folder.path / "deeper/results.json";
  REQUIRE(reports::write_file(file, "first") == std::nullopt);
  REQUIRE(reports::write_file(file, std::string(100'000, 'x')) == std::nullopt);
  CHECK(content_of(file) == std::string(100'000, 'x'));
  CHECK(std::distance(fs::directory_iterator(file.parent_path()), {}) == 1);
  const mode_t mask = ::umask(0);
  ::umask(mask);
  CHECK(static_cast<mode_t>(fs::status(file).permissions()) == (0666 & ~mask));

  fs::create_symlink(file, folder.path / "link");
  REQUIRE(reports::write_file(folder.path / "link", "through the link") == std::nullopt);
  CHECK(fs::is_symlink(folder.path / "link"));
  CHECK(content_of(file) == "through the link");
}

TEST_CASE("what cannot be written is said clearly") {
  const Folder folder;
  const std::string where = folder.path.string();
  REQUIRE(reports::write_file(folder.path / "file", "") == std::nullopt);
  CHECK(reports::write_file(folder.path / "file/results.json", "x") == "cannot write '" + where +
                                                                           "/file/results.json': the folder '" + where +
                                                                           "/file' is no folder, or a symbolic link");
  CHECK(reports::write_file(folder.path, "x") == "cannot write '" + where + "': it is a folder");
  CHECK(reports::write_file("", "x") == "cannot write '': it names no file");
  if (::geteuid() != 0) {
    fs::permissions(folder.path, fs::perms::owner_read | fs::perms::owner_exec);
    const auto problem = reports::write_file(folder.path / "results.json", "x");
    fs::permissions(folder.path, fs::perms::owner_all);
    REQUIRE(problem);
    CHECK(problem->find("Permission denied") != std::string::npos);
  }
}

TEST_CASE("a pipe is written to, not replaced") {
  const Folder folder;
  const fs::path pipe = folder.path / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  std::ifstream reader;
  std::string text;
  {
    std::fstream keep_open(pipe, std::ios::in | std::ios::out | std::ios::binary);
    REQUIRE(reports::write_file(pipe, "four") == std::nullopt);
    text.resize(4);
    keep_open.read(text.data(), 4);
  }
  CHECK(text == "four");
  CHECK(fs::is_fifo(pipe));
  // Where nobody reads it there is no waiting.
  CHECK(reports::write_file(pipe, "four") == "cannot write '" + pipe.string() + "': No such device or address");
}

TEST_CASE("what stands where a report is to be is taken away beforehand, or it is said that none can be written") {
  const Folder folder;
  const fs::path file = folder.path / "deeper/junit.xml";
  REQUIRE(reports::write_file(file, "of an earlier run") == std::nullopt);
  CHECK(reports::clear_for_file(file) == std::nullopt);
  CHECK(fs::is_empty(file.parent_path()));
  CHECK(reports::clear_for_file(file) == std::nullopt);
  CHECK(reports::clear_for_file("/dev/null") == std::nullopt);
  REQUIRE(reports::write_file(file, "text") == std::nullopt);
  for (const fs::path& wrong : {file / "within-a-file", folder.path, folder.path / "", fs::path("/proc/none/x")}) {
    const auto problem = reports::clear_for_file(wrong);
    INFO(wrong);
    REQUIRE(problem);
    CHECK(problem == reports::write_file(wrong, "text"));
  }
  CHECK(content_of(file) == "text");
}
