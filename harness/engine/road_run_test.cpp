// Runs whose mail comes by a Maildir or an mbox, and what becomes of them when that cannot be seen.
#include <algorithm>
#include <fstream>
#include <iterator>

#include <catch2/catch_test_macros.hpp>

#include "harness/engine/reference_test.hpp"
#include "harness/judge/transcript_test.hpp"

namespace smtpspec::engine {
namespace {

namespace fs = std::filesystem;

/// The reference server with a Maildir; `before` is told of each message before it is stored there.
class Storing {
 public:
  using Before = std::function<void(const reference::Accepted&)>;
  explicit Storing(Before before = {})
      : before_(std::move(before)),
        server_(context_.get_executor(), options(), [this](const reference::Accepted& mail) { return store(mail); },
                {}),
        thread_([this] { context_.run(); }) {}
  Storing(const Storing&) = delete;
  Storing& operator=(const Storing&) = delete;
  ~Storing() {
    context_.stop();
    thread_.join();
  }
  [[nodiscard]] scenario::Target target() const {
    scenario::Target target = memory::reference_target("mx");
    target.port = server_.port();
    target.delivery->sink.clear();
    target.delivery->maildir = folder_.path / "Maildir";
    target.delivery->wait = milliseconds(1000);
    return target;
  }
  /// Where it stores.
  [[nodiscard]] const fs::path& maildir() const { return maildir_; }
  /// From the server's thread: as of a server that has the folder open.
  void move_to(const std::string& name) {
    fs::rename(maildir_, folder_.path / name);
    maildir_ = folder_.path / name;
  }

 private:
  static reference::Server::Options options() {
    reference::Server::Options options;
    options.settings = memory::reference_settings("mx");
    return options;
  }
  asio::awaitable<std::vector<bool>> store(const reference::Accepted& mail) {
    if (before_) before_(mail);
    co_return co_await reference::maildir_at(maildir().string())(mail);
  }

  Folder folder_;
  fs::path maildir_ = folder_.path / "Maildir";
  Before before_;
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  reference::Server server_;
  std::thread thread_;
};

const scenario::Suite& suite() {
  static const scenario::Suite two = judge::suite_of(R"([[scenario]]
id = "first"
title = "one"
state = "data"
steps = [ { message = '{header}first\r\n', expect = "250" } ]
delivered = { count = 1 }

[[scenario]]
id = "second"
title = "another"
alone = true
state = "data"
steps = [ { message = '{header}second\r\n', expect = "250" } ]
delivered = { count = 1 }
)");
  return two;
}

bool holds(const reference::Accepted& mail, std::string_view text) {
  return mail.message.find(text) != std::string::npos;
}

TEST_CASE("what is delivered into a Maildir is seen") {
  Storing server;
  const Run played = run(settings_of(suite(), server.target()), {});
  CHECK(played.end == RunEnd::complete);
  REQUIRE(played.result.scenarios.size() == 2);
  for (const ScenarioResult& one : played.result.scenarios) CHECK(one.outcome == Outcome::pass);
}

TEST_CASE("a Maildir that is taken away in mid-run makes rows inconclusive, and the run is not to be trusted") {
  Storing* known = nullptr;
  Storing server([&](const reference::Accepted& mail) {
    if (!holds(mail, "second")) return;
    known->move_to("away");
  });
  known = &server;
  std::vector<std::string> notes;
  RunEvents events;
  events.note = [&](const std::string& line) { notes.push_back(line); };
  const Run played = run(settings_of(suite(), server.target()), events);
  CHECK(played.end == RunEnd::untrusted);
  CHECK(played.result.incomplete_because.find("could not be seen") != std::string::npos);
  REQUIRE(played.result.scenarios.size() == 2);
  CHECK(played.result.scenarios[0].outcome == Outcome::pass);
  CHECK(played.result.scenarios[1].outcome == Outcome::inconclusive);
  CHECK(std::any_of(notes.begin(), notes.end(), [](const std::string& line) {
    return line.find("the Maildir cannot be seen") != std::string::npos;
  }));
}

std::string content_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST_CASE("an mbox that is written anew in its place delivers nothing twice") {
  Storing* known = nullptr;
  const auto mbox = [&] { return known->maildir().parent_path() / "mbox"; };
  // A delivery agent moves what comes, and a mail reader empties the mbox, thinks, and writes all of it back.
  bool read = false;
  Storing server([&](const reference::Accepted& mail) {
    if (holds(mail, "second") && !std::exchange(read, true)) {
      const std::string all = content_of(mbox());
      fs::resize_file(mbox(), 0);
      std::this_thread::sleep_for(milliseconds(500));
      std::ofstream(mbox(), std::ios::binary) << all;
    }
    std::ofstream(mbox(), std::ios::binary | std::ios::app)
        << "From " << mail.reverse_path << " Sat Nov 21 00:00:00 2026\n"
        << mail.message << "\r\n";
  });
  known = &server;
  fs::create_directories(server.maildir());
  scenario::Target target = server.target();
  target.delivery->maildir.clear();
  target.delivery->mbox = mbox();
  const Run played = run(settings_of(suite(), target), {});
  REQUIRE(played.result.scenarios.size() == 2);
  for (const ScenarioResult& one : played.result.scenarios) {
    INFO(one.id << ": " << one.actual << "; " << one.reason);
    CHECK(one.outcome == Outcome::pass);
  }
}

TEST_CASE("a message that may be anybody's costs the rows of its time another play, and no verdict") {
  Storing* known = nullptr;
  int sparse = 0;
  Storing server([&](const reference::Accepted& mail) {
    if (!holds(mail, "first") || ++sparse > 1) return;
    const fs::path large = known->maildir() / "new" / "large";
    std::ofstream(large) << "x";
    fs::resize_file(large, std::uintmax_t{250} << 20);
  });
  known = &server;
  const Run played = run(settings_of(suite(), server.target()), {});
  CHECK(played.end == RunEnd::complete);
  REQUIRE(played.result.scenarios.size() == 2);
  CHECK(played.result.scenarios[0].outcome == Outcome::pass);
  CHECK(played.result.scenarios[0].attempts == 2);
  CHECK(played.result.scenarios[1].outcome == Outcome::pass);
}

}  // namespace
}  // namespace smtpspec::engine
