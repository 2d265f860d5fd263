#include "harness/engine/run.hpp"

#include <asio/ip/tcp.hpp>
#include <catch2/catch_test_macros.hpp>

#include "harness/engine/reference_test.hpp"
#include "harness/engine/rogue_test.hpp"
#include "harness/judge/replay.hpp"
#include "harness/judge/transcript_test.hpp"
#include "harness/record/transcript_file.hpp"

namespace smtpspec::engine {
namespace {

using judge::suite_of;
using std::chrono::steady_clock;

const std::string head = "[[scenario]]\nid = \"case\"\ntitle = \"a case\"\n";
const std::string noop = head + "steps = [ { send = \"NOOP x\", expect = \"250\" } ]\n";
const std::string message = head + R"(state = "data"
steps = [ { message = '{header}gr\xc3\xbc\xc3\x9fe\r\n.\r\n', expect = "250" } ]
delivered = { count = 1, reverse-path = "{sender}", forward-path = "{accepted}", body = 'gr\xc3\xbc\xc3\x9fe\r\n.\r\n' }
)";

TEST_CASE("a clean server passes, and one with a fault does not") {
  struct Case {
    const std::string& words;
    std::vector<reference::Fault> faults;
    Outcome outcome;
    Cause cause;
  };
  const std::vector<Case> cases = {
      {noop, {}, Outcome::pass, Cause::none},
      {noop, {reference::Fault::noop_argument_refused}, Outcome::fail, Cause::reply},
      // What holds for every conversation is no matter of this row.
      {noop, {reference::Fault::reply_ends_in_lf}, Outcome::pass, Cause::none},
      {message, {}, Outcome::pass, Cause::none},
      {message, {reference::Fault::eight_bit_stripped}, Outcome::fail, Cause::delivery},
      {message, {reference::Fault::keeps_stuffing}, Outcome::fail, Cause::delivery},
      {message, {reference::Fault::delivers_twice}, Outcome::fail, Cause::delivery},
      {message, {reference::Fault::reply_twice}, Outcome::blocked, Cause::out_of_step},
  };
  for (const Case& one : cases) {
    const auto suite = suite_of(one.words);
    Reference server(one.faults);
    const Run played = run_against(server, settings_of(suite, server.target()));
    const ScenarioResult& result = only(played);
    INFO(result.expected << " / " << result.actual << " / " << result.reason);
    CHECK(played.end == RunEnd::complete);
    CHECK(scenario::name(result.outcome) == scenario::name(one.outcome));
    CHECK(result.cause == one.cause);
    CHECK(result.attempts == 1);
    CHECK(result.again == "smtpspec run --filter case");
    CHECK(result.excerpt.empty() == (one.outcome == Outcome::pass));
    CHECK(played.result.target.greeting.find("220 reference.example") == 0);
    CHECK_FALSE(played.result.target.keywords.empty());
  }
}

TEST_CASE("a message that did not come may come when it is played again") {
  const auto suite = suite_of(message);
  int seen = 0;
  Reference server({}, [&seen](const reference::Accepted& accepted) {
    return accepted.message.find("canary") == std::string::npos && ++seen == 1 ? 0 : 1;
  });
  const Run played = run_against(server, settings_of(suite, server.target()));
  CHECK(only(played).outcome == Outcome::pass);
  CHECK(only(played).attempts == 2);
}

TEST_CASE("a message that never comes is a failure, once it was played again") {
  const auto suite = suite_of(message);
  Reference server({}, [](const reference::Accepted& accepted) {
    return accepted.message.find("canary") == std::string::npos ? 0 : 1;
  });
  const Run played = run_against(server, settings_of(suite, server.target()));
  CHECK(only(played).outcome == Outcome::fail);
  CHECK(only(played).attempts == 2);
}

TEST_CASE("where the canary's message never comes deliveries are not judged") {
  const auto suite = suite_of(message);
  Reference server({}, [](const reference::Accepted&) { return 0; });
  std::string notes;
  RunEvents events;
  events.note = [&](const std::string& line) { notes += line; };
  const Run played = run_against(server, settings_of(suite, server.target()), events);
  CHECK(played.end == RunEnd::untrusted);
  CHECK(played.result.incomplete_because.find("[delivery]") != std::string::npos);
  CHECK(only(played).outcome == Outcome::inconclusive);
  CHECK(only(played).cause == Cause::no_delivery_road);
  CHECK(notes.find("never arrived") != std::string::npos);
}

TEST_CASE("a run ends when its time is over, and says what was not played") {
  const auto suite = suite_of(head + "steps = [ { pause = \"200ms\" }, { send = \"NOOP\", expect = \"250\" } ]\n");
  Reference server;
  RunSettings settings = settings_of(suite, server.target());
  settings.repeat = 1000;
  settings.time = milliseconds(1500);
  const auto begun = steady_clock::now();
  const Run played = run_against(server, settings);
  CHECK(steady_clock::now() - begun < milliseconds(5000));
  CHECK(played.end == RunEnd::untrusted);
  CHECK(played.result.incomplete_because == "its time, 1 s, was over");
  CHECK(only(played).reason.find("of 1000 repeats") != std::string::npos);
}

TEST_CASE("of repeats the worst result and its transcript are kept") {
  const Folder folder;
  const auto suite = suite_of(message);
  int seen = 0;
  Reference server({}, [&seen](const reference::Accepted& accepted) {
    return accepted.message.find("canary") == std::string::npos && ++seen == 2 ? 2 : 1;
  });
  RunSettings settings = settings_of(suite, server.target());
  settings.repeat = 3;
  settings.out = folder.path;
  const Run played = run_against(server, settings);
  const ScenarioResult& result = only(played);
  CHECK(seen == 3);
  CHECK(result.outcome == Outcome::fail);
  CHECK(result.attempts == 3);
  CHECK(result.reason == "unstable: 2 pass, 1 fail");
  std::string problem;
  const auto transcript = record::load_transcript(folder.path, result.transcript, problem);
  REQUIRE(transcript);
  CHECK(transcript->deliveries.size() == 2);
  CHECK(judge::judge(suite.scenarios[0], *transcript).verdict.outcome == Outcome::fail);
}

TEST_CASE("repeats are played side by side, and those of a scenario that is alone one after the other") {
  const std::string pause = "steps = [ { pause = \"200ms\" }, { send = \"NOOP\", expect = \"250\" } ]\n";
  for (const bool alone : {false, true}) {
    const auto suite = suite_of(head + (alone ? "alone = true\n" : "") + pause);
    Reference server;
    RunSettings settings = settings_of(suite, server.target());
    settings.jobs = 30;
    settings.repeat = alone ? 4 : 30;
    const Run played = run_against(server, settings);
    const ScenarioResult& result = only(played);
    CHECK(result.outcome == Outcome::pass);
    CHECK(result.reason == "");
    CHECK(result.attempts == settings.repeat);
    if (alone)
      CHECK(result.duration >= milliseconds(800));
    else
      CHECK(result.duration < milliseconds(3000));
  }
}

TEST_CASE("what some of the repeats have shown is kept when the run is stopped") {
  const auto suite = suite_of(head + "steps = [ { pause = \"100ms\" }, { send = \"NOOP x\", expect = \"250\" } ]\n");
  Reference server({reference::Fault::noop_argument_refused});
  const auto started = steady_clock::now();
  RunEvents events;
  events.stop = [&] { return steady_clock::now() - started > milliseconds(1500); };
  Progress last;
  events.progress = [&](const Progress& progress) { last = progress; };
  RunSettings settings = settings_of(suite, server.target());
  settings.jobs = 2;
  settings.repeat = 10000;
  const Run played = run_against(server, settings, events);
  CHECK(played.end == RunEnd::interrupted);
  CHECK(only(played).outcome == Outcome::fail);
  CHECK(only(played).reason.find("of 10000 repeats") != std::string::npos);
  CHECK(last.total == 10000);
  CHECK(last.done > 0);
  CHECK(last.findings == 1);
}

TEST_CASE("stop ends a run at once") {
  const auto suite = suite_of(head + "steps = [ { pause = \"30s\" }, { send = \"NOOP\", expect = \"250\" } ]\n");
  Reference server;
  const auto started = steady_clock::now();
  RunEvents events;
  events.stop = [&] { return steady_clock::now() - started > milliseconds(800); };
  Progress last;
  events.progress = [&](const Progress& progress) { last = progress; };
  const Run played = run_against(server, settings_of(suite, server.target()), events);
  CHECK(steady_clock::now() - started < milliseconds(5000));
  CHECK(played.end == RunEnd::interrupted);
  CHECK_FALSE(played.result.complete);
  CHECK(only(played).outcome == Outcome::skipped);
  CHECK(only(played).cause == Cause::not_played);
  CHECK(last.total == 1);
  CHECK(last.done == 0);
  CHECK(last.slowest == "case");
}

TEST_CASE("a dead port cannot be tested") {
  std::uint16_t port = 0;
  {
    asio::io_context context;
    asio::ip::tcp::acceptor acceptor(context, {asio::ip::make_address("127.0.0.1"), 0});
    port = acceptor.local_endpoint().port();
  }
  const auto suite = suite_of(noop);
  scenario::Target target;
  target.port = port;
  target.mail.accepts = {"alice@example.test"};
  const Run played = run(settings_of(suite, target), {});
  CHECK(played.end == RunEnd::untestable);
  CHECK(played.result.scenarios.empty());
  CHECK_FALSE(played.result.complete);
  CHECK_FALSE(played.result.incomplete_because.empty());
}

TEST_CASE("a server that refuses ordinary mail cannot be tested") {
  const auto suite = suite_of(noop);
  Reference server;
  scenario::Target target = server.target();
  target.mail.accepts = {"unknown@example.test"};
  const Run played = run_against(server, settings_of(suite, target));
  CHECK(played.end == RunEnd::untestable);
  CHECK(played.result.incomplete_because.find("canary") != std::string::npos);
}

TEST_CASE("why a target cannot be tested is told without the password") {
  const Rogue rogue([](int, int number, const std::string& line) -> Answer {
    if (number == 0) return {"220 rogue\r\n"};
    if (line.starts_with("AUTH")) return {"535 open-sesame of " + line};
    return {"250 Ok\r\n"};
  });
  const auto suite = suite_of(noop);
  scenario::Target target = memory::reference_target("submission");
  target.delivery.reset();
  target.port = rogue.port();
  const Run played = run(settings_of(suite, target), {});
  CHECK(played.end == RunEnd::untestable);
  const std::string& why = played.result.incomplete_because;
  CHECK(why.find("535 [secret] of AUTH PLAIN [secret]") != std::string::npos);
  CHECK(why.find("open-sesame") == std::string::npos);
}

TEST_CASE("a scenario's own time-out accuses nobody, and passes nobody") {
  const char* const steps[] = {
      "{ pause = \"5s\" }, { send = \"NOOP\", expect = \"250\" }",
      "{ expect = \"silence\", wait = \"5s\" }",
      "{ bytes = 'NOOP', expect = \"250\", wait = \"5s\" }",
      "{ bytes = 'NOOP\\r\\n', cut = \"each\", gap = \"1s\", expect = \"250\" }",
      "{ send = \"QUIT\", expect = \"221\" }, { pause = \"5s\" }",
      "{ send = \"QUIT\", expect = \"221\" }, { expect = \"close\", wait = \"5s\" }",
  };
  for (const char* const words : steps) {
    INFO(words);
    const auto suite = suite_of(head + "timeout = \"300ms\"\nsteps = [ " + words + " ]\n");
    Reference server;
    const auto started = steady_clock::now();
    const Run played = run_against(server, settings_of(suite, server.target()));
    CHECK(steady_clock::now() - started < milliseconds(4000));
    const bool left_in_time = std::string(words).find("close") != std::string::npos;
    CHECK(only(played).outcome == (left_in_time ? Outcome::pass : Outcome::inconclusive));
    CHECK(only(played).cause == (left_in_time ? Cause::none : Cause::time_out));
    CHECK(only(played).attempts == (left_in_time ? 1U : 2U));
  }
}

}  // namespace
}  // namespace smtpspec::engine
