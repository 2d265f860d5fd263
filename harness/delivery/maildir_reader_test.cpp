#include "harness/delivery/maildir_reader.hpp"

#include <sys/stat.h>

#include "harness/delivery/folder_test.hpp"

namespace smtpspec::delivery {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t mebibyte = std::uintmax_t{1} << 20;

/// A Maildir that was looked at for the first time.
struct Watched {
  TestFolder folder;
  fs::path maildir = folder / "Maildir";
  MaildirReader reader{maildir, living()};
  Watched() {
    for (const char* const part : {"new", "cur", "tmp"}) fs::create_directories(maildir / part);
    append(maildir / "new/1.old", "old " + token);
    CHECK(reader.look().messages.empty());
  }
};

TEST_CASE("a Maildir gives what came since, once, also when it was moved") {
  const TestFolder folder;
  const fs::path maildir = folder / "Maildir";
  append(maildir / "new/1.old", "old " + token);
  append(maildir / "cur/0.older:2,S", "older " + token);
  MaildirReader reader(maildir, living());
  CHECK(reader.look().messages.empty());
  append(maildir / "new/2.a", "second " + token + "\n");
  append(maildir / "cur/3.b:2,S", "third\0\r"s + token);
  append(maildir / "new/3.c", "nobody's t0000000000000000\n");
  append(maildir / "new/.hidden", "no message " + token);
  append(maildir / "tmp/4.c", "not yet " + token);
  Look look = reader.look();
  CHECK(messages_of(look) == std::vector{"second " + token + "\n", "third\0\r"s + token});
  CHECK(look.seen_until);
  CHECK(look.messages[0].delivery.road == "maildir");
  fs::rename(maildir / "new/2.a", maildir / "cur/2.a:2,S");
  fs::rename(maildir / "new/1.old", maildir / "cur/1.old:2,RS");
  CHECK(reader.look().messages.empty());
  fs::rename(maildir / "tmp/4.c", maildir / "new/4.c");
  CHECK(messages_of(reader.look()) == std::vector{"not yet " + token});
}

TEST_CASE("a Maildir may appear later, and a message in it later still") {
  const TestFolder folder;
  MaildirReader reader(folder / "later", living());
  CHECK(reader.look().lost.empty());
  append(folder / "later/new/1.a", "");
  CHECK(reader.look().messages.empty());
  append(folder / "later/new/1.a", token);
  CHECK(reader.look().messages.size() == 1);
}

TEST_CASE("what is no regular file in a Maildir is passed over, and what may be a message is not unsaid") {
  struct Case {
    std::string what;
    std::function<void(const fs::path&)> make;
    bool unknown;
  };
  const Case cases[] = {
      {"a FIFO", [](const fs::path& at) { REQUIRE(::mkfifo(at.c_str(), 0600) == 0); }, false},
      {"a folder", [](const fs::path& at) { fs::create_directory(at); }, false},
      {"a link to a device", [](const fs::path& at) { fs::create_symlink("/dev/zero", at); }, true},
      {"a link to a message", [](const fs::path& at) { fs::create_symlink("1.old", at); }, true},
      {"a link to nothing", [](const fs::path& at) { fs::create_symlink("none", at); }, true},
  };
  for (const Case& one : cases) {
    CAPTURE(one.what);
    Watched watched;
    one.make(watched.maildir / "new/2.odd");
    append(watched.maildir / "new/3.a", token);
    Look look = watched.reader.look();
    CHECK(look.messages.size() == 1);
    CHECK(look.unknown == one.unknown);
    CHECK(look.lost.empty());
    CHECK(look.seen_until);
    CHECK(look.notes.size() == 1);
    look = watched.reader.look();  // said once, and no more in the way
    CHECK(look.messages.empty());
    CHECK_FALSE(look.unknown);
    CHECK(look.notes.empty());
  }
}

TEST_CASE("of a message of many mebibytes no more is held than is kept, and no more read than is searched") {
  Watched watched;
  append(watched.maildir / "new/2.mine", token);
  fs::resize_file(watched.maildir / "new/2.mine", 250 * mebibyte);
  Look look = watched.reader.look();
  REQUIRE(look.messages.size() == 1);
  CHECK(look.messages[0].delivery.message.size() == MailLimits::message);
  CHECK(look.messages[0].delivery.omitted == 250 * mebibyte - MailLimits::message);
  CHECK_FALSE(look.unknown);  // it is known whose it is
  append(watched.maildir / "new/3.anybodys", "x");
  fs::resize_file(watched.maildir / "new/3.anybodys", 250 * mebibyte);
  look = watched.reader.look();
  CHECK(look.messages.empty());
  CHECK(look.unknown);
  CHECK_FALSE(watched.reader.look().unknown);
}

TEST_CASE("what comes all at once is read look by look, each message once") {
  Watched watched;
  constexpr std::size_t count = 40;
  for (std::size_t i = 0; i < count; ++i) {
    const fs::path file = watched.maildir / ("new/" + std::to_string(100 + i));
    append(file, token);
    fs::resize_file(file, mebibyte);
  }
  std::size_t seen = 0;
  std::size_t looks = 0;
  for (bool whole = false; !whole && looks < count; ++looks) {
    const Look look = watched.reader.look();
    CHECK(look.messages.size() <= MailLimits::a_look / mebibyte);
    seen += look.messages.size();
    whole = look.seen_until.has_value();
  }
  CHECK(seen == count);
  CHECK(looks == 3);
}

TEST_CASE("a Maildir that is taken away is lost, and is what it was when it comes back") {
  Watched watched;
  fs::rename(watched.maildir, watched.folder / "away");
  CHECK_FALSE(watched.reader.look().lost.empty());
  append(watched.folder / "away/new/2.a", token);
  CHECK_FALSE(watched.reader.look().lost.empty());
  fs::rename(watched.folder / "away", watched.maildir);
  Look look = watched.reader.look();
  CHECK(look.lost.empty());
  CHECK(look.messages.size() == 1);
  // Another in its place: what was put into the first after the last look was not seen.
  fs::rename(watched.maildir, watched.folder / "away");
  append(watched.maildir / "new/3.a", token);
  fs::create_directory(watched.maildir / "cur");
  look = watched.reader.look();
  CHECK(look.lost.empty());
  CHECK(look.unknown);
  CHECK(look.messages.size() == 1);
  // One of its folders, and a link where a folder was.
  fs::remove(watched.maildir / "cur");
  CHECK_FALSE(watched.reader.look().lost.empty());
  fs::create_directory_symlink(watched.folder / "away/cur", watched.maildir / "cur");
  CHECK_FALSE(watched.reader.look().lost.empty());
}

TEST_CASE("many old files cost their names once") {
  const TestFolder folder;
  const fs::path maildir = folder / "Maildir";
  fs::create_directories(maildir / "cur");
  append(maildir / "new/0", token);
  for (int i = 1; i < 5000; ++i) fs::create_hard_link(maildir / "new/0", maildir / ("new/" + std::to_string(i)));
  MaildirReader reader(maildir, living());
  CHECK(reader.look().messages.empty());
  CHECK(reader.look().messages.empty());
  append(maildir / "new/x", token);
  CHECK(reader.look().messages.size() == 1);
}

}  // namespace
}  // namespace smtpspec::delivery
