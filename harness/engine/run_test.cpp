#include "harness/engine/run.hpp"

#include <atomic>
#include <map>
#include <thread>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <catch2/catch_test_macros.hpp>
#include <unistd.h>

#include "harness/engine/judge.hpp"
#include "harness/engine/run_folder.hpp"
#include "harness/engine/transcript_test.hpp"
#include "harness/reference/server.hpp"

namespace smtpspec::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// The reference server in a thread of its own. `copies` says how often each message is relayed to the sink.
class Reference {
 public:
  using Copies = std::function<int(const reference::Accepted&)>;

  explicit Reference(std::vector<reference::Fault> faults = {}, Copies copies = {})
      : copies_(std::move(copies)),
        server_(context_.get_executor(), options(faults),
                [this](const reference::Accepted& accepted) { return relay(accepted); }),
        thread_([this] { context_.run(); }) {}
  Reference(const Reference&) = delete;
  Reference& operator=(const Reference&) = delete;
  ~Reference() {
    context_.stop();
    thread_.join();
  }

  [[nodiscard]] scenario::Target target() const {
    scenario::Target target;
    target.name = "reference";
    target.port = server_.port();
    target.mail.accepts = {"alice@example.test", "bob@example.test"};
    target.mail.rejects = {"nobody@example.test"};
    target.auth = scenario::Target::Auth{"alice", "secret"};
    target.delivery.emplace();
    target.delivery->sink = "127.0.0.1:0";
    target.delivery->wait = milliseconds(1000);
    target.delivery->settle = milliseconds(20);
    return target;
  }
  void relay_to(std::uint16_t port) { sink_port_ = port; }

 private:
  static reference::Server::Options options(const std::vector<reference::Fault>& faults) {
    reference::Server::Options options;
    options.settings.users = {{"alice", "secret"}};
    for (const auto fault : faults) options.faults.add(fault);
    return options;
  }

  asio::awaitable<std::vector<bool>> relay(const reference::Accepted& accepted) {
    const int copies = copies_ ? copies_(accepted) : 1;
    std::vector<bool> taken(accepted.recipients.size(), true);
    const reference::Road road = reference::relay_to("127.0.0.1", sink_port_);
    for (int i = 0; i < copies; ++i) taken = co_await road(accepted);
    co_return taken;
  }

  Copies copies_;
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  std::atomic<std::uint16_t> sink_port_{0};
  reference::Server server_;
  std::thread thread_;
};

struct Folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("smtpspec-run-test-" + std::to_string(getpid()));
  ~Folder() { std::filesystem::remove_all(path); }
};

RunSettings settings_of(const scenario::Suite& suite, const scenario::Target& target) {
  RunSettings settings;
  settings.target = target;
  settings.suite = &suite;
  for (const auto& scenario : suite.scenarios) settings.scenarios.push_back(&scenario);
  settings.patience = {milliseconds(3000), milliseconds(100), milliseconds(20000)};
  settings.again = "smtpspec run";
  return settings;
}

Run run_against(Reference& server, const RunSettings& settings, RunEvents events = {}) {
  events.sink_ready = [&](std::uint16_t port) { server.relay_to(port); };
  return run(settings, events);
}

const ScenarioResult& only(const Run& run) {
  INFO(run.result.incomplete_because);
  REQUIRE(run.result.scenarios.size() == 1);
  return run.result.scenarios[0];
}

const std::string head = "[[scenario]]\nid = \"case\"\ntitle = \"a case\"\n";
const std::string noop = head + "steps = [ { send = \"NOOP x\", expect = \"250\" } ]\n";
const std::string message = head + R"(from = "data"
steps = [ { message = 'gr\xc3\xbc\xc3\x9fe\r\n.\r\n', expect = "250" } ]
delivered = { count = 1, from = "{sender}", to = "{accepted}", body = 'gr\xc3\xbc\xc3\x9fe\r\n.\r\n' }
)";

TEST_CASE("a clean server passes, and one with a fault does not") {
  struct Case {
    const std::string& words;
    std::vector<reference::Fault> faults;
    Outcome outcome;
    const char* cause;
  };
  const std::vector<Case> cases = {
      {noop, {}, Outcome::pass, ""},
      {noop, {reference::Fault::noop_argument_refused}, Outcome::fail, "reply"},
      {noop, {reference::Fault::reply_ends_in_lf}, Outcome::fail, "referee"},
      {message, {}, Outcome::pass, ""},
      {message, {reference::Fault::eight_bit_stripped}, Outcome::fail, "delivery"},
      {message, {reference::Fault::keeps_stuffing}, Outcome::fail, "delivery"},
      {message, {reference::Fault::delivers_twice}, Outcome::fail, "delivery"},
      {message, {reference::Fault::reply_twice}, Outcome::fail, "extra-reply"},
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
  CHECK(played.end == RunEnd::complete);
  CHECK(only(played).outcome == Outcome::inconclusive);
  CHECK(only(played).cause == "no-delivery-road");
  CHECK(notes.find("never arrived") != std::string::npos);
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
  CHECK(result.reason == "repeats differ: 2 pass, 1 fail");
  std::string problem;
  const auto transcript = load_transcript(folder.path / result.transcript, problem);
  REQUIRE(transcript);
  CHECK(transcript->deliveries.size() == 2);
  CHECK(judge(suite.scenarios[0], *transcript, {}).outcome == Outcome::fail);
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
  CHECK(only(played).cause == "not-played");
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

TEST_CASE("a scenario's own time-out accuses nobody, and passes nobody") {
  const char* const steps[] = {
      "{ pause = \"5s\" }, { send = \"NOOP\", expect = \"250\" }",
      "{ expect = \"silence\", within = \"5s\" }",
      "{ bytes = 'NOOP', expect = \"250\", within = \"5s\" }",
      "{ bytes = 'NOOP\\r\\n', cut = \"each\", gap = \"1s\", expect = \"250\" }",
      "{ send = \"QUIT\", expect = \"221\" }, { pause = \"5s\" }",
  };
  for (const char* const words : steps) {
    INFO(words);
    const auto suite = suite_of(head + "timeout = \"300ms\"\nsteps = [ " + words + " ]\n");
    Reference server;
    const auto started = steady_clock::now();
    const Run played = run_against(server, settings_of(suite, server.target()));
    CHECK(steady_clock::now() - started < milliseconds(4000));
    const bool left_in_time = std::string(words).find("QUIT") != std::string::npos;
    CHECK(only(played).outcome == (left_in_time ? Outcome::pass : Outcome::inconclusive));
    CHECK(only(played).cause == (left_in_time ? "" : "time-out"));
    CHECK(only(played).attempts == (left_in_time ? 1U : 2U));
  }
}

/// Every kind of step, and most kinds of verdict with the faults below.
const std::string many = R"(
[[scenario]]
id = "noop"
title = "noop"
steps = [ { send = "NOOP x", expect = "250" } ]
[[scenario]]
id = "pieces"
title = "pieces"
steps = [ { bytes = 'NOOP\r\nNOOP\r\n', cut = "each", gap = "2ms", replies = ["250", "250"] } ]
[[scenario]]
id = "group"
title = "a group that ends in the middle"
needs = ["PIPELINING"]
steps = [ { bytes = 'MAIL FROM:<{sender}>\r\nRCPT TO:<{rejected}>\r\nDATA\r\n', replies = ["250", [{ code = "5yz", then = "end" }, "25z"], "5yz"] } ]
[[scenario]]
id = "message"
title = "message"
from = "data"
steps = [ { message = 'gr\xc3\xbc\xc3\x9fe\r\n', expect = "250" } ]
delivered = { count = 1, body = 'gr\xc3\xbc\xc3\x9fe\r\n' }
[[scenario]]
id = "chunk"
title = "chunk"
needs = ["CHUNKING"]
from = "rcpt"
steps = [ { chunk = '{header}x\r\n', last = true, expect = "250" } ]
delivered = { count = 1, body = 'x\r\n' }
[[scenario]]
id = "two-sessions"
title = "two sessions"
steps = [ { open = "b", from = "connected", expect = "220" }, { send = "NOOP", expect = "250" }, { on = "b", send = "EHLO c.example", expect = "250" }, { send = "HELP", expect = "214" } ]
[[scenario]]
id = "captured"
title = "captured"
steps = [ { send = "EHLO c.example", expect = { code = "250", capture = { name = '^(\S+)' } } }, { send = "EHLO c.example", expect = { code = "250", contains = "{name}" } } ]
[[scenario]]
id = "tls"
title = "tls"
from = "tls"
steps = [ { send = "NOOP", expect = "250" }, { tls = "close_notify" } ]
fence = false
[[scenario]]
id = "handshake"
title = "handshake"
steps = [ { send = "STARTTLS", expect = "220" }, { tls = "handshake" }, { send = "EHLO c.example", expect = { code = "250", without = ["STARTTLS"] } } ]
[[scenario]]
id = "plain"
title = "plain"
from = "authenticated"
steps = [ { send = "NOOP", expect = "250" } ]
[[scenario]]
id = "login"
title = "login"
from = "tls"
steps = [ { login = "PLAIN", initial = false, expect = "235" } ]
[[scenario]]
id = "wrong-password"
title = "wrong password"
from = "tls"
steps = [ { login = "PLAIN", password = "wrong", expect = ["535", { code = "235", as = "warn", because = "let in" }] } ]
[[scenario]]
id = "raw-login"
title = "raw login"
steps = [ { send = 'AUTH PLAIN {base64:\0{user}\0{password}}', expect = "235" } ]
[[scenario]]
id = "silence"
title = "silence"
steps = [ { bytes = 'NO', expect = "silence" }, { bytes = 'OP\r\n', expect = "250" } ]
[[scenario]]
id = "info"
title = "info"
steps = [ { send = "NOOP", expect = [{ code = "250", as = "info", because = "so it is" }] } ]
[[scenario]]
id = "wanted-too-much"
title = "wanted too much"
level = "should"
steps = [ { send = "NOOP", expect = "299" } ]
[[scenario]]
id = "never"
title = "never"
steps = [ { expect = "250", within = "100ms" } ]
[[scenario]]
id = "unknown"
title = "unknown"
steps = [ { send = "XYZZY", expect = "500" } ]
[[scenario]]
id = "bye"
title = "bye"
steps = [ { send = "QUIT", expect = "221 close" } ]
[[scenario]]
id = "hung-up"
title = "hung up"
from = "data"
steps = [ { bytes = 'half' }, { close = "reset" }, { open = "b" }, { on = "b", send = "NOOP", expect = "250" } ]
delivered = { at-most = 0 }
[[scenario]]
id = "half-closed"
title = "half closed"
fence = false
steps = [ { close = "half" }, { expect = "close" } ]
)";

using Verdicts = std::map<std::string, std::string>;

std::string in_words(Outcome outcome, const std::string& cause, const std::string& expected,
                     const std::string& actual) {
  return std::string(scenario::name(outcome)) + " " + cause + ": " + expected + "; " + actual;
}

Verdicts verdicts_of(const scenario::Suite& suite, const std::vector<reference::Fault>& faults, std::size_t jobs) {
  const Folder folder;
  Reference server(faults);
  RunSettings settings = settings_of(suite, server.target());
  settings.jobs = jobs;
  settings.out = folder.path;
  const Run played = run_against(server, settings);
  INFO(played.result.incomplete_because);
  CHECK(played.end == RunEnd::complete);
  REQUIRE(played.result.scenarios.size() == suite.scenarios.size());
  Verdicts verdicts;
  for (std::size_t i = 0; i < suite.scenarios.size(); ++i) {
    const ScenarioResult& result = played.result.scenarios[i];
    INFO(result.id);
    CHECK(result.id == suite.scenarios[i].id);
    const std::string words = in_words(result.outcome, result.cause, result.expected, result.actual);
    verdicts[result.id] = std::string(scenario::name(result.outcome)) + " " + result.cause;
    // What was written down gives the same verdict, and no secret.
    std::string problem;
    const auto transcript = load_transcript(folder.path / result.transcript, problem);
    INFO(problem);
    REQUIRE(transcript);
    const Verdict again = judge(suite.scenarios[i], *transcript, {});
    CHECK(in_words(again.outcome, again.cause, again.expected, again.actual) == words);
    const std::string written = to_json_lines(*transcript);
    CHECK(written.find("AGFsaWNlAHNlY3JldA==") == std::string::npos);
  }
  return verdicts;
}

TEST_CASE("one session at a time and many, play and judge, come to the same verdicts") {
  using reference::Fault;
  const auto suite = suite_of(many);
  const Verdicts clean = verdicts_of(suite, {}, 1);
  const Verdicts wanted = {
      {"info", "info ending"},
      {"wanted-too-much", "warn reply"},
      {"never", "fail silence"},
  };
  for (const auto& [id, words] : clean) {
    INFO(id);
    const auto found = wanted.find(id);
    CHECK(words == (found == wanted.end() ? "pass " : found->second));
  }
  CHECK(verdicts_of(suite, {}, 32) == clean);

  const std::vector<Fault> faults = {Fault::noop_argument_refused,   Fault::eight_bit_stripped,
                                     Fault::bdat_empty_last_refused, Fault::unknown_command_hangs_up,
                                     Fault::auth_accepts_anything,   Fault::half_message_delivered,
                                     Fault::quit_without_reply};
  const Verdicts faulty = verdicts_of(suite, faults, 1);
  CHECK(faulty.at("noop") == "fail reply");
  CHECK(faulty.at("message") == "fail delivery");
  CHECK(faulty.at("unknown") == "crash closed");
  CHECK(faulty.at("wrong-password") == "warn ending");
  CHECK(faulty.at("hung-up") == "fail delivery");
  CHECK(faulty.at("bye") == "crash closed");
  CHECK(verdicts_of(suite, faults, 32) == faulty);
}

}  // namespace
}  // namespace smtpspec::engine
