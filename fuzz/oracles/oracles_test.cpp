#include "fuzz/oracles/oracles.hpp"

#include <algorithm>

#include <catch2/catch_test_macros.hpp>

#include "harness/judge/transcript_test.hpp"

namespace smtpspec::fuzz {
namespace {

using judge::Script;
using scenario::Outcome;

judge::Played played(const Script& script, Outcome outcome = Outcome::pass, judge::Cause cause = judge::Cause::none) {
  judge::Played played;
  played.transcript = script.transcript();
  played.judged.verdict.outcome = outcome;
  played.judged.verdict.cause = cause;
  played.judged.verdict.event = played.transcript.events.size();
  return played;
}

std::vector<std::string> causes_in(const judge::Played& played) {
  std::vector<std::string> causes;
  for (const Breach& one : breaches_in(played)) causes.push_back(one.cause);
  return causes;
}
using Causes = std::vector<std::string>;

TEST_CASE("A server that keeps the rules breaks none") {
  CHECK(causes_in(played(Script().greeted().sends("NOOP\r\n").says("250 OK\r\n"))).empty());
  CHECK(causes_in(played(Script().greeted().sends("XYZZY\r\n").says("500 What?\r\n"))).empty());
}

TEST_CASE("A crash, a hang and a broken rule, by what was sent") {
  const Script noop = Script().greeted().sends("NOOP\r\n");
  CHECK(causes_in(played(noop, Outcome::crash, judge::Cause::closed)) == Causes{"crash/NOOP"});
  CHECK(causes_in(played(noop, Outcome::fail, judge::Cause::hang)) == Causes{"hang/NOOP"});
  CHECK(causes_in(played(Script().greeted().sends("NOOP\r\n").says("250 OK\n"))) == Causes{"crlf"});
  CHECK(causes_in(played(Script().greeted().sends("\x01\x02\r\n"), Outcome::crash)) == Causes{"crash/octets"});
}

TEST_CASE("How a command is answered is a cause of its own for each command, the form of replies is one") {
  const auto answered = [](const char* command, const char* reply) {
    return causes_in(played(Script().greeted().sends(command).says(reply)));
  };
  CHECK(answered("RCPT TO:<a@b.example>\r\n", "250 OK\r\n") == Causes{"permitted-code/RCPT"});
  CHECK(answered("DATA\r\n", "354 Go\r\n") == Causes{"listed-code/DATA"});
  CHECK(answered("NOOP\r\n", "250 OK\n") == answered("RSET\r\n", "250 OK\n"));
  const Script in_pieces = Script().greeted().sends("5}").sends("QUIT\r\n").says("221 Bye\r\n");
  CHECK(causes_in(played(in_pieces)) == Causes{"permitted-code/octets"});
}

TEST_CASE("Who hangs up on what nobody can read for certain has crashed, unless he said goodbye") {
  const auto after = [](const char* last) {
    return played(Script().greeted().sends("NOOP\n").says(last).sends("x\ny\n").closes());
  };
  CHECK(causes_in(after("250 OK\r\n")) == Causes{"crash/octets"});
  CHECK(causes_in(after("500 No\r\n")).empty());
  CHECK(causes_in(after("421 Bye\r\n")).empty());
  CHECK(causes_in(after("250 OK\r\n221 Bye\r\n")).empty());
  const Script in_pieces = Script().greeted().sends("NOOP\n").says("4").sends("x\ny\n").says("21 Bye\r\n").sends("z\n");
  CHECK(causes_in(played(Script(in_pieces).closes())).empty());
}

TEST_CASE("What a challenge is answered by is no command") {
  const Script said = Script().greeted().sends("AUTH PLAIN\r\n").says("334 \r\n").sends("DATA\r\n");
  CHECK(causes_in(played(said, Outcome::crash, judge::Cause::closed)) == Causes{"crash/auth-response"});
}

TEST_CASE("Who takes a word for STARTTLS may close when no handshake comes") {
  const auto after = [](const char* reply) {
    const Script said = Script().greeted().sends("\xc5\xbfTARTTLS\r\n").says(reply).sends("NOOP\r\n");
    return causes_in(played(Script(said).closes(), Outcome::crash, judge::Cause::closed));
  };
  CHECK(after("220 Go\r\n") == Causes{"permitted-code/octets"});
  CHECK(after("250 Go\r\n") == Causes{"crash/NOOP", "listed-code/octets"});
}

TEST_CASE("Who does not offer PIPELINING may refuse what comes before he has answered") {
  const auto refuses = [](const char* ehlo, const char* sent) {
    return causes_in(played(Script()
                                .on("")
                                .says("220 x\r\n")
                                .sends("EHLO c\r\n")
                                .says(ehlo)
                                .sends(sent)
                                .says("500 5.5.1 Invalid command: Pipelining not supported\r\n")
                                .closes()));
  };
  CHECK(refuses("250 x\r\n", "NOOP\r\nNOOP\r\n").empty());
  CHECK(refuses("250 x\r\n", "NOOP\r\nN").empty());
  CHECK(refuses("250 x\r\n", "NOOP\r\nNOOP\r\nNOOP\r\n").empty());
  CHECK(!refuses("250 x\r\n", "NOOP\r\n").empty());
  CHECK(!refuses("250-x\r\n250 PIPELINING\r\n", "RSET\r\nNOOP\r\n").empty());
  CHECK(!refuses("250-x\r\n250 pipelining\r\n", "RSET\r\nNOOP\r\n").empty());
  CHECK(refuses("250 x no PIPELINING here\r\n", "RSET\r\nNOOP\r\n").empty());
}

TEST_CASE("Where nothing was seen nothing is said") {
  CHECK(says_nothing(played(Script().refused("no"), Outcome::blocked, judge::Cause::connect)));
  CHECK(says_nothing(played(Script().greeted(), Outcome::blocked, judge::Cause::ladder)));
  CHECK(!says_nothing(played(Script().greeted())));
}

}  // namespace
}  // namespace smtpspec::fuzz
