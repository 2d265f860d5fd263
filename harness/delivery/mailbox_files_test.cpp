#include "harness/delivery/mailbox_files.hpp"

#include <fstream>

#include <catch2/catch_test_macros.hpp>
#include <unistd.h>

namespace smtpspec::delivery {
namespace {

namespace fs = std::filesystem;

/// A folder of its own for each test, taken away after it.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "smtpspec-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] fs::path operator/(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

void append(const fs::path& path, std::string_view octets) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary | std::ios::app) << octets;
}

/// nullopt where the road does not tell.
std::optional<std::vector<std::string>> paths_of(const record::Delivery& delivery) {
  if (!delivery.recipients) return std::nullopt;
  std::vector<std::string> paths;
  for (const auto& recipient : *delivery.recipients) paths.push_back(recipient.forward_path);
  return paths;
}

TEST_CASE("a stored message tells its envelope") {
  struct Case {
    std::string_view octets;
    std::optional<std::string> from;
    std::optional<std::vector<std::string>> to;
    bool exact;
  };
  const Case cases[] = {
      {"Return-Path: <a@b>\nX-Original-To: c@d\nDelivered-To: e@f\n\nx\n", "a@b", {{"c@d"}}, false},
      {"Return-Path: <>\r\nDelivered-To: e@f\r\nDelivered-To: <g@h>\r\n\r\nx\r\n", "", {{"e@f", "g@h"}}, true},
      {"return-path:a@b\nEnvelope-to: c@d\n\nx\n", "a@b", {{"c@d"}}, false},
      {"Subject: x\nReturn-Path: <forged@b>\n\n", std::nullopt, std::nullopt, false},
      {"", std::nullopt, std::nullopt, false},
  };
  for (const Case& one : cases) {
    CAPTURE(one.octets);
    const record::Delivery delivery = read_stored(one.octets, "maildir");
    CHECK(delivery.reverse_path == one.from);
    CHECK(paths_of(delivery) == one.to);
    CHECK(delivery.message == one.octets);
    CHECK(delivery.exact == one.exact);
    CHECK(delivery.road == "maildir");
  }
}

TEST_CASE("a Maildir gives what came since, once, also when it was moved") {
  const Folder folder;
  const fs::path maildir = folder / "Maildir";
  append(maildir / "new/1.old", "old\n");
  append(maildir / "cur/0.older:2,S", "older\n");
  MaildirReader reader(maildir);
  CHECK(reader.poll().empty());
  append(maildir / "new/2.a", "second\n");
  append(maildir / "cur/3.b:2,S", std::string_view("third\0\r", 7));
  append(maildir / "tmp/4.c", "not yet\n");
  auto messages = reader.poll();
  REQUIRE(messages.size() == 2);
  CHECK(messages[0].message == "second\n");
  CHECK(messages[1].message == std::string("third\0\r", 7));
  fs::rename(maildir / "new/2.a", maildir / "cur/2.a:2,S");
  fs::rename(maildir / "new/1.old", maildir / "cur/1.old:2,RS");
  CHECK(reader.poll().empty());
  fs::rename(maildir / "tmp/4.c", maildir / "new/4.c");
  messages = reader.poll();
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].message == "not yet\n");
}

TEST_CASE("a Maildir may appear later") {
  const Folder folder;
  MaildirReader reader(folder / "later");
  CHECK(reader.poll().empty());
  append(folder / "later/new/1.a", "x");
  CHECK(reader.poll().size() == 1);
}

TEST_CASE("an mbox gives what was appended, without its own quoting") {
  const Folder folder;
  const fs::path mbox = folder / "mbox";
  append(mbox, "From old@a Sat Nov 21 00:00:00 2026\nSubject: old\n\nold\n\n");
  MboxReader reader(mbox);
  CHECK(reader.poll().empty());
  append(mbox, "From new@a Sat Nov 21 00:00:01 2026\nSubject: 1\n\n>From here\n>>From there\n>Fro\nFrom inside\n\n");
  append(mbox, "From MAILER-DAEMON Sat Nov 21 00:00:02 2026\nX-Original-To: b@c\nSubject: 2\n\n");
  auto messages = reader.poll();
  REQUIRE(messages.size() == 1);  // the second may still be written to
  CHECK(messages[0].message == "Subject: 1\n\nFrom here\n>From there\n>Fro\nFrom inside\n");
  CHECK(messages[0].reverse_path == "new@a");
  CHECK_FALSE(messages[0].exact);
  append(mbox, "body\n\n");
  CHECK(reader.poll().empty());
  messages = reader.poll();
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].message == "X-Original-To: b@c\nSubject: 2\n\nbody\n");
  CHECK(messages[0].reverse_path == "");
  CHECK(paths_of(messages[0]) == std::vector<std::string>{"b@c"});
  CHECK(messages[0].road == "mbox");
  CHECK(reader.poll().empty());
}

TEST_CASE("an mbox may appear later and begin anew") {
  const Folder folder;
  const fs::path mbox = folder / "mbox";
  MboxReader reader(mbox);
  CHECK(reader.poll().empty());
  append(mbox, "From a@b x\n\nlong enough to be longer than the next\n\n");
  CHECK(reader.poll().empty());
  CHECK(reader.poll().size() == 1);
  fs::remove(mbox);
  append(mbox, "From a@b x\n\nshort\n\n");
  CHECK(reader.poll().empty());
  const auto messages = reader.poll();
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].message == "\nshort\n");
}

}  // namespace
}  // namespace smtpspec::delivery
