// Playing against servers that do what no honest server does.
#include "harness/engine/play.hpp"

#include <functional>
#include <thread>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read_until.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>
#include <catch2/catch_test_macros.hpp>

#include "harness/engine/judge.hpp"
#include "harness/engine/transcript_test.hpp"

namespace smtpspec::engine {
namespace {

using asio::ip::tcp;
using std::chrono::milliseconds;

struct Answer {
  std::string octets;
  bool forever = false;  ///< again and again
  bool close = false;    ///< and then close
};
/// What to say to the `number`th line of a session; line 0 is the connection itself.
using Answers = std::function<Answer(int session, int number, const std::string& line)>;

class Rogue {
 public:
  explicit Rogue(Answers answers)
      : answers_(std::move(answers)), acceptor_(context_, {asio::ip::make_address("127.0.0.1"), 0}) {
    asio::co_spawn(context_, accept(), asio::detached);
    thread_ = std::thread([this] { context_.run(); });
  }
  Rogue(const Rogue&) = delete;
  Rogue& operator=(const Rogue&) = delete;
  ~Rogue() {
    context_.stop();
    thread_.join();
  }
  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  asio::awaitable<void> accept() {
    for (int session = 0;; ++session) {
      tcp::socket socket = co_await acceptor_.async_accept(asio::use_awaitable);
      asio::co_spawn(context_, serve(std::move(socket), session), asio::detached);
    }
  }

  asio::awaitable<void> serve(tcp::socket socket, int session) {
    std::string input;
    std::string line;
    for (int number = 0;; ++number) {
      const Answer answer = answers_(session, number, line);
      asio::error_code error;
      do {
        const auto octets = asio::buffer(answer.octets);
        co_await asio::async_write(socket, octets, asio::redirect_error(asio::use_awaitable, error));
      } while (answer.forever && !error);
      if (error || answer.close) co_return;
      auto buffer = asio::dynamic_buffer(input);
      const std::size_t size =
          co_await asio::async_read_until(socket, buffer, '\n', asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return;
      line = input.substr(0, size);
      input.erase(0, size);
    }
  }

  Answers answers_;
  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  std::thread thread_;
};

/// Honest to all but HELP.
Answers to_help(const Answer& answer) {
  return [answer](int, int number, const std::string& line) -> Answer {
    if (number == 0) return {"220 rogue\r\n"};
    if (line == "HELP\r\n") return answer;
    if (line == "QUIT\r\n") return {"221 Bye\r\n", false, true};
    return {"250 Ok\r\n"};
  };
}

Played played(const scenario::Scenario& scenario, const Rogue& rogue) {
  scenario::Target target;
  target.port = rogue.port();
  target.mail.accepts = {"alice@example.test"};
  const auto tls = wire::TlsContext::client({});
  PlaySettings settings;
  settings.target = &target;
  settings.tls = tls.get();
  settings.token = "t0123456789abcdef";
  settings.patience = {milliseconds(500), milliseconds(100), milliseconds(20000)};
  asio::io_context context{1};
  Played result;
  std::exception_ptr failure;
  asio::co_spawn(context, play(scenario, settings), [&](const std::exception_ptr& error, Played done) {
    failure = error;
    result = std::move(done);
  });
  context.run();
  REQUIRE_FALSE(failure);
  return result;
}

struct Case {
  const char* name;
  Answer answer;
  Outcome outcome;
  const char* cause;  ///< nullptr: one of several
};

TEST_CASE("what a server may do to one command") {
  const auto scenario = scenario_of(R"(steps = [ { send = "HELP", expect = "214" } ])");
  const std::vector<Case> cases = {
      {"honest", {"214 Help\r\n"}, Outcome::pass, ""},
      {"silent, but alive", {""}, Outcome::fail, "silence"},
      {"closes", {"", false, true}, Outcome::crash, "closed"},
      {"closes in its reply", {"214 He", false, true}, Outcome::crash, "incomplete"},
      // NOOP's reply comes within it.
      {"stays in its reply", {"214-Help\r\n"}, Outcome::fail, "referee"},
      {"a second reply", {"214 Help\r\n214 Help\r\n"}, Outcome::fail, "extra-reply"},
      {"replies without end", {std::string(60000, 'x') + "\r\n", true}, Outcome::fail, "reply"},
      // Whether one too many comes before the fence or is taken for its reply is a matter of time.
      {"good replies without end", {"214 Help\r\n", true}, Outcome::fail, nullptr},
      {"a line without end", {std::string(60000, '2'), true}, Outcome::inconclusive, "cut-short"},
      {"a multiline reply without end",
       {"214-" + std::string(500, 'x') + "\r\n", true},
       Outcome::inconclusive,
       "cut-short"},
  };
  for (const Case& one : cases) {
    INFO(one.name);
    const Rogue rogue(to_help(one.answer));
    const Played result = played(scenario, rogue);
    std::size_t octets = 0;
    for (const auto& event : result.transcript.events) octets += event.octets.size();
    CHECK(octets <= wire::max_octets_received + 1000);
    const Verdict verdict = judge(scenario, result.transcript, {});
    INFO(verdict.expected << " / " << verdict.actual << " / " << verdict.reason);
    CHECK(scenario::name(verdict.outcome) == scenario::name(one.outcome));
    if (one.cause != nullptr) CHECK(verdict.cause == one.cause);
    CHECK(verdict.actual.size() < 3000);
  }
}

TEST_CASE("a ladder that is not climbed blocks, in each session") {
  const auto scenario = scenario_of(R"(steps = [ { send = "HELP", expect = "214" }, { open = "b" } ])");
  for (const int silent : {0, 1}) {
    for (const int number : {0, 1}) {
      INFO("session " << silent << " is silent from line " << number);
      const Rogue rogue([=](int session, int line, const std::string& text) -> Answer {
        if (session == silent && line >= number) return {""};
        return to_help({"214 Help\r\n"})(session, line, text);
      });
      const Verdict verdict = judge(scenario, played(scenario, rogue).transcript, {});
      CHECK(verdict.outcome == Outcome::blocked);
      CHECK(verdict.cause == "ladder");
    }
  }
}

TEST_CASE("an expectation of a session that is opened") {
  const auto scenario = scenario_of(R"(steps = [ { open = "b", from = "connected", expect = "220" } ])");
  CHECK(judge(scenario, played(scenario, Rogue(to_help({"214 Help\r\n"}))).transcript, {}).outcome == Outcome::pass);
  const Rogue rogue([](int session, int line, const std::string& text) -> Answer {
    if (session == 1) return {"554 No\r\n"};
    return to_help({"214 Help\r\n"})(session, line, text);
  });
  CHECK(judge(scenario, played(scenario, rogue).transcript, {}).outcome == Outcome::fail);
}

TEST_CASE("a group that ends in the middle takes its other replies, also when they come late") {
  const auto scenario = scenario_of(
      R"(steps = [ { bytes = 'HELP\r\nNOOP\r\nNOOP\r\n', replies = [[{ code = "502", then = "end" }, "214"], "250", "250"] } ])");
  const Rogue rogue([](int session, int line, const std::string& text) -> Answer {
    if (text == "NOOP\r\n") std::this_thread::sleep_for(milliseconds(20));
    return to_help({"502 No\r\n"})(session, line, text);
  });
  const Played result = played(scenario, rogue);
  CHECK_FALSE(result.to_the_end);
  const Verdict verdict = judge(scenario, result.transcript, {});
  INFO(verdict.cause << ": " << verdict.expected << " / " << verdict.actual);
  CHECK(verdict.outcome == Outcome::pass);
}

TEST_CASE("a TLS alert in place of a handshake is no reply") {
  const std::string alert("\x15\x03\x03\0\x02\x02\x0a", 7);
  const auto to_starttls = [&](const std::string& line, const Answer& answer) -> Answer {
    if (line == "StartTLS\r\n") return {"220 Go\r\n"};
    if (line == "starttls\r\n") return {"220 Go\r\n" + alert};
    if (line == "STARTtls\r\n") return {"220 Go\r\n" + alert.substr(0, 1)};
    return to_help(answer)(0, 1, line);
  };
  const auto judged = [&](const std::string& steps, const Answer& answer) {
    const auto scenario = scenario_of("fence = false\nsteps = [ " + steps + " ]");
    const Rogue rogue([&](int session, int number, const std::string& line) {
      return number == 0 ? to_help({})(session, number, line) : to_starttls(line, answer);
    });
    return judge(scenario, played(scenario, rogue).transcript, {}).outcome;
  };
  const std::string started = R"({ send = "StartTLS", expect = "220" }, { send = "HELP", expect = )";
  CHECK(judged(started + R"("close" })", {alert, false, true}) == Outcome::pass);
  CHECK(judged(started + R"("silence" })", {alert}) == Outcome::pass);
  CHECK(judged(R"({ send = "starttls", expect = "220" }, { expect = "silence" })", {}) == Outcome::pass);
  CHECK(judged(started + R"("214" })", {alert + "214 Help\r\n"}) == Outcome::pass);
  const std::string begun = R"({ send = "STARTtls", expect = "220" }, { send = "HELP", expect = )";
  CHECK(judged(begun + R"("214" })", {alert.substr(1) + "214 Help\r\n"}) == Outcome::pass);
  CHECK(judged(started + R"("close" })", {alert.substr(0, 3), false, true}) == Outcome::pass);
  CHECK(judged(started + R"("close" })", {"214 Help\r\n", false, true}) == Outcome::fail);
  CHECK(judged(R"({ send = "HELP", expect = "close" })", {alert, false, true}) != Outcome::pass);
}

TEST_CASE("a long wait is as much longer than the usual one as it would be with the usual patience") {
  const auto scenario = scenario_of(R"(steps = [ { send = "HELP", within = "20s", expect = "214" } ])");
  const auto begun = std::chrono::steady_clock::now();
  const Verdict verdict = judge(scenario, played(scenario, Rogue(to_help({""}))).transcript, {});
  CHECK(verdict.cause == "silence");
  CHECK(std::chrono::steady_clock::now() - begun > milliseconds(900));  // 500 ms instead of 10 s: twice that
  CHECK(std::chrono::steady_clock::now() - begun < milliseconds(10000));
}

TEST_CASE("a server that closes behind 221 may do so late") {
  const auto scenario = scenario_of(R"(steps = [ { send = "QUIT", expect = "221" } ])");
  const Verdict verdict = judge(scenario, played(scenario, Rogue(to_help({}))).transcript, {});
  CHECK(verdict.outcome == Outcome::pass);
}

}  // namespace
}  // namespace smtpspec::engine
