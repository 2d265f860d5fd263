#include "harness/engine/facts.hpp"

#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "harness/judge/transcript_test.hpp"

namespace smtpspec::engine {
namespace {

using judge::scenario_of;
using judge::Script;

smtp::Ehlo offering(std::vector<smtp::Keyword> keywords) {
  smtp::Ehlo ehlo;
  ehlo.keywords = std::move(keywords);
  return ehlo;
}

struct Case {
  const char* words;  ///< of the scenario
  void (*make)(scenario::Target& target, Facts& facts);
  std::optional<Outcome> outcome;  ///< nullopt: it is played
  const char* reason = "";
};

void nothing(scenario::Target&, Facts&) {}

TEST_CASE("why a scenario is not played") {
  const auto submission = [](scenario::Target& target, Facts&) { target.profile = "submission"; };
  const auto with_auth = [](scenario::Target& target, Facts&) { target.auth = scenario::Target::Auth{"a", "b"}; };
  const auto starttls = [](scenario::Target&, Facts& facts) {
    facts.starttls = true;
    facts.plain = offering({{"SIZE", {"1000"}}, {"AUTH", {"LOGIN"}}, {"STARTTLS", {}}});
    facts.under_tls = offering({{"AUTH", {"LOGIN", "PLAIN"}}});
  };
  const auto submission_under_tls = [](scenario::Target& target, Facts& facts) {
    target.profile = "submission";
    target.auth = scenario::Target::Auth{"a", "b"};
    facts.starttls = true;
    facts.under_tls = offering({{"AUTH", {"LOGIN", "PLAIN"}}});
  };
  const auto lmtp = [](scenario::Target& target, Facts&) { target.scheme = scenario::Scheme::lmtp; };
  const auto smtps = [](scenario::Target& target, Facts&) { target.scheme = scenario::Scheme::smtps; };
  const auto everything = [](scenario::Target& target, Facts&) {
    target.mail.rejects = {"nobody@example.test"};
    target.mail.foreign = {"someone@elsewhere.example"};
    target.mail.accepts = {"alice@example.test", "bob@example.test"};
    target.delivery.emplace();
  };
  const auto sink = [](scenario::Target& target, Facts&) { target.delivery.emplace().sink = "127.0.0.1:2526"; };
  const auto lmtp_sink = [](scenario::Target& target, Facts&) {
    target.delivery.emplace().sink = "127.0.0.1:2526";
    target.delivery->sink_lmtp = true;
  };
  const auto no_mail = [](scenario::Target&, Facts& facts) { facts.deviations = {{"mail", "survey/mail: 550"}}; };
  const std::vector<Case> cases = {
      {"", nothing, std::nullopt},
      {"needs = [\"fact relays\"]\n", sink, std::nullopt},
      {"needs = [\"fact relays\"]\n", lmtp_sink, Outcome::skipped, "does not hand mail on by SMTP"},
      {"needs = [\"fact relays\"]\n", everything, Outcome::skipped, "does not hand mail on by SMTP"},
      {"state = \"mail\"\n", no_mail, Outcome::blocked, "blocked by survey/mail"},
      {"state = \"mail\"\nneeds = [\"fact lmtp\"]\n", no_mail, Outcome::skipped, "the target speaks SMTP"},
      {"state = \"mail\"\nneeds = [\"CHUNKING\"]\n", no_mail, Outcome::unsupported, "CHUNKING is not advertised"},
      {"needs = [\"fact lmtp\"]\n", nothing, Outcome::skipped, "the target speaks SMTP"},
      {"needs = [\"fact lmtp\"]\n", lmtp, std::nullopt},
      {"needs = [\"no fact lmtp\"]\n", lmtp, Outcome::skipped, "the target speaks LMTP"},
      {"needs = [\"no fact login-first\"]\n", submission, Outcome::skipped, "wants a login"},
      {"needs = [\"SIZE\"]\n", nothing, std::nullopt},
      {"needs = [\"no SIZE\"]\n", nothing, Outcome::unsupported, "SIZE is advertised"},
      {"needs = [\"CHUNKING\"]\n", nothing, Outcome::unsupported, "CHUNKING is not advertised"},
      {"needs = [\"no CHUNKING\"]\n", nothing, std::nullopt},
      {"needs = [\"AUTH PLAIN\"]\n", nothing, Outcome::unsupported, "AUTH PLAIN is not advertised"},
      {"needs = [\"AUTH LOGIN\"]\n", nothing, std::nullopt},
      {"needs = [\"fact auth\"]\n", nothing, Outcome::skipped, "nobody to log in is known"},
      {"needs = [\"fact auth\"]\n", with_auth, std::nullopt},
      {"needs = [\"no fact auth\"]\n", with_auth, Outcome::skipped, "somebody to log in is known"},
      {"needs = [\"fact tls\"]\n", nothing, Outcome::skipped, "the target offers no TLS"},
      {"needs = [\"fact tls\"]\n", starttls, std::nullopt},
      {"needs = [\"fact tls\"]\n", smtps, std::nullopt},
      {"needs = [\"fact delivery\"]\n", nothing, Outcome::skipped, "deliveries cannot be seen"},
      {"needs = [\"fact rejects\"]\n", nothing, Outcome::skipped, "no mailbox that is refused"},
      {"needs = [\"fact foreign\"]\n", nothing, Outcome::skipped, "no mailbox elsewhere"},
      {"needs = [\"fact two-recipients\"]\n", nothing, Outcome::skipped, "only one mailbox"},
      {"needs = [\"fact delivery\", \"fact rejects\", \"fact foreign\", \"fact two-recipients\"]\n", everything,
       std::nullopt},
      // What the ladder takes on its way is asked for without a word.
      {"state = \"tls\"\n", nothing, Outcome::skipped, "the target offers no TLS"},
      {"state = \"tls\"\n", starttls, std::nullopt},
      {"state = \"authenticated\"\n", nothing, Outcome::skipped, "nobody to log in is known"},
      {"state = \"mail\"\n", nothing, std::nullopt},
      {"state = \"ready\"\n", nothing, std::nullopt},
      {"state = \"ready\"\n", submission, Outcome::skipped, "nobody to log in is known"},
      {"state = \"mail\"\n", submission, Outcome::skipped, "nobody to log in is known"},
      // And keywords are those of where the scenario begins.
      {"state = \"tls\"\nneeds = [\"SIZE\"]\n", starttls, Outcome::unsupported, "SIZE is not advertised"},
      {"state = \"tls\"\nneeds = [\"AUTH PLAIN\"]\n", starttls, std::nullopt},
      {"state = \"tls\"\nneeds = [\"STARTTLS\"]\n", starttls, std::nullopt},
      {"state = \"mail\"\nneeds = [\"AUTH PLAIN\"]\n", submission_under_tls, std::nullopt},
      {"state = \"greeted\"\nneeds = [\"AUTH PLAIN\"]\n", submission_under_tls, Outcome::unsupported},
  };
  for (const Case& one : cases) {
    INFO(one.words);
    const auto scenario = scenario_of(std::string(one.words) + "steps = [ { send = \"NOOP\", expect = \"250\" } ]");
    scenario::Target target;
    target.mail.accepts = {"alice@example.test"};
    Facts facts;
    facts.plain = offering({{"SIZE", {"1000"}}, {"AUTH", {"LOGIN"}}});
    one.make(target, facts);
    const auto not_played = why_not_played(scenario, target, facts);
    REQUIRE(not_played.has_value() == one.outcome.has_value());
    if (!not_played) continue;
    INFO(not_played->reason);
    CHECK(scenario::name(not_played->outcome) == scenario::name(*one.outcome));
    CHECK(not_played->reason.find(one.reason) != std::string::npos);
  }
}

TEST_CASE("a scenario's own words ask for facts") {
  scenario::Target target;
  const Facts facts;
  const auto skipped = [&](const std::string& step) {
    return why_not_played(scenario_of("steps = [ " + step + " ]"), target, facts).has_value();
  };
  CHECK_FALSE(skipped("{ send = 'NOOP', expect = '250' }"));
  CHECK(skipped("{ send = 'RCPT TO:<{rejected}>', expect = '550' }"));
  CHECK(skipped("{ send = 'RCPT TO:<{foreign}>', expect = '550' }"));
  CHECK(skipped(R"({ send = 'AUTH PLAIN {base64:\0{user}\0{password}}', expect = '235' })"));
  CHECK(skipped("{ login = 'PLAIN', expect = '235' }"));
  CHECK(skipped("{ login = 'PLAIN', user = 'nobody', expect = '535' }"));
  CHECK(skipped("{ login = 'PLAIN', user = '{user}', password = 'wrong', expect = '535' }"));
  CHECK_FALSE(skipped("{ login = 'PLAIN', user = 'nobody', password = 'wrong', expect = '535' }"));
  target.auth = scenario::Target::Auth{"a", "b"};
  CHECK_FALSE(skipped("{ login = 'PLAIN', expect = '235' }"));
}

TEST_CASE("keyword lines as a report shows them") {
  CHECK(keyword_lines(offering({{"SIZE", {"1000"}}, {"AUTH", {"PLAIN", "LO\x01GIN"}}, {"HELP", {}}})) ==
        std::vector<std::string>{"SIZE 1000", "AUTH PLAIN LO\\x01GIN", "HELP"});
}

/// `greeted`, and what was said to EHLO.
Script asked(const std::string& keywords) {
  return Script().on("").says("220 mx.example.test\r\n").sends("EHLO client.example\r\n").says(keywords);
}

TEST_CASE("what a target says of itself") {
  const Script plain = asked("250-mx.example.test\r\n250-SIZE 1000\r\n250 HELP\r\n");
  const Facts facts = facts_of(plain.transcript(), true);
  CHECK(facts.greeting == "220 mx.example.test\r\n");
  CHECK(keyword_lines(facts.plain) == std::vector<std::string>{"SIZE 1000", "HELP"});
  CHECK_FALSE(facts.starttls);
  CHECK(facts.problem == "");

  const Script offers = asked("250-mx.example.test\r\n250 STARTTLS\r\n");
  Script under_tls = Script(offers).sends("STARTTLS\r\n").says("220 Go\r\n").is(record::Event::Kind::tls_started);
  under_tls.sends("EHLO client.example\r\n").says("250-mx.example.test\r\n").says("250 AUTH PLAIN\r\n");
  const Facts both = facts_of(offers.transcript(), true);
  CHECK(both.starttls);
  CHECK(keyword_lines(both.plain) == std::vector<std::string>{"STARTTLS"});
  CHECK(keyword_lines(ehlo_under_tls(under_tls.transcript())) == std::vector<std::string>{"AUTH PLAIN"});
  const Script failed = Script(offers).sends("STARTTLS\r\n").says("220 Go\r\n").is(record::Event::Kind::tls_failed);
  CHECK(ehlo_under_tls(failed.transcript()).keywords.empty());
}

TEST_CASE("under TLS from the first octet what is said is what there is") {
  Script smtps = Script().on("").is(record::Event::Kind::tls_started).says("220 mx\r\n");
  smtps.sends("EHLO client.example\r\n").says("250-mx\r\n250 SIZE\r\n");
  const Facts facts = facts_of(smtps.transcript(), true);
  CHECK(keyword_lines(facts.plain) == std::vector<std::string>{"SIZE"});
  CHECK(facts.problem == "");
}

TEST_CASE("why a target could not be asked") {
  const auto problem = [](const Script& script) { return facts_of(script.transcript(), false).problem; };
  CHECK(problem(Script().refused("nobody listens")) == "nobody listens");
  CHECK(problem(Script().on("").in_vain().client_closed()) == "the server did not answer in time");
  CHECK(problem(Script().on("").says("554 \x01\r\n").client_closed()) == "the server said 554 \\x01\\r\\n");
  CHECK(problem(Script().on("").says("421 Busy\r\n").closes()) ==
        "the server said 421 Busy\\r\\n, then closed the connection");
  CHECK(problem(Script().on("").closes()) == "the server closed the connection");
  CHECK(problem(Script().on("").is(record::Event::Kind::tls_failed, "alert")) == "TLS failed: alert");
  CHECK(problem(Script().on("").says(std::string(100000, 'x'))).size() < 1000);
}

TEST_CASE("the scenario that leads to a state") {
  const auto scenario = only_the_ladder(scenario::Ladder::tls);
  CHECK(scenario.id == "probe-tls");
  CHECK(scenario.from == scenario::Ladder::tls);
  CHECK(scenario.steps.empty());
}

}  // namespace
}  // namespace smtpspec::engine
