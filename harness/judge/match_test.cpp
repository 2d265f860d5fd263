#include "harness/judge/match.hpp"

#include <chrono>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "harness/judge/transcript_test.hpp"

namespace smtpspec::judge {
namespace {

using What = Observed::What;

/// `words`: what stands after `expect = `.
scenario::Expectation expecting(const std::string& words) {
  return scenario_of("steps = [ { send = \"x\", expect = " + words + " } ]").steps[0].replies[0];
}

Observed reply(const std::string& octets, bool closed = false) {
  smtp::ReplyParser parser;
  parser.feed(octets);
  auto parsed = parser.next();
  REQUIRE(parsed);
  Observed observed;
  observed.what = What::reply;
  observed.reply = std::move(*parsed);
  observed.closed = closed;
  return observed;
}

Observed without_reply(What what, const std::string& octets = "") {
  Observed observed;
  observed.what = what;
  observed.octets = octets;
  observed.incomplete = !octets.empty();
  return observed;
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

std::optional<std::size_t> chosen(const std::string& words, const Observed& observed, Captures& captures) {
  const scenario::Lookup lookup = [](std::string_view name) {
    return name == "token" ? std::optional<std::string>("t1") : std::nullopt;
  };
  return choose(expecting(words), observed, lookup, captures);
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
      {"{ reply = \"250\", line-count = 2 }", "250-a\r\n250 b\r\n", 0},
      {"{ reply = \"250\", line-count = 2 }", "250 b\r\n", none},
      {"{ reply = \"250\", keywords = [\"SIZE\"] }", "250-h\r\n250 size 1000\r\n", 0},
      {"{ reply = \"250\", keywords = [\"SIZE\"] }", "250-h\r\n250 SIZER\r\n", none},
      {"{ reply = \"250\", keywords = [\"SIZE\"] }", "250 SIZE\r\n", none},  // the first line is a greeting
      {"{ reply = \"250\", keywords = [\"AUTH PLAIN\"] }", "250-h\r\n250 AUTH LOGIN PLAIN\r\n", 0},
      {"{ reply = \"250\", keywords = [\"AUTH PLAIN\"] }", "250-h\r\n250 AUTH LOGIN\r\n", none},
      {"{ reply = \"250\", without = [\"STARTTLS\"] }", "250-h\r\n250 SIZE\r\n", 0},
      {"{ reply = \"250\", without = [\"STARTTLS\"] }", "250-h\r\n250 STARTTLS\r\n", none},
      {"{ reply = \"250\", contains = \"is {token}\" }", "250-it\r\n250 is t1.\r\n", 0},
      {"{ reply = \"250\", contains = \"is {token}\" }", "250 is t2\r\n", none},
      {"{ reply = \"250\", contains = \"{accepted}\" }", "250 x\r\n", none},
  };
  for (const Case& one : cases) {
    INFO(one.expect << " for " << one.octets);
    Captures captures;
    CHECK(chosen(one.expect, reply(one.octets), captures) == one.chosen);
    CHECK(captures.empty());
  }
}

TEST_CASE("closes and silences are alternatives too") {
  Captures captures;
  CHECK(chosen("[\"250\", \"close\"]", without_reply(What::closed), captures) == 1U);
  CHECK_FALSE(chosen("\"close\"", without_reply(What::closed, "25"), captures));
  CHECK_FALSE(chosen("\"close\"", without_reply(What::nothing), captures));
  CHECK_FALSE(chosen("\"close\"", without_reply(What::unknown), captures));
  CHECK(chosen("[\"250\", \"silence\"]", without_reply(What::nothing), captures) == 1U);
  CHECK_FALSE(chosen("\"silence\"", without_reply(What::nothing, "2"), captures));
  CHECK_FALSE(chosen("\"silence\"", without_reply(What::closed), captures));
  CHECK_FALSE(chosen("\"silence\"", without_reply(What::unknown), captures));
  CHECK(chosen("\"421 close\"", reply("421 x\r\n", true), captures) == 0U);
  CHECK_FALSE(chosen("\"421 close\"", reply("421 x\r\n", false), captures));
  CHECK(allows(expecting("[\"250\", \"silence\"]"), scenario::Alternative::Kind::silence));
  CHECK_FALSE(allows(expecting("[\"250\", \"silence\"]"), scenario::Alternative::Kind::close));
}

TEST_CASE("captures take group 1, or the whole match, over all lines") {
  Captures captures;
  const char* const words = R"({ reply = "250", capture = { id = 'queued as (\w+)', word = 'b\w' } })";
  CHECK(chosen(words, reply("250-bx\r\n250 queued as 7F\r\n"), captures) == 0U);
  CHECK(captures == Captures{{"id", "7F"}, {"word", "bx"}});
  captures.clear();
  CHECK_FALSE(chosen(words, reply("250 nothing\r\n"), captures));
}

TEST_CASE("whatever an expression makes of a server's text, it takes no longer for that") {
  std::string lines;
  for (int i = 0; i < 200; ++i) lines += "250-" + std::string(500, 'x') + "\r\n";  // 100 KiB
  const Observed long_reply = reply(lines + "250 x\r\n");
  for (const char* const expression :
       {"(a|x)*", "(x+x+)+y", "(x*)*y", "((x?){30}x{30})+z", "(.*)(.*)(.*)(.*)[^x\\n]"}) {
    INFO(expression);
    Captures captures;
    const auto begun = std::chrono::steady_clock::now();
    (void)chosen("{ reply = \"250\", capture = { all = '" + std::string(expression) + "' } }", long_reply, captures);
    CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(5));
  }
}

TEST_CASE("endings in words") {
  CHECK(describe(expecting("[\"503\", \"554\"]")) == "503 or 554");
  CHECK(describe(expecting("[\"421 close\", \"close\", \"silence\"]")) ==
        "421 and close or the connection closed or no reply");
  CHECK(describe(expecting("{ reply = \"250\", line-count = 1, as = \"info\" }")) == "250 of 1 line");
  CHECK(describe(expecting("[\"501\", { reply = \"5yz\", as = \"info\" }, { reply = \"250\", as = \"warn\" }]")) ==
        "501; permitted too: 5yz");
  CHECK(describe(expecting("[{ reply = \"250\", as = \"fail\" }]")) == "anything else");
  CHECK(describe(expecting("{ reply = \"xyz\", because = \"in ASCII\" }")) == "any reply (in ASCII)");
  CHECK(describe(expecting("\"xyz\"")) == "any reply");
  CHECK(describe(expecting("[\"5yz\", { reply = \"21z\", as = \"fail\", because = \"no\" }, { reply = \"xyz\", as = "
                           "\"info\", because = \"yes\" }]")) == "5yz; permitted too: any reply but 21z");
  CHECK(describe(reply("250 \x01\r\n")) == "250 \\x01\\r\\n");
  CHECK(describe(reply("421 x\r\n", true)) == "421 x\\r\\n, then the connection closed");
  CHECK(describe(without_reply(What::nothing)) == "no reply in the time");
  CHECK(describe(without_reply(What::closed)) == "the connection closed without a reply");
}

}  // namespace
}  // namespace smtpspec::judge
