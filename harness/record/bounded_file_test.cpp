#include "harness/record/bounded_file.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace smtpspec::record {
namespace {

namespace fs = std::filesystem;
using Kind = Refusal::Kind;

/// A folder with one of each kind of thing in it, taken away afterwards.
struct Things {
  fs::path path;
  Things() {
    std::string name = (fs::temp_directory_path() / "smtpspec-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
    fs::create_directories(path / "run/below");
    write("outside", "not for us");
    write("run/file", "octets\0of it");
    write("run/empty", "");
    write("run/below/deep", "deep");
    fs::create_symlink("file", path / "run/link");
    fs::create_symlink("/dev/zero", path / "run/zero");
    fs::create_symlink("../outside", path / "run/link-out");
    fs::create_directory_symlink("below", path / "run/linked");
    REQUIRE(::mkfifo((path / "run/fifo").c_str(), 0600) == 0);
    const int bound = ::socket(AF_UNIX, SOCK_STREAM, 0);
    ::sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string at = (path / "run/socket").string();
    std::copy_n(at.c_str(), at.size() + 1, address.sun_path);
    REQUIRE(::bind(bound, reinterpret_cast<const ::sockaddr*>(&address), sizeof address) == 0);
    ::close(bound);
  }
  ~Things() { fs::remove_all(path); }
  Things(const Things&) = delete;
  Things& operator=(const Things&) = delete;

  void write(const std::string& name, std::string_view octets) const {
    std::ofstream(path / name, std::ios::binary) << octets;
  }
  [[nodiscard]] Folder run() const {
    Refusal refusal;
    auto folder = Folder::open(path / "run", refusal);
    REQUIRE(folder);
    return std::move(*folder);
  }
};

TEST_CASE("only regular files below a folder are opened, at once, and no link is followed") {
  const Things things;
  const Folder run = things.run();
  struct Case {
    std::string name;
    std::optional<Kind> refused;
  };
  const Case cases[] = {
      {"file", {}},
      {"empty", {}},
      {"below/deep", {}},
      {"none", Kind::absent},
      {"none/file", Kind::absent},
      {"link", Kind::link},
      {"link-out", Kind::link},
      {"zero", Kind::link},
      {"linked/deep", Kind::not_regular},
      {"linked", Kind::link},
      {"file/file", Kind::not_regular},
      {"below", Kind::not_regular},
      {"fifo", Kind::not_regular},
      {"socket", Kind::not_regular},
      {"../outside", Kind::leads_out},
      {"below/../file", Kind::leads_out},
      {"/dev/zero", Kind::leads_out},
      {"", Kind::leads_out},
      {"below/", Kind::leads_out},
      {".", Kind::leads_out},
      {std::string("file\0x", 6), Kind::leads_out},
  };
  const auto begun = std::chrono::steady_clock::now();
  for (const Case& one : cases) {
    CAPTURE(one.name);
    Refusal refusal;
    const auto file = run.file(one.name, refusal);
    CHECK(file.has_value() == !one.refused.has_value());
    if (!file && one.refused) CHECK(refusal.kind == *one.refused);
    CHECK((file || !refusal.words.empty()));
  }
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(10));
  Refusal refusal;
  CHECK_FALSE(run.folder("linked", refusal));
  CHECK_FALSE(run.folder("..", refusal));
  CHECK_FALSE(run.folder("file", refusal));
  CHECK_FALSE(run.folder("none", refusal));
  CHECK(refusal.kind == Kind::absent);
  CHECK(run.folder("below", refusal));
}

TEST_CASE("what the user names may be a link, and must be what it is to be all the same") {
  const Things things;
  Refusal refusal;
  CHECK(BoundedFile::open(things.path / "run/link", refusal));
  CHECK(Folder::open(things.path / "run/linked", refusal));
  CHECK_FALSE(BoundedFile::open(things.path / "run/zero", refusal));
  CHECK(refusal.kind == Kind::not_regular);
  CHECK_FALSE(BoundedFile::open(things.path / "run/fifo", refusal));
  CHECK_FALSE(Folder::open(things.path / "run/file", refusal));
}

TEST_CASE("no more is read than was asked for") {
  const Things things;
  const std::string text = "0123456789";
  things.write("run/digits", text);
  Refusal refusal;
  const auto file = things.run().file("digits", refusal);
  REQUIRE(file);
  CHECK(file->size() == 10);
  CHECK(file->whole(10, refusal) == text);
  CHECK(file->whole(11, refusal) == text);
  CHECK_FALSE(file->whole(9, refusal));
  CHECK(refusal.kind == Kind::too_large);
  std::string part(4, ' ');
  CHECK(file->read(3, part) == 4);
  CHECK(part == "3456");
  CHECK(file->read(8, part) == 2);
  CHECK(file->read(10, part) == 0);
  CHECK(file->read(99, part) == 0);
  things.write("run/digits", text + text);  // the same file, and now too large
  CHECK(file->size() == 20);
  CHECK_FALSE(file->whole(10, refusal));
  const auto same = things.run().file("digits", refusal);
  REQUIRE(same);
  CHECK(same->identity() == file->identity());
  CHECK_FALSE(things.run().file("file", refusal)->identity() == file->identity());
}

TEST_CASE("a file of many gigabytes that holds nothing costs nothing") {
  const Things things;
  things.write("run/sparse", "");
  fs::resize_file(things.path / "run/sparse", std::uintmax_t{64} << 30);
  Refusal refusal;
  const auto file = things.run().file("sparse", refusal);
  REQUIRE(file);
  CHECK_FALSE(file->whole(std::size_t{1} << 20, refusal));
  CHECK(refusal.kind == Kind::too_large);
}

TEST_CASE("a file that says it is empty is read to its end") {
  Refusal refusal;
  const auto file = BoundedFile::open("/proc/self/status", refusal);
  REQUIRE(file);
  CHECK(file->size() == 0);
  const auto octets = file->whole(1 << 20, refusal);
  REQUIRE(octets);
  CHECK(octets->find("Name:") == 0);
}

TEST_CASE("names in a folder, as often as they are asked for") {
  const Things things;
  const Folder run = things.run();
  for (int i = 0; i < 2; ++i) {
    std::vector<std::string> names;
    CHECK(run.each_name([&](std::string_view name) {
      names.emplace_back(name);
      return true;
    }));
    std::sort(names.begin(), names.end());
    CHECK(names ==
          std::vector<std::string>{"below", "empty", "fifo", "file", "link", "link-out", "linked", "socket", "zero"});
  }
  int taken = 0;
  CHECK_FALSE(run.each_name([&](std::string_view) { return ++taken < 3; }));
  CHECK(taken == 3);
}

TEST_CASE("a folder that was opened is the same one when its name is taken by another") {
  const Things things;
  const Folder run = things.run();
  fs::rename(things.path / "run", things.path / "elsewhere");
  fs::create_directory_symlink("/", things.path / "run");
  Refusal refusal;
  CHECK(run.file("below/deep", refusal));
  CHECK(Folder::open(things.path / "elsewhere", refusal)->identity() == run.identity());
  CHECK_FALSE(Folder::open(things.path / "run", refusal)->identity() == run.identity());
}

}  // namespace
}  // namespace smtpspec::record
