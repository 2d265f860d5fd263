#include "harness/engine/match.hpp"

#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "harness/engine/transcript_test.hpp"

namespace smtpspec::engine {
namespace {

using Kind = wire::Event::Kind;
using What = Observed::What;

/// `words`: what stands behind `expect = `.
scenario::Expectation expecting(const std::string& words) {
  return scenario_of("steps = [ { send = \"x\", expect = " + words + " } ]").steps[0].replies[0];
}

class Feed {
 public:
  Feed& says(const std::string& octets) { return take(Kind::received, octets); }
  Feed& is(Kind kind) { return take(kind, ""); }
  std::optional<Observed> observe(const std::string& words = "\"250\"") { return observer.observe(expecting(words)); }
  Observer observer;

 private:
  Feed& take(Kind kind, const std::string& octets) {
    wire::Event event;
    event.kind = kind;
    event.octets = octets;
    observer.take(event);
    return *this;
  }
};

TEST_CASE("replies are given in order, however they are cut") {
  const std::string stream = "250-a\r\n250 b\r\n550 c\r\n";
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    INFO(cut);
    Feed feed;
    feed.says(stream.substr(0, cut)).says(stream.substr(cut));
    const auto first = feed.observe();
    const auto second = feed.observe();
    REQUIRE((first && second));
    CHECK(first->reply.bytes() == "250-a\r\n250 b\r\n");
    CHECK(second->reply.code == 550);
    CHECK_FALSE(feed.observe());
  }
}

TEST_CASE("whether the server closes behind a reply is asked only where it matters") {
  Feed feed;
  feed.says("421 x\r\n");
  CHECK_FALSE(feed.observe("\"421 close\""));
  CHECK(feed.observer.awaits_close());
  feed.is(Kind::closed);
  const auto closed = feed.observe("\"421 close\"");
  REQUIRE(closed);
  CHECK(closed->what == What::reply);
  CHECK(closed->closed);

  Feed open;
  open.says("421 x\r\n");
  CHECK_FALSE(open.observe("\"421 close\""));
  const auto waited = open.is(Kind::deadline).observe("\"421 close\"");
  REQUIRE(waited);
  CHECK_FALSE(waited->closed);
  CHECK_FALSE(open.observe());  // the wait is used up

  Feed other;
  other.says("250 x\r\n");
  CHECK(other.observe("[\"250\", \"421 close\"]"));

  Feed more;  // a further reply: so it did not close behind the first
  more.says("421 x\r\n250 y\r\n").is(Kind::closed);
  const auto first = more.observe("\"421 close\"");
  REQUIRE(first);
  CHECK_FALSE(first->closed);
}

TEST_CASE("how a wait without a reply ends") {
  struct Case {
    std::vector<Kind> kinds;
    const char* octets;
    What what;
    bool incomplete;
  };
  const std::vector<Case> cases = {
      {{Kind::quiet}, "", What::quiet, false},
      {{Kind::quiet}, "25", What::quiet, true},
      {{Kind::deadline}, "", What::deadline, false},
      {{Kind::deadline}, "250-a\r\n", What::deadline, true},
      {{Kind::closed}, "", What::closed, false},
      {{Kind::closed}, "250 O", What::closed, true},
      {{Kind::reset}, "", What::closed, false},
      {{Kind::refused}, "", What::closed, false},
      {{Kind::tls_failed}, "", What::closed, false},
      {{Kind::hung_up}, "", What::missing, false},
      {{Kind::stopped}, "", What::missing, false},
      {{Kind::stopped, Kind::hung_up}, "25", What::missing, false},
      {{Kind::closed, Kind::hung_up}, "", What::closed, false},
  };
  for (const Case& one : cases) {
    INFO(wire::name(one.kinds[0]) << " behind '" << one.octets << "'");
    Feed feed;
    feed.says(one.octets);
    CHECK_FALSE(feed.observe());
    for (const Kind kind : one.kinds) feed.is(kind);
    const auto observed = feed.observe();
    REQUIRE(observed);
    CHECK(observed->what == one.what);
    CHECK(observed->incomplete == one.incomplete);
    if (one.incomplete) CHECK(observed->octets == one.octets);
    CHECK_FALSE(describe(*observed).empty());
  }
}

TEST_CASE("a reply that came goes before the end of the connection") {
  Feed feed;
  feed.says("250 a\r\n").is(Kind::closed);
  CHECK(feed.observe()->what == What::reply);
  CHECK(feed.observe()->what == What::closed);
  CHECK(feed.observe()->what == What::closed);
  CHECK(feed.observer.closed());
}

TEST_CASE("what is given back is observed again") {
  Feed feed;
  feed.says("334 a\r\n235 b\r\n");
  const auto challenge = feed.observe();
  REQUIRE(challenge);
  feed.observer.give_back(*challenge);
  CHECK(feed.observe()->reply.code == 334);
  CHECK(feed.observe()->reply.code == 235);
  const auto deadline = feed.is(Kind::deadline).observe();
  REQUIRE(deadline);
  feed.observer.give_back(*deadline);
  CHECK(feed.observe()->what == What::deadline);
  CHECK_FALSE(feed.observe());
}

TEST_CASE("discard throws away replies, and keeps a reply under way") {
  Feed feed;
  feed.says("250 a\r\n250 b\r\n250 c");
  feed.observer.discard();
  CHECK_FALSE(feed.observer.next_unclaimed());
  feed.says("\r\n");
  const auto reply = feed.observer.next_unclaimed();
  REQUIRE(reply);
  CHECK(reply->bytes() == "250 c\r\n");
  CHECK_FALSE(feed.observer.next_unclaimed());
}

TEST_CASE("a server that floods us is not kept") {
  Feed feed;
  feed.says(std::string(Observer::max_unclaimed + 5000, '\n'));
  std::size_t count = 0;
  while (feed.observer.next_unclaimed()) ++count;
  CHECK(count == Observer::max_unclaimed);
}

TEST_CASE("codes and their patterns") {
  CHECK(code_fits("250", 250));
  CHECK_FALSE(code_fits("250", 251));
  CHECK(code_fits("25z", 259));
  CHECK_FALSE(code_fits("25z", 260));
  CHECK(code_fits("5yz", 599));
  CHECK_FALSE(code_fits("5yz", 450));
  CHECK(code_fits("xyz", 0));
  CHECK_FALSE(code_fits("xyz", -1));
  CHECK_FALSE(code_fits("xyz", 1000));
  CHECK_FALSE(code_fits("25", 250));
  CHECK_FALSE(code_fits("", 250));
}

std::optional<std::size_t> chosen(const std::string& words, Feed feed, Captures& captures) {
  const scenario::Lookup lookup = [](std::string_view name) {
    return name == "token" ? std::optional<std::string>("t1") : std::nullopt;
  };
  const auto expectation = expecting(words);
  const auto observed = feed.observer.observe(expectation);
  return observed ? choose(expectation, *observed, lookup, captures) : std::nullopt;
}

TEST_CASE("the first alternative that fits is chosen") {
  struct Case {
    const char* expect;
    const char* octets;
    std::optional<std::size_t> chosen;
  };
  const std::optional<std::size_t> none;
  const std::vector<Case> cases = {
      {"\"250\"", "250 x\r\n", 0},
      {"\"250\"", "251 x\r\n", none},
      {"[\"5yz\", \"250\", \"xyz\"]", "250 x\r\n", 1},
      {"\"250\"", "hello\r\n", none},
      {"\"xyz\"", "hello\r\n", none},
      {"\"550 5.1.1\"", "550 5.1.1 x\r\n", 0},
      {"\"550 5.1.1\"", "550 5.1.10 x\r\n", none},
      {"\"550 5.1.10\"", "550 5.1.1 x\r\n", none},
      {"\"550 5.1.z\"", "550 5.1.10 x\r\n", 0},
      {"\"550 5.y.z\"", "550 5.7.1 x\r\n", 0},
      {"\"550 5.1.z\"", "550 5.7.1 x\r\n", none},
      {"\"550 5.1.1\"", "550 x\r\n", none},
      {"{ code = \"250\", lines = 2 }", "250-a\r\n250 b\r\n", 0},
      {"{ code = \"250\", lines = 2 }", "250 b\r\n", none},
      {"{ code = \"250\", keywords = [\"SIZE\"] }", "250-h\r\n250 size 1000\r\n", 0},
      {"{ code = \"250\", keywords = [\"SIZE\"] }", "250-h\r\n250 SIZER\r\n", none},
      {"{ code = \"250\", keywords = [\"SIZE\"] }", "250 SIZE\r\n", none},  // the first line is a greeting
      {"{ code = \"250\", keywords = [\"AUTH PLAIN\"] }", "250-h\r\n250 AUTH LOGIN PLAIN\r\n", 0},
      {"{ code = \"250\", keywords = [\"AUTH PLAIN\"] }", "250-h\r\n250 AUTH LOGIN\r\n", none},
      {"{ code = \"250\", without = [\"STARTTLS\"] }", "250-h\r\n250 SIZE\r\n", 0},
      {"{ code = \"250\", without = [\"STARTTLS\"] }", "250-h\r\n250 STARTTLS\r\n", none},
      {"{ code = \"250\", contains = \"is {token}\" }", "250-it\r\n250 is t1.\r\n", 0},
      {"{ code = \"250\", contains = \"is {token}\" }", "250 is t2\r\n", none},
      {"{ code = \"250\", contains = \"{accepted}\" }", "250 x\r\n", none},
  };
  for (const Case& one : cases) {
    INFO(one.expect << " for " << one.octets);
    Captures captures;
    CHECK(chosen(one.expect, Feed().says(one.octets), captures) == one.chosen);
    CHECK(captures.empty());
  }
}

TEST_CASE("closes and silences are alternatives too") {
  Captures captures;
  CHECK(chosen("[\"250\", \"close\"]", Feed().is(Kind::closed), captures) == 1U);
  CHECK_FALSE(chosen("\"close\"", Feed().says("25").is(Kind::closed), captures));
  CHECK_FALSE(chosen("\"close\"", Feed().is(Kind::deadline), captures));
  CHECK_FALSE(chosen("\"close\"", Feed().is(Kind::hung_up), captures));
  CHECK(chosen("[\"250\", \"silence\"]", Feed().is(Kind::quiet), captures) == 1U);
  CHECK_FALSE(chosen("\"silence\"", Feed().says("2").is(Kind::quiet), captures));
  CHECK_FALSE(chosen("\"silence\"", Feed().is(Kind::deadline), captures));
  CHECK_FALSE(chosen("\"silence\"", Feed().is(Kind::closed), captures));
  CHECK(chosen("\"421 close\"", Feed().says("421 x\r\n").is(Kind::closed), captures) == 0U);
  CHECK_FALSE(chosen("\"421 close\"", Feed().says("421 x\r\n").is(Kind::deadline), captures));
}

TEST_CASE("captures take group 1, or the whole match, over all lines") {
  Captures captures;
  const char* const words = R"({ code = "250", capture = { id = 'queued as (\w+)', word = 'b\w' } })";
  CHECK(chosen(words, Feed().says("250-bx\r\n250 queued as 7F\r\n"), captures) == 0U);
  CHECK(captures == Captures{{"id", "7F"}, {"word", "bx"}});
  captures.clear();
  CHECK_FALSE(chosen(words, Feed().says("250 nothing\r\n"), captures));
  // The server's text is long and the expression recursive: bounded, so that the stack holds.
  const char* const greedy = R"({ code = "250", capture = { all = '(a|b)*' } })";
  std::string lines;
  for (int i = 0; i < 999; ++i) lines += "250-" + std::string(500, 'a') + "\r\n";
  (void)chosen(greedy, Feed().says(lines + "250 a\r\n"), captures);
}

TEST_CASE("endings in words") {
  CHECK(describe(expecting("[\"503\", \"554\"]")) == "503 or 554");
  CHECK(describe(expecting("[\"421 close\", \"close\", \"silence\"]")) ==
        "421 and close or the connection closed or no reply");
  CHECK(describe(expecting("{ code = \"250\", lines = 1, as = \"info\" }")) == "250 of 1 line (info)");
  CHECK(describe(expecting("\"xyz\"")) == "any reply");
  CHECK(describe(*Feed().says("250 \x01\r\n").observe()) == "250 \\x01\\r\\n");
}

}  // namespace
}  // namespace smtpspec::engine
