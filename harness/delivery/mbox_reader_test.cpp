#include "harness/delivery/mbox_reader.hpp"

#include <sys/stat.h>

#include "harness/delivery/folder_test.hpp"

namespace smtpspec::delivery {
namespace {

namespace fs = std::filesystem;

const std::string begin = "From a@b Sat Nov 21 00:00:01 2026\n";
/// What a look gives of it.
const std::string text = "Subject: " + token + "\n\nbody\n";
const std::string entry = begin + text + "\n";

/// An mbox that was looked at for the first time.
struct Watched {
  TestFolder folder;
  fs::path mbox = folder / "mbox";
  MboxReader reader{mbox, living()};
  explicit Watched(const std::string& old = "From old@a Sat Nov 21 00:00:00 2026\nold " + token + "\n\n") {
    append(mbox, old);
    const Look look = reader.look();
    CHECK(look.messages.empty());
    CHECK(look.seen_until);
  }
  /// Two looks: the last message is taken by the second.
  std::vector<std::string> messages() {
    std::vector<std::string> all = messages_of(reader.look());
    for (std::string& one : messages_of(reader.look())) all.push_back(std::move(one));
    return all;
  }
};

TEST_CASE("an mbox gives what was appended, without its own quoting") {
  Watched watched;
  const std::string head = "Subject: " + token + "\n";
  append(watched.mbox, begin + head + "\n>From here\n>>From there\n>Fro\nFrom inside\n\n");
  append(watched.mbox, "From MAILER-DAEMON Sat Nov 21 00:00:02 2026\nX-Original-To: b@c\n" + head + "\n");
  Look look = watched.reader.look();
  REQUIRE(look.messages.size() == 1);  // the second may still be written to
  CHECK_FALSE(look.seen_until);
  const record::Delivery first = look.messages[0].delivery;
  CHECK(first.message == head + "\nFrom here\n>From there\n>Fro\nFrom inside\n");
  CHECK(first.reverse_path == "a@b");
  CHECK_FALSE(first.exact);
  append(watched.mbox, "body\n\n");
  CHECK(watched.reader.look().messages.empty());
  look = watched.reader.look();
  CHECK(look.seen_until);
  REQUIRE(look.messages.size() == 1);
  const record::Delivery second = look.messages[0].delivery;
  CHECK(second.message == "X-Original-To: b@c\n" + head + "\nbody\n");
  CHECK(second.reverse_path == "");
  CHECK(paths_of(second) == std::vector<std::string>{"b@c"});
  CHECK(second.road == "mbox");
  CHECK(watched.reader.look().messages.empty());
}

TEST_CASE("an mbox is read the same in whatever parts it grows") {
  const std::string dos = "From a@b x\r\nSubject: " + token + "\r\n\r\nbody\r\n\r\n";
  const std::string all = entry + entry + dos + dos + begin + "nobody's\n\n" + entry;
  const std::string dos_text = "Subject: " + token + "\r\n\r\nbody\r\n";
  const std::vector<std::string> wanted{text, text, dos_text, dos_text, text};
  for (const std::size_t part : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{100}, all.size()}) {
    CAPTURE(part);
    Watched watched;
    std::vector<std::string> seen;
    for (std::size_t at = 0; at < all.size(); at += part) {
      append(watched.mbox, all.substr(at, part));
      for (std::string& one : messages_of(watched.reader.look())) seen.push_back(std::move(one));
    }
    for (std::string& one : watched.messages()) seen.push_back(std::move(one));
    CHECK(seen == wanted);
  }
}

TEST_CASE("an mbox may end in the middle of a message when it is seen first, or without an empty line") {
  Watched watched("From old@a x\nSubject: old\n\nhal");
  append(watched.mbox, "f " + token + "\n\n" + entry);
  CHECK(watched.messages() == std::vector{text});
  Watched short_one("From old@a x\nold\n");
  append(short_one.mbox, "\n" + entry);
  CHECK(short_one.messages() == std::vector{text});
  // A message that was taken before the empty line after it came.
  append(short_one.mbox, begin + text);
  CHECK(short_one.messages() == std::vector{text});
  append(short_one.mbox, "\n" + entry);
  CHECK(short_one.messages() == std::vector{text});
  // And one that goes on after it was taken: whose was that?
  append(short_one.mbox, "more of it\n");
  CHECK(short_one.reader.look().unknown);
}

TEST_CASE("an mbox that is never quiet has been seen as far as messages have ended") {
  Watched watched;
  std::chrono::steady_clock::time_point before;
  for (int i = 0; i < 5; ++i) {
    append(watched.mbox, entry);
    const auto now = std::chrono::steady_clock::now();
    const Look look = watched.reader.look();
    CHECK(look.messages.size() == (i == 0 ? 0 : 1));
    REQUIRE(look.seen_until.has_value() == (i > 0));
    if (i > 0) CHECK((*look.seen_until >= before && *look.seen_until <= now));
    before = now;
  }
  // One that grows and grows may be anybody's.
  for (int i = 0; i < 5; ++i) {
    append(watched.mbox, i == 0 ? begin : "a line\n");
    const Look look = watched.reader.look();
    CHECK(look.seen_until.has_value() == (i == 0));
  }
}

TEST_CASE("an mbox may appear later") {
  const TestFolder folder;
  MboxReader reader(folder / "box/mbox", living());
  CHECK(reader.look().lost.empty());
  append(folder / "box/mbox", entry);
  CHECK(reader.look().messages.empty());
  CHECK(messages_of(reader.look()) == std::vector{text});
}

TEST_CASE("an mbox that is written anew tells nothing of what was under way, and all of what comes then") {
  Watched watched;
  append(watched.mbox, entry);
  CHECK(watched.messages().size() == 1);
  SECTION("shorter") { fs::resize_file(watched.mbox, 10); }
  SECTION("another file") {
    fs::rename(watched.mbox, watched.folder / "away");
    append(watched.mbox, entry + entry + entry);
  }
  Look look = watched.reader.look();
  CHECK(look.unknown);
  CHECK(look.messages.empty());  // perhaps those that were seen already
  CHECK(look.notes.size() == 1);
  append(watched.mbox, "\n\n" + entry);
  CHECK(watched.messages() == std::vector{text});
}

TEST_CASE("an mbox that is taken away is lost, and so is one that is a link or no file") {
  Watched watched;
  fs::rename(watched.mbox, watched.folder / "away");
  CHECK_FALSE(watched.reader.look().lost.empty());
  SECTION("a link to a device") { fs::create_symlink("/dev/zero", watched.mbox); }
  SECTION("a link to another mbox") { fs::create_symlink("away", watched.mbox); }
  SECTION("a FIFO") { REQUIRE(::mkfifo(watched.mbox.c_str(), 0600) == 0); }
  SECTION("a folder") { fs::create_directory(watched.mbox); }
  CHECK_FALSE(watched.reader.look().lost.empty());
  fs::remove(watched.mbox);
  fs::rename(watched.folder / "away", watched.mbox);
  append(watched.mbox, entry);
  CHECK(watched.messages() == std::vector{text});
}

TEST_CASE("a link that the user has named is followed") {
  const TestFolder folder;
  append(folder / "real", entry);
  fs::create_symlink("real", folder / "link");
  MboxReader reader(folder / "link", living());
  CHECK(reader.look().lost.empty());
  append(folder / "real", entry);
  (void)reader.look();
  CHECK(reader.look().messages.size() == 1);
}

TEST_CASE("an mbox of gigabytes is passed over, and read on from its end") {
  Watched watched;
  fs::resize_file(watched.mbox, std::uintmax_t{2} << 30);
  Look look = watched.reader.look();
  CHECK(look.unknown);
  CHECK(look.seen_until);
  append(watched.mbox, "\n\n" + entry);
  CHECK(watched.messages() == std::vector{text});
}

TEST_CASE("of a message that grows no more is held than is kept") {
  Watched watched;
  append(watched.mbox, begin + text);
  const std::string lines(std::size_t{1} << 20, '\n');
  for (int i = 0; i < 20; ++i) {
    append(watched.mbox, lines);
    CHECK(watched.reader.look().messages.empty());
  }
  Look look = watched.reader.look();
  REQUIRE(look.messages.size() == 1);
  CHECK(look.messages[0].delivery.message.size() <= MailLimits::message);
  CHECK(look.messages[0].delivery.omitted > 17 * lines.size());
}

}  // namespace
}  // namespace smtpspec::delivery
