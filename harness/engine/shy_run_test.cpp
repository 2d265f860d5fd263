// Runs against targets that take few sessions, answer late, deliver late, or lock users out.
#include <future>
#include <set>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <catch2/catch_test_macros.hpp>

#include "harness/engine/reference_test.hpp"
#include "harness/engine/rogue_test.hpp"
#include "harness/judge/transcript_test.hpp"

namespace smtpspec::engine {
namespace {

using judge::suite_of;
using std::chrono::steady_clock;

std::string help_after(const std::string& pause) {
  return R"([[scenario]]
id = "help"
title = "HELP is answered by 214"
each = [{ row = "row-{number}", number = { range = [1, 60], by = 1 } }]
steps = [ { pause = ")" +
         pause + R"(" }, { send = "HELP", expect = "214" } ]
)";
}

/// A message that is taken, and what is to be delivered of it.
std::string a_message_delivered(const std::string& rules) {
  return R"([[scenario]]
id = "case"
title = "a case"
state = "data"
steps = [ { message = '{header}text\r\n', expect = "250" } ]
delivered = { )" +
         rules + " }\n";
}

Run run_on(const Rogue& rogue, const std::string& words, std::size_t jobs = 128) {
  const auto suite = suite_of(words);
  scenario::Target target;
  target.port = rogue.port();
  target.mail.accepts = {"alice@example.test"};
  RunSettings settings = settings_of(suite, target);
  settings.patience = {milliseconds(300), milliseconds(50), milliseconds(5000)};
  settings.last_patience = milliseconds(1500);
  settings.jobs = jobs;
  return run(settings, {});
}

/// An honest server but for what it says to new sessions, and whatever else is overridden.
Answer honest(int number, const std::string& line) {
  if (number == 0) return {"220 rogue\r\n"};
  if (line == "DATA\r\n") return {"354 Go\r\n"};
  if (line == "HELP\r\n") return {"214 Help\r\n"};
  if (line == "QUIT\r\n") return {"221 Bye\r\n", false, true};
  if (line.starts_with("EHLO") || line.ends_with(":\r\n") || line == ".\r\n") return {"250 Ok\r\n"};
  return {line.find(": ") != std::string::npos || line == "\r\n" || line == "canary\r\n" ? "" : "250 Ok\r\n"};
}

std::size_t passes(const Run& run) { return run.result.count(Outcome::pass); }

TEST_CASE("where a target takes few sessions at a time every row is decided") {
  for (const Answer& refusal : {Answer{"421 4.7.0 Too many\r\n", false, true}, Answer{"554 Go away\r\n", false, true},
                                Answer{"", false, true}}) {
    std::set<int> open;
    const Rogue rogue([&open, refusal](int session, int number, const std::string& line) -> Answer {
      if (number == 0 && open.size() >= 5) return refusal;
      if (number == 0) open.insert(session);
      if (line == "QUIT\r\n") open.erase(session);
      return honest(number, line);
    });
    const Run played = run_on(rogue, help_after("50ms"));
    INFO(played.result.incomplete_because);
    CHECK(played.end == RunEnd::complete);
    CHECK(passes(played) == 60);
    REQUIRE(played.result.target.learnt.size() == 1);
    CHECK(played.result.target.learnt[0].name == "sessions at a time");
    CHECK(played.result.target.learnt[0].value == "5");
  }
}

TEST_CASE("where a target takes few sessions a second every row is decided") {
  std::vector<steady_clock::time_point> taken;
  const Rogue rogue([&taken](int, int number, const std::string& line) -> Answer {
    if (number > 0) return honest(number, line);
    const auto now = steady_clock::now();
    while (!taken.empty() && now - taken.front() > milliseconds(1000)) taken.erase(taken.begin());
    if (taken.size() >= 20) return {"421 4.7.0 Too fast\r\n", false, true};
    taken.push_back(now);
    return honest(number, line);
  });
  const Run played = run_on(rogue, help_after("20ms"));
  CHECK(played.end == RunEnd::complete);
  CHECK(passes(played) == 60);
  REQUIRE_FALSE(played.result.target.learnt.empty());
  CHECK(played.result.target.learnt.back().name == "sessions a second");
}

TEST_CASE("what did not come in the first patience may come in the last") {
  const std::string words = R"([[scenario]]
id = "case"
title = "a case"
steps = [ { send = "HELP", expect = "214" } ]
)";
  int asked = 0;
  const Rogue rogue([&asked](int, int number, const std::string& line) -> Answer {
    if (line != "HELP\r\n") return honest(number, line);
    ++asked;
    std::this_thread::sleep_for(milliseconds(700));
    return {"214 Help\r\n"};
  });
  const Run played = run_on(rogue, words, 1);
  CHECK(only(played).outcome == Outcome::pass);
  CHECK(only(played).attempts == 2);
  CHECK(asked == 2);
}

TEST_CASE("mail that comes after the verdict still counts") {
  const auto suite = suite_of(a_message_delivered("at-most = 1"));
  for (const bool twice : {false, true}) {
    Reference server({}, [twice](const reference::Accepted& accepted) {
      return twice && accepted.message.find("canary") == std::string::npos ? Reference::once_more_later : 1;
    });
    const Run played = run_against(server, settings_of(suite, server.target()));
    CHECK(played.end == RunEnd::complete);
    CHECK(only(played).outcome == (twice ? Outcome::fail : Outcome::pass));
    CHECK(only(played).cause == (twice ? Cause::delivery : Cause::none));
  }
}

TEST_CASE("mail that comes later than it was waited for was not lost") {
  const auto suite = suite_of(a_message_delivered("count = 1"));
  for (const bool arrives : {true, false}) {
    Reference server({}, [arrives](const reference::Accepted& accepted) {
      if (accepted.message.find("canary") != std::string::npos) return 1;
      return arrives ? Reference::later : 0;
    });
    const Run played = run_against(server, settings_of(suite, server.target()));
    CHECK(played.end == RunEnd::complete);
    CHECK(only(played).outcome == (arrives ? Outcome::inconclusive : Outcome::fail));
    CHECK(only(played).cause == Cause::delivery);
    CHECK((only(played).reason.find("came late, later than [delivery] wait") != std::string::npos) == arrives);
  }
}

TEST_CASE("a second message is seen however long this server's mail takes") {
  const auto suite = suite_of(R"([[scenario]]
id = "case"
title = "a case"
state = "data"
steps = [ { bytes = '{header}text\n.\nMAIL FROM:<{sender}>\r\nRCPT TO:<{accepted}>\r\nDATA\r\n{header}second\r\n.\r\n' } ]
fence = false
delivered = { at-most = 1 }
)");
  const auto played = [&suite](const std::vector<reference::Fault>& faults) {
    Reference server(faults, {}, milliseconds(2500));
    scenario::Target target = server.target();
    target.delivery->wait = milliseconds(10000);
    return run_against(server, settings_of(suite, target));
  };
  auto right = std::async(std::launch::async, [&] { return played({}); });  // both wait, and do little else
  const Run wrong = played({reference::Fault::lf_ends_data});
  CHECK(wrong.end == RunEnd::complete);
  CHECK(only(wrong).outcome == Outcome::fail);
  const Run passed = right.get();
  CHECK(passed.end == RunEnd::complete);
  CHECK(only(passed).outcome == Outcome::pass);
}

TEST_CASE("mail that somebody else forged makes no finding") {
  const auto suite = suite_of(a_message_delivered("count = 1"));
  std::uint16_t sink = 0;
  RunEvents events;
  asio::io_context neighbour;
  Reference target({}, [&](const reference::Accepted& accepted) {
    if (accepted.message.find("text") == std::string::npos) return 1;
    reference::Accepted forged = accepted;
    forged.message = "Received: by somebody.else; now\r\n" + accepted.message;
    asio::co_spawn(neighbour, reference::relay_to("127.0.0.1", sink)(forged), asio::detached);
    neighbour.restart();
    neighbour.run();
    return 1;
  });
  events.sink_ready = [&](std::uint16_t port) {
    sink = port;
    target.relay_to(port);
  };
  const Run played = run(settings_of(suite, target.target()), events);
  CHECK(only(played).outcome == Outcome::inconclusive);
  CHECK(played.end == RunEnd::untrusted);
  CHECK(played.result.incomplete_because.find("received by SOMEBODY.ELSE") != std::string::npos);
}

TEST_CASE("after wrong logins that lock the user out no login is judged") {
  const std::string words = R"([[scenario]]
id = "wrong"
title = "a wrong password"
tags = ["wrong-login"]
steps = [ { send = "AUTH PLAIN wrong", expect = "535" } ]
[[scenario]]
id = "right"
title = "the right one"
steps = [ { login = "PLAIN", expect = "235" } ]
[[scenario]]
id = "right-after-wrong"
title = "the right one after a wrong one"
steps = [ { login = "PLAIN", password = "wrong", expect = "535" }, { login = "PLAIN", expect = "235" } ]
)";
  for (const auto& [locks, takes_any] : {std::pair(false, false), {true, false}, {true, true}}) {
    int wrong = 0;
    const std::string right = "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n";
    const Rogue rogue([&, locks = locks, takes_any = takes_any](int, int number, const std::string& line) -> Answer {
      if (!line.starts_with("AUTH")) return honest(number, line);
      if (line == right && (!locks || wrong == 0)) return {"235 Ok\r\n"};
      ++wrong;
      if (takes_any && line == "AUTH PLAIN wrong\r\n") return {"235 Ok\r\n"};
      return {"535 Wrong\r\n"};
    });
    const auto suite = suite_of(words);
    scenario::Target target;
    target.port = rogue.port();
    target.mail.accepts = {"alice@example.test"};
    target.auth = scenario::Target::Auth{"alice", "secret"};
    const Run played = run(settings_of(suite, target), {});
    REQUIRE(played.result.scenarios.size() == 3);
    CHECK(played.result.scenarios[0].outcome == (takes_any ? Outcome::fail : locks ? Outcome::blocked : Outcome::pass));
    CHECK(played.result.scenarios[1].outcome == Outcome::pass);
    CHECK(played.result.scenarios[2].outcome == (locks ? Outcome::blocked : Outcome::pass));
    CHECK(played.result.target.learnt.size() == (locks ? 1 : 0));
  }
}

}  // namespace
}  // namespace smtpspec::engine
