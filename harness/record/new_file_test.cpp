#include "harness/record/new_file.hpp"

#include <csignal>
#include <fstream>
#include <iterator>

#include <catch2/catch_test_macros.hpp>
#include <sys/resource.h>
#include <sys/stat.h>

namespace smtpspec::record {
namespace {

namespace fs = std::filesystem;

struct Place {
  fs::path path;
  Place() {
    std::string name = (fs::temp_directory_path() / "smtpspec-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Place() { fs::remove_all(path); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  [[nodiscard]] Folder folder() const {
    Refusal refusal;
    auto opened = Folder::open(path, refusal);
    REQUIRE(opened);
    return std::move(*opened);
  }
  [[nodiscard]] std::string content(const std::string& name) const {
    std::ifstream file(path / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  [[nodiscard]] std::ptrdiff_t count() const { return std::distance(fs::directory_iterator(path), {}); }
};

TEST_CASE("what stands in a file's place is replaced, never opened") {
  const Place place;
  const Folder folder = place.folder();
  std::ofstream(place.path / "treasure") << "kept";
  fs::create_symlink("treasure", place.path / "link");
  REQUIRE(::mkfifo((place.path / "fifo").c_str(), 0600) == 0);
  std::ofstream(place.path / "file") << "old";
  for (const std::string name : {"link", "fifo", "file", "none"}) {
    CHECK(put_file(folder, name, "new", Lasting::no) == std::nullopt);
    CHECK(fs::is_regular_file(fs::symlink_status(place.path / name)));
    CHECK(place.content(name) == "new");
  }
  CHECK(place.content("treasure") == "kept");
  fs::create_directory(place.path / "below");
  CHECK(put_file(folder, "below", "new", Lasting::yes) == "Is a directory");
  CHECK(place.count() == 6);
}

TEST_CASE("what is for the owner alone is so whatever the umask lets, and whatever was there") {
  const Place place;
  const Folder folder = place.folder();
  const mode_t before = ::umask(0);
  fs::create_directory(place.path / "old");
  Refusal refusal;
  CHECK((make_folder(folder, "new", refusal) && make_folder(folder, "old", refusal)));
  CHECK(put_file(folder, "file", "", Lasting::no, Readers::owner) == std::nullopt);
  CHECK(put_file(folder, "report", "", Lasting::no) == std::nullopt);
  ::umask(before);
  const auto mode = [&](const char* name) {
    return static_cast<unsigned>(fs::status(place.path / name).permissions());
  };
  CHECK(mode("new") == 0700);
  CHECK(mode("old") == 0700);
  CHECK(mode("file") == 0600);
  CHECK(mode("report") == 0666);
}

TEST_CASE("whether a file could be written is found out without one") {
  const Place place;
  const Folder folder = place.folder();
  CHECK(cannot_put_file(folder) == std::nullopt);
  CHECK(place.count() == 0);
  ::rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const ::rlimit small{10, before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const auto cannot = cannot_put_file(folder);
  const auto put = put_file(folder, "name", "more than ten octets", Lasting::no);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  std::signal(SIGXFSZ, handler);
  CHECK(cannot == "File too large");
  CHECK(put == "File too large");
  CHECK(place.count() == 0);
}

TEST_CASE("what a killed run left is known by its name") {
  CHECK(is_left_over(".0123456789abcdef.part"));
  for (const char* name :
       {".part", ".0123456789abcdef.par", "x0123456789abcdef.part", ".0123456789abcdeg.part", "a.part"})
    CHECK_FALSE(is_left_over(name));
}

TEST_CASE("a file is taken away, and no link is followed for that") {
  const Place place;
  const Folder folder = place.folder();
  std::ofstream(place.path / "treasure") << "kept";
  fs::create_symlink("treasure", place.path / "link");
  CHECK(remove_file(folder, "link") == std::nullopt);
  CHECK(remove_file(folder, "link") == std::nullopt);
  CHECK(place.content("treasure") == "kept");
  fs::create_directory(place.path / "below");
  CHECK(remove_file(folder, "below") == "Is a directory");
}

}  // namespace
}  // namespace smtpspec::record
