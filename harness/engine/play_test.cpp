// Playing against servers that do what no honest server does.
#include "harness/engine/play.hpp"

#include <future>
#include <optional>
#include <thread>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <catch2/catch_test_macros.hpp>

#include "harness/engine/result.hpp"
#include "harness/engine/rogue_test.hpp"
#include "harness/judge/transcript_test.hpp"
#include "harness/wire/listener.hpp"

namespace smtpspec::engine {
namespace {

using judge::scenario_of;
using judge::Verdict;
using std::chrono::milliseconds;

Played played(const scenario::Scenario& scenario, Connect connect, bool implicit_tls = false,
              std::function<void(const FirstWord&)> heard = {}) {
  scenario::Target target;
  target.mail.accepts = {"alice@example.test"};
  const auto tls = wire::TlsContext::client({});
  PlaySettings settings{
      .connect = std::move(connect),
      .gather = {},
      .heard = std::move(heard),
      .tls = tls.get(),
      .tls_name = "127.0.0.1",
      .host = "127.0.0.1",
      .terms = {},
      .values = judge::Values(target, "t0123456789abcdef", ""),
  };
  settings.terms.implicit_tls = implicit_tls;
  settings.terms.patience = {milliseconds(500), milliseconds(100), milliseconds(20000)};
  asio::io_context context{1};
  Played result;
  std::exception_ptr failure;
  asio::co_spawn(context, play(scenario, settings), [&](const std::exception_ptr& error, Played done) {
    failure = error;
    result = std::move(done);
  });
  context.run();
  REQUIRE_FALSE(failure);
  // What was written down gives the same verdict.
  const Verdict again = judge::judge(scenario, result.transcript).verdict;
  CHECK(scenario::name(again.outcome) == scenario::name(result.judged.verdict.outcome));
  CHECK(judge::name(again.cause) == judge::name(result.judged.verdict.cause));
  return result;
}

Played played(const scenario::Scenario& scenario, std::uint16_t port, bool implicit_tls = false) {
  return played(
      scenario, [port](wire::Time time) { return wire::connect_tcp("127.0.0.1", port, "", time); }, implicit_tls);
}

Played played(const scenario::Scenario& scenario, const Rogue& rogue) { return played(scenario, rogue.port()); }

struct Case {
  const char* name;
  Answer answer;
  Outcome outcome;
  std::optional<Cause> cause;  ///< nullopt: one of several
  bool fence_holds = true;
};

TEST_CASE("what a server may do to one command") {
  const auto scenario = scenario_of(R"(steps = [ { send = "HELP", expect = "214" } ])");
  const std::vector<Case> cases = {
      {"honest", {"214 Help\r\n"}, Outcome::pass, Cause::none},
      {"silent, but alive", {""}, Outcome::fail, Cause::silence},
      {"closes", {"", false, true}, Outcome::crash, Cause::closed},
      {"closes in its reply", {"214 He", false, true}, Outcome::crash, Cause::incomplete},
      // NOOP's reply comes within it.
      {"stays in its reply", {"214-Help\r\n"}, Outcome::fail, Cause::incomplete},
      {"a second reply", {"214 Help\r\n214 Help\r\n"}, Outcome::blocked, Cause::out_of_step, false},
      {"replies without end", {std::string(60000, 'x') + "\r\n", true}, Outcome::fail, Cause::reply},
      // Whether one too many comes before the fence or is taken for its reply is a matter of time.
      {"good replies without end", {"214 Help\r\n", true}, Outcome::blocked, std::nullopt, false},
      {"a line without end", {std::string(60000, '2'), true}, Outcome::inconclusive, Cause::cut_short},
      {"a multiline reply without end",
       {"214-" + std::string(500, 'x') + "\r\n", true},
       Outcome::inconclusive,
       Cause::cut_short},
  };
  for (const Case& one : cases) {
    INFO(one.name);
    const Rogue rogue(to_help(one.answer));
    const Played result = played(scenario, rogue);
    std::size_t octets = 0;
    for (const auto& event : result.transcript.events) octets += event.octets.size();
    CHECK(octets <= record::max_octets_received + 1000);
    const Verdict& verdict = result.judged.verdict;
    INFO(verdict.expected << " / " << verdict.actual << " / " << verdict.reason);
    CHECK(scenario::name(verdict.outcome) == scenario::name(one.outcome));
    if (one.cause) CHECK(judge::name(verdict.cause) == judge::name(*one.cause));
    CHECK(result.judged.broken_fence.has_value() != one.fence_holds);
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
      const Verdict verdict = played(scenario, rogue).judged.verdict;
      CHECK(verdict.outcome == Outcome::blocked);
      CHECK(verdict.cause == Cause::ladder);
    }
  }
}

TEST_CASE("an expectation of a session that is opened") {
  const auto scenario = scenario_of(R"(steps = [ { open = "b", state = "connected", expect = "220" } ])");
  CHECK(played(scenario, Rogue(to_help({"214 Help\r\n"}))).judged.verdict.outcome == Outcome::pass);
  const Rogue rogue([](int session, int line, const std::string& text) -> Answer {
    if (session == 1) return {"554 No\r\n"};
    return to_help({"214 Help\r\n"})(session, line, text);
  });
  CHECK(played(scenario, rogue).judged.verdict.outcome == Outcome::fail);
}

TEST_CASE("a group that ends in the middle takes its other replies, also when they come late") {
  const auto scenario = scenario_of(
      R"(steps = [ { bytes = 'HELP\r\nNOOP\r\nNOOP\r\n', replies = [[{ reply = "502", then = "end" }, "214"], "250", "250"] } ])");
  const Rogue rogue([](int session, int line, const std::string& text) -> Answer {
    if (text == "NOOP\r\n") std::this_thread::sleep_for(milliseconds(20));
    return to_help({"502 No\r\n"})(session, line, text);
  });
  const Played result = played(scenario, rogue);
  CHECK_FALSE(result.to_the_end);
  const Verdict verdict = result.judged.verdict;
  INFO(judge::name(verdict.cause) << ": " << verdict.expected << " / " << verdict.actual);
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
    return played(scenario, rogue).judged.verdict.outcome;
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
  const auto scenario = scenario_of(R"(steps = [ { send = "HELP", wait = "20s", expect = "214" } ])");
  const auto begun = std::chrono::steady_clock::now();
  const Verdict verdict = played(scenario, Rogue(to_help({""}))).judged.verdict;
  CHECK(verdict.cause == Cause::silence);
  CHECK(std::chrono::steady_clock::now() - begun > milliseconds(900));  // 500 ms instead of 10 s: twice that
  CHECK(std::chrono::steady_clock::now() - begun < milliseconds(10000));
}

TEST_CASE("the server's close_notify is answered, and is its close") {
  constexpr wire::Time patient{20000};
  asio::io_context context{1};
  const auto tls = wire::TlsContext::server("localhost");
  std::promise<wire::End> answer;
  const wire::Listener listener(
      context.get_executor(), "127.0.0.1", 0, [&](std::unique_ptr<wire::Transport> transport) -> asio::awaitable<void> {
        wire::Stream stream(std::move(transport));
        (void)co_await stream.handshake(*tls, wire::TlsEngine::Role::server, "", patient);
        for (const char* const reply : {"220 mx\r\n", "250 mx\r\n"}) {
          (void)co_await stream.write(reply, patient);
          (void)co_await stream.read(patient);
        }
        (void)co_await stream.write("221 Bye\r\n", patient);
        (void)co_await stream.close_notify(patient);
        const wire::Read read = co_await stream.read(patient);  // and keeps the TCP connection meanwhile
        answer.set_value(read.end);
      });
  std::thread thread([&] { context.run(); });
  const Played result =
      played(scenario_of(R"(steps = [ { send = "QUIT", expect = "221 close" } ])"), listener.port(), true);
  auto answered = answer.get_future();
  const bool in_time = answered.wait_for(patient) == std::future_status::ready;
  context.stop();
  thread.join();
  CHECK(result.judged.verdict.outcome == Outcome::pass);
  REQUIRE(in_time);
  CHECK(answered.get() == wire::End::tls_closed);
  std::vector<record::Event::Kind> ends;
  for (const record::Event& event : result.transcript.events)
    if (event.kind != record::Event::Kind::octets) ends.push_back(event.kind);
  using Kind = record::Event::Kind;
  CHECK(ends == std::vector{Kind::connected, Kind::step, Kind::tls_started, Kind::step, Kind::close_notify,
                            Kind::close_notify, Kind::closed});
}

TEST_CASE("a server that closes after a refusal has not hung up on what comes next") {
  const auto scenario =
      scenario_of(R"(steps = [ { send = "HELP", expect = "502" }, { send = "NOOP", expect = "250" } ])");
  for (int i = 0; i < 20; ++i) {
    const Verdict verdict = played(scenario, Rogue(to_help({"502 No\r\n", false, true}))).judged.verdict;
    CHECK(verdict.outcome == Outcome::blocked);
    CHECK(verdict.cause == Cause::interference);
  }
}

/// A road on which the server's words are there from the start, one a read, and then its close.
class Foretold : public wire::Transport {
 public:
  Foretold(std::vector<std::string> words, std::string& sent) : words_(std::move(words)), sent_(sent) {}
  asio::awaitable<wire::Read> read(wire::Time) override {
    if (next_ == words_.size()) co_return wire::Read{wire::End::closed, {}, {}};
    co_return wire::Read{wire::End::octets, words_[next_++], {}};
  }
  asio::awaitable<wire::Written> write(std::string_view octets, wire::Time) override {
    sent_ += octets;
    co_return wire::Written{};
  }
  void half_close() override {}
  void reset() override {}
  void close() override {}
  [[nodiscard]] std::string local() const override { return "here"; }
  [[nodiscard]] std::string remote() const override { return "there"; }

 private:
  std::vector<std::string> words_;
  std::size_t next_ = 0;
  std::string& sent_;
};

TEST_CASE("what has come already is taken before more is said, and nothing is said to a session that has ended") {
  const auto scenario = scenario_of(R"(state = "connected"
steps = [ { expect = "220" }, { send = "HELP", expect = "214" }, { send = "NOOP", expect = "250" } ])");
  std::string sent;
  const Played result = played(scenario, [&](wire::Time) -> asio::awaitable<wire::Connected> {
    std::vector<std::string> words = {"220 mx\r\n", "214 Help\r\n"};
    co_return wire::Connected{std::make_unique<Foretold>(std::move(words), sent), wire::End::octets, {}};
  });
  CHECK(result.judged.verdict.cause == Cause::closed);
  CHECK(sent == "HELP\r\n");
  std::vector<std::string> said;
  for (const record::Event& event : result.transcript.events)
    if (event.kind == record::Event::Kind::octets) said.push_back(event.octets);
  CHECK(said == std::vector<std::string>{"220 mx\r\n", "214 Help\r\n", "HELP\r\n"});
}

TEST_CASE("how a session begins is told by its first line, in however many pieces that comes, or by its end") {
  using Kind = FirstWord::Kind;
  struct Row {
    std::vector<std::string> words;
    Kind kind;
    const char* told;
  };
  const std::vector<Row> rows = {
      {{"220 mx\r\n"}, Kind::greeting, "220 mx\r\n"},
      {{"2", "20 ", "mx\r\n", "more"}, Kind::greeting, "220 mx\r\n"},
      {{"220-mx\r\n220", " mx\r\n"}, Kind::greeting, "220-mx\r\n220"},
      {{"5", "54 No room\r\n"}, Kind::refusal, "554 No room\r\n"},
      {{"421 Busy\r\n"}, Kind::refusal, "421 Busy\r\n"},
      {{"4", "21 Bu"}, Kind::refusal, "421 Bu"},
      {{"5", "5"}, Kind::greeting, "55"},
      {{}, Kind::closed, "closed without a word"},
  };
  const auto scenario = scenario_of("state = \"connected\"\nfence = false\nsteps = [ { expect = \"220\" } ]");
  for (const Row& row : rows) {
    INFO(row.told);
    std::string sent;
    std::vector<FirstWord> heard;
    const Connect connect = [&](wire::Time) -> asio::awaitable<wire::Connected> {
      co_return wire::Connected{std::make_unique<Foretold>(row.words, sent), wire::End::octets, {}};
    };
    (void)played(scenario, connect, false, [&](const FirstWord& word) { heard.push_back(word); });
    REQUIRE(heard.size() == 1);
    CHECK(heard[0].kind == row.kind);
    CHECK(heard[0].words == row.told);
  }
}

TEST_CASE("a server that closes after 221 may do so late") {
  const auto scenario = scenario_of(R"(steps = [ { send = "QUIT", expect = "221" } ])");
  const Verdict verdict = played(scenario, Rogue(to_help({}))).judged.verdict;
  CHECK(verdict.outcome == Outcome::pass);
}

}  // namespace
}  // namespace smtpspec::engine
