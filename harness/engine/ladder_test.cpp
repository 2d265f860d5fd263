#include "harness/engine/ladder.hpp"

#include <catch2/catch_test_macros.hpp>

#include "harness/engine/match.hpp"
#include "harness/engine/values.hpp"
#include "harness/scenario/octets.hpp"

namespace smtpspec::engine {
namespace {

using scenario::Ladder;
using scenario::Step;

/// The rungs in one line: what is said and what must come back.
std::string climbed(Ladder to, const std::string& profile = "mx", bool under_tls = false, bool starttls = true) {
  scenario::Target target;
  target.profile = profile;
  target.scheme = profile == "lmtp" ? scenario::Scheme::lmtp : scenario::Scheme::smtp;
  target.mail.accepts = {"a@b.example"};
  target.mail.sender = "s@c.example";
  Values values(target, "t");
  std::string all;
  for (const Step& step : rungs(to, target, under_tls, starttls)) {
    switch (step.action) {
      case Step::Action::expect: all += "-"; break;
      case Step::Action::handshake: all += "handshake; "; continue;
      case Step::Action::login: all += "login"; break;
      default: {
        const auto octets = scenario::octets_of(step, values.lookup());
        REQUIRE(octets);
        REQUIRE(octets->substr(octets->size() - 2) == "\r\n");
        all += octets->substr(0, octets->size() - 2);
      }
    }
    REQUIRE(step.replies.size() == 1);
    all += ": " + describe(step.replies[0]) + "; ";
  }
  return all;
}

TEST_CASE("the rungs to each state") {
  const std::string greeted = "-: 220; EHLO client.example: 250; ";
  const std::string tls = greeted + "STARTTLS: 220; handshake; EHLO client.example: 250; ";
  const std::string mail = "MAIL FROM:<s+t@c.example>: 250; ";
  const std::string rcpt = mail + "RCPT TO:<a@b.example>: 25z; ";
  CHECK(climbed(Ladder::connected) == "");
  CHECK(climbed(Ladder::greeted) == greeted);
  CHECK(climbed(Ladder::tls) == tls);
  CHECK(climbed(Ladder::tls, "mx", false, false) == tls);  // asked for all the same: the scenario wants it
  CHECK(climbed(Ladder::tls, "mx", true) == greeted);      // it began with TLS
  CHECK(climbed(Ladder::authenticated) == tls + "login: 235; ");
  CHECK(climbed(Ladder::authenticated, "mx", false, false) == greeted + "login: 235; ");
  CHECK(climbed(Ladder::authenticated, "mx", true) == greeted + "login: 235; ");
  CHECK(climbed(Ladder::mail) == greeted + mail);
  CHECK(climbed(Ladder::rcpt) == greeted + rcpt);
  CHECK(climbed(Ladder::data) == greeted + rcpt + "DATA: 354; ");
}

TEST_CASE("a submission server wants a login before a transaction, RFC 6409 section 4.3") {
  CHECK(climbed(Ladder::greeted, "submission") == climbed(Ladder::greeted));
  CHECK(climbed(Ladder::mail, "submission") ==
        climbed(Ladder::authenticated, "submission") + "MAIL FROM:<s+t@c.example>: 250; ");
  CHECK(climbed(Ladder::data, "submission", false, false).find("STARTTLS") == std::string::npos);
}

TEST_CASE("LMTP is greeted by LHLO, RFC 2033 section 4.1") {
  CHECK(climbed(Ladder::greeted, "lmtp") == "-: 220; LHLO client.example: 250; ");
}

TEST_CASE("the fence is NOOP and QUIT, whatever they are answered") {
  const auto steps = fence();
  REQUIRE(steps.size() == 2);
  for (const Step& step : steps) {
    REQUIRE(step.replies.size() == 1);
    CHECK(describe(step.replies[0]) == "any reply");
  }
}

}  // namespace
}  // namespace smtpspec::engine
