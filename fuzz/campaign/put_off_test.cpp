#include "fuzz/campaign/put_off.hpp"

#include <atomic>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "fuzz/oracles/oracles.hpp"
#include "fuzz/session/session_input.hpp"
#include "harness/engine/rogue_test.hpp"

namespace smtpspec::fuzz {
namespace {

using engine::Answer;
using engine::Rogue;

constexpr std::string_view too_many = "421 4.7.0 Too many of you\r\n";

/// It answers as an honest server does.
Answer honest(int number, const std::string& line) {
  if (number == 0) return {"220 x\r\n"};
  if (line.starts_with("QUIT")) return {"221 Bye\r\n", false, true};
  if (line.starts_with("DATA")) return {"354 Go on\r\n"};
  if (line.ends_with(".\r\n") || line.find(' ') != std::string::npos || line.size() == 6) return {"250 Ok\r\n"};
  return {""};
}

Opponent at(const Rogue& rogue) {
  Opponent opponent;
  opponent.target.port = rogue.port();
  opponent.target.mail.accepts = {"alice@example.test"};
  return opponent;
}

TEST_CASE("A session that is put off is played again from other addresses, until it is served or nobody wants it") {
  std::atomic<int> refusals{3};
  const Rogue rogue([&](int, int number, const std::string& line) -> Answer {
    if (number == 0 && refusals-- > 0) return {std::string(too_many), false, true};
    return honest(number, line);
  });
  const Opponent opponent = at(rogue);
  LivePlayer player(opponent, "secret");
  std::vector<std::string> sources;
  player.when_put_off("127.77.4.0/22", [&](const std::string& source) {
    sources.push_back(source);
    return sources.size() < 4;
  });
  const judge::Played played = player.play(decode("= mail\n> RSET\\r\\n\n"), {});
  CHECK(!says_nothing(played));
  CHECK(sources == std::vector<std::string>{"127.77.4.1", "127.77.4.2", "127.77.4.3"});
  const auto from = [](const judge::Played& one) { return one.transcript.events.front().text; };
  CHECK(from(played).starts_with("127.77.4.3:"));
  CHECK(from(player.play(decode("> NOOP\\r\\n"), {})).starts_with("127.77.4.3:"));
  refusals = 2;
  CHECK(was_put_off(player.play(decode("> NOOP\\r\\n"), {})));
}

TEST_CASE("Who speaks first may be put off too, and be refused for it") {
  std::atomic<const char*> greeting = "421 4.7.0 Too many of you\r\n";
  std::atomic<int> sessions{0};
  const Rogue rogue([&](int session, int number, const std::string&) -> Answer {
    sessions = session + 1;
    return number == 0 ? Answer{""} : Answer{greeting.load(), false, true};
  });
  const Opponent opponent = at(rogue);
  LivePlayer player(opponent, "secret");
  bool told = false;
  player.when_put_off("", [&](const std::string& /*source*/) { return told = true; });
  CHECK(was_put_off(player.play(decode("= connected\n> EHLO x\\r\\n\n"), {})));
  CHECK(sessions == 2);
  CHECK(!told);
  greeting = "554 Protocol synchronization error\r\n";
  CHECK(!was_put_off(player.play(decode("= connected\n> EHLO x\\r\\n\n"), {})));
}

TEST_CASE("What is refused for good, or by the session's own steps, is not put off") {
  const Rogue rogue([&](int, int number, const std::string& line) -> Answer {
    if (line.starts_with("MAIL")) return {"550 No\r\n"};
    if (line.starts_with("HELP")) return {std::string(too_many), false, true};
    return honest(number, line);
  });
  const Opponent opponent = at(rogue);
  LivePlayer player(opponent, "secret");
  CHECK(!was_put_off(player.play(decode("= mail\n> RSET\\r\\n\n"), {})));
  CHECK(!was_put_off(player.play(decode("> HELP\\r\\n\n"), {})));
}

TEST_CASE("TLS or a login that is not to be had is not waited for") {
  std::atomic<const char*> answer = "454 4.7.0 TLS not available\r\n";
  std::atomic<int> sessions{0};
  const Rogue rogue([&](int, int number, const std::string& line) -> Answer {
    if (number == 0) ++sessions;
    if (line.starts_with("STARTTLS")) return {answer.load()};
    return honest(number, line);
  });
  const Opponent opponent = at(rogue);
  LivePlayer player(opponent, "secret");
  player.when_put_off("", [](const std::string& /*source*/) { return true; });
  CHECK(!was_put_off(player.play(decode("= tls\n> NOOP\\r\\n\n"), {})));
  CHECK(sessions == 1);
  answer = too_many.data();
  player.when_put_off("", [](const std::string& /*source*/) { return false; });
  CHECK(was_put_off(player.play(decode("= tls\n> NOOP\\r\\n\n"), {})));
}

TEST_CASE("Other addresses are served alike, or they are not") {
  std::atomic<int> sessions{0};
  std::string told_apart;
  const Rogue rogue([&](int session, int number, const std::string& line) -> Answer {
    if (number == 0) sessions = session + 1;
    if (session % 2 == 0 && !told_apart.empty() && line.starts_with(told_apart)) return {"554 Not for you\r\n"};
    return honest(number, line);
  });
  const Opponent opponent = at(rogue);
  CHECK(serves_other_addresses_alike(opponent, {}));
  CHECK(sessions == 2);
  for (const char* const command : {"EHLO", "MAIL", "RCPT", "DATA"}) {
    CAPTURE(command);
    told_apart = command;
    CHECK(!serves_other_addresses_alike(opponent, {}));
  }
  told_apart.clear();
  Opponent chosen = opponent;
  chosen.target.sources = {"127.0.0.1"};
  CHECK(!serves_other_addresses_alike(chosen, {}));
  chosen = opponent;
  chosen.target.host = "localhost";
  CHECK(!serves_other_addresses_alike(chosen, {}));
}

TEST_CASE("No two workers share an address") {
  CHECK(addresses_of_worker(0) == "127.77.0.0/22");
  CHECK(addresses_of_worker(1) == "127.77.4.0/22");
  CHECK(addresses_of_worker(63) == "127.77.252.0/22");
}

}  // namespace
}  // namespace smtpspec::fuzz
