#include "harness/judge/ladder.hpp"

#include <catch2/catch_test_macros.hpp>

#include "harness/judge/match.hpp"
#include "harness/judge/values.hpp"
#include "harness/scenario/octets.hpp"

namespace smtpspec::judge {
namespace {

using scenario::Ladder;
using scenario::Step;

record::Terms terms_of(bool starttls, bool login = false, bool lmtp = false) {
  record::Terms terms;
  terms.starttls = starttls;
  terms.login = login;
  terms.lmtp = lmtp;
  return terms;
}
const record::Terms usual = terms_of(true);
const record::Terms no_starttls = terms_of(false);
const record::Terms submission = terms_of(true, true);

/// The setup steps in one line: what is said and what must come back.
std::string climbed(Ladder to, const record::Terms& terms = usual, bool under_tls = false) {
  scenario::Target target;
  target.mail.accepts = {"a@b.example"};
  target.mail.sender = "s@c.example";
  Values values(target, "t", "");
  std::string all;
  for (const Step& step : setup_steps(to, terms, under_tls)) {
    if (std::holds_alternative<scenario::Handshake>(step.action)) {
      all += "handshake; ";
      continue;
    }
    if (const auto* send = std::get_if<scenario::Send>(&step.action)) {
      const auto octets = scenario::octets_of(*send, values.lookup());
      REQUIRE(octets);
      REQUIRE(octets->substr(octets->size() - 2) == "\r\n");
      all += octets->substr(0, octets->size() - 2);
    } else {
      all += std::holds_alternative<scenario::Login>(step.action) ? "login" : "-";
    }
    REQUIRE(step.replies.size() == 1);
    all += ": " + describe(step.replies[0]) + "; ";
  }
  return all;
}

TEST_CASE("the steps to each state") {
  const std::string greeted = "-: 220; EHLO client.example: 250; ";
  const std::string tls = greeted + "STARTTLS: 220; handshake; EHLO client.example: 250; ";
  const std::string mail = "MAIL FROM:<s+t@c.example>: 250; ";
  const std::string rcpt = mail + "RCPT TO:<a@b.example>: 25z; ";
  CHECK(climbed(Ladder::connected) == "");
  CHECK(climbed(Ladder::greeted) == greeted);
  CHECK(climbed(Ladder::tls) == tls);
  CHECK(climbed(Ladder::tls, no_starttls) == tls);   // asked for all the same: the scenario wants it
  CHECK(climbed(Ladder::tls, {}, true) == greeted);  // it began with TLS
  CHECK(climbed(Ladder::authenticated) == tls + "login: 235; ");
  CHECK(climbed(Ladder::authenticated, no_starttls) == greeted + "login: 235; ");
  CHECK(climbed(Ladder::authenticated, usual, true) == greeted + "login: 235; ");
  CHECK(climbed(Ladder::mail) == greeted + mail);
  CHECK(climbed(Ladder::rcpt) == greeted + rcpt);
  CHECK(climbed(Ladder::data) == greeted + rcpt + "DATA: 354; ");
}

TEST_CASE("a submission server wants a login before a transaction, RFC 6409 section 4.3") {
  CHECK(climbed(Ladder::greeted, submission) == climbed(Ladder::greeted));
  CHECK(climbed(Ladder::mail, submission) ==
        climbed(Ladder::authenticated, submission) + "MAIL FROM:<s+t@c.example>: 250; ");
  CHECK(climbed(Ladder::data, terms_of(false, true)).find("STARTTLS") == std::string::npos);
}

TEST_CASE("LMTP is greeted by LHLO, RFC 2033 section 4.1") {
  CHECK(climbed(Ladder::greeted, terms_of(false, false, true)) == "-: 220; LHLO client.example: 250; ");
}

record::Terms lacking(const char* fact) {
  record::Terms terms;
  terms.deviations.push_back({fact, "survey/row: why", 0});
  return terms;
}

TEST_CASE("the ladder is as the survey found the target") {
  CHECK(climbed(Ladder::greeted, lacking("ehlo")) == "-: 220; HELO client.example: 250; ");
  record::Terms tls_first;
  tls_first.tls_first = true;
  CHECK(climbed(Ladder::mail, tls_first) == climbed(Ladder::tls) + "MAIL FROM:<s+t@c.example>: 250; ");
  CHECK(climbed(Ladder::greeted, tls_first) == climbed(Ladder::greeted));
}

TEST_CASE("without NOOP the fence begins with RSET") {
  const auto& first = std::get<scenario::Send>(fence_steps(lacking("noop")).front().action);
  CHECK(scenario::to_source(first.octets) == "RSET");
}

TEST_CASE("the fence is NOOP and QUIT, whatever they are answered") {
  const auto steps = fence_steps({});
  REQUIRE(steps.size() == 2);
  for (const Step& step : steps) {
    REQUIRE(step.replies.size() == 1);
    CHECK(describe(step.replies[0]) == "any reply");
  }
}

}  // namespace
}  // namespace smtpspec::judge
